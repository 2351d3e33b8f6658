"""Conversations: what of each log is here, the own counter, marks, and drafts."""

from __future__ import annotations

import msgspec

from desktop.storage.database import Database, Row
from shared.chain import START
from shared.identifiers import ConversationId

__all__ = ["ConversationStore", "Draft", "StoredConversation"]

_COLUMNS = (
    "conversation_id, kind, peer, can_write, newest_handshake, document_hash, head, floor,"
    " chain_floor, have, chain_have, broken_after_ms, own_counter, own_read, read_to_send, unread,"
    " delivered, delivered_at_ms, read, read_at_ms, first, last, title, avatar, announcement,"
    " timer_s"
)


class StoredConversation(msgspec.Struct, frozen=True, kw_only=True):
    """One conversation; entries ``floor + 1 … have`` of its log are here.

    ``delivered`` and ``read`` are the other member's marks, in a group those of whoever is
    furthest; ``own_read`` is the own one and ``read_to_send`` one that the server does not know
    yet, else 0. The server serves ``first … last`` (0: to the end), where the own account was a
    member last. ``peer`` is the other account of a direct conversation, the own one of notes, 0 of
    a group.
    """

    conversation_id: ConversationId
    kind: int
    peer: int
    can_write: bool
    newest_handshake: int
    document_hash: bytes
    head: int
    floor: int = 0
    chain_floor: bytes = START
    have: int = 0
    chain_have: bytes = START
    broken_after_ms: int = 0  # Complete up to there; the chain did not check after it.
    own_counter: int = 0
    own_read: int = 0
    read_to_send: int = 0
    unread: int = 0
    delivered: int = 0
    delivered_at_ms: int = 0
    read: int = 0
    read_at_ms: int = 0
    first: int = 1
    last: int = 0
    title: str = ""
    avatar: bytes = b""
    announcement: str = ""
    timer_s: int = 0


class Draft(msgspec.Struct, frozen=True):
    """What was typed and not sent; the messages it is about by their hex ``message_id``."""

    text: str = ""
    reply_to: str = ""
    edit_of: str = ""
    edit_text: str = ""

    def __repr__(self) -> str:
        return "Draft()"


class ConversationStore:
    """The tables ``conversations`` and ``drafts``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, conversation_id: int) -> StoredConversation | None:
        """Return one conversation."""
        row = self._database.row(
            f"SELECT {_COLUMNS} FROM conversations WHERE conversation_id = ?",
            conversation_id,
        )
        return None if row is None else _conversation(row)

    def all(self) -> list[StoredConversation]:
        """Return every conversation."""
        rows = self._database.rows(f"SELECT {_COLUMNS} FROM conversations")
        return [_conversation(row) for row in rows]

    def with_peer(self, account: int) -> StoredConversation | None:
        """Return the conversation with someone."""
        row = self._database.row(
            f"SELECT {_COLUMNS} FROM conversations WHERE peer = ?",
            account,
        )
        return None if row is None else _conversation(row)

    def notes(self, account: int) -> StoredConversation | None:
        """Return the conversation with oneself."""
        return self.with_peer(account)

    def add(self, conversation: StoredConversation) -> None:
        """Store a conversation that was not known."""
        values = msgspec.structs.astuple(conversation)
        places = ", ".join("?" * len(values))
        self._database.run(
            f"INSERT INTO conversations ({_COLUMNS}) VALUES ({places})",
            *(int(value) if isinstance(value, bool) else value for value in values),
        )

    def update_from_server(
        self,
        conversation_id: int,
        *,
        can_write: bool,
        newest_handshake: int,
        document_hash: bytes,
        head: int,
        first: int,
        last: int,
    ) -> None:
        """Store what the server says of a known conversation; ``head`` only grows."""
        self._database.run(
            "UPDATE conversations SET can_write = ?, newest_handshake = ?, document_hash = ?,"
            " head = max(head, ?), first = ?, last = ? WHERE conversation_id = ?",
            int(can_write),
            newest_handshake,
            document_hash,
            head,
            first,
            last,
            conversation_id,
        )

    def raise_head(self, conversation_id: int, head: int) -> None:
        """Note how long the log is; it only grows."""
        self._database.run(
            "UPDATE conversations SET head = max(head, ?) WHERE conversation_id = ?",
            head,
            conversation_id,
        )

    def set_can_write(self, conversation_id: int, *, can_write: bool) -> None:
        """Note whether the own account may write."""
        self._database.run(
            "UPDATE conversations SET can_write = ? WHERE conversation_id = ?",
            int(can_write),
            conversation_id,
        )

    def begin_again(self, conversation_id: int, floor: int, chain: bytes) -> None:
        """Note that the log goes on after a part that is not ours to see."""
        self._database.run(
            "UPDATE conversations SET floor = ?1, have = ?1, head = max(head, ?1),"
            " chain_floor = ?2, chain_have = ?2 WHERE conversation_id = ?3",
            floor,
            chain,
            conversation_id,
        )

    def note_earlier(self, conversation_id: int, first: int, last: int) -> None:
        """Note that the account may read a part of the log from an earlier time as a member."""
        self._database.run(
            "INSERT OR IGNORE INTO earlier (conversation_id, first, last, is_complete)"
            " VALUES (?, ?, ?, 0)",
            conversation_id,
            first,
            last,
        )

    def lacks_earlier(self, conversation_id: int) -> bool:
        """Whether earlier times of a conversation are not known to be here."""
        sql = "SELECT 1 FROM earlier WHERE conversation_id = ? AND is_complete = 0 LIMIT 1"
        return self._database.row(sql, conversation_id) is not None

    def lacking_earlier(self) -> list[int]:
        """Return the conversations of which earlier times are not known to be here."""
        rows = self._database.rows(
            "SELECT DISTINCT conversation_id FROM earlier WHERE is_complete = 0"
        )
        return [row[0] for row in rows]

    def earlier_gap(self, conversation_id: int) -> tuple[int, int] | None:
        """Return the first entry that is missing of the newest earlier time, and its last.

        A time that has none missing is complete from then on.
        """
        for first, last in self._database.rows(
            "SELECT first, last FROM earlier WHERE conversation_id = ? AND is_complete = 0"
            " ORDER BY first DESC",
            conversation_id,
        ):
            missing = self._first_missing(conversation_id, first)
            if missing <= last:
                return missing, last
            self.end_earlier(conversation_id, last)
        return None

    def end_earlier(self, conversation_id: int, last: int) -> None:
        """Note that nothing more is to be fetched of an earlier time."""
        self._database.run(
            "UPDATE earlier SET is_complete = 1 WHERE conversation_id = ? AND last = ?",
            conversation_id,
            last,
        )

    def _first_missing(self, conversation_id: int, first: int) -> int:
        row = self._database.row(
            "SELECT sequence + 1 FROM entries AS e WHERE conversation_id = ?1 AND sequence >= ?2"
            " AND EXISTS (SELECT 1 FROM entries WHERE conversation_id = ?1 AND sequence = ?2)"
            " AND NOT EXISTS (SELECT 1 FROM entries AS n WHERE n.conversation_id = ?1"
            " AND n.sequence = e.sequence + 1) ORDER BY sequence LIMIT 1",
            conversation_id,
            first,
        )
        return first if row is None else int(row[0])

    def set_profile(
        self,
        conversation_id: int,
        sequence: int,
        *,
        title: str,
        avatar: bytes,
        announcement: str,
    ) -> None:
        """Note what a group shows of itself as said at ``sequence``; what is said later counts."""
        self._database.run(
            "UPDATE conversations SET title = ?, avatar = ?, announcement = ?,"
            " profile_sequence = ?4 WHERE conversation_id = ?5 AND profile_sequence < ?4",
            title,
            avatar,
            announcement,
            sequence,
            conversation_id,
        )

    def set_timer(self, conversation_id: int, sequence: int, seconds: int) -> None:
        """Note the timer as set at ``sequence``; what is set later counts."""
        self._database.run(
            "UPDATE conversations SET timer_s = ?1, timer_sequence = ?2"
            " WHERE conversation_id = ?3 AND timer_sequence < ?2",
            seconds,
            sequence,
            conversation_id,
        )

    def set_have(self, conversation_id: int, have: int, chain: bytes) -> None:
        """Note up to where the log is here without a hole, and the chain value there."""
        self._database.run(
            "UPDATE conversations SET have = ?, chain_have = ?, head = max(head, ?)"
            " WHERE conversation_id = ?",
            have,
            chain,
            have,
            conversation_id,
        )

    def set_floor(self, conversation_id: int, floor: int, chain: bytes) -> None:
        """Note after which sequence the log is here, and the chain value there."""
        self._database.run(
            "UPDATE conversations SET floor = ?, chain_floor = ? WHERE conversation_id = ?",
            floor,
            chain,
            conversation_id,
        )

    def set_broken(self, conversation_id: int, *, after_ms: int) -> bool:
        """Note up to when the chain did check; return whether it is news that it broke."""
        return bool(
            self._database.run(
                "UPDATE conversations SET broken_after_ms = ?"
                " WHERE conversation_id = ? AND broken_after_ms = 0",
                after_ms,
                conversation_id,
            )
        )

    def set_own_counter(self, conversation_id: int, counter: int) -> None:
        """Note the newest counter of this device that the log has; it only grows."""
        self._database.run(
            "UPDATE conversations SET own_counter = max(own_counter, ?) WHERE conversation_id = ?",
            counter,
            conversation_id,
        )

    def raise_marks(
        self,
        conversation_id: int,
        *,
        delivered: int,
        delivered_at_ms: int,
        read: int,
        read_at_ms: int,
    ) -> tuple[int, int]:
        """Raise the other member's marks, and note the times of own messages they pass.

        Returns:
            The first and the last sequence whose state may have changed; (0, 0) for none.
        """
        with self._database.transaction():
            before = self._database.row(
                "SELECT delivered, read FROM conversations WHERE conversation_id = ?",
                conversation_id,
            )
            if before is None:
                return 0, 0
            delivered = max(delivered, read)  # What was read was delivered.
            if delivered > before[0]:
                self._raise(conversation_id, "delivered", before[0], delivered, delivered_at_ms)
            if read > before[1]:
                self._raise(conversation_id, "read", before[1], read, read_at_ms)
        if delivered <= before[0] and read <= before[1]:
            return 0, 0
        first = before[1] if read > before[1] else before[0]
        return first + 1, max(delivered, read)

    def _raise(self, conversation_id: int, mark: str, before: int, now: int, at_ms: int) -> None:
        assert mark in ("delivered", "read")
        self._database.run(
            f"UPDATE conversations SET {mark} = ?, {mark}_at_ms = ? WHERE conversation_id = ?",
            now,
            at_ms,
            conversation_id,
        )
        self._database.run(
            f"UPDATE messages SET {mark}_at_ms = ? WHERE conversation_id = ?"
            " AND sequence > ? AND sequence <= ? AND sequence > 0 AND is_own = 1",
            at_ms,
            conversation_id,
            before,
            now,
        )

    def raise_own_read(self, conversation_id: int, sequence: int, *, is_sent: bool) -> bool:
        """Raise the own mark and count what is unread anew; return whether it moved.

        Args:
            conversation_id: Which conversation.
            sequence: Up to where all was seen.
            is_sent: Whether the server told it, or else must be told.
        """
        with self._database.transaction():
            moved = self._database.run(
                "UPDATE conversations SET own_read = ?1, read_to_send = iif(?2, 0, ?1)"
                " WHERE conversation_id = ?3 AND own_read < ?1",
                sequence,
                int(is_sent),
                conversation_id,
            )
            if moved:
                self.recount_unread(conversation_id)
        return bool(moved)

    def mark_sent(self, conversation_id: int, sequence: int) -> None:
        """The server knows the own mark up to ``sequence``."""
        self._database.run(
            "UPDATE conversations SET read_to_send = 0"
            " WHERE conversation_id = ? AND read_to_send <= ?",
            conversation_id,
            sequence,
        )

    def recount_unread(self, conversation_id: int) -> None:
        """Count the others' messages after the own mark."""
        self._database.run(
            "UPDATE conversations SET unread = (SELECT count(*) FROM messages AS m"
            " WHERE m.conversation_id = conversations.conversation_id AND m.is_own = 0"
            " AND m.system = '' AND m.kind <> 'recalled' AND m.sequence > conversations.own_read)"
            " WHERE conversation_id = ?",
            conversation_id,
        )

    def first_unread(self, conversation: StoredConversation) -> int:
        """Return the sequence of the first message that was not seen, 0 without one."""
        if not conversation.unread:
            return 0
        row = self._database.row(
            "SELECT min(sequence) FROM messages"
            " WHERE conversation_id = ? AND is_own = 0 AND system = '' AND kind <> 'recalled'"
            " AND sequence > ?",
            conversation.conversation_id,
            conversation.own_read,
        )
        return 0 if row is None or row[0] is None else int(row[0])

    def mentions(self, conversation: StoredConversation) -> tuple[int, int]:
        """Return how many unread messages name the account, and the first one's sequence."""
        row = self._database.row(
            "SELECT count(*), coalesce(min(sequence), 0) FROM messages"
            " WHERE conversation_id = ? AND names_me = 1 AND is_own = 0 AND sequence > ?",
            conversation.conversation_id,
            conversation.own_read,
        )
        return (0, 0) if row is None or not conversation.unread else (row[0], row[1])

    def save_draft(self, conversation_id: int, draft: Draft) -> None:
        """Keep what was typed and not sent; empty removes it."""
        if draft == Draft():
            self._database.run("DELETE FROM drafts WHERE conversation_id = ?", conversation_id)
            return
        self._database.run(
            "INSERT OR REPLACE INTO drafts (conversation_id, text, reply_to, edit_of, edit_text)"
            " VALUES (?, ?, ?, ?, ?)",
            conversation_id,
            draft.text,
            draft.reply_to,
            draft.edit_of,
            draft.edit_text,
        )

    def draft(self, conversation_id: int) -> Draft:
        """Return what was typed and not sent."""
        row = self._database.row(
            "SELECT text, reply_to, edit_of, edit_text FROM drafts WHERE conversation_id = ?",
            conversation_id,
        )
        return Draft() if row is None else Draft(*(str(value) for value in row))


def _conversation(row: Row) -> StoredConversation:
    names = StoredConversation.__struct_fields__
    values = dict(zip(names, row, strict=True))
    return msgspec.convert(values, StoredConversation, strict=False)
