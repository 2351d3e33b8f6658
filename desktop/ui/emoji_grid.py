"""The grid of the emoji picker: what is in it, how a cell looks, where the keys go."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QPersistentModelIndex,
    QRectF,
    QSize,
    Qt,
    QTimer,
    Signal,
)
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from desktop.ui.controls import ScrollBar, paint_focus_ring
from desktop.ui.emoji import Emoji
from desktop.ui.fonts import fonts, scaled, use_font
from desktop.ui.theme import tokens
from desktop.ui.translate import translate

__all__ = ["EmojiGrid", "EmojiModel", "cell_side"]

_CELL = 38
HOLD_MS = 450  # Pressed for so long, the skin tones are offered.

Index = QModelIndex | QPersistentModelIndex


def cell_side() -> int:
    """Return how wide and high a cell is."""
    return scaled(_CELL)


class EmojiModel(QAbstractListModel):
    """Some emoji, each as the sign that is shown."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._items: list[tuple[Emoji, str]] = []

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008, N802
        """How many there are."""
        return 0 if parent.isValid() else len(self._items)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """The sign to paint, and its name."""
        emoji, sign = self._items[index.row()]
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return sign
            case Qt.ItemDataRole.AccessibleTextRole:
                return emoji.name
            case Qt.ItemDataRole.AccessibleDescriptionRole:
                return translate("emoji.has_tones") if emoji.tones else ""
            case Qt.ItemDataRole.SizeHintRole:
                return QSize(cell_side(), cell_side())
        return None

    def show_signs(self, items: Sequence[tuple[Emoji, str]]) -> None:
        """Show these instead."""
        self.beginResetModel()
        self._items = list(items)
        self.endResetModel()

    def at(self, index: Index) -> tuple[Emoji, str] | None:
        """Return what is there."""
        return self._items[index.row()] if index.isValid() else None


class EmojiGrid(QListView):
    """Cells in rows; a press picks, a long press or the menu key offers skin tones."""

    picked = Signal(object, str)  # Emoji, the sign.
    tones_requested = Signal(object, object)  # Emoji, QRect of the cell in the viewport.
    pointed = Signal(object)  # Emoji or None: what the mouse or the keyboard is at.
    left_upwards = Signal()
    typed = Signal(str)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.emoji = EmojiModel(self)
        self.setModel(self.emoji)
        self.setItemDelegate(CellDelegate(self))
        self.setFlow(QListView.Flow.LeftToRight)
        self.setWrapping(True)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setUniformItemSizes(True)
        use_font(self, 24)
        fonts().changed.connect(self._fit)
        self._fit()
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollBar(ScrollBar(Qt.Orientation.Vertical, self))
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setMouseTracking(True)
        self._hold = QTimer(self)
        self._hold.setSingleShot(True)
        self._hold.setInterval(HOLD_MS)
        self._hold.timeout.connect(self._on_held)
        self._pressed = QPersistentModelIndex()
        self.entered.connect(lambda index: self.pointed.emit(self._emoji_at(index)))

    def show_signs(self, items: Sequence[tuple[Emoji, str]]) -> None:
        """Show these emoji, from the top."""
        self.emoji.show_signs(items)
        self.scrollToTop()
        self.pointed.emit(None)

    def enter(self) -> None:
        """Bring the keyboard to the first cell."""
        if not self.currentIndex().isValid():
            self.setCurrentIndex(self.emoji.index(0))
        self.setFocus(Qt.FocusReason.TabFocusReason)

    def pick(self, index: QModelIndex) -> None:
        """Pick what is there, if anything is."""
        found = self.emoji.at(index)
        if found is not None:
            self.picked.emit(*found)

    def currentChanged(self, current: Index, previous: Index) -> None:  # noqa: N802
        """The keyboard is at another cell."""
        super().currentChanged(current, previous)
        self.pointed.emit(self._emoji_at(current))

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Enter and space pick; letters go to the search."""
        index = self.currentIndex()
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self.pick(index)
        elif event.key() == Qt.Key.Key_Menu:
            self.ask_tones(index)
        elif event.key() == Qt.Key.Key_Up and self.visualRect(index).top() + self._scrolled() <= 0:
            self.left_upwards.emit()
        elif event.text().isprintable() and event.text() and not event.modifiers() & _COMMANDS:
            self.typed.emit(event.text())
        else:
            super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """The left button picks when it is let go, the right one offers skin tones at once."""
        super().mousePressEvent(event)
        index = self.indexAt(event.position().toPoint())
        if event.button() is Qt.MouseButton.RightButton:
            self.ask_tones(index)
        elif event.button() is Qt.MouseButton.LeftButton:
            self._pressed = QPersistentModelIndex(index)
            self._hold.start()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Pick what was pressed, if the mouse is still there."""
        super().mouseReleaseEvent(event)
        self._hold.stop()
        index = self.indexAt(event.position().toPoint())
        pressed, self._pressed = self._pressed, QPersistentModelIndex()
        if pressed.isValid() and QPersistentModelIndex(index) == pressed:
            self.pick(index)

    def ask_tones(self, index: QModelIndex) -> None:
        """Offer the skin tones of what is there, if it has any."""
        found = self.emoji.at(index)
        if found is not None and found[0].tones:
            self.tones_requested.emit(found[0], self.visualRect(index))

    def _on_held(self) -> None:
        index = self.emoji.index(self._pressed.row()) if self._pressed.isValid() else QModelIndex()
        emoji = self._emoji_at(index)
        if emoji is not None and emoji.tones:
            self._pressed = QPersistentModelIndex()
            self.ask_tones(index)

    def _emoji_at(self, index: Index) -> Emoji | None:
        found = self.emoji.at(index)
        return found[0] if found is not None else None

    def _fit(self) -> None:
        """Give cells the size that signs have now."""
        self.setGridSize(QSize(cell_side(), cell_side()))

    def _scrolled(self) -> int:
        return self.verticalScrollBar().value()


class CellDelegate(QStyledItemDelegate):
    """Paints a sign; what has skin tones has a small mark in its corner."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Paint one cell."""
        grid = self.parent()
        assert isinstance(grid, EmojiGrid)
        found = grid.emoji.at(index)
        if found is None:
            return
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        rect = QRectF(option.rect)
        state = option.state
        if state & QStyle.StateFlag.State_MouseOver:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(tokens().hover)
            painter.drawRoundedRect(rect.adjusted(1, 1, -1, -1), 8, 8)
        painter.setPen(tokens().text)
        painter.setFont(grid.font())
        painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, found[1])
        if found[0].tones:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(tokens().text_3)
            painter.drawEllipse(QRectF(rect.right() - 6, rect.bottom() - 6, 3, 3))
        if state & QStyle.StateFlag.State_HasFocus:
            paint_focus_ring(painter, rect.adjusted(1, 1, -1, -1), 8)
        painter.restore()


_COMMANDS = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier
