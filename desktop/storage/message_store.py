"""Entries as they came, messages as they are shown, and the search over them."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from desktop.events import MessageKind, MessageRow, MessageState, SystemKind
from desktop.storage.database import Database, Row
from desktop.storage.file_store import FILE_COLUMNS, FILE_JOINS, FileStore, file_row
from desktop.storage.migrations import ORDER_STEP, WAITING_BASE
from desktop.storage.tokenizer import match_expression
from shared.content import File
from shared.entries import Entry
from shared.identifiers import AccountId, ConversationId

__all__ = ["MessageStore", "NewMessage", "OpenedEntry"]

_COLUMNS = (
    "m.conversation_id, m.local_id, m.order_key, m.sequence, m.message_id, m.sender, m.is_own,"
    " m.kind, m.text, m.shown_at_ms, m.sent_at_ms, m.received_at_ms, m.delivered_at_ms,"
    " m.read_at_ms, m.refusal, c.delivered, c.read, m.system, m.subjects,"
    f" {FILE_COLUMNS}"
)
_SELECT = (
    f"SELECT {_COLUMNS} FROM messages AS m JOIN conversations AS c USING (conversation_id)"
    f"{FILE_JOINS}"
)
_entries = msgspec.msgpack.Decoder(Entry)


class NewMessage(msgspec.Struct, frozen=True, kw_only=True):
    """A message of one's own, just typed."""

    conversation_id: ConversationId
    message_id: bytes
    sender: AccountId
    text: str
    typed_at_ms: int  # Server time, as well as it is known.
    kind: MessageKind = MessageKind.TEXT
    file_name: str = ""  # To be found by.

    def __repr__(self) -> str:
        return f"NewMessage({self.conversation_id})"


class OpenedEntry(msgspec.Struct, frozen=True, kw_only=True):
    """What an entry turned out to be."""

    entry: Entry
    kind: MessageKind
    message_id: bytes | None = None  # ``None``: it cannot be known.
    text: str = ""
    system: SystemKind | None = None
    subjects: tuple[AccountId, ...] = ()
    file: File | None = None

    def __repr__(self) -> str:
        return f"OpenedEntry({self.entry!r}, {self.kind})"


class MessageStore:
    """The tables ``entries``, ``messages`` and ``search``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    # Entries.

    def save_entries(self, entries: Iterable[Entry]) -> None:
        """Keep sealed entries; what is already here stays as it is."""
        with self._database.transaction():
            for entry in entries:
                self._database.run(
                    "INSERT OR IGNORE INTO entries"
                    " (conversation_id, sequence, kind, is_opened, entry) VALUES (?, ?, ?, 0, ?)",
                    entry.conversation_id,
                    entry.sequence,
                    entry.kind.value,
                    msgspec.msgpack.encode(entry),
                )

    def entry(self, conversation_id: int, sequence: int) -> Entry | None:
        """Return one sealed entry."""
        row = self._database.row(
            "SELECT entry FROM entries WHERE conversation_id = ? AND sequence = ?",
            conversation_id,
            sequence,
        )
        return None if row is None else _entries.decode(row[0])

    def entries(self, conversation_id: int, *, first: int, last: int) -> list[Entry]:
        """Return the sealed entries of a range, in order."""
        rows = self._database.rows(
            "SELECT entry FROM entries WHERE conversation_id = ? AND sequence BETWEEN ? AND ?"
            " ORDER BY sequence",
            conversation_id,
            first,
            last,
        )
        return [_entries.decode(row[0]) for row in rows]

    def handshakes(self, conversation_id: int, *, after: int, last: int) -> list[Entry]:
        """Return the handshakes of a range that are here, in order."""
        rows = self._database.rows(
            "SELECT entry FROM entries WHERE conversation_id = ? AND kind = 1"
            " AND sequence > ? AND sequence <= ? ORDER BY sequence",
            conversation_id,
            after,
            last,
        )
        return [_entries.decode(row[0]) for row in rows]

    def handshake_before(self, conversation_id: int, sequence: int) -> Entry | None:
        """Return the newest handshake before a place, of those that are here."""
        row = self._database.row(
            "SELECT entry FROM entries WHERE conversation_id = ? AND kind = 1 AND sequence < ?"
            " ORDER BY sequence DESC LIMIT 1",
            conversation_id,
            sequence,
        )
        return None if row is None else _entries.decode(row[0])

    def open_again(self, conversation_id: int, parent: int) -> list[int]:
        """Let entries be opened anew that nothing opened before.

        Returns:
            The local ids of the lines that go for it.
        """
        gone = []
        for local_id, sequence in self._database.rows(
            "SELECT local_id, sequence FROM messages WHERE conversation_id = ?"
            " AND kind = 'unreadable' AND sequence > ?",
            conversation_id,
            parent,
        ):
            entry = self.entry(conversation_id, sequence)
            if entry is not None and entry.parent == parent:
                gone.append(local_id)
                self._database.run("DELETE FROM messages WHERE local_id = ?", local_id)
                self._database.run(
                    "UPDATE entries SET is_opened = 0 WHERE conversation_id = ? AND sequence = ?",
                    conversation_id,
                    sequence,
                )
        return gone

    def unopened(
        self, conversation_id: int, limit: int, *, before: int | None = None
    ) -> list[Entry]:
        """Return the newest entries that were stored and not opened yet, in rising order.

        Args:
            conversation_id: Which conversation.
            limit: At most so many.
            before: Only those before this sequence.
        """
        rows = self._database.rows(
            "SELECT entry FROM entries WHERE conversation_id = ? AND is_opened = 0"
            " AND sequence < ? ORDER BY sequence DESC LIMIT ?",
            conversation_id,
            2**63 - 1 if before is None else before,
            limit,
        )
        return [_entries.decode(row[0]) for row in reversed(rows)]

    def has_unopened(self, conversation_id: int) -> bool:
        """Whether entries are stored that were not opened yet."""
        sql = "SELECT 1 FROM entries WHERE conversation_id = ? AND is_opened = 0 LIMIT 1"
        return self._database.row(sql, conversation_id) is not None

    def set_opened(self, entry: Entry) -> None:
        """Note that nothing is left to do with an entry."""
        self._database.run(
            "UPDATE entries SET is_opened = 1 WHERE conversation_id = ? AND sequence = ?",
            entry.conversation_id,
            entry.sequence,
        )

    def has_message(self, conversation_id: int, sequence: int) -> bool:
        """Whether the message of this entry is here, as for own ones that were accepted."""
        row = self._database.row(
            "SELECT 1 FROM messages WHERE conversation_id = ? AND sequence = ? AND sequence > 0",
            conversation_id,
            sequence,
        )
        return row is not None

    # Messages.

    def add_waiting(self, message: NewMessage) -> int:
        """Store a message that was just typed; return its local id."""
        with self._database.transaction():
            local_id = self._database.insert(
                "INSERT INTO messages (conversation_id, order_key, sequence, message_id, sender,"
                " is_own, kind, text, shown_at_ms, sent_at_ms, received_at_ms)"
                " VALUES (?, 0, 0, ?, ?, 1, ?, ?, ?, ?, 0)",
                message.conversation_id,
                message.message_id,
                message.sender,
                message.kind.value,
                message.text,
                message.typed_at_ms,
                message.typed_at_ms,
            )
            waiting_id = WAITING_BASE + local_id
            self._database.run(
                "UPDATE messages SET order_key = ?1, search_id = ?1 WHERE local_id = ?2",
                waiting_id,
                local_id,
            )
            text = _searched(message.text, message.file_name)
            self._index(waiting_id, message.conversation_id, text)
        return local_id

    def add_opened(self, opened: OpenedEntry, *, is_own: bool) -> int | None:
        """Store what an entry says.

        Returns:
            The local id of its message; ``None`` if that message is shown already: one
            (account, message_id) is shown once, whatever was sent again.
        """
        entry = opened.entry
        with self._database.transaction():
            self.set_opened(entry)
            same = self._same(opened)
            if same is not None and (not is_own or same[1] > 0):
                return None
            if same is not None:
                self._settle(same[0], opened)
                return same[0]
            searched = _searched(opened.text, "" if opened.file is None else opened.file.name)
            local_id = self._database.insert(
                "INSERT INTO messages (conversation_id, order_key, search_id, sequence,"
                " message_id, sender, is_own, kind, text, shown_at_ms, sent_at_ms,"
                " received_at_ms, system, subjects)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                entry.conversation_id,
                entry.sequence * ORDER_STEP,
                entry.entry_id if searched and opened.system is None else None,
                entry.sequence,
                opened.message_id,
                entry.account,
                int(is_own),
                opened.kind.value,
                opened.text,
                _shown_at_ms(entry),
                entry.sent_at_ms,
                entry.received_at_ms,
                "" if opened.system is None else opened.system.value,
                msgspec.msgpack.encode(opened.subjects),
            )
            if opened.file is not None:
                FileStore(self._database).add_opened(local_id, entry.conversation_id, opened.file)
            if searched and opened.system is None:
                self._index(entry.entry_id, entry.conversation_id, searched)
            if not is_own and opened.system is None:
                self._database.run(
                    "UPDATE conversations SET unread = unread + 1"
                    " WHERE conversation_id = ? AND own_read < ?",
                    entry.conversation_id,
                    entry.sequence,
                )
        return local_id

    def settle(self, local_id: int, entry: Entry) -> None:
        """Note that an own message that waited is now this entry."""
        with self._database.transaction():
            row = self._database.row(
                "SELECT 1 FROM messages WHERE local_id = ? AND sequence = 0", local_id
            )
            if row is not None:
                self._settle(local_id, OpenedEntry(entry=entry, kind=MessageKind.TEXT))

    def place(self, slots: dict[int, int], conversation_id: int) -> list[int]:
        """Put messages into their slots (sequence → slot); return the local ids that moved."""
        moved: list[int] = []
        if not slots:
            return moved
        with self._database.transaction():
            for local_id, sequence, order_key in self._database.rows(
                "SELECT local_id, sequence, order_key FROM messages"
                " WHERE conversation_id = ? AND sequence BETWEEN ? AND ? AND sequence > 0",
                conversation_id,
                min(slots),
                max(slots),
            ):
                wanted = int(slots.get(sequence) or sequence) * ORDER_STEP
                if order_key != wanted:
                    self._database.run(
                        "UPDATE messages SET order_key = ? WHERE local_id = ?", wanted, local_id
                    )
                    moved.append(local_id)
        return moved

    def refuse(self, local_id: int, code: str) -> None:
        """Note that a rule said no to an own message."""
        self._database.run("UPDATE messages SET refusal = ? WHERE local_id = ?", code, local_id)

    def remove_waiting(self, local_id: int) -> None:
        """Drop an own message that never was accepted."""
        with self._database.transaction():
            row = self._database.row(
                "SELECT search_id FROM messages WHERE local_id = ? AND sequence = 0", local_id
            )
            if row is not None:
                self._database.run("DELETE FROM search WHERE rowid = ?", row[0])
                self._database.run("DELETE FROM messages WHERE local_id = ?", local_id)
                FileStore(self._database).forget(local_id)

    # Rows.

    def row(self, local_id: int) -> MessageRow | None:
        """Return one row."""
        row = self._database.row(f"{_SELECT} WHERE m.local_id = ?", local_id)
        return None if row is None else _message(row)

    def by_message_id(self, prefix: bytes, limit: int) -> list[MessageRow]:
        """Return the rows whose message's name begins so."""
        rows = self._database.rows(
            f"{_SELECT} WHERE substr(m.message_id, 1, ?) = ? ORDER BY m.local_id DESC LIMIT ?",
            len(prefix),
            prefix,
            limit,
        )
        return [_message(row) for row in rows]

    def own_between(self, conversation_id: int, first: int, last: int) -> list[MessageRow]:
        """Return the own accepted rows of a range of sequences."""
        rows = self._database.rows(
            f"{_SELECT} WHERE m.conversation_id = ? AND m.sequence BETWEEN ? AND ?"
            " AND m.sequence > 0 AND m.is_own = 1 ORDER BY m.sequence",
            conversation_id,
            first,
            last,
        )
        return [_message(row) for row in rows]

    def before(self, conversation_id: int, order: int | None, limit: int) -> list[MessageRow]:
        """Return the rows just before an order key (``None``: the newest), rising."""
        rows = self._database.rows(
            f"{_SELECT} WHERE m.conversation_id = ? AND m.order_key < ?"
            " ORDER BY m.order_key DESC LIMIT ?",
            conversation_id,
            2**63 - 1 if order is None else order,
            limit,
        )
        return [_message(row) for row in reversed(rows)]

    def after(self, conversation_id: int, order: int, limit: int) -> list[MessageRow]:
        """Return the rows just after an order key, rising."""
        rows = self._database.rows(
            f"{_SELECT} WHERE m.conversation_id = ? AND m.order_key > ?"
            " ORDER BY m.order_key LIMIT ?",
            conversation_id,
            order,
            limit,
        )
        return [_message(row) for row in rows]

    def newest(self, conversation_id: int) -> MessageRow | None:
        """Return the last row of a conversation."""
        rows = self.before(conversation_id, None, 1)
        return rows[0] if rows else None

    def search(
        self, text: str, conversation_id: ConversationId | None, limit: int
    ) -> list[MessageRow]:
        """Return the messages in which all parts of ``text`` occur, newest first."""
        expression = match_expression(text)
        if expression is None:
            return []
        expression = f"text : ({expression})"
        if conversation_id is not None:
            scope = match_expression(_scope(conversation_id))
            expression += f" AND scope : ({scope})"
        rows = self._database.rows(
            f"SELECT {_COLUMNS} FROM search AS s"
            " CROSS JOIN messages AS m ON m.search_id = s.rowid"
            f" JOIN conversations AS c USING (conversation_id){FILE_JOINS}"
            " WHERE s.search MATCH ? ORDER BY s.rowid DESC LIMIT ?",
            expression,
            limit,
        )
        return [_message(row) for row in rows]

    # Inside.

    def _same(self, opened: OpenedEntry) -> tuple[int, int] | None:
        """Return the local id and sequence of the message that this one is, if there is one."""
        entry = opened.entry
        row = self._database.row(
            "SELECT local_id, sequence FROM messages"
            " WHERE sender = ? AND message_id = ? AND message_id IS NOT NULL",
            entry.account,
            opened.message_id,
        ) or self._database.row(
            "SELECT local_id, sequence FROM messages"
            " WHERE conversation_id = ? AND sequence = ? AND sequence > 0",
            entry.conversation_id,
            entry.sequence,
        )
        return None if row is None else (row[0], row[1])

    def _settle(self, local_id: int, opened: OpenedEntry) -> None:
        """Turn a waiting message of one's own into an accepted one."""
        entry = opened.entry
        self._database.run("DELETE FROM search WHERE rowid = ?", WAITING_BASE + local_id)
        self._database.run(
            "UPDATE messages SET order_key = ?, search_id = ?, sequence = ?, shown_at_ms = ?,"
            " sent_at_ms = ?, received_at_ms = ?, refusal = '' WHERE local_id = ?",
            entry.sequence * ORDER_STEP,
            entry.entry_id,
            entry.sequence,
            _shown_at_ms(entry),
            entry.sent_at_ms,
            entry.received_at_ms,
            local_id,
        )
        # A receipt may have been faster than the answer.
        self._database.run(
            "UPDATE messages AS m SET"
            " delivered_at_ms = iif(m.sequence <= c.delivered, c.delivered_at_ms, 0),"
            " read_at_ms = iif(m.sequence <= c.read, c.read_at_ms, 0)"
            " FROM conversations AS c"
            " WHERE m.local_id = ? AND c.conversation_id = m.conversation_id",
            local_id,
        )
        row = self._database.row(
            "SELECT text, coalesce(name, '') FROM messages LEFT JOIN files USING (local_id)"
            " WHERE local_id = ?",
            local_id,
        )
        assert row is not None
        self._index(entry.entry_id, entry.conversation_id, _searched(row[0], row[1]))

    def _index(self, search_id: int, conversation_id: int, text: str) -> None:
        self._database.run(
            "INSERT INTO search (rowid, text, scope) VALUES (?, ?, ?)",
            search_id,
            text,
            _scope(conversation_id),
        )


def _searched(text: str, file_name: str) -> str:
    """Return what a message is found by."""
    return f"{text}\n{file_name}" if text and file_name else text or file_name


def _scope(conversation_id: int) -> str:
    """Return the word that all messages of a conversation share."""
    return f"{conversation_id:016x}"


def _shown_at_ms(entry: Entry) -> int:
    return min(entry.sent_at_ms, entry.received_at_ms + entry.sent_error_ms)


def _message(row: Row) -> MessageRow:
    (conversation_id, local_id, order, sequence, message_id, sender, is_own, kind, text) = row[:9]
    (shown_at_ms, sent_at_ms, received_at_ms, delivered_at_ms, read_at_ms, refusal) = row[9:15]
    return MessageRow(
        conversation_id=conversation_id,
        local_id=local_id,
        order=order,
        sequence=sequence,
        message_id=message_id.hex() if message_id else "",
        sender=sender,
        is_own=bool(is_own),
        kind=MessageKind(kind),
        text=text,
        shown_at_ms=shown_at_ms,
        sent_at_ms=sent_at_ms,
        received_at_ms=received_at_ms,
        state=_state(sequence, bool(is_own), refusal, delivered=row[15], read=row[16]),
        delivered_at_ms=delivered_at_ms,
        read_at_ms=read_at_ms,
        refusal=refusal,
        system=SystemKind(row[17]) if row[17] else None,
        subjects=msgspec.msgpack.decode(row[18], type=tuple[AccountId, ...]) if row[18] else (),
        file=file_row(row[19:]),
    )


def _state(sequence: int, is_own: bool, refusal: str, *, delivered: int, read: int) -> MessageState:
    if not is_own:
        return MessageState.RECEIVED
    if not sequence:
        return MessageState.REFUSED if refusal else MessageState.WAITING
    if sequence <= read:
        return MessageState.READ
    return MessageState.DELIVERED if sequence <= delivered else MessageState.ACCEPTED
