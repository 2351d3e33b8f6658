"""What is on its way: stored before it is sent, kept until the server has answered."""

from __future__ import annotations

import msgspec

from desktop.storage.database import Database, Row
from shared.chain import hash_payload
from shared.entries import Submission
from shared.protocol.outbox import Sealed

__all__ = ["OutboxItem", "OutboxStore"]

_submissions = msgspec.msgpack.Decoder(Submission)


class OutboxItem(msgspec.Struct, frozen=True, kw_only=True):
    """One message that is not accepted; ``submission`` once it is sealed."""

    local_id: int
    conversation_id: int
    typed_at_ms: int  # Local wall clock.
    content: bytes  # What is to be sealed (`shared.content`).
    submission: Submission | None

    def __repr__(self) -> str:
        return f"OutboxItem({self.local_id})"


class OutboxStore:
    """The tables ``outbox`` and ``sealed``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, local_id: int, conversation_id: int, *, typed_at_ms: int, content: bytes) -> None:
        """Queue a content to be sealed and sent."""
        self._database.run(
            "INSERT INTO outbox (local_id, conversation_id, typed_at_ms, content)"
            " VALUES (?, ?, ?, ?)",
            local_id,
            conversation_id,
            typed_at_ms,
            content,
        )

    def new_local_id(self) -> int:
        """Return a local id for a content that has no message of its own; never given twice."""
        with self._database.transaction():
            self._database.run(
                "INSERT INTO sqlite_sequence (name, seq) SELECT 'messages', 0 WHERE NOT EXISTS"
                " (SELECT 1 FROM sqlite_sequence WHERE name = 'messages')"
            )
            self._database.run("UPDATE sqlite_sequence SET seq = seq + 1 WHERE name = 'messages'")
            row = self._database.row("SELECT seq FROM sqlite_sequence WHERE name = 'messages'")
        assert row is not None
        return int(row[0])

    def count(self) -> int:
        """Return how many messages wait."""
        row = self._database.row("SELECT count(*) FROM outbox")
        assert row is not None
        return int(row[0])

    def items(self, conversation_id: int | None = None) -> list[OutboxItem]:
        """Return all that waits, or that of one conversation, in the order of going out.

        That is the order in which it was added: a file's message is added when its bytes are on
        the server.
        """
        rows = self._database.rows(
            "SELECT local_id, conversation_id, typed_at_ms, content, submission FROM outbox"
            " WHERE ?1 IS NULL OR conversation_id = ?1"
            " ORDER BY position",
            conversation_id,
        )
        return [_item(row) for row in rows]

    def has_items(self, conversation_id: int) -> bool:
        """Whether something of a conversation waits to be sent."""
        row = self._database.row(
            "SELECT 1 FROM outbox WHERE conversation_id = ? LIMIT 1", conversation_id
        )
        return row is not None

    def item(self, local_id: int) -> OutboxItem | None:
        """Return one message that waits."""
        row = self._database.row(
            "SELECT local_id, conversation_id, typed_at_ms, content, submission FROM outbox"
            " WHERE local_id = ?",
            local_id,
        )
        return None if row is None else _item(row)

    def sealed_count(self, conversation_id: int) -> int:
        """Return how many messages of a conversation are sealed and not answered."""
        row = self._database.row(
            "SELECT count(*) FROM outbox WHERE conversation_id = ? AND submission IS NOT NULL",
            conversation_id,
        )
        assert row is not None
        return int(row[0])

    def save_sealed(self, local_id: int, submission: Submission) -> None:
        """Keep sealed bytes before they are sent, and for good that this device made them."""
        with self._database.transaction():
            self._database.run(
                "UPDATE outbox SET submission = ? WHERE local_id = ?",
                msgspec.msgpack.encode(submission),
                local_id,
            )
            self._database.run(
                "INSERT OR IGNORE INTO sealed"
                " (payload_hash, conversation_id, device_counter, local_id) VALUES (?, ?, ?, ?)",
                hash_payload(submission.payload),
                submission.conversation_id,
                submission.device_counter,
                local_id,
            )

    def note_sealed(self, submission: Submission) -> None:
        """Note a sealed handshake: it uses up a counter too."""
        self._database.run(
            "INSERT OR IGNORE INTO sealed"
            " (payload_hash, conversation_id, device_counter, local_id) VALUES (?, ?, ?, 0)",
            hash_payload(submission.payload),
            submission.conversation_id,
            submission.device_counter,
        )

    def sealed(self, conversation_id: int, limit: int) -> list[Sealed]:
        """Return the newest payloads that this device sealed, oldest first."""
        rows = self._database.rows(
            "SELECT local_id, device_counter, payload_hash FROM sealed"
            " WHERE conversation_id = ? ORDER BY device_counter DESC LIMIT ?",
            conversation_id,
            limit,
        )
        return [
            Sealed(local_id=row[0], device_counter=row[1], payload_hash=row[2])
            for row in reversed(rows)
        ]

    def sealed_from(self, payload_hash: bytes) -> int:
        """Return the message that this device sealed to a payload; 0: none, or a handshake."""
        row = self._database.row("SELECT local_id FROM sealed WHERE payload_hash = ?", payload_hash)
        return 0 if row is None else int(row[0])

    def remove(self, local_id: int) -> None:
        """Forget a message that was accepted, refused or cancelled."""
        self._database.run("DELETE FROM outbox WHERE local_id = ?", local_id)


def _item(row: Row) -> OutboxItem:
    return OutboxItem(
        local_id=row[0],
        conversation_id=row[1],
        typed_at_ms=row[2],
        content=row[3],
        submission=None if row[4] is None else _submissions.decode(row[4]),
    )
