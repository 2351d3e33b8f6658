"""What was found to be wrong with servers and devices, and where logs were said to stand."""

from __future__ import annotations

import msgspec

from desktop.storage.database import Database
from shared import limits
from shared.entries import Head

__all__ = ["FindingStore", "StoredFinding"]

_HEADS_KEPT = 50  # Of one conversation; the oldest go.
_FINDINGS_MAX = 10_000  # A server that misbehaves more often is well known by then.


class StoredFinding(msgspec.Struct, frozen=True, kw_only=True):
    """Something an honest server and honest devices do not do; ``evidence`` may be empty."""

    finding_id: int = 0
    conversation_id: int
    kind: str
    blamed: str
    sequence: int
    account: int
    at_ms: int
    evidence: bytes

    def __repr__(self) -> str:
        return f"StoredFinding({self.kind}, {self.conversation_id}, {self.sequence})"


class FindingStore:
    """The tables ``findings`` and ``signed_heads``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, finding: StoredFinding) -> int:
        """Keep a finding; return its number, 0 if the same was found before.

        Evidence that was not to be had then is added.
        """
        with self._database.transaction():
            row = self._database.row(
                "SELECT count(*), coalesce(sum(length(evidence)), 0) FROM findings"
            )
            assert row is not None
            if row[1] + len(finding.evidence) > limits.EVIDENCE_BYTES_MAX:
                finding = msgspec.structs.replace(finding, evidence=b"")
            if self._complete(finding) or row[0] >= _FINDINGS_MAX:
                return 0
            is_new = self._database.run(
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
            if not is_new:
                return 0
            newest = self._database.row("SELECT max(finding_id) FROM findings")
            assert newest is not None
            return int(newest[0])

    def _complete(self, finding: StoredFinding) -> bool:
        """Add evidence to a finding that has none; return whether there was one."""
        return bool(
            finding.evidence
            and self._database.run(
                "UPDATE findings SET evidence = ? WHERE conversation_id = ? AND kind = ?"
                " AND sequence = ? AND account = ? AND evidence = x''",
                finding.evidence,
                finding.conversation_id,
                finding.kind,
                finding.sequence,
                finding.account,
            )
        )

    def findings(self, conversation_id: int) -> list[StoredFinding]:
        """Return what was found in a conversation, and of the accounts outside any (0)."""
        rows = self._database.rows(
            "SELECT finding_id, conversation_id, kind, blamed, sequence, account, at_ms, evidence"
            " FROM findings WHERE conversation_id IN (?, 0) ORDER BY finding_id",
            conversation_id,
        )
        return [
            StoredFinding(
                finding_id=row[0],
                conversation_id=row[1],
                kind=row[2],
                blamed=row[3],
                sequence=row[4],
                account=row[5],
                at_ms=row[6],
                evidence=row[7],
            )
            for row in rows
        ]

    def save_head(self, head: Head) -> bool:
        """Keep a head under the server's signature; return whether it is news."""
        with self._database.transaction():
            is_new = self._database.run(
                "INSERT OR IGNORE INTO signed_heads (conversation_id, sequence, chain, signature)"
                " VALUES (?, ?, ?, ?)",
                head.conversation_id,
                head.head,
                head.chain,
                head.signature,
            )
            # Those of a sequence that has two are kept: they prove something.
            self._database.run(
                "DELETE FROM signed_heads WHERE conversation_id = ?1 AND sequence NOT IN"
                " (SELECT sequence FROM signed_heads WHERE conversation_id = ?1"
                "  ORDER BY sequence DESC LIMIT ?2)"
                " AND sequence IN (SELECT sequence FROM signed_heads WHERE conversation_id = ?1"
                "  GROUP BY sequence HAVING count(*) = 1)",
                head.conversation_id,
                _HEADS_KEPT,
            )
        return bool(is_new)

    def heads(self, conversation_id: int) -> list[Head]:
        """Return the signed heads of a conversation, by sequence."""
        rows = self._database.rows(
            "SELECT sequence, chain, signature FROM signed_heads WHERE conversation_id = ?"
            " ORDER BY sequence, chain",
            conversation_id,
        )
        return [
            Head(
                conversation_id=conversation_id,
                head=sequence,
                newest_handshake=0,
                own_counter=0,
                chain=chain,
                signature=signature,
            )
            for sequence, chain, signature in rows
        ]
