"""What opens the messages of each epoch, and which of its message keys were used."""

from __future__ import annotations

from desktop.storage.database import Database

__all__ = ["RecordStore"]


class RecordStore:
    """The tables ``records`` and ``replays``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, conversation_id: int, parent: int, record: bytes, *, is_own: bool) -> None:
        """Keep what opens one epoch.

        Args:
            conversation_id: Which conversation.
            parent: The handshake that made the epoch.
            record: As `shared.e2ee.facade.EpochReader` takes it.
            is_own: Whether this device made it from its own state; such a one is tried first.
        """
        self._database.run(
            "INSERT INTO records (conversation_id, parent, record, is_own) VALUES (?, ?, ?, ?)"
            " ON CONFLICT DO UPDATE SET is_own = max(is_own, excluded.is_own)",
            conversation_id,
            parent,
            record,
            int(is_own),
        )

    def all_of(self, conversation_id: int, parent: int) -> list[bytes]:
        """Return all that may open one epoch, the own one first."""
        rows = self._database.rows(
            "SELECT record FROM records WHERE conversation_id = ? AND parent = ?"
            " ORDER BY is_own DESC",
            conversation_id,
            parent,
        )
        return [bytes(row[0]) for row in rows]

    def own(self, conversation_id: int, parent: int) -> bytes | None:
        """Return the record that this device made itself."""
        row = self._database.row(
            "SELECT record FROM records WHERE conversation_id = ? AND parent = ? AND is_own = 1",
            conversation_id,
            parent,
        )
        return None if row is None else bytes(row[0])

    def has(self, conversation_id: int, parent: int) -> bool:
        """Whether anything is here for one epoch."""
        row = self._database.row(
            "SELECT 1 FROM records WHERE conversation_id = ? AND parent = ? LIMIT 1",
            conversation_id,
            parent,
        )
        return row is not None

    def note_opened(
        self,
        conversation_id: int,
        *,
        parent: int,
        device: int,
        leaf: int,
        generation: int,
        sequence: int,
    ) -> int:
        """Note that a message key was used, after its signature held.

        Returns:
            The sequence that used it first; another one than ``sequence`` is a replay.
        """
        with self._database.transaction():
            self._database.run(
                "INSERT OR IGNORE INTO replays"
                " (conversation_id, parent, device, leaf, generation, sequence)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                conversation_id,
                parent,
                device,
                leaf,
                generation,
                sequence,
            )
            row = self._database.row(
                "SELECT sequence FROM replays WHERE conversation_id = ? AND parent = ?"
                " AND device = ? AND leaf = ? AND generation = ?",
                conversation_id,
                parent,
                device,
                leaf,
                generation,
            )
        assert row is not None
        return int(row[0])
