"""What was found that an honest server and honest devices do not do, with what shows it."""

from __future__ import annotations

import msgspec

from desktop.storage.database import Database

__all__ = ["FindingStore", "StoredFinding"]


class StoredFinding(msgspec.Struct, frozen=True, kw_only=True):
    """One finding; ``kind`` and ``evidence`` as in `shared.e2ee.evidence`."""

    finding_id: int
    conversation_id: int
    kind: str
    blamed: str
    sequence: int
    account: int
    at_ms: int
    evidence: bytes

    def __repr__(self) -> str:
        return f"StoredFinding({self.kind}, {self.conversation_id}, sequence={self.sequence})"


class FindingStore:
    """The table ``findings``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, finding: StoredFinding) -> int:
        """Keep a finding; ``finding_id`` is not looked at.

        Returns:
            Its number; 0 if the same was found before.
        """
        with self._database.transaction():
            changed = self._database.run(
                "INSERT OR IGNORE INTO findings"
                " (conversation_id, kind, blamed, sequence, account, at_ms, evidence)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)",
                finding.conversation_id,
                finding.kind,
                finding.blamed,
                finding.sequence,
                finding.account,
                finding.at_ms,
                finding.evidence,
            )
            row = self._database.row("SELECT max(finding_id) FROM findings")
        return int(row[0]) if changed and row is not None else 0

    def of(self, conversation_id: int) -> list[StoredFinding]:
        """Return what was found in one conversation, the oldest first."""
        rows = self._database.rows(
            "SELECT finding_id, conversation_id, kind, blamed, sequence, account, at_ms, evidence"
            " FROM findings WHERE conversation_id = ? ORDER BY finding_id",
            conversation_id,
        )
        names = StoredFinding.__struct_fields__
        return [
            msgspec.convert(dict(zip(names, row, strict=True)), StoredFinding) for row in rows
        ]
