"""The pictures of one conversation, one after the other, however far they are apart."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QObject, Signal

from desktop.commands import LoadTimeline
from desktop.events import MessageKind, MessageRow, TimelinePage
from desktop.models.pictures import is_picture
from desktop.models.port import Port
from desktop.models.timeline import TimelineModel
from shared import limits

__all__ = ["PictureRoll", "holds_picture"]


def holds_picture(row: MessageRow) -> bool:
    """Whether a message is a picture that can be shown."""
    return row.kind is MessageKind.FILE and is_picture(row.file)


class PictureRoll(QObject):
    """Knows the picture that is looked at, and finds those beside it.

    Args:
        timeline: Tells when a row changes.
        port: Where pages are asked for; the timeline's own window stays as it is.
        row: The picture to begin with.
    """

    changed = Signal()  # The picture that is looked at is another one, or in another state.
    gone = Signal()  # It was taken back or deleted.

    def __init__(self, timeline: TimelineModel, port: Port, row: MessageRow) -> None:
        super().__init__()
        self.row = row
        self._timeline = timeline
        self._port = port
        timeline.told.connect(self._on_told)

    async def step(self, direction: int) -> bool:
        """Go to the next older (-1) or newer (1) picture; whether there is one.

        At most `limits.PICTURE_SEARCH_PAGES_MAX` pages are looked through.

        Raises:
            CommandFailedError: If the engine cannot load them.
        """
        order = self.row.order
        for _ in range(limits.PICTURE_SEARCH_PAGES_MAX):
            page = await self._page(order, direction)
            found = _nearest(page.rows, direction)
            if found is not None:
                self.row = found
                self.changed.emit()
                return True
            if not page.rows or not (page.has_older if direction < 0 else page.has_newer):
                return False
            order = page.rows[0 if direction < 0 else -1].order
        return False

    async def _page(self, order: int, direction: int) -> TimelinePage:
        conversation_id = self._timeline.conversation_id
        page = limits.TIMELINE_PAGE
        if direction < 0:
            command = LoadTimeline(conversation_id=conversation_id, before=order, limit=page)
        else:
            command = LoadTimeline(conversation_id=conversation_id, after=order, limit=page)
        answer = await self._port.ask(command)
        assert isinstance(answer, TimelinePage)
        return answer

    def _on_told(self, rows: Iterable[MessageRow], removed: Iterable[int]) -> None:
        if self.row.local_id in set(removed):
            self.gone.emit()
        for row in rows:
            if row.local_id == self.row.local_id:
                self.row = row
                (self.changed if holds_picture(row) else self.gone).emit()


def _nearest(rows: list[MessageRow], direction: int) -> MessageRow | None:
    pictures = [row for row in rows if holds_picture(row)]
    return pictures[0 if direction > 0 else -1] if pictures else None
