"""One unit of work: what a job sees of the transaction it runs in."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import Connection, bindparam, insert, update
from sqlalchemy.orm import Session

from backend.store.snowflakes import Snowflakes
from backend.store.tables import ConversationRow, EntryRow

__all__ = ["Unit"]

Row = dict[str, object]

_INSERT_ENTRIES = insert(EntryRow.__table__)  # type: ignore[arg-type] # Declared as FromClause.
_UPDATE_HEADS = (
    update(ConversationRow.__table__)  # type: ignore[arg-type] # Declared as FromClause.
    .where(ConversationRow.__table__.c.conversation_id == bindparam("the_conversation"))
    .values(
        head=bindparam("new_head"),
        chain=bindparam("new_chain"),
        newest_handshake=bindparam("new_handshake"),
        document_hash=bindparam("new_document"),
        document_sequence=bindparam("new_document_sequence"),
        newest_received_ms=bindparam("new_received"),
    )
)


class Unit:
    """The transaction of one batch, as one job after the other sees it.

    Entries and heads are collected and written together; `flush` makes them visible to queries.
    """

    def __init__(self, connection: Connection, *, now_ms: int, snowflakes: Snowflakes) -> None:
        self.connection = connection
        self.now_ms = now_ms
        self.announcements: list[Callable[[], None]] = []
        self._snowflakes = snowflakes
        self._session: Session | None = None
        self._entries: list[Row] = []
        self._heads: dict[int, Row] = {}

    @property
    def session(self) -> Session:
        """The ORM session of the job; only jobs with a savepoint have one."""
        assert self._session is not None
        return self._session

    @session.setter
    def session(self, session: Session | None) -> None:
        self._session = session

    def next_id(self) -> int:
        """Return a new Snowflake."""
        return self._snowflakes.next_id(self.now_ms)

    def announce(self, call: Callable[[], None]) -> None:
        """Run ``call`` on the serving side once this is committed, after the job's answer."""
        self.announcements.append(call)

    def add_entry(self, entry: Row, head: Row) -> None:
        """Write an entry, and the head it makes, with the rest of the batch."""
        self._entries.append(entry)
        conversation_id = head["the_conversation"]
        assert isinstance(conversation_id, int)
        self._heads[conversation_id] = head

    def flush(self) -> None:
        """Write what was collected."""
        if self._entries:
            self.connection.execute(_INSERT_ENTRIES, self._entries)
            self.connection.execute(_UPDATE_HEADS, list(self._heads.values()))
            self._entries, self._heads = [], {}
