"""A small panel of emoji, by group, with names in both languages."""

from __future__ import annotations

from functools import lru_cache

import msgspec
from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractItemView, QFrame, QListView, QVBoxLayout, QWidget

from desktop.ui.assets import ASSETS
from desktop.ui.controls import ScrollBar, SearchField
from desktop.ui.fonts import font
from desktop.ui.theme import tokens
from desktop.ui.translate import Language, active_language, translate

__all__ = ["Emoji", "EmojiPicker", "load_emoji"]

Index = QModelIndex | QPersistentModelIndex
CELL = 38


class Emoji(msgspec.Struct, frozen=True, array_like=True):
    """One emoji and what it is called."""

    sign: str
    english: str
    chinese: str


class EmojiGroup(msgspec.Struct, frozen=True):
    """Emoji that belong together."""

    group: str
    items: list[Emoji]


@lru_cache
def load_emoji() -> list[Emoji]:
    """Return all emoji in their order."""
    data = (ASSETS / "emoji" / "emoji.json").read_bytes()
    groups = msgspec.json.decode(data, type=list[EmojiGroup])
    return [emoji for group in groups for emoji in group.items]


class EmojiModel(QAbstractListModel):
    """The emoji whose names have a text in them."""

    def __init__(self) -> None:
        super().__init__()
        self._found = load_emoji()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008, N802
        """How many were found."""
        return 0 if parent.isValid() else len(self._found)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """The sign to paint, and its name."""
        emoji = self._found[index.row()]
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return emoji.sign
            case Qt.ItemDataRole.ToolTipRole | Qt.ItemDataRole.AccessibleTextRole:
                is_chinese = active_language() is Language.CHINESE
                return emoji.chinese if is_chinese else emoji.english
            case Qt.ItemDataRole.SizeHintRole:
                return QSize(CELL, CELL)
            case Qt.ItemDataRole.TextAlignmentRole:
                return Qt.AlignmentFlag.AlignCenter
        return None

    def narrow(self, text: str) -> None:
        """Keep only emoji with this text in one of their names."""
        wanted = text.casefold().strip()
        self.beginResetModel()
        self._found = [
            emoji
            for emoji in load_emoji()
            if wanted in emoji.english.casefold() or wanted in emoji.chinese
        ]
        self.endResetModel()


class EmojiPicker(QFrame):
    """Pops up above the composer; `picked` gives the sign, and the panel stays open."""

    picked = Signal(str)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup | Qt.WindowType.FramelessWindowHint)
        self.setAttribute(Qt.WidgetAttribute.WA_TranslucentBackground)
        self.setAccessibleName(translate("emoji.name"))
        self.search = SearchField(self)
        self.search.set_name(translate("emoji.search"))
        self.search.setPlaceholderText(translate("emoji.search"))
        self._model = EmojiModel()
        self.grid = QListView(self)
        self.grid.setAccessibleName(translate("emoji.name"))
        self.grid.setModel(self._model)
        self.grid.setViewMode(QListView.ViewMode.IconMode)
        self.grid.setMovement(QListView.Movement.Static)
        self.grid.setResizeMode(QListView.ResizeMode.Adjust)
        self.grid.setUniformItemSizes(True)
        self.grid.setGridSize(QSize(CELL, CELL))
        self.grid.setFont(font(22))
        self.grid.setFrameShape(QFrame.Shape.NoFrame)
        self.grid.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.grid.setVerticalScrollBar(ScrollBar(Qt.Orientation.Vertical, self.grid))
        self.grid.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.grid.clicked.connect(self._pick)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 12, 8, 10)
        layout.setSpacing(8)
        layout.addWidget(self.search)
        layout.addWidget(self.grid)
        self.search.textChanged.connect(self._model.narrow)
        self.search.returnPressed.connect(self._pick_first)
        self.setFixedSize(8 * CELL + 44, 330)

    def pop_up(self, corner: QPoint) -> None:
        """Open with the lower right corner there, on the screen."""
        self.move(corner.x() - self.width(), corner.y() - self.height() - 8)
        self.show()
        self.search.setFocus()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Escape closes, Enter in the grid picks."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.grid.hasFocus():
            self._pick(self.grid.currentIndex())
        elif event.key() == Qt.Key.Key_Escape:
            self.close()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        """Paint a card."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(tokens().border, 1))
        painter.setBrush(tokens().list)
        painter.drawRoundedRect(self.rect().adjusted(0, 0, -1, -1), 12, 12)

    def _pick(self, index: QModelIndex) -> None:
        if index.isValid():
            self.picked.emit(index.data())

    def _pick_first(self) -> None:
        self._pick(self._model.index(0))
