"""The scrolling timeline of one conversation.

It paints a window of at most `limits.TIMELINE_WINDOW` rows and asks its model for more when fewer
than two screens remain. Whatever happens to the rows, the row at the top of the screen stays
where it is, unless the end was in sight: then the end stays in sight.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable

from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, QRectF, Qt, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QFocusEvent,
    QGuiApplication,
    QHelpEvent,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QTextLayout,
)
from PySide6.QtWidgets import QAbstractScrollArea, QFrame, QMenu, QToolTip, QWidget

from desktop.events import MessageRow, MessageState, Quote
from desktop.models.reading_place import ReadingPlace
from desktop.models.timeline import TimelineModel
from desktop.ui.controls import IconButton, ScrollBar
from desktop.ui.message_menu import add_message_actions, can_answer, can_edit, can_recall
from desktop.ui.theme import theme, tokens
from desktop.ui.timeline_access import install_timeline_access
from desktop.ui.timeline_layout import (
    PADDING_X,
    BubbleCache,
    Chip,
    Item,
    ItemKind,
    lay_out,
    quote_words,
    row_words,
)
from desktop.ui.timeline_paint import Selection, paint_item
from desktop.ui.times import clock_time, full_time
from desktop.ui.translate import error_sentence, language, translate
from shared.identifiers import AccountId

__all__ = ["TimelineView"]

SCREENS_AHEAD = 2
STEP = 42


class TimelineView(QAbstractScrollArea):
    """Shows a `TimelineModel`.

    Args:
        model: Whose rows to show.
        peer_name: How the other side is called for screen readers.
    """

    cancel_requested = Signal(object)  # MessageRow
    retry_requested = Signal(object)  # MessageRow
    any_reaction_requested = Signal(object)  # MessageRow; the emoji is to be picked.
    reply_requested = Signal(object)  # MessageRow
    edit_requested = Signal(object)  # MessageRow
    recall_requested = Signal(object)  # MessageRow
    reaction_requested = Signal(object, str, bool)  # MessageRow, emoji, whether it goes

    def __init__(self, model: TimelineModel, peer_name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        install_timeline_access()
        self.model = model
        self.peer_name = peer_name
        self.name_of: Callable[[AccountId], str] = lambda _account: ""
        self.me = AccountId(0)
        self.is_admin = False
        self.selection: Selection | None = None
        self._items: list[Item] = []
        self._tops: list[float] = []
        self._height = 0.0
        self._cache: BubbleCache = {}
        self._is_at_end = True
        self._current: int | None = None
        self._pressed: tuple[Item, int] | None = None
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setVerticalScrollBar(ScrollBar(Qt.Orientation.Vertical, self))
        self._bar().set_ground(lambda colors: colors.chat)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.viewport().setMouseTracking(True)
        self.end_button = IconButton("arrow-down", side=40, icon_side=20, parent=self)
        self.end_button.clicked.connect(self.go_to_end)
        self.end_button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.end_button.hide()
        model.reset.connect(self._on_reset)
        model.changed.connect(self._on_changed)
        theme().changed.connect(self.viewport().update)
        language().changed.connect(self.retranslate)
        self.verticalScrollBar().valueChanged.connect(self._on_scrolled)
        self.retranslate()

    # What others may ask.

    def row_items(self) -> list[Item]:
        """Return the items that show a row, in order."""
        return [item for item in self._items if item.row is not None]

    def item_on_screen(self, item: Item) -> QRect:
        """Return where an item is on the screen."""
        rect = item.rect.translated(0, self._offset()).toRect()
        return QRect(self.viewport().mapToGlobal(rect.topLeft()), rect.size())

    def describe(self, row: MessageRow) -> str:
        """Say a row in words: who, what, when, and how far it is."""
        who = translate("timeline.you") if row.is_own else self.peer_name
        words = translate(
            "timeline.row", who=who, text=row_words(row), time=clock_time(row.shown_at_ms)
        )
        if row.reply_to:
            answered = translate("timeline.answers", text=quote_words(row.quote))
            words = f"{words}, {answered}"
        if row.is_edited:
            words += ", " + translate("timeline.edited")
        for reaction in row.reactions:
            words += f", {reaction.emoji} {len(reaction.accounts)}"
        if row.is_own:
            words += f", {translate(f'state.{row.state.value}')}"
        return words

    def selected_text(self) -> str:
        """Return the selected part of a message, or the current message's whole text."""
        if self.selection is not None and self.selection.length:
            row = self._row(self.selection.local_id)
            start = self.selection.start
            return row.text[start : start + self.selection.length] if row is not None else ""
        row = self._row(self._current) if self._current is not None else None
        return row_words(row) if row is not None else ""

    @property
    def is_at_end(self) -> bool:
        """Whether the newest message is in sight."""
        return self._is_at_end and not self.model.window.has_newer

    @property
    def place(self) -> ReadingPlace | None:
        """Where the person is reading; `None` at the end of the conversation."""
        first = self._first_visible()
        if self.is_at_end or first is None or first.row is None:
            return None
        offset = round(first.rect.top() - self.verticalScrollBar().value())
        return ReadingPlace(first.row.local_id, first.row.order, offset)

    def go_to_end(self) -> None:
        """Show the newest messages."""
        if self.model.window.has_newer:
            self.model.load_newest()
        else:
            self._is_at_end = True
            self.verticalScrollBar().setValue(self.verticalScrollBar().maximum())

    def mark_visible_read(self) -> None:
        """Tell the newest sequence that the person can see, if they are looking at all."""
        if not self.isVisible() or not self.window().isActiveWindow():
            return
        bottom = self.verticalScrollBar().value() + self.viewport().height()
        seen = [
            item.row.sequence
            for item in self._items
            if item.row is not None and not item.row.is_own and item.rect.bottom() - 8 <= bottom
        ]
        if seen:
            self.model.mark_read(max(seen))

    def retranslate(self) -> None:
        """Say everything in the language that holds now."""
        self.setAccessibleName(translate("timeline.name", name=self.peer_name))
        self.end_button.set_name(translate("timeline.go_to_end"))
        self._keep_place(self._lay_out)

    # Layout.

    def _on_reset(self) -> None:
        self._lay_out()
        bar = self.verticalScrollBar()
        unread = next((item for item in self._items if item.kind is ItemKind.UNREAD), None)
        anchor = self.model.anchor_local_id
        place = self.model.anchor_place
        if place is not None:
            self._restore(place)
        elif anchor is not None:
            self._current = anchor
            self._center_on(anchor)
            self._is_at_end = False
        elif unread is not None and self._height - unread.rect.top() > self.viewport().height():
            bar.setValue(int(unread.rect.top() - 12))
            self._is_at_end = bar.value() >= bar.maximum()
        else:
            bar.setValue(bar.maximum())
            self._is_at_end = True
        self._after_move()

    def _on_changed(self) -> None:
        self._keep_place(self._lay_out)
        self._after_move()

    def _keep_place(self, change) -> None:  # type: ignore[no-untyped-def]
        """Run a change of the layout; afterwards the same row is at the same height."""
        was_at_end = self._is_at_end
        anchor = self._first_visible()
        before = anchor.rect.top() if anchor is not None else 0.0
        value = self.verticalScrollBar().value()
        change()
        if was_at_end:
            self.verticalScrollBar().setValue(self.verticalScrollBar().maximum())
        elif anchor is not None and anchor.row is not None:
            again = self._item_of(anchor.row.local_id)
            if again is not None:
                self.verticalScrollBar().setValue(round(value + again.rect.top() - before))
        self._is_at_end = was_at_end or self._is_end_in_sight()

    def _lay_out(self) -> None:
        kept = {row.local_id for row in self.model.rows}
        self._cache = {key: bubble for key, bubble in self._cache.items() if key in kept}
        self._items, self._height = lay_out(
            self.model.rows,
            width=float(self.viewport().width()),
            first_unread=self.model.first_unread,
            cache=self._cache,
            name_of=self.name_of,
        )
        self._tops = [item.rect.bottom() for item in self._items]
        bar = self.verticalScrollBar()
        bar.setPageStep(self.viewport().height())
        bar.setSingleStep(STEP)
        bar.setRange(0, max(0, round(self._height) - self.viewport().height()))
        self.viewport().update()

    def _offset(self) -> float:
        """What is added to an item's place to find it in the viewport.

        Few messages stand at the bottom, next to where the person types.
        """
        spare = max(0.0, self.viewport().height() - self._height)
        return spare - self.verticalScrollBar().value()

    def _first_visible(self) -> Item | None:
        top = self.verticalScrollBar().value()
        for item in self._items[bisect_left(self._tops, top) :]:
            if item.row is not None:
                return item
        return None

    def _item_of(self, local_id: int) -> Item | None:
        return next(
            (item for item in self._items if item.row and item.row.local_id == local_id), None
        )

    def _row(self, local_id: int) -> MessageRow | None:
        item = self._item_of(local_id)
        return item.row if item is not None else None

    def _item_at(self, at: QPointF) -> Item | None:
        inside = at - QPointF(0, self._offset())
        return next((item for item in self._items if item.rect.contains(inside)), None)

    def _center_on(self, local_id: int) -> None:
        item = self._item_of(local_id)
        if item is not None:
            middle = item.rect.center().y() - self.viewport().height() / 2
            self.verticalScrollBar().setValue(round(middle))

    def _restore(self, place: ReadingPlace) -> None:
        """Show a row where it was; if it is gone, the one that is at its place now."""
        items = self.row_items()
        found = self._item_of(place.local_id) or next(
            (item for item in items if item.row and item.row.order >= place.order), None
        )
        if found is not None:
            self.verticalScrollBar().setValue(round(found.rect.top()) - place.offset)
        self._is_at_end = self._is_end_in_sight()

    def _is_end_in_sight(self) -> bool:
        bar = self.verticalScrollBar()
        return bar.value() >= bar.maximum() - 4

    def _on_scrolled(self) -> None:
        self._after_move()

    def _after_move(self) -> None:
        self._load_more()
        self._place_end_button()
        self.mark_visible_read()

    def _load_more(self) -> None:
        bar, screen = self.verticalScrollBar(), self.viewport().height()
        if bar.value() < SCREENS_AHEAD * screen:
            self.model.load_older()
        if bar.maximum() - bar.value() < SCREENS_AHEAD * screen:
            self.model.load_newer()

    def _place_end_button(self) -> None:
        far = self.verticalScrollBar().maximum() - self.verticalScrollBar().value() > 80
        self.end_button.setVisible(far or self.model.window.has_newer)
        corner = self.viewport().geometry().bottomRight()
        self.end_button.move(corner.x() - 52, corner.y() - 52)

    # Events.

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """Lay out for the new width, keeping the place."""
        super().resizeEvent(event)
        self._keep_place(self._lay_out)
        self._place_end_button()

    def scrollContentsBy(self, _dx: int, dy: int) -> None:  # noqa: N802
        """Move what is painted already; only the strip that came into sight is painted anew."""
        self._is_at_end = self._is_end_in_sight()
        self.viewport().scroll(0, dy)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        """Paint the items that touch the region to be painted."""
        painter = QPainter(self.viewport())
        painter.fillRect(event.rect(), tokens().chat)
        offset = self._offset()
        painter.translate(0, offset)
        top, bottom = event.rect().top() - offset, event.rect().bottom() - offset
        for item in self._items[max(0, bisect_left(self._tops, top - 8)) :]:
            if item.rect.top() - 8 > bottom:
                break
            is_current = (
                self.hasFocus() and item.row is not None and item.row.local_id == self._current
            )
            paint_item(painter, item, selection=self.selection, is_current=is_current, me=self.me)

    def viewportEvent(self, event: QEvent) -> bool:  # noqa: N802
        """Show all times of the message under the mouse."""
        if event.type() is QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            item = self._item_at(QPointF(event.pos()))
            chip = self._chip_at(item, QPointF(event.pos()))
            if chip is not None:
                QToolTip.showText(event.globalPos(), self._names_of(chip), self.viewport())
            elif item is not None and item.row is not None:
                QToolTip.showText(event.globalPos(), times_of(item.row), self.viewport())
            else:
                QToolTip.hideText()
            return True
        return super().viewportEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Begin to select text."""
        item = self._item_at(event.position())
        if event.button() is not Qt.MouseButton.LeftButton:
            return
        self.selection = None
        self._pressed = None
        if item is not None and item.row is not None:
            self._current = item.row.local_id
            if self._press_part(item, event.position()):
                return
            position = self._text_position(item, event.position())
            self._pressed = (item, position)
            self.selection = Selection(item.row.local_id, position, position)
        self.viewport().update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Select up to the mouse."""
        if self._pressed is not None and event.buttons() & Qt.MouseButton.LeftButton:
            item, anchor = self._pressed
            assert item.row is not None
            end = self._text_position(item, event.position())
            self.selection = Selection(item.row.local_id, anchor, end)
            self.viewport().update()
            return
        self._set_cursor(event.position())

    def mouseReleaseEvent(self, _event: QMouseEvent) -> None:  # noqa: N802
        """End of selecting."""
        self._pressed = None

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Select a word."""
        item = self._item_at(event.position())
        if item is not None and item.bubble is not None and item.row is not None:
            layout: QTextLayout = item.bubble.text
            position = self._text_position(item, event.position())
            mode = QTextLayout.CursorMode.SkipWords
            start = layout.previousCursorPosition(position + 1, mode)
            end = layout.nextCursorPosition(start, mode)
            word = item.row.text[start:end]
            self.selection = Selection(item.row.local_id, start, start + len(word.rstrip()))
            self.viewport().update()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:  # noqa: N802
        """Offer what can be done with a message."""
        item = self._item_at(QPointF(event.pos()))
        if event.reason() is QContextMenuEvent.Reason.Keyboard and self._current is not None:
            item = self._item_of(self._current)
        if item is None or item.row is None:
            return
        self._current = item.row.local_id
        menu = self._menu(item.row)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(event.globalPos() if item.rect.isValid() else QPoint())

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Move between messages, scroll, copy."""
        bar = self.verticalScrollBar()
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copy()
        elif self._change_current(event):
            return
        elif event.key() == Qt.Key.Key_Up:
            self._step(-1)
        elif event.key() == Qt.Key.Key_Down:
            self._step(1)
        elif event.key() == Qt.Key.Key_End:
            self.go_to_end()
        elif event.key() == Qt.Key.Key_Home:
            bar.setValue(0)
        elif event.key() == Qt.Key.Key_PageUp:
            bar.setValue(bar.value() - bar.pageStep())
        elif event.key() == Qt.Key.Key_PageDown:
            bar.setValue(bar.value() + bar.pageStep())
        else:
            super().keyPressEvent(event)

    def _change_current(self, event: QKeyEvent) -> bool:
        """Answer, edit or take back the current message by R, E and Delete; whether it was so."""
        row = self._row(self._current) if self._current is not None else None
        if row is None or event.modifiers() != Qt.KeyboardModifier.NoModifier:
            return False
        if event.key() == Qt.Key.Key_R and can_answer(row):
            self.reply_requested.emit(row)
        elif event.key() == Qt.Key.Key_E and can_edit(row):
            self.edit_requested.emit(row)
        elif event.key() == Qt.Key.Key_Delete and can_recall(row, is_admin=self.is_admin):
            # Not at once: a key is pressed too easily.
            menu = self._menu(row)
            menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
            item = self._item_of(row.local_id)
            assert item is not None
            menu.popup(self.item_on_screen(item).center())
        else:
            return False
        return True

    def focusInEvent(self, event: QFocusEvent) -> None:  # noqa: N802
        """Show where the keyboard is."""
        if self._current is None and self.model.rows:
            self._current = self.model.rows[-1].local_id
        super().focusInEvent(event)
        self.viewport().update()

    def focusOutEvent(self, event: QFocusEvent) -> None:  # noqa: N802
        """Hide where the keyboard was."""
        super().focusOutEvent(event)
        self.viewport().update()

    def copy(self) -> None:
        """Copy the selected text, or the current message."""
        text = self.selected_text()
        if text:
            QGuiApplication.clipboard().setText(text)

    # Details.

    def _bar(self) -> ScrollBar:
        bar = self.verticalScrollBar()
        assert isinstance(bar, ScrollBar)
        return bar

    def _step(self, direction: int) -> None:
        rows = self.model.rows
        if not rows:
            return
        at = self.model.window.find(self._current) if self._current is not None else len(rows)
        at = min(max(at + direction, 0), len(rows) - 1)
        self._current = rows[at].local_id
        item = self._item_of(self._current)
        bar = self.verticalScrollBar()
        if item is not None and item.rect.top() < bar.value() + 8:
            bar.setValue(round(item.rect.top() - 16))
        elif item is not None and item.rect.bottom() > bar.value() + bar.pageStep():
            bar.setValue(round(item.rect.bottom() + 16 - bar.pageStep()))
        self.viewport().update()

    def _text_position(self, item: Item, at: QPointF) -> int:
        """Return the position in the text that is nearest to a place in the viewport."""
        if item.bubble is None:
            return 0
        corner = item.rect.topLeft() + QPointF(PADDING_X, item.bubble.text_top + self._offset())
        inside = at - corner
        layout = item.bubble.text
        for number in range(layout.lineCount()):
            line = layout.lineAt(number)
            is_last = number == layout.lineCount() - 1
            if inside.y() < line.rect().bottom() or is_last:
                return line.xToCursor(inside.x())
        return 0

    def _set_cursor(self, at: QPointF) -> None:
        item = self._item_at(at)
        shape = Qt.CursorShape.ArrowCursor
        if item is not None and item.bubble is not None:
            text = QRectF(item.bubble.text.boundingRect())
            corner = item.rect.topLeft()
            corner += QPointF(PADDING_X, item.bubble.text_top + self._offset())
            is_quote = self._is_quote_at(item, at) and item.bubble.row.quote is not None
            if is_quote or self._chip_at(item, at) is not None:
                shape = Qt.CursorShape.PointingHandCursor
            elif text.translated(corner).contains(at):
                shape = Qt.CursorShape.IBeamCursor
        self.viewport().setCursor(shape)

    def _inside(self, item: Item, at: QPointF) -> QPointF:
        return at - item.rect.topLeft() - QPointF(0, self._offset())

    def _chip_at(self, item: Item | None, at: QPointF) -> Chip | None:
        if item is None or item.bubble is None:
            return None
        inside = self._inside(item, at)
        return next((chip for chip in item.bubble.chips if chip.rect.contains(inside)), None)

    def _is_quote_at(self, item: Item, at: QPointF) -> bool:
        quote = None if item.bubble is None else item.bubble.quote
        return quote is not None and quote.contains(self._inside(item, at))

    def _press_part(self, item: Item, at: QPointF) -> bool:
        """Jump to what is answered, or put and take away a reaction; whether it was one."""
        assert item.row is not None
        chip = self._chip_at(item, at)
        if chip is not None:
            self.reaction_requested.emit(item.row, chip.emoji, self.me in chip.accounts)
            return True
        if item.row.quote is not None and self._is_quote_at(item, at):
            self.go_to(item.row.quote)
            return True
        return False

    def go_to(self, quote: Quote) -> None:
        """Show the message that is answered."""
        if self._item_of(quote.local_id) is not None:
            self._current = quote.local_id
            self._center_on(quote.local_id)
            self.viewport().update()
        else:
            self.model.load_around(quote)

    def _names_of(self, chip: Chip) -> str:
        names = [self.name_of(account) or "?" for account in chip.accounts]
        return f"{chip.emoji} {', '.join(names)}"

    def _menu(self, row: MessageRow) -> QMenu:
        menu = QMenu(self)
        add_message_actions(menu, row, self, is_admin=self.is_admin)
        menu.addAction(translate("timeline.copy"), self.copy)
        menu.addAction(
            translate("timeline.times"),
            lambda: QToolTip.showText(self.cursor().pos(), times_of(row), self.viewport()),
        )
        if row.state is MessageState.REFUSED:
            menu.addAction(translate("timeline.retry"), lambda: self.retry_requested.emit(row))
        if row.state in (MessageState.REFUSED, MessageState.WAITING) and row.is_own:
            menu.addAction(translate("timeline.cancel"), lambda: self.cancel_requested.emit(row))
        return menu


def times_of(row: MessageRow) -> str:
    """Say all times of a message, one a line."""
    lines = [translate("times.sent", time=full_time(row.sent_at_ms or row.shown_at_ms))]
    if row.received_at_ms:
        lines.append(translate("times.accepted", time=full_time(row.received_at_ms)))
    if row.delivered_at_ms:
        lines.append(translate("times.delivered", time=full_time(row.delivered_at_ms)))
    if row.read_at_ms:
        lines.append(translate("times.read", time=full_time(row.read_at_ms)))
    if row.state is MessageState.WAITING:
        lines.append(translate("times.waiting"))
    if row.refusal:
        lines.append(error_sentence(row.refusal))
    return "\n".join(lines)
