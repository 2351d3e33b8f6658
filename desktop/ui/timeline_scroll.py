"""Lays out, keeps in place and paints a window of rows; knows nothing of mouse and keys.

It paints a window of at most `limits.TIMELINE_WINDOW` rows and asks its model for more when fewer
than two screens remain. Whatever happens to the rows, the row at the top of the screen stays
where it is, unless the end was in sight: then the end stays in sight.

While it scrolls, what is painted is kept as a picture of the viewport: it is moved, and only the
strip that came into sight is painted. Qt would do so by itself, but not under widgets that float
over the viewport. The picture goes when the scrolling has ended or anything changes. Pages that
are not in sight yet, and many messages that come at once, are laid out a few at a time, in turns
between which keys and pixels have theirs.
"""

from __future__ import annotations

import asyncio
from bisect import bisect_left
from collections.abc import Callable, Sequence

from PySide6.QtCore import QPoint, QPointF, QRect, QRectF, Qt, QTimer
from PySide6.QtGui import QPainter, QPaintEvent, QPixmap, QResizeEvent
from PySide6.QtWidgets import QAbstractScrollArea, QFrame, QWidget
from shiboken6 import isValid

from desktop.events import MessageRow
from desktop.models.reading_place import ReadingPlace
from desktop.models.timeline import TimelineModel
from desktop.ui.bubble import People
from desktop.ui.controls import ScrollBar
from desktop.ui.fonts import fonts
from desktop.ui.theme import theme, tokens
from desktop.ui.timeline_layout import (
    BubbleCache,
    Item,
    ItemKind,
    lay_out,
    lay_out_some,
    not_laid_out,
)
from desktop.ui.timeline_paint import paint_item
from desktop.ui.timeline_scene import Scene
from desktop.ui.times import now

__all__ = ["TimelineScroll"]

SCREENS_AHEAD = 2
STEP = 42
CANVAS_KEPT_MS = 1_000
ROWS_AT_ONCE = 4  # Laid out in one turn of the loop, of a page or of many that come at once.


class TimelineScroll(QAbstractScrollArea):
    """Shows the rows of a `TimelineModel`."""

    def __init__(self, model: TimelineModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.model = model
        self.people = People()
        self.scene = Scene(progress_of=model.progress)
        self._items: list[Item] = []
        self._bottoms: list[float] = []
        self._height = 0.0
        self._cache: BubbleCache = {}
        self._laid_for: object = None  # All that `_items` depend on but the rows.
        self._is_at_end = True
        self._is_settling = False  # Scrolled by what came, not by the person.
        self._is_sized = False  # Before, its width is not the one it will have.
        self._canvas: QPixmap | None = None
        self._canvas_timer = QTimer(self)
        self._canvas_timer.setSingleShot(True)
        self._canvas_timer.setInterval(CANVAS_KEPT_MS)
        self._canvas_timer.timeout.connect(self._drop_canvas)
        self._laying = QTimer(self)
        self._laying.setSingleShot(True)
        self._laying.timeout.connect(self._on_changed)
        self.setFrameShape(QFrame.Shape.NoFrame)
        bar = ScrollBar(Qt.Orientation.Vertical, self)
        bar.set_ground(lambda colors: colors.chat)
        self.setVerticalScrollBar(bar)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        model.reset.connect(self._on_reset)
        model.changed.connect(self._on_changed)
        model.progressed.connect(self.repaint_row)
        model.prepare = self._prepare
        theme().changed.connect(self.refresh)
        fonts().changed.connect(self.forget_layout)

    @property
    def is_at_end(self) -> bool:
        """Whether the newest message is in sight."""
        return self._is_at_end and not self.model.window.has_newer

    @property
    def place(self) -> ReadingPlace | None:
        """Where the person is reading; `None` at the end of the conversation."""
        first = self.first_visible()
        if self.is_at_end or first is None or first.row is None:
            return None
        offset = round(first.rect.top() - self.verticalScrollBar().value())
        return ReadingPlace(first.row.local_id, first.row.order, offset)

    @property
    def is_far(self) -> bool:
        """Whether the end is further away than a glance."""
        bar = self.verticalScrollBar()
        return bar.maximum() - bar.value() > 2 * STEP or self.model.window.has_newer

    @property
    def items(self) -> list[Item]:
        """Everything that is laid out, in order."""
        return self._items

    def row_items(self) -> list[Item]:
        """Return the items that show a row, in order."""
        return [item for item in self._items if item.row is not None]

    def visible_items(self) -> list[Item]:
        """Return the items of which something is in sight."""
        top = -self.offset()
        found = []
        for item in self._items[bisect_left(self._bottoms, top) :]:
            if item.rect.top() > top + self.viewport().height():
                break
            found.append(item)
        return found

    def items_near(self, y: float) -> list[Item]:
        """Return the item at a height of the viewport and its neighbours."""
        first = bisect_left(self._bottoms, y - self.offset())
        return self._items[max(0, first - 1) : first + 3]

    def item_of(self, local_id: int) -> Item | None:
        """Return the item of a row, if it is in the window."""
        return next(
            (item for item in self._items if item.row and item.row.local_id == local_id), None
        )

    def row_of(self, local_id: int | None) -> MessageRow | None:
        """Return a row as it is now, if it is in the window."""
        item = self.item_of(local_id) if local_id is not None else None
        return item.row if item is not None else None

    def first_visible(self) -> Item | None:
        """Return the item of the first row of which something is in sight."""
        top = self.verticalScrollBar().value()
        rest = self._items[bisect_left(self._bottoms, top) :]
        return next((item for item in rest if item.row is not None), None)

    def offset(self) -> float:
        """Return what is added to an item's place to find it in the viewport.

        Few messages stand at the bottom, next to where the person types.
        """
        spare = max(0.0, self.viewport().height() - self._height)
        return spare - self.verticalScrollBar().value()

    def content_place(self, at: QPointF) -> QPointF:
        """Return a place of the viewport relative to the top of all items."""
        return at - QPointF(0, self.offset())

    def item_on_screen(self, item: Item) -> QRect:
        """Return where an item is on the screen."""
        rect = item.rect.translated(0, self.offset()).toRect()
        return QRect(self.viewport().mapToGlobal(rect.topLeft()), rect.size())

    def seen_on_screen(self, item: Item) -> QRect:
        """Return where the part of an item that is in sight is on the screen."""
        corner = self.viewport().mapToGlobal(QPoint(0, 0))
        return self.item_on_screen(item) & QRect(corner, self.viewport().size())

    def refresh(self) -> None:
        """Paint everything in sight again."""
        self._canvas = None
        self.viewport().update()

    def repaint_row(self, local_id: int) -> None:
        """Paint one message again, if it is in the window; nothing is laid out."""
        item = self.item_of(local_id)
        if item is not None:
            self._canvas = None
            rect = item.rect.translated(0, self.offset()).adjusted(-4, -4, 40, 4)
            self.viewport().update(rect.toAlignedRect())

    def forget_layout(self) -> None:
        """Lay everything out anew: names, words or fonts are others now."""
        self._cache.clear()
        self.relayout()

    def relayout(self) -> None:
        """Place everything anew; what is in the messages is as before."""
        self._laid_for = None
        self._keep_place(self._lay_out)

    def center_on(self, item: Item) -> None:
        """Scroll so that an item is in the middle, or its beginning at the top if it is higher."""
        height = self.viewport().height()
        top = item.rect.center().y() - height / 2
        if item.rect.height() > height:
            top = item.rect.top() - 24
        self.verticalScrollBar().setValue(round(top))

    def show_whole(self, item: Item) -> None:
        """Scroll as little as need be to bring an item into sight."""
        bar = self.verticalScrollBar()
        if item.rect.top() < bar.value() + 8:
            bar.setValue(round(item.rect.top() - 16))
        elif item.rect.bottom() > bar.value() + bar.pageStep():
            bar.setValue(round(item.rect.bottom() + 16 - bar.pageStep()))

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """Lay out for the new width, keeping the place."""
        super().resizeEvent(event)
        if not self._is_sized:
            self._is_sized = True
            self._on_reset()
        elif event.size().width() != event.oldSize().width():
            self._keep_place(self._lay_out)
        else:
            # A line more to type in: nothing but the room has changed.
            self._keep_place(self._fit_bar)

    def scrollContentsBy(self, _dx: int, dy: int) -> None:  # noqa: N802
        """Move what is painted already; only the strip that came into sight is painted anew."""
        self._is_at_end = self._is_end_in_sight()
        if not self._is_settling:  # Else everything in sight is painted anew.
            self._move_canvas(dy)
            self._canvas_timer.start()
        self.viewport().update()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        """Paint the items that touch the region to be painted."""
        painter = QPainter(self.viewport())
        if self._canvas is not None:
            painter.drawPixmap(0, 0, self._canvas)
        else:
            self._paint(painter, event.rect())

    def _paint(self, painter: QPainter, rect: QRect) -> None:
        """Paint a part of the viewport."""
        painter.fillRect(rect, tokens().chat)
        offset, width = self.offset(), float(self.viewport().width())
        self.scene.ratio = self.devicePixelRatioF()
        painter.translate(0, offset)
        painter.setClipRect(QRectF(rect).translated(0, -offset))
        top, bottom = rect.top() - offset, rect.bottom() + 1 - offset
        for item in self._items[max(0, bisect_left(self._bottoms, top - 8)) :]:
            if item.rect.top() - 8 > bottom:
                break
            paint_item(painter, item, self.scene, width=width)

    def _move_canvas(self, dy: int) -> None:
        """Move the picture of the viewport, and paint the strip that came into sight."""
        ratio, size = self.devicePixelRatioF(), self.viewport().size()
        moved = dy * ratio
        canvas, strip = self._canvas, self.viewport().rect()
        if canvas is not None and moved == round(moved) and abs(dy) < size.height():
            canvas.scroll(0, round(moved), canvas.rect())
            strip.setTop(0 if dy > 0 else size.height() + dy)
            strip.setHeight(abs(dy))
        else:
            canvas = QPixmap(size * ratio)
            canvas.setDevicePixelRatio(ratio)
        painter = QPainter(canvas)
        self._paint(painter, strip)
        painter.end()
        self._canvas = canvas

    def _drop_canvas(self) -> None:
        self._canvas = None

    async def _prepare(self, rows: Sequence[MessageRow]) -> None:
        """Lay out a page that is not shown yet, a few rows in each turn of the loop."""
        for first in range(0, len(rows), ROWS_AT_ONCE):
            if not isValid(self):
                return  # The window was closed meanwhile.
            self._lay_out_part(rows, first)
            await asyncio.sleep(0)

    def _lay_out_part(self, rows: Sequence[MessageRow], first: int) -> None:
        """Lay out a few rows, from this one on."""
        places = range(first, min(first + ROWS_AT_ONCE, len(rows)))
        width = float(self.viewport().width())
        lay_out_some(rows, places, width=width, cache=self._cache, people=self.people)

    def _after_layout(self) -> None:
        """What was selected may have gone."""

    def _after_move(self) -> None:
        """Other rows are in sight."""
        self._load_more()

    def _jump_to(self, local_id: int) -> None:
        """A jump has arrived."""
        item = self.item_of(local_id)
        if item is not None:
            self.center_on(item)

    def _on_reset(self) -> None:
        self._is_settling = True
        self._find_place()
        self._is_settling = False
        self._after_move()

    def _find_place(self) -> None:
        """Show another window of rows where one would begin to read."""
        self._lay_out()
        bar = self.verticalScrollBar()
        unread = next((item for item in self._items if item.kind is ItemKind.UNREAD), None)
        anchor, place = self.model.anchor_local_id, self.model.anchor_place
        if place is not None:
            self._restore(place)
        elif anchor is not None:
            self._jump_to(anchor)
            self._is_at_end = False
        elif unread is not None and self._height - unread.rect.top() > self.viewport().height():
            bar.setValue(int(unread.rect.top() - 12))
            self._is_at_end = bar.value() >= bar.maximum()
        else:
            bar.setValue(bar.maximum())
            self._is_at_end = True

    def _restore(self, place: ReadingPlace) -> None:
        """Show a row where it was; if it is gone, the one that is at its place now."""
        rows = self.row_items()
        later = (item for item in rows if item.row and item.row.order >= place.order)
        found = self.item_of(place.local_id) or next(later, None)
        if found is not None:
            self.verticalScrollBar().setValue(round(found.rect.top()) - place.offset)
        self._is_at_end = self._is_end_in_sight()

    def _on_changed(self) -> None:
        """Show what has changed; of many new messages a few are laid out in each turn."""
        new = not_laid_out(self.model.rows, self._cache)
        if len(new) > ROWS_AT_ONCE and self._is_sized:
            self._lay_out_part(self.model.rows, new[0])
            self._laying.start()
        else:
            self._keep_place(self._lay_out, are_others=True)

    def _keep_place(self, change: Callable[[], None], *, are_others: bool = False) -> None:
        """Run a change of the layout; afterwards the same row is at the same height.

        Args:
            change: What lays out.
            are_others: Other rows may be in sight then, although nothing has scrolled.
        """
        was_at_end, self._is_settling = self._is_at_end, True
        anchor = self.first_visible()
        before = anchor.rect.top() if anchor is not None else 0.0
        value = self.verticalScrollBar().value()
        change()
        if was_at_end:
            self.verticalScrollBar().setValue(self.verticalScrollBar().maximum())
        elif anchor is not None and anchor.row is not None:
            again = self.item_of(anchor.row.local_id)
            if again is not None:
                self.verticalScrollBar().setValue(round(value + again.rect.top() - before))
        self._is_at_end = was_at_end or self._is_end_in_sight()
        self._is_settling = False
        if are_others or value != self.verticalScrollBar().value():
            self._after_move()

    def _lay_out(self) -> None:
        if not self._is_sized:
            return
        model, width = self.model, float(self.viewport().width())
        self._forget_bubbles()
        # What it says of today and of a run in a group holds for the day and the kind.
        laid_for = (width, model.first_unread, model.unread, self.people.is_group, now().date())
        self._items, self._height = lay_out(
            model.rows,
            width=width,
            first_unread=model.first_unread,
            unread=model.unread,
            cache=self._cache,
            people=self.people,
            before=self._items if laid_for == self._laid_for else (),
        )
        self._laid_for = laid_for
        self._bottoms = [item.rect.bottom() for item in self._items]
        self._after_layout()
        self._fit_bar()

    def _forget_bubbles(self) -> None:
        """Let go of bubbles that have left the window."""
        kept = {row.local_id for row in self.model.rows}
        for local_id in self._cache.keys() - kept:
            del self._cache[local_id]

    def _fit_bar(self) -> None:
        """Let the bar reach over all that is laid out."""
        bar = self.verticalScrollBar()
        bar.setPageStep(self.viewport().height())
        bar.setSingleStep(STEP)
        bar.setRange(0, max(0, round(self._height) - self.viewport().height()))
        self.refresh()

    def _is_end_in_sight(self) -> bool:
        bar = self.verticalScrollBar()
        return bar.value() >= bar.maximum() - 4

    def _load_more(self) -> None:
        bar, screen = self.verticalScrollBar(), self.viewport().height()
        if bar.value() < SCREENS_AHEAD * screen:
            self.model.load_older()
        if bar.maximum() - bar.value() < SCREENS_AHEAD * screen:
            self.model.load_newer()
