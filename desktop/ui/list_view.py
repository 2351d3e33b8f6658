"""What lists of rows in dialogs and panes have in common: their model and how they scroll."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, QSize, Qt
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QListView,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from desktop.ui.controls import ScrollBar
from desktop.ui.fonts import fonts, scaled
from desktop.ui.theme import theme

__all__ = ["ROW_ROLE", "Index", "ListView", "RowDelegate", "RowsModel"]

Index = QModelIndex | QPersistentModelIndex
ROW_ROLE = Qt.ItemDataRole.UserRole + 1


class RowsModel(QAbstractListModel):
    """Rows of one kind; `ROW_ROLE` gives a row itself.

    Args:
        words_of: Says a row, for screen readers.
    """

    def __init__(self, words_of: Callable[[Any], str]) -> None:
        super().__init__()
        self.rows: list[Any] = []
        self._words_of = words_of

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008, N802
        """How many rows."""
        return 0 if parent.isValid() else len(self.rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """The row, and in words."""
        row = self.rows[index.row()]
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return self._words_of(row)
        return row if role == ROW_ROLE else None

    def show(self, rows: Sequence[Any]) -> None:
        """Show exactly these."""
        self.beginResetModel()
        self.rows = list(rows)
        self.endResetModel()


class ListView(QListView):
    """A list without a frame, with a slim scroll bar, that is measured and painted anew in time."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setVerticalScrollBar(ScrollBar(Qt.Orientation.Vertical, self))
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setMouseTracking(True)
        theme().changed.connect(self.viewport().update)
        fonts().changed.connect(self.scheduleDelayedItemsLayout)


class RowDelegate(QStyledItemDelegate):
    """Gives rows one height, which grows with the letters.

    Args:
        height: At 100 %, in pixels.
        parent: The list.
    """

    def __init__(self, height: int, parent: QWidget) -> None:
        super().__init__(parent)
        self._height = height

    def sizeHint(self, _option: QStyleOptionViewItem, _index: Index) -> QSize:  # noqa: N802
        """All rows are equally high."""
        return QSize(100, scaled(self._height))
