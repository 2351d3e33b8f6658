"""One conversation's timeline: a window of rows that loads more of itself when asked."""

from __future__ import annotations

import time
from collections.abc import Callable, Coroutine
from typing import Any

from PySide6.QtCore import QObject, Signal

from desktop.commands import LoadTimeline, MarkRead
from desktop.events import (
    ConversationRow,
    FileState,
    MessageRow,
    Quote,
    TimelineChanged,
    TimelinePage,
    TransferProgress,
)
from desktop.models.port import CommandFailedError, Port
from desktop.models.reading_place import ReadingPlace
from desktop.models.timeline_window import TimelineWindow
from desktop.models.transfers import Progress, TransferMeter
from shared import limits
from shared.identifiers import ConversationId

__all__ = ["TimelineModel"]

Spawn = Callable[[Coroutine[Any, Any, None]], object]

Prepare = Callable[[list[MessageRow]], Coroutine[Any, Any, None]]

_SLOT = 1 << 20  # `MessageRow.order` of an accepted row is its slot times this.


class TimelineModel(QObject):
    """The rows of a conversation, and the sequence of its first unread message when it opened.

    Args:
        conversation_id: Whose rows these are.
        port: Where `LoadTimeline` and `MarkRead` go.
        spawn: Starts a coroutine and keeps it; windows pass `desktop.ui.tasks.create_task`.
    """

    reset = Signal()  # Another window of rows; scroll to its anchor.
    changed = Signal()  # Rows came, went or changed; keep the place.
    failed = Signal(str)  # The code why rows could not be loaded.
    progressed = Signal(int)  # The local_id of a file that has moved on.
    told = Signal(object, object)  # All rows the engine tells of, also those not shown; ids gone.

    def __init__(self, conversation_id: ConversationId, port: Port, spawn: Spawn) -> None:
        super().__init__()
        self.conversation_id = conversation_id
        self.window = TimelineWindow()
        self.first_unread = 0
        self.unread = 0  # How many there were when `first_unread` was set.
        self.anchor_local_id: int | None = None
        self.anchor_place: ReadingPlace | None = None
        self._port = port
        self._spawn = spawn
        self._is_loading = False
        self._jump: Coroutine[Any, Any, None] | None = None
        self._marked = 0
        self._meter = TransferMeter()
        self.prepare: Prepare | None = None  # Gets the rows of a page before it is shown.

    @property
    def rows(self) -> list[MessageRow]:
        """The rows to paint, in order."""
        return self.window.rows

    @property
    def is_loading(self) -> bool:
        """Whether a page is on its way."""
        return self._is_loading

    def open(self, conversation: ConversationRow | None, place: ReadingPlace | None = None) -> None:
        """Load the rows where somebody stopped reading, else the newest ones.

        Where messages are unread, remember where they begin.
        """
        self.begin_unread(conversation)
        if place is None:
            self.load_newest()
        else:
            self._start(self._load_place(place), is_jump=True)

    def begin_unread(self, conversation: ConversationRow | None) -> None:
        """Remember where the unread messages begin and how many there are, for the bar."""
        self.first_unread = conversation.first_unread if conversation is not None else 0
        self.unread = conversation.unread if conversation is not None else 0

    def load_newest(self) -> None:
        """Show the end of the conversation."""
        self._start(self._load_newest(), is_jump=True)

    def load_around(self, row: MessageRow | Quote) -> None:
        """Show the part of the conversation where this row is."""
        self._start(self._load_around(row), is_jump=True)

    def load_at(self, at_ms: int) -> None:
        """Show the first messages from this server time on."""
        self._start(self._load_at(at_ms), is_jump=True)

    def load_sequence(self, sequence: int) -> None:
        """Show the message of this sequence."""
        self._start(self._load_sequence(sequence), is_jump=True)

    def progress(self, row: MessageRow) -> Progress:
        """Return how far the file of a row is."""
        return Progress(0, 0) if row.file is None else self._meter.of(row.local_id, row.file)

    def load_older(self) -> None:
        """Load what lies before the window, once at a time."""
        if self.window.has_older and self.window.oldest is not None:
            self._start(self._load_older(self.window.oldest.order))

    def load_newer(self) -> None:
        """Load what lies behind the window, once at a time."""
        if self.window.has_newer and self.window.newest is not None:
            self._start(self._load_newer(self.window.newest.order))

    def apply(self, event: TimelineChanged) -> None:
        """Take in what the engine tells about this conversation."""
        for row in event.rows:
            if row.file is not None and row.file.state is not FileState.RUNNING:
                self._meter.forget(row.local_id)
        for local_id in event.removed:
            self._meter.forget(local_id)
        self.told.emit(event.rows, event.removed)
        if self.window.apply(event.rows, event.removed):
            self.changed.emit()

    def apply_progress(self, event: TransferProgress) -> None:
        """Take in how far a file is; nothing but its ring and its numbers changes."""
        now_ms = time.monotonic_ns() // 1_000_000
        self._meter.note(event.local_id, done=event.done, total=event.total, now_ms=now_ms)
        self.progressed.emit(event.local_id)

    def mark_read(self, sequence: int) -> None:
        """Tell that everything up to this sequence was on the screen; says each once."""
        if sequence > self._marked:
            self._marked = sequence
            self._port.send(MarkRead(conversation_id=self.conversation_id, sequence=sequence))

    def _start(self, work: Coroutine[Any, Any, None], *, is_jump: bool = False) -> None:
        """Start loading; while a page is on its way only the newest jump is kept for later."""
        if not self._is_loading:
            self._is_loading = True
            self._spawn(self._guarded(work))
        elif is_jump:
            self._drop_jump()
            self._jump = work
        else:
            work.close()

    def _drop_jump(self) -> None:
        if self._jump is not None:
            self._jump.close()
        self._jump = None

    async def _guarded(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
            while self._jump is not None:
                work, self._jump = self._jump, None
                await work
        except CommandFailedError as error:
            self.failed.emit(error.code)
        finally:
            self._drop_jump()
            self._is_loading = False

    async def _load_newest(self) -> None:
        self.window.replace(await self._page(LoadTimeline(conversation_id=self.conversation_id)))
        self.anchor_local_id = self.anchor_place = None
        self.reset.emit()

    async def _load_place(self, place: ReadingPlace) -> None:
        command = LoadTimeline(conversation_id=self.conversation_id, around=place.order)
        page = await self._page(command)
        if not page.rows:
            await self._load_newest()
            return
        self.window.replace(page)
        self.anchor_local_id, self.anchor_place = None, place
        self.reset.emit()

    async def _load_around(self, row: MessageRow | Quote) -> None:
        command = LoadTimeline(conversation_id=self.conversation_id, around=row.order)
        self.window.replace(await self._page(command))
        self.anchor_local_id, self.anchor_place = row.local_id, None
        self.reset.emit()

    async def _load_at(self, at_ms: int) -> None:
        page = await self._page(LoadTimeline(conversation_id=self.conversation_id, at_ms=at_ms))
        self._show(page, next((row for row in page.rows if row.shown_at_ms >= at_ms), None))

    async def _load_sequence(self, sequence: int) -> None:
        around = sequence * _SLOT
        page = await self._page(LoadTimeline(conversation_id=self.conversation_id, around=around))
        # The merge may have moved it within its block; it is near its slot.
        exact = (row for row in page.rows if row.sequence == sequence)
        self._show(page, next(exact, next((r for r in page.rows if r.order >= around), None)))

    def _show(self, page: TimelinePage, anchor: MessageRow | None) -> None:
        self.window.replace(page)
        newest = self.window.newest
        self.anchor_local_id = (anchor or newest).local_id if newest is not None else None
        self.anchor_place = None
        self.reset.emit()

    async def _load_older(self, order: int) -> None:
        command = LoadTimeline(
            conversation_id=self.conversation_id, before=order, limit=limits.TIMELINE_PAGE
        )
        self.window.extend_older(await self._prepared(command))
        self.changed.emit()

    async def _load_newer(self, order: int) -> None:
        command = LoadTimeline(
            conversation_id=self.conversation_id, after=order, limit=limits.TIMELINE_PAGE
        )
        self.window.extend_newer(await self._prepared(command))
        self.changed.emit()

    async def _prepared(self, command: LoadTimeline) -> TimelinePage:
        page = await self._page(command)
        if self.prepare is not None:
            await self.prepare(page.rows)
        return page

    async def _page(self, command: LoadTimeline) -> TimelinePage:
        answer = await self._port.ask(command)
        assert isinstance(answer, TimelinePage)
        return answer
