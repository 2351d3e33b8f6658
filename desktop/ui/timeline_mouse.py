"""What the mouse does in a timeline: selects text across messages, presses parts, shows tips."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QPointF, Qt, QTimer
from PySide6.QtGui import QHelpEvent, QMouseEvent
from PySide6.QtWidgets import QToolTip

from desktop.events import FileState, MessageState
from desktop.ui.file_words import name_words
from desktop.ui.timeline_hits import PRESSED, Hit, HitKind, hit_at, text_position
from desktop.ui.timeline_selection import Place, TextSelection
from desktop.ui.timeline_words import times_of
from desktop.ui.translate import error_sentence, translate

if TYPE_CHECKING:
    from desktop.ui.timeline_view import TimelineView

__all__ = ["TimelineMouse"]

AUTO_SCROLL_MS = 30
AUTO_SCROLL_SHARE = 0.3  # Of how far the mouse is beyond the edge, per step.
DRAG_PIXELS = 4.0


class TimelineMouse(QObject):
    """Turns presses and moves on the viewport of a view into what the view does."""

    def __init__(self, view: TimelineView) -> None:
        super().__init__(view)
        self._view = view
        self._pressed: Hit | None = None
        self._pressed_at = QPointF()
        self._last_at = QPointF()
        self._anchor: Place | None = None
        self._is_dragging = False
        self._timer = QTimer(self)
        self._timer.setInterval(AUTO_SCROLL_MS)
        self._timer.timeout.connect(self._scroll_along)

    def hit(self, at: QPointF) -> Hit:
        """Return what is at a place of the viewport."""
        return hit_at(self._view.items_near(at.y()), self._view.content_place(at))

    def press(self, event: QMouseEvent) -> None:
        """Begin to select text, or to press a part."""
        if event.button() is not Qt.MouseButton.LeftButton:
            return
        hit = self.hit(event.position())
        self._pressed, self._pressed_at = hit, event.position()
        self._is_dragging = False
        self._anchor = None
        self._view.select(None)
        if hit.item is not None and hit.item.row is not None:
            self._view.set_current(hit.item.row.local_id)
        if not self._view.choice.is_active:
            self._anchor = self._place(event.position())

    def move(self, event: QMouseEvent) -> None:
        """Select up to the mouse, or show what can be pressed."""
        at = event.position()
        if not event.buttons() & Qt.MouseButton.LeftButton:
            self._show_cursor(at)
            return
        moved = at - self._pressed_at
        if self._anchor is None or (
            not self._is_dragging and moved.manhattanLength() < DRAG_PIXELS
        ):
            return
        self._is_dragging = True
        self._last_at = at
        self._select_to(at)
        is_outside = not 0 <= at.y() <= self._view.viewport().height()
        if is_outside and not self._timer.isActive():
            self._timer.start()

    def release(self, event: QMouseEvent) -> None:
        """End selecting, or do what was pressed."""
        self._timer.stop()
        pressed, self._pressed = self._pressed, None
        if event.button() is not Qt.MouseButton.LeftButton or pressed is None:
            return
        if self._is_dragging or not pressed.is_same(self.hit(event.position())):
            return
        if self._view.choice.is_active:
            self._toggle(event.position())
        elif pressed.kind in PRESSED:
            self._view.do(pressed)

    def double_press(self, event: QMouseEvent) -> None:
        """Select a word."""
        hit = self.hit(event.position())
        item = hit.item
        if hit.kind is not HitKind.TEXT or item is None or item.bubble is None:
            return
        assert item.row is not None
        position = text_position(item, self._view.content_place(event.position()))
        start, end = item.bubble.text.word_at(position)
        local_id = item.row.local_id
        self._view.select(TextSelection(Place(local_id, start), Place(local_id, end)))

    def show_tip(self, event: QHelpEvent) -> None:
        """Say what is under the mouse: a link's target, who reacted, all times."""
        words = self._tip(self.hit(QPointF(event.pos())))
        if words:
            # What others wrote stands in it, and Qt would take some of that for HTML.
            plain = f"<p style='white-space:pre-wrap'>{escape(words)}</p>"
            QToolTip.showText(event.globalPos(), plain, self._view.viewport())
        else:
            QToolTip.hideText()

    def _toggle(self, at: QPointF) -> None:
        """Tick the message at a height, wherever beside it the mouse is."""
        y = self._view.content_place(at).y()
        for item in self._view.items_near(at.y()):
            is_here = item.rect.top() - 4 <= y <= item.rect.bottom() + 4
            if is_here and item.row is not None and item.bubble is not None:
                self._view.choice.toggle(item.row)
                return

    def _tip(self, hit: Hit) -> str:
        row = hit.item.row if hit.item is not None else None
        if hit.kind is HitKind.LINK and hit.span is not None and hit.span.target is not None:
            return hit.span.target.shown
        if hit.kind is HitKind.DATE:
            return translate("timeline.jump_to_date")
        if hit.chip is not None:
            return self._view.names_of(hit.chip)
        if row is None:
            return ""
        file = row.file
        if hit.kind is HitKind.FILE and file is not None:
            why = error_sentence(file.code) if file.state is FileState.FAILED else ""
            return "\n".join(part for part in (name_words(file.name), why) if part)
        if row.state is MessageState.REFUSED or hit.kind is not HitKind.NOTHING:
            return times_of(row)
        return ""

    def _show_cursor(self, at: QPointF) -> None:
        hit = self.hit(at)
        shape = Qt.CursorShape.ArrowCursor
        if hit.kind in PRESSED or self._view.choice.is_active:
            shape = Qt.CursorShape.PointingHandCursor
        elif hit.kind is HitKind.TEXT:
            shape = Qt.CursorShape.IBeamCursor
        self._view.viewport().setCursor(shape)
        target = hit.span.target if hit.span is not None else None
        self._view.show_target(target.shown if target is not None else "")

    def _select_to(self, at: QPointF) -> None:
        head = self._place(at)
        if head is not None and self._anchor is not None:
            self._view.select(TextSelection(self._anchor, head))

    def _place(self, at: QPointF) -> Place | None:
        """Return the place in a text nearest to the mouse: beside, above or below messages too."""
        content = self._view.content_place(at)
        rows = [item for item in self._view.items_near(at.y()) if item.row is not None]
        if not rows:
            return None
        distances = (
            max(item.rect.top() - content.y(), content.y() - item.rect.bottom(), 0.0)
            for item in rows
        )
        _, number = min((distance, number) for number, distance in enumerate(distances))
        item = rows[number]
        assert item.row is not None
        return Place(item.row.local_id, text_position(item, content))

    def _scroll_along(self) -> None:
        """Scroll while the mouse is held beyond an edge."""
        height = self._view.viewport().height()
        y = self._last_at.y()
        beyond = y if y < 0 else y - height if y > height else 0.0
        if not beyond:
            self._timer.stop()
            return
        bar = self._view.verticalScrollBar()
        bar.setValue(bar.value() + round(beyond * AUTO_SCROLL_SHARE))
        self._select_to(QPointF(self._last_at.x(), min(max(y, 0.0), float(height))))
