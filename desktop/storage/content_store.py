"""What messages do to others, and what has to be done about it: changes, blankings, expiry."""

from __future__ import annotations

import msgspec

from desktop.events import MessageKind, ReactionCount
from desktop.storage.database import Database, Row
from desktop.storage.message_store import encoded_accounts
from desktop.storage.search_index import SearchIndex, searched
from shared.identifiers import AccountId, ConversationId

__all__ = ["BlankingDue", "ContentStore", "Effect", "Gone", "Line", "Shown"]

_EFFECT = (
    "conversation_id, account, message_id, sequence, local_id, target, place, received_at_ms,"
    " expires_at_ms, role, content"
)
_LINE = (
    "local_id, sequence, sender, received_at_ms, message_id, coalesce(opened_kind, kind),"
    " coalesce(written, text), search_id, kind, text, is_edited, is_changing, reactions, mentions,"
    " names_me, coalesce(written_mentions, mentions)"
)
_reactions = msgspec.msgpack.Decoder(tuple[ReactionCount, ...])
_accounts = msgspec.msgpack.Decoder(tuple[AccountId, ...])


class Effect(msgspec.Struct, frozen=True, kw_only=True):
    """A content that changes a message, whether that is here or not."""

    conversation_id: ConversationId
    account: int
    message_id: bytes  # Its own.
    sequence: int = 0  # 0 while it waits.
    local_id: int = 0  # Its place in the outbox while it waits.
    target: bytes
    place: int = 0  # The sequence that a recall names.
    received_at_ms: int
    expires_at_ms: int = 0
    role: int
    content: bytes  # `shared.content`, encoded.

    def __repr__(self) -> str:
        return f"Effect({self.conversation_id}, sequence={self.sequence})"


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """How a message is shown."""

    kind: MessageKind
    text: str
    is_edited: bool = False
    is_changing: bool = False
    reactions: tuple[ReactionCount, ...] = ()
    mentions: tuple[AccountId, ...] = ()
    names_me: bool = False

    def __repr__(self) -> str:
        return f"Shown({self.kind})"


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """A message as it was opened (``kind``, ``written``), and as it is shown now."""

    local_id: int
    sequence: int
    sender: int
    received_at_ms: int
    message_id: bytes | None
    kind: MessageKind
    written: str
    search_id: int | None
    shown: Shown
    written_mentions: tuple[AccountId, ...] = ()

    def __repr__(self) -> str:
        return f"Line(local_id={self.local_id})"


class Gone(msgspec.Struct, frozen=True):
    """A message whose time is over."""

    conversation_id: ConversationId
    local_id: int


class BlankingDue(msgspec.Struct, frozen=True):
    """A payload that the server is to drop."""

    conversation_id: ConversationId
    sequence: int
    payload_hash: bytes


class ContentStore:
    """The tables ``effects``, ``blankings`` and ``withdrawn``, and how messages are shown."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._index = SearchIndex(database)

    # Changes.

    def add(self, effect: Effect) -> None:
        """Keep a change; one that waited under the same name is accepted with it."""
        with self._database.transaction():
            if effect.sequence:
                self._database.run(
                    "DELETE FROM effects WHERE conversation_id = ? AND account = ?"
                    " AND message_id = ? AND sequence = 0",
                    effect.conversation_id,
                    effect.account,
                    effect.message_id,
                )
            self._database.run(
                f"INSERT OR IGNORE INTO effects ({_EFFECT})"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                *msgspec.structs.astuple(effect),
            )

    def effects(
        self, conversation_id: int, *, target: bytes | None, place: int = 0
    ) -> list[Effect]:
        """Return what names a message, or the place where it stands."""
        rows = self._database.rows(
            f"SELECT {_EFFECT} FROM effects WHERE conversation_id = ?1 AND target = ?2"
            f" UNION SELECT {_EFFECT} FROM effects"
            " WHERE conversation_id = ?1 AND place = ?3 AND place > 0",
            conversation_id,
            target,
            place,
        )
        return [_effect(row) for row in rows]

    def drop_waiting(self, local_id: int) -> Effect | None:
        """Forget a change that was refused or withdrawn; return it, if there was one."""
        row = self._database.row(
            f"SELECT {_EFFECT} FROM effects WHERE local_id = ? AND sequence = 0",
            local_id,
        )
        if row is None:
            return None
        self._database.run("DELETE FROM effects WHERE local_id = ? AND sequence = 0", local_id)
        return _effect(row)

    def drop_contents(self, conversation_id: int, target: bytes) -> None:
        """Forget what was done to a message that is gone, and what it said; recalls stay."""
        self._database.run(
            "DELETE FROM effects WHERE conversation_id = ? AND target = ? AND place = 0",
            conversation_id,
            target,
        )

    # Lines.

    def lines(self, conversation_id: int, *, message_id: bytes | None, place: int) -> list[Line]:
        """Return the messages that go by a name, or stand at a place; no system lines."""
        if not place:
            return self._named(conversation_id, message_id)
        rows = self._database.rows(
            f"SELECT {_LINE} FROM messages WHERE message_id = ?2 AND conversation_id = ?1"
            " AND system = ''"
            f" UNION SELECT {_LINE} FROM messages WHERE conversation_id = ?1 AND sequence = ?3"
            " AND sequence > 0 AND system = ''",
            conversation_id,
            message_id,
            place,
        )
        return [_line(row) for row in rows]

    def _named(self, conversation_id: int, message_id: bytes | None) -> list[Line]:
        rows = self._database.rows(
            f"SELECT {_LINE} FROM messages WHERE message_id = ? AND conversation_id = ?"
            " AND system = ''",
            message_id,
            conversation_id,
        )
        return [_line(row) for row in rows]

    def show(self, conversation_id: int, line: Line, shown: Shown, *, is_final: bool) -> None:
        """Show a message otherwise; for good, what was written is forgotten."""
        reactions = msgspec.msgpack.encode(shown.reactions) if shown.reactions else b""
        with self._database.transaction():
            self._database.run(
                "UPDATE messages SET opened_kind = ?, written = ?, kind = ?, text = ?,"
                " is_edited = ?, is_changing = ?, reactions = ?, mentions = ?, names_me = ?,"
                " written_mentions = ? WHERE local_id = ?",
                line.kind.value,
                "" if is_final else line.written,
                shown.kind.value,
                shown.text,
                int(shown.is_edited),
                int(shown.is_changing),
                reactions,
                encoded_accounts(shown.mentions),
                int(shown.names_me),
                b"" if is_final else encoded_accounts(line.written_mentions),
                line.local_id,
            )
            if line.search_id is not None:
                name = self._file_name(line) if shown.kind is MessageKind.FILE else ""
                self._index.put(
                    line.search_id,
                    searched(shown.text, name),
                    conversation_id=conversation_id,
                    sender=line.sender,
                    is_file=bool(name),
                )

    def _file_name(self, line: Line) -> str:
        row = self._database.row("SELECT name FROM files WHERE local_id = ?", line.local_id)
        return "" if row is None else str(row[0])

    def name(self, local_id: int, message_id: bytes) -> None:
        """Note what a message is called that could not be opened, so that answers find it."""
        self._database.run(
            "UPDATE OR IGNORE messages SET message_id = ? WHERE local_id = ?", message_id, local_id
        )

    def remove(self, local_id: int) -> None:
        """Forget a message, and let it be found no more."""
        with self._database.transaction():
            row = self._database.row(
                "SELECT search_id FROM messages WHERE local_id = ?",
                local_id,
            )
            if row is not None and row[0] is not None:
                self._index.drop(row[0])
            self._database.run("DELETE FROM messages WHERE local_id = ?", local_id)

    def answers(self, conversation_id: int, message_id: bytes) -> list[int]:
        """Return the local ids of messages that answer this one."""
        rows = self._database.rows(
            "SELECT local_id FROM messages WHERE conversation_id = ? AND reply_to = ?",
            conversation_id,
            message_id,
        )
        return [row[0] for row in rows]

    def removed_by_server(self) -> list[tuple[ConversationId, int, int]]:
        """Return conversation, sequence and sender of messages that are gone without a reason."""
        rows = self._database.rows(
            "SELECT conversation_id, sequence, sender FROM messages WHERE kind = 'removed'"
            " ORDER BY conversation_id, sequence"
        )
        return [(row[0], row[1], row[2]) for row in rows]

    # Expiry.

    def expired(self, now_ms: int) -> list[Gone]:
        """Return the messages whose time is over."""
        rows = self._database.rows(
            "SELECT conversation_id, local_id FROM messages"
            " WHERE expires_at_ms > 0 AND expires_at_ms <= ?",
            now_ms,
        )
        return [Gone(row[0], row[1]) for row in rows]

    def expired_effects(self, now_ms: int) -> list[Effect]:
        """Forget changes whose time is over, and return them; recalls stay."""
        rows = self._database.rows(
            f"SELECT {_EFFECT} FROM effects"
            " WHERE expires_at_ms > 0 AND expires_at_ms <= ? AND place = 0",
            now_ms,
        )
        self._database.run(
            "DELETE FROM effects WHERE expires_at_ms > 0 AND expires_at_ms <= ? AND place = 0",
            now_ms,
        )
        return [_effect(row) for row in rows]

    def next_expiry_ms(self) -> int | None:
        """Return when the next message or change is over, ``None`` if all stay."""
        row = self._database.row(
            "SELECT min(at_ms) FROM (SELECT min(expires_at_ms) AS at_ms FROM messages"
            " WHERE expires_at_ms > 0 UNION ALL SELECT min(expires_at_ms) FROM effects"
            " WHERE expires_at_ms > 0 AND place = 0)"
        )
        return None if row is None else row[0]

    # What is to be done.

    def add_blanking(self, due: BlankingDue) -> None:
        """Note that the server is to drop a payload."""
        self._database.run(
            "INSERT OR IGNORE INTO blankings (conversation_id, sequence, payload_hash)"
            " VALUES (?, ?, ?)",
            due.conversation_id,
            due.sequence,
            due.payload_hash,
        )

    def blankings(self) -> list[BlankingDue]:
        """Return the payloads that the server is to drop."""
        rows = self._database.rows("SELECT conversation_id, sequence, payload_hash FROM blankings")
        return [BlankingDue(*row) for row in rows]

    def remove_blanking(self, due: BlankingDue) -> None:
        """The server has answered."""
        self._database.run(
            "DELETE FROM blankings WHERE conversation_id = ? AND sequence = ?",
            due.conversation_id,
            due.sequence,
        )

    def withdraw(self, conversation_id: int, message_id: bytes) -> None:
        """Note that an own message is not wanted, should the log have it."""
        self._database.run(
            "INSERT OR IGNORE INTO withdrawn (conversation_id, message_id) VALUES (?, ?)",
            conversation_id,
            message_id,
        )

    def take_withdrawn(self, conversation_id: int, message_id: bytes) -> bool:
        """Whether an own message that the log has is not wanted; true once."""
        return bool(
            self._database.run(
                "DELETE FROM withdrawn WHERE conversation_id = ? AND message_id = ?",
                conversation_id,
                message_id,
            )
        )


def _effect(row: Row) -> Effect:
    return Effect(**dict(zip(Effect.__struct_fields__, row, strict=True)))


def _line(row: Row) -> Line:
    (local_id, sequence, sender, received_at_ms, message_id, kind, written, search_id) = row[:8]
    return Line(
        local_id=local_id,
        sequence=sequence,
        sender=sender,
        received_at_ms=received_at_ms,
        message_id=message_id,
        kind=MessageKind(kind),
        written=written,
        search_id=search_id,
        shown=Shown(
            kind=MessageKind(row[8]),
            text=row[9],
            is_edited=bool(row[10]),
            is_changing=bool(row[11]),
            reactions=_reactions.decode(row[12]) if row[12] else (),
            mentions=_accounts.decode(row[13]) if row[13] else (),
            names_me=bool(row[14]),
        ),
        written_mentions=_accounts.decode(row[15]) if row[15] else (),
    )
