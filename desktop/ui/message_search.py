"""A search in the messages that are here: asked a moment after typing, read page by page."""

from __future__ import annotations

from dataclasses import dataclass, replace

from PySide6.QtCore import QObject, QTimer, Signal

from desktop.commands import SearchMessages
from desktop.events import MessageRow, MessagesFound
from desktop.models.port import CommandFailedError, Port
from desktop.ui.tasks import create_task
from shared.identifiers import AccountId, ConversationId

__all__ = ["DELAY_MS", "PAGE", "MessageSearch", "Query"]

DELAY_MS = 250
PAGE = 50
ROWS_MAX = 5_000  # More is scrolled by nobody; a narrower search finds it.


@dataclass(frozen=True, slots=True)
class Query:
    """What is looked for; times are the server's, ``until_ms`` is not included."""

    text: str = ""
    conversation_id: ConversationId | None = None
    sender: AccountId | None = None
    since_ms: int = 0
    until_ms: int = 0
    only_files: bool = False

    @property
    def is_filtered(self) -> bool:
        """Whether something besides the text narrows it."""
        return replace(self, text="") != Query()

    def is_empty(self, *, within: ConversationId | None = None) -> bool:
        """Whether nothing is looked for; being in a conversation alone is no search."""
        return replace(self, text=self.text.strip()) == Query(conversation_id=within)


class MessageSearch(QObject):
    """Keeps what was found of one query, newest first."""

    changed = Signal()

    def __init__(self, port: Port, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._port = port
        self.query = Query()
        self.rows: list[MessageRow] = []
        self.has_more = False
        self.is_waiting = False
        self.code = ""  # Why nothing could be looked for.
        self._delay = QTimer(self)
        self._delay.setSingleShot(True)
        self._delay.setInterval(DELAY_MS)
        self._delay.timeout.connect(self._ask)

    def look(self, query: Query) -> None:
        """Look for something else, once no other follows for a moment."""
        self.clear()
        self.query = query
        self.is_waiting = True
        self._delay.start()
        self.changed.emit()

    def clear(self) -> None:
        """Look for nothing."""
        self._delay.stop()
        self.query, self.rows, self.code = Query(), [], ""
        self.has_more = self.is_waiting = False

    def load_more(self) -> None:
        """Read on behind the last row, if there is more and none is on its way."""
        if self.has_more and not self.is_waiting:
            self.is_waiting = True
            self._ask()

    def _ask(self) -> None:
        create_task(self._load(self.query), name="search messages", owner=self)

    async def _load(self, query: Query) -> None:
        before = self.rows[-1].local_id if self.rows else 0
        command = SearchMessages(
            text=query.text.strip(),
            conversation_id=query.conversation_id,
            limit=PAGE,
            sender=query.sender,
            since_ms=query.since_ms,
            until_ms=query.until_ms,
            only_files=query.only_files,
            before_local_id=before,
        )
        code, found = "", []
        try:
            answer = await self._port.ask(command)
        except CommandFailedError as error:
            code = error.code
        else:
            assert isinstance(answer, MessagesFound)
            found = answer.rows
        if query is self.query:
            # Another search may have begun while this one was on its way.
            self.rows = self.rows + found
            self.code = code
            self.has_more = len(found) == PAGE and len(self.rows) < ROWS_MAX
            self.is_waiting = False
            self.changed.emit()
