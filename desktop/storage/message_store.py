"""Entries as they came, messages as they are shown, and the search over them."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from desktop.events import (
    MessageKind,
    MessageRow,
    MessageState,
    Quote,
    ReactionCount,
    SystemKind,
)
from desktop.storage.database import Database, Row, Value
from desktop.storage.file_store import FILE_COLUMNS, FILE_JOINS, FileStore, file_row
from desktop.storage.migrations import ORDER_STEP, WAITING_BASE
from desktop.storage.search_index import SearchIndex, searched
from shared.content import File
from shared.content_rules import is_earlier
from shared.entries import Entry, EntryKind
from shared.identifiers import ID_MAX, AccountId, ConversationId, snowflake_at

__all__ = ["MessageStore", "NewMessage", "OpenedEntry", "encoded_accounts"]

_COLUMNS = (
    "m.conversation_id, m.local_id, m.order_key, m.sequence, m.message_id, m.sender, m.is_own,"
    " m.kind, m.text, m.shown_at_ms, m.sent_at_ms, m.received_at_ms, m.delivered_at_ms,"
    " m.read_at_ms, m.refusal, c.delivered, c.read, m.system, m.subjects, m.reply_to,"
    " m.expires_at_ms, m.is_edited, m.is_changing, m.reactions, m.mentions,"
    f" {FILE_COLUMNS}"
)
_SELECT = (
    f"SELECT {_COLUMNS} FROM messages AS m JOIN conversations AS c USING (conversation_id)"
    f"{FILE_JOINS}"
)
_entries = msgspec.msgpack.Decoder(Entry)
_reactions = msgspec.msgpack.Decoder(tuple[ReactionCount, ...])
_accounts = msgspec.msgpack.Decoder(tuple[AccountId, ...])
_QUOTE_LENGTH_MAX = 200
_NAME_BYTES = 16
_SHOWN_AFTER_RECEPTION_MS = 10_000  # How far a sender's clock may be ahead in what is shown.


class NewMessage(msgspec.Struct, frozen=True, kw_only=True):
    """A message of one's own, just typed."""

    conversation_id: ConversationId
    message_id: bytes
    sender: AccountId
    text: str
    typed_at_ms: int  # Server time, as well as it is known.
    kind: MessageKind = MessageKind.TEXT
    file_name: str = ""  # To be found by.
    reply_to: bytes | None = None
    mentions: tuple[AccountId, ...] = ()

    def __repr__(self) -> str:
        return f"NewMessage({self.conversation_id})"


class OpenedEntry(msgspec.Struct, frozen=True, kw_only=True):
    """What an entry turned out to be."""

    entry: Entry
    kind: MessageKind
    message_id: bytes | None = None  # ``None``: it cannot be known.
    text: str = ""
    reply_to: bytes | None = None
    system: SystemKind | None = None
    subjects: tuple[AccountId, ...] = ()
    file: File | None = None
    mentions: tuple[AccountId, ...] = ()

    def __repr__(self) -> str:
        return f"OpenedEntry({self.entry!r}, {self.kind})"


class MessageStore:
    """The tables ``entries``, ``messages`` and ``search``.

    Attributes:
        shows_read: Whether rows tell what others have read; else it is shown as delivered.
    """

    def __init__(self, database: Database) -> None:
        self.shows_read = True
        self._database = database
        self._index = SearchIndex(database)

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

    def has_unopened_of(self, conversation_id: int, device: int) -> bool:
        """Whether messages of a device are stored that were not opened yet; looks at them all."""
        rows = self._database.rows(
            "SELECT entry FROM entries WHERE conversation_id = ? AND is_opened = 0 AND kind = ?",
            conversation_id,
            int(EntryKind.APPLICATION),
        )
        return any(_entries.decode(row[0]).device == device for row in rows)

    def drop_payload(self, conversation_id: int, sequence: int) -> None:
        """Forget what an entry says; what its place in the log rests on stays."""
        entry = self.entry(conversation_id, sequence)
        if entry is not None:
            self._database.run(
                "UPDATE entries SET entry = ? WHERE conversation_id = ? AND sequence = ?",
                msgspec.msgpack.encode(msgspec.structs.replace(entry, payload=b"")),
                conversation_id,
                sequence,
            )

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
                " is_own, kind, text, shown_at_ms, sent_at_ms, received_at_ms, reply_to, mentions)"
                " VALUES (?, 0, 0, ?, ?, 1, ?, ?, ?, ?, 0, ?, ?)",
                message.conversation_id,
                message.message_id,
                message.sender,
                message.kind.value,
                message.text,
                message.typed_at_ms,
                message.typed_at_ms,
                message.reply_to,
                encoded_accounts(message.mentions),
            )
            waiting_id = WAITING_BASE + local_id
            self._database.run(
                "UPDATE messages SET order_key = ?1, search_id = ?1 WHERE local_id = ?2",
                waiting_id,
                local_id,
            )
            text = searched(message.text, message.file_name)
            self._index.put(
                waiting_id,
                text,
                conversation_id=message.conversation_id,
                sender=message.sender,
                is_file=message.kind is MessageKind.FILE,
            )
        return local_id

    def add_opened(
        self, opened: OpenedEntry, *, is_own: bool, names_me: bool = False
    ) -> int | None:
        """Store what an entry says, and whether it names the account of this profile.

        Returns:
            The local id of its message; ``None`` if that message is shown already: one
            (account, message_id) is shown once, whatever was sent again.
        """
        entry = opened.entry
        with self._database.transaction():
            self.set_opened(entry)
            same = self._same(opened)
            if same is not None:
                if not is_earlier(entry.sequence, same[1]):
                    return None
                self._settle(same[0], entry)
                return same[0]
            text = searched(opened.text, "" if opened.file is None else opened.file.name)
            local_id = self._database.insert(
                "INSERT INTO messages (conversation_id, order_key, search_id, sequence,"
                " message_id, sender, is_own, kind, text, shown_at_ms, sent_at_ms,"
                " received_at_ms, system, subjects, reply_to, expires_at_ms, mentions, names_me)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                entry.conversation_id,
                entry.sequence * ORDER_STEP,
                entry.entry_id if text and opened.system is None else None,
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
                opened.reply_to,
                entry.expires_at_ms,
                encoded_accounts(opened.mentions),
                int(names_me),
            )
            if opened.file is not None:
                FileStore(self._database).add_opened(local_id, entry.conversation_id, opened.file)
            if text and opened.system is None:
                self._index.add(
                    entry.entry_id,
                    text,
                    conversation_id=entry.conversation_id,
                    sender=entry.account,
                    is_file=opened.file is not None,
                )
            if not is_own and opened.system is None:
                self._database.run(
                    "UPDATE conversations SET unread = unread + 1"
                    " WHERE conversation_id = ? AND own_read < ?",
                    entry.conversation_id,
                    entry.sequence,
                )
        return local_id

    def settle(self, local_id: int, entry: Entry) -> bool:
        """Note that an own message that waited is now this entry; whether it did wait."""
        with self._database.transaction():
            row = self._database.row(
                "SELECT 1 FROM messages WHERE local_id = ? AND sequence = 0", local_id
            )
            if row is not None:
                self._settle(local_id, entry)
        return row is not None

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
                self._index.drop(row[0])
                self._database.run("DELETE FROM messages WHERE local_id = ?", local_id)
                FileStore(self._database).forget(local_id)

    # Rows.

    def row(self, local_id: int) -> MessageRow | None:
        """Return one row."""
        found = self._rows(f"{_SELECT} WHERE m.local_id = ?", local_id)
        return found[0] if found else None

    def by_message_id(self, prefix: bytes, limit: int) -> list[MessageRow]:
        """Return the rows whose message's name begins so."""
        return self._rows(
            f"{_SELECT} WHERE m.message_id BETWEEN ? AND ? ORDER BY m.local_id DESC LIMIT ?",
            prefix.ljust(_NAME_BYTES, b"\x00"),
            prefix.ljust(_NAME_BYTES, b"\xff"),
            limit,
        )

    def own_between(self, conversation_id: int, first: int, last: int) -> list[MessageRow]:
        """Return the own accepted rows of a range of sequences."""
        return self._rows(
            f"{_SELECT} WHERE m.conversation_id = ? AND m.sequence BETWEEN ? AND ?"
            " AND m.sequence > 0 AND m.is_own = 1 ORDER BY m.sequence",
            conversation_id,
            first,
            last,
        )

    def before(self, conversation_id: int, order: int | None, limit: int) -> list[MessageRow]:
        """Return the rows just before an order key (``None``: the newest), rising."""
        rows = self._rows(
            f"{_SELECT} WHERE m.conversation_id = ? AND m.order_key < ?"
            " ORDER BY m.order_key DESC LIMIT ?",
            conversation_id,
            2**63 - 1 if order is None else order,
            limit,
        )
        return rows[::-1]

    def after(self, conversation_id: int, order: int, limit: int) -> list[MessageRow]:
        """Return the rows just after an order key, rising."""
        return self._rows(
            f"{_SELECT} WHERE m.conversation_id = ? AND m.order_key > ?"
            " ORDER BY m.order_key LIMIT ?",
            conversation_id,
            order,
            limit,
        )

    def newest_of_others(self, conversation_id: int) -> tuple[int, int]:
        """Return sequence and time of reception of the newest message of others, else zeros."""
        row = self._database.row(
            "SELECT sequence, received_at_ms FROM messages WHERE conversation_id = ?"
            " AND is_own = 0 AND system = '' AND kind <> 'recalled'"
            " ORDER BY sequence DESC LIMIT 1",
            conversation_id,
        )
        return (0, 0) if row is None else (row[0], row[1])

    def newest(self, conversation_id: int) -> MessageRow | None:
        """Return the last row of a conversation."""
        rows = self.before(conversation_id, None, 1)
        return rows[0] if rows else None

    def first_at(self, conversation_id: int, at_ms: int) -> int | None:
        """Return the order key of the first message shown at or after a server time.

        Times of reception rise with the sequence, so that it is looked for by halves.
        """
        newest = self._database.row(
            "SELECT sequence FROM messages WHERE conversation_id = ? AND sequence > 0"
            " ORDER BY sequence DESC LIMIT 1",
            conversation_id,
        )
        low, high = 1, 1 if newest is None else newest[0] + 1
        while low < high:
            middle = (low + high) // 2
            row = self._database.row(
                "SELECT sequence, received_at_ms FROM messages"
                " WHERE conversation_id = ? AND sequence >= ? AND sequence > 0"
                " ORDER BY sequence LIMIT 1",
                conversation_id,
                middle,
            )
            if row is None or row[1] >= at_ms - _SHOWN_AFTER_RECEPTION_MS:
                high = middle
            else:
                low = row[0] + 1
        row = self._database.row(
            "SELECT order_key FROM messages WHERE conversation_id = ? AND sequence >= ?"
            " AND sequence > 0 AND shown_at_ms >= ? ORDER BY sequence LIMIT 1",
            conversation_id,
            low,
            at_ms,
        )
        return None if row is None else int(row[0])

    def oldest_received_ms(self, conversation_id: int) -> int:
        """Return when the server received the oldest message that is here, 0 without one."""
        row = self._database.row(
            "SELECT received_at_ms FROM messages WHERE conversation_id = ? AND sequence > 0"
            " ORDER BY sequence LIMIT 1",
            conversation_id,
        )
        return 0 if row is None else int(row[0])

    def search(
        self,
        text: str,
        conversation_id: ConversationId | None,
        limit: int,
        *,
        sender: AccountId | None = None,
        since_ms: int = 0,
        until_ms: int = 0,
        only_files: bool = False,
        before_local_id: int = 0,
    ) -> list[MessageRow]:
        """Return messages, newest first; see `desktop.commands.SearchMessages`."""
        is_filtered = bool(sender is not None or since_ms or until_ms or only_files)
        has_words = self._index.expression(text) is not None
        if not has_words and (text.strip() or not is_filtered):
            return []
        expression = self._index.expression(
            text, conversation_id, sender=sender, only_files=only_files
        )
        first, last = snowflake_at(since_ms), snowflake_at(until_ms) if until_ms else ID_MAX
        if before_local_id:
            last = min(last, self._search_id(before_local_id))
        if expression is None:
            return self._rows(
                f"{_SELECT} WHERE m.search_id >= ? AND m.search_id < ?"
                " ORDER BY m.search_id DESC LIMIT ?",
                first,
                last,
                limit,
            )
        # A place in the index tells the time: nothing outside of it is looked at.
        return self._rows(
            f"SELECT {_COLUMNS} FROM search AS s"
            " CROSS JOIN messages AS m ON m.search_id = s.rowid"
            f" JOIN conversations AS c USING (conversation_id){FILE_JOINS}"
            " WHERE s.search MATCH ? AND s.rowid >= ? AND s.rowid < ?"
            " ORDER BY s.rowid DESC LIMIT ?",
            expression,
            first,
            last,
            limit,
        )

    # Inside.

    def _search_id(self, local_id: int) -> int:
        """Return a message's place in the index, 0 if it is gone: nothing is before that."""
        row = self._database.row("SELECT search_id FROM messages WHERE local_id = ?", local_id)
        return 0 if row is None else int(row[0] or 0)

    def _rows(self, sql: str, *values: Value) -> list[MessageRow]:
        """Return the messages of a query, each with what it answers."""
        return [
            _message(
                row,
                self._quote(row[0], row[19]) if row[19] else None,
                shows_read=self.shows_read,
            )
            for row in self._database.rows(sql, *values)
        ]

    def _quote(self, conversation_id: int, message_id: bytes) -> Quote | None:
        """Return what is shown of a message where another one answers it."""
        row = self._database.row(
            "SELECT m.local_id, order_key, sender, kind,"
            " iif(kind = 'file' AND text = '', name, text) FROM messages AS m"
            " LEFT JOIN files AS f ON f.local_id = m.local_id"
            " WHERE m.message_id = ? AND m.conversation_id = ? ORDER BY m.local_id LIMIT 1",
            message_id,
            conversation_id,
        )
        if row is None:
            return None
        return Quote(
            local_id=row[0],
            order=row[1],
            sender=row[2],
            kind=MessageKind(row[3]),
            text=(row[4] or "")[:_QUOTE_LENGTH_MAX],
        )

    def _same(self, opened: OpenedEntry) -> tuple[int, int] | None:
        """Return the local id and sequence of the message that this one is, if there is one."""
        entry = opened.entry
        row = self._database.row(
            "SELECT local_id, sequence FROM messages WHERE message_id = ?"
            " AND conversation_id = ? AND sender = ? AND message_id IS NOT NULL",
            opened.message_id,
            entry.conversation_id,
            entry.account,
        ) or self._database.row(
            "SELECT local_id, sequence FROM messages"
            " WHERE conversation_id = ? AND sequence = ? AND sequence > 0",
            entry.conversation_id,
            entry.sequence,
        )
        return None if row is None else (row[0], row[1])

    def _settle(self, local_id: int, entry: Entry) -> None:
        """Give a message its place in the log, or a lower one where it stood twice."""
        row = self._database.row(
            "SELECT search_id, text, iif(kind = 'file', name, '') FROM messages"
            " LEFT JOIN files USING (local_id) WHERE local_id = ?",
            local_id,
        )
        assert row is not None
        search_id, text, file_name = row
        if search_id is not None:
            self._index.drop(search_id)
            text = searched(text, file_name or "")
            self._index.put(
                entry.entry_id,
                text,
                conversation_id=entry.conversation_id,
                sender=entry.account,
                is_file=bool(file_name),
            )
        self._database.run(
            "UPDATE messages SET order_key = ?, search_id = ?, sequence = ?, shown_at_ms = ?,"
            " sent_at_ms = ?, received_at_ms = ?, expires_at_ms = ?, refusal = ''"
            " WHERE local_id = ?",
            entry.sequence * ORDER_STEP,
            None if search_id is None else entry.entry_id,
            entry.sequence,
            _shown_at_ms(entry),
            entry.sent_at_ms,
            entry.received_at_ms,
            entry.expires_at_ms,
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


def encoded_accounts(accounts: tuple[AccountId, ...]) -> bytes:
    """Return accounts as a column holds them."""
    return msgspec.msgpack.encode(accounts) if accounts else b""


def _shown_at_ms(entry: Entry) -> int:
    return min(entry.sent_at_ms, entry.received_at_ms + entry.sent_error_ms)


def _message(row: Row, quote: Quote | None, *, shows_read: bool) -> MessageRow:
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
        state=_state(
            sequence,
            bool(is_own),
            refusal,
            delivered=row[15],
            read=row[16] if shows_read else 0,
        ),
        delivered_at_ms=delivered_at_ms,
        read_at_ms=read_at_ms if shows_read else 0,
        refusal=refusal,
        system=SystemKind(row[17]) if row[17] else None,
        subjects=_accounts.decode(row[18]) if row[18] else (),
        reply_to=row[19].hex() if row[19] else "",
        quote=quote,
        expires_at_ms=row[20],
        is_edited=bool(row[21]),
        is_changing=bool(row[22]),
        reactions=_reactions.decode(row[23]) if row[23] else (),
        mentions=_accounts.decode(row[24]) if row[24] else (),
        file=file_row(row[25:]),
    )


def _state(sequence: int, is_own: bool, refusal: str, *, delivered: int, read: int) -> MessageState:
    if not is_own:
        return MessageState.RECEIVED
    if not sequence:
        return MessageState.REFUSED if refusal else MessageState.WAITING
    if sequence <= read:
        return MessageState.READ
    return MessageState.DELIVERED if sequence <= delivered else MessageState.ACCEPTED
