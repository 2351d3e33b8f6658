"""Conversations as MLS sees them: live states, logs judged, documents, own commits in doubt."""

from __future__ import annotations

import msgspec

from desktop.storage.database import Database

__all__ = ["GroupStore", "LiveState", "PendingCommit", "StoredLog", "Verdict"]


class LiveState(msgspec.Struct, frozen=True, kw_only=True):
    """The own device's secrets of one epoch; ``sequence`` is the handshake that made it.

    ``leaf_at_ms`` is when the own leaf was renewed last, server time.
    """

    sequence: int
    leaf_at_ms: int
    epoch_state: bytes
    ratchet_state: bytes

    def __repr__(self) -> str:
        return f"LiveState(sequence={self.sequence})"


class StoredLog(msgspec.Struct, frozen=True, kw_only=True):
    """A log as everybody sees it.

    ``sequence`` is the newest valid handshake, ``started`` the first one that was judged here,
    ``followed`` the newest that was judged, valid or not. ``messages`` counts the application
    entries of the epoch, which began at ``epoch_at_ms``. ``state`` is
    `shared.e2ee.handshakes.LogState`.
    """

    sequence: int
    started: int
    followed: int
    epoch_at_ms: int
    messages: int = 0
    state: bytes

    def __repr__(self) -> str:
        return f"StoredLog(sequence={self.sequence}, followed={self.followed})"


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a handshake; everybody judges it alike."""

    sequence: int
    is_valid: bool
    epoch: int
    document_hash: bytes
    changes_roster: bool


class PendingCommit(msgspec.Struct, frozen=True, kw_only=True):
    """A handshake of our own that the log has perhaps taken: as it is sent every time.

    ``peer`` is the other account of a direct conversation that is being created (of notes the
    own one), else 0; ``title`` is what a group that is being created will be called; ``intents``
    are those that it carries out.
    """

    conversation_id: int
    payload_hash: bytes
    is_creation: bool
    peer: int
    body: bytes
    epoch_state: bytes
    ratchet_state: bytes
    record: bytes
    intents: tuple[int, ...] = ()
    title: str = ""

    def __repr__(self) -> str:
        return f"PendingCommit({self.conversation_id})"


class GroupStore:
    """Live groups, logs, leaves, verdicts, documents and pending commits, a table of each.

    All of it is written in the transaction of what made it change.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    # The own device's state.

    def live(self, conversation_id: int) -> LiveState | None:
        """Return this device's state; ``None`` if it is not in the conversation."""
        row = self._database.row(
            "SELECT sequence, leaf_at_ms, epoch_state, ratchet_state FROM live_groups"
            " WHERE conversation_id = ?",
            conversation_id,
        )
        if row is None:
            return None
        return LiveState(
            sequence=row[0], leaf_at_ms=row[1], epoch_state=row[2], ratchet_state=row[3]
        )

    def leaf_at_ms(self, conversation_id: int) -> int:
        """Return when the own leaf was renewed last, 0 without one."""
        row = self._database.row(
            "SELECT leaf_at_ms FROM live_groups WHERE conversation_id = ?", conversation_id
        )
        return 0 if row is None else int(row[0])

    def is_live(self, conversation_id: int) -> bool:
        """Whether this device is in the conversation."""
        row = self._database.row(
            "SELECT 1 FROM live_groups WHERE conversation_id = ?", conversation_id
        )
        return row is not None

    def save_live(self, conversation_id: int, state: LiveState) -> None:
        """Keep the state of a new epoch."""
        self._database.run(
            "INSERT OR REPLACE INTO live_groups"
            " (conversation_id, sequence, leaf_at_ms, epoch_state, ratchet_state)"
            " VALUES (?, ?, ?, ?, ?)",
            conversation_id,
            state.sequence,
            state.leaf_at_ms,
            state.epoch_state,
            state.ratchet_state,
        )

    def save_ratchets(self, conversation_id: int, ratchet_state: bytes) -> None:
        """Keep the small part that changes with every message."""
        self._database.run(
            "UPDATE live_groups SET ratchet_state = ? WHERE conversation_id = ?",
            ratchet_state,
            conversation_id,
        )

    def drop_live(self, conversation_id: int) -> None:
        """Forget the own state: it must not be used any more."""
        self._database.run("DELETE FROM live_groups WHERE conversation_id = ?", conversation_id)

    # The log as everybody sees it.

    def log(self, conversation_id: int) -> StoredLog | None:
        """Return the log's state; ``None`` before following has begun."""
        row = self._database.row(
            "SELECT sequence, started, followed, epoch_at_ms, messages, state FROM log_states"
            " WHERE conversation_id = ?",
            conversation_id,
        )
        if row is None:
            return None
        return StoredLog(
            sequence=row[0],
            started=row[1],
            followed=row[2],
            epoch_at_ms=row[3],
            messages=row[4],
            state=row[5],
        )

    def save_log(self, conversation_id: int, log: StoredLog) -> None:
        """Keep the log's state after a handshake."""
        self._database.run(
            "INSERT OR REPLACE INTO log_states (conversation_id, sequence, started, followed,"
            " epoch_at_ms, messages, state) VALUES (?, ?, ?, ?, ?, ?, ?)",
            conversation_id,
            log.sequence,
            log.started,
            log.followed,
            log.epoch_at_ms,
            log.messages,
            log.state,
        )

    def set_followed(self, conversation_id: int, sequence: int) -> None:
        """Note that a handshake was judged, and skipped."""
        self._database.run(
            "UPDATE log_states SET followed = ? WHERE conversation_id = ?",
            sequence,
            conversation_id,
        )

    def count_messages(self, conversation_id: int, parent: int, count: int) -> None:
        """Count messages of the newest epoch; those of others change nothing."""
        self._database.run(
            "UPDATE log_states SET messages = messages + ?"
            " WHERE conversation_id = ? AND sequence = ?",
            count,
            conversation_id,
            parent,
        )

    def drop_log(self, conversation_id: int) -> None:
        """Begin to follow anew; what was judged stays judged."""
        self._database.run("DELETE FROM log_states WHERE conversation_id = ?", conversation_id)

    def note_leaf(self, conversation_id: int, device: int, at_ms: int) -> None:
        """Note when a device's leaf came or was renewed, server time; later ones count."""
        self._database.run(
            "INSERT INTO leaf_times (conversation_id, device, renewed_at_ms) VALUES (?, ?, ?)"
            " ON CONFLICT DO UPDATE SET renewed_at_ms = max(renewed_at_ms, excluded.renewed_at_ms)",
            conversation_id,
            device,
            at_ms,
        )

    def leaf_renewed_at_ms(self, conversation_id: int, device: int) -> int | None:
        """Return when a device's leaf was renewed last, as far as was seen here."""
        row = self._database.row(
            "SELECT renewed_at_ms FROM leaf_times WHERE conversation_id = ? AND device = ?",
            conversation_id,
            device,
        )
        return None if row is None else int(row[0])

    def save_verdict(self, conversation_id: int, verdict: Verdict) -> None:
        """Keep what became of a handshake."""
        self._database.run(
            "INSERT OR REPLACE INTO verdicts (conversation_id, sequence, is_valid, epoch,"
            " document_hash, changes_roster) VALUES (?, ?, ?, ?, ?, ?)",
            conversation_id,
            verdict.sequence,
            int(verdict.is_valid),
            verdict.epoch,
            verdict.document_hash,
            int(verdict.changes_roster),
        )

    def verdict(self, conversation_id: int, sequence: int) -> Verdict | None:
        """Return what became of a handshake; ``None`` if it was not judged here."""
        rows = self._verdicts(conversation_id, sequence, sequence)
        return rows[0] if rows else None

    def verdicts(self, conversation_id: int, first: int, last: int) -> list[Verdict]:
        """Return what became of the handshakes of a range, in order."""
        return self._verdicts(conversation_id, first, last)

    def _verdicts(self, conversation_id: int, first: int, last: int) -> list[Verdict]:
        rows = self._database.rows(
            "SELECT sequence, is_valid, epoch, document_hash, changes_roster FROM verdicts"
            " WHERE conversation_id = ? AND sequence BETWEEN ? AND ? ORDER BY sequence",
            conversation_id,
            first,
            last,
        )
        return [
            Verdict(
                sequence=row[0],
                is_valid=bool(row[1]),
                epoch=row[2],
                document_hash=row[3],
                changes_roster=bool(row[4]),
            )
            for row in rows
        ]

    # Documents.

    def document(self, document_hash: bytes) -> bytes | None:
        """Return the roster document with this SHA-256."""
        row = self._database.row(
            "SELECT document FROM documents WHERE document_hash = ?", document_hash
        )
        return None if row is None else bytes(row[0])

    def save_document(self, document_hash: bytes, document: bytes) -> None:
        """Keep a roster document whose hash was checked."""
        self._database.run(
            "INSERT OR IGNORE INTO documents (document_hash, document) VALUES (?, ?)",
            document_hash,
            document,
        )

    # Own commits.

    def save_pending(self, pending: PendingCommit) -> None:
        """Keep a commit before it is sent."""
        self._database.run(
            "INSERT OR REPLACE INTO pending_commits (conversation_id, payload_hash, is_creation,"
            " peer, title, body, epoch_state, ratchet_state, record, intents)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            pending.conversation_id,
            pending.payload_hash,
            int(pending.is_creation),
            pending.peer,
            pending.title,
            pending.body,
            pending.epoch_state,
            pending.ratchet_state,
            pending.record,
            msgspec.msgpack.encode(pending.intents),
        )

    def pending(self, conversation_id: int) -> PendingCommit | None:
        """Return the own commit in doubt."""
        return self._pending("conversation_id = ?", conversation_id)

    def pending_with(self, peer: int) -> PendingCommit | None:
        """Return the creation of a conversation with this account that is in doubt."""
        return self._pending("is_creation = 1 AND peer = ?", peer)

    def all_pending(self) -> list[tuple[int, bool]]:
        """Return the conversations with a commit in doubt, and whether it creates them."""
        rows = self._database.rows("SELECT conversation_id, is_creation FROM pending_commits")
        return [(row[0], bool(row[1])) for row in rows]

    def drop_pending(self, conversation_id: int) -> None:
        """Forget a commit that was taken, or never will be."""
        self._database.run("DELETE FROM pending_commits WHERE conversation_id = ?", conversation_id)

    def _pending(self, condition: str, value: int) -> PendingCommit | None:
        row = self._database.row(
            "SELECT conversation_id, payload_hash, is_creation, peer, body, epoch_state,"
            f" ratchet_state, record, intents, title FROM pending_commits WHERE {condition}",
            value,
        )
        if row is None:
            return None
        return PendingCommit(
            conversation_id=row[0],
            payload_hash=row[1],
            is_creation=bool(row[2]),
            peer=row[3],
            body=row[4],
            epoch_state=row[5],
            ratchet_state=row[6],
            record=row[7],
            intents=msgspec.msgpack.decode(row[8], type=tuple[int, ...]),
            title=row[9],
        )
