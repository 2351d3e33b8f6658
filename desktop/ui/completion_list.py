"""What may be meant by what is typed: people or emoji, in a card above the text.

The keyboard stays in the text; the list only shows, and a screen reader is told what is marked.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec
from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QFontMetrics, QFontMetricsF, QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from desktop.events import Profile
from desktop.ui.avatar import paint_avatar
from desktop.ui.fonts import font
from desktop.ui.popover import SHADOW, paint_card
from desktop.ui.theme import theme, tokens

__all__ = ["Choice", "CompletionList"]

ROW_HEIGHT = 40
WIDTH_MAX = 340
SIDE = 28

Index = QModelIndex | QPersistentModelIndex


def row_height() -> int:
    """Return how high a line is, also of larger letters."""
    return max(ROW_HEIGHT, QFontMetrics(font(14)).height() + 20)


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """One line: a person or a sign, what it is called, and a quieter word."""

    value: object  # What the one who asked knows it by.
    title: str
    detail: str = ""
    sign: str = ""
    profile: Profile | None = None

    @property
    def words(self) -> str:
        """What a screen reader says."""
        return f"{self.title}, {self.detail}" if self.detail else self.title


class ChoiceModel(QAbstractListModel):
    """The lines."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.choices: Sequence[Choice] = ()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008, N802
        """How many there are."""
        return 0 if parent.isValid() else len(self.choices)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """The words of a line."""
        choice = self.choices[index.row()]
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return choice.title
            case Qt.ItemDataRole.AccessibleTextRole:
                return choice.words
            case Qt.ItemDataRole.SizeHintRole:
                return QSize(WIDTH_MAX, row_height())
        return None

    def show_choices(self, choices: Sequence[Choice]) -> None:
        """Show these instead."""
        self.beginResetModel()
        self.choices = choices
        self.endResetModel()


class CompletionList(QFrame):
    """A few lines; `chosen` gives the value of the one that was taken.

    Args:
        parent: Any widget of the window.
    """

    chosen = Signal(object)
    marked = Signal(str)  # The words of the line that Enter would take.

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent.window())
        self._window = parent.window()
        self.image_of: Callable[[Profile], QImage | None] = lambda _profile: None
        self.model = ChoiceModel(self)
        self.view = QListView(self)
        self.view.setModel(self.model)
        self.view.setItemDelegate(ChoiceDelegate(self))
        self.view.setFrameShape(QFrame.Shape.NoFrame)
        self.view.setUniformItemSizes(True)
        self.view.setMouseTracking(True)
        self.view.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.view.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        for widget in (self, self.view, self.view.viewport()):
            widget.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        layout = QVBoxLayout(self)
        inset = SHADOW + 6
        layout.setContentsMargins(inset, inset, inset, inset)
        layout.addWidget(self.view)
        self.view.entered.connect(self.view.setCurrentIndex)
        self.view.clicked.connect(self._take)
        theme().changed.connect(self.update)
        self.hide()

    @property
    def is_open(self) -> bool:
        """Whether there is something to choose from."""
        return not self.isHidden()

    def offer(self, choices: Sequence[Choice], corner: QPoint, *, name: str, width: int) -> None:
        """Show these above a place on the screen, the first one marked; none: go.

        Args:
            choices: From the likeliest on.
            corner: Lower left corner of the card, on the screen.
            name: What a screen reader calls the list.
            width: How wide it may be.
        """
        if not choices:
            self.hide()
            return
        at = self._window.mapFromGlobal(corner)
        # In a low window only the likeliest have room.
        choices = choices[: max(1, (at.y() - 2 * SHADOW - 12) // row_height())]
        self.view.setAccessibleName(name)
        self.model.show_choices(choices)
        width = min(WIDTH_MAX, width) + 2 * SHADOW
        height = len(choices) * row_height() + 2 * (SHADOW + 6)
        self.setGeometry(at.x() - SHADOW, at.y() - height + SHADOW, width, height)
        self.raise_()
        self.show()
        self._mark(0)

    def step(self, count: int) -> None:
        """Mark the line so many further, round and round."""
        rows = len(self.model.choices)
        self._mark((self.view.currentIndex().row() + count) % rows)

    def take(self) -> None:
        """Choose what is marked."""
        self._take(self.view.currentIndex())

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        """Paint the card."""
        paint_card(self)

    def _mark(self, row: int) -> None:
        self.view.setCurrentIndex(self.model.index(row))
        self.marked.emit(self.model.choices[row].words)

    def _take(self, index: QModelIndex) -> None:
        if index.isValid():
            self.hide()
            self.chosen.emit(self.model.choices[index.row()].value)


class ChoiceDelegate(QStyledItemDelegate):
    """Paints a line."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Paint ground, picture or sign, and both words."""
        shown = self.parent()
        assert isinstance(shown, CompletionList)
        choice = shown.model.choices[index.row()]
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        rect = QRectF(option.rect)
        if option.state & QStyle.StateFlag.State_Selected:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(tokens().selected)
            painter.drawRoundedRect(rect, 8, 8)
        at = QRectF(rect.left() + 8, rect.center().y() - SIDE / 2, SIDE, SIDE)
        if choice.profile is not None:
            image = shown.image_of(choice.profile)
            paint_avatar(painter, at, profile=choice.profile, image=image)
        else:
            painter.setFont(font(20))
            painter.setPen(tokens().text)
            painter.drawText(at, Qt.AlignmentFlag.AlignCenter, choice.sign)
        _paint_words(painter, rect.adjusted(SIDE + 18, 0, -10, 0), choice)
        painter.restore()


def _paint_words(painter: QPainter, rect: QRectF, choice: Choice) -> None:
    """Paint the title, and behind it the detail in a quieter ink, both cut where the line ends."""
    middle = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
    right = Qt.TextElideMode.ElideRight
    painter.setFont(font(14, 500))
    metrics = QFontMetricsF(painter.font())
    title = metrics.elidedText(choice.title, right, rect.width())
    painter.setPen(tokens().text)
    painter.drawText(rect, middle, title)
    rest = rect.adjusted(metrics.horizontalAdvance(title) + 8, 0, 0, 0)
    painter.setFont(font(13))
    painter.setPen(tokens().text_2)
    detail = QFontMetricsF(painter.font()).elidedText(choice.detail, right, max(0.0, rest.width()))
    if rest.width() > 24:
        painter.drawText(rest, middle, detail)
