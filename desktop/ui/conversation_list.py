"""The list of conversations: picture, name, last words, ticks, time, unread count."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetricsF, QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QListView,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from desktop.events import ConversationRow
from desktop.models.conversations import ConversationFilter, ConversationRole
from desktop.models.session import Session
from desktop.ui.avatar import paint_avatar
from desktop.ui.controls import ScrollBar, paint_badge
from desktop.ui.describe import face_of, preview_words
from desktop.ui.fonts import font
from desktop.ui.row_paint import draw_elided, paint_ground
from desktop.ui.theme import theme, tokens
from desktop.ui.timeline_paint import paint_state
from desktop.ui.times import list_time
from desktop.ui.translate import language, translate
from shared.identifiers import ConversationId

__all__ = ["ConversationDelegate", "ConversationList", "paint_conversation"]

Index = QModelIndex | QPersistentModelIndex
ROW_HEIGHT = 66
AVATAR = 46


class ConversationList(QListView):
    """Shows the conversations that a filter lets through; `chosen` says which one to open."""

    chosen = Signal(object)  # ConversationId

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self.filter = ConversationFilter(session.conversations)
        self.setModel(self.filter)
        self.setItemDelegate(ConversationDelegate(session, self))
        self.setUniformItemSizes(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setVerticalScrollBar(ScrollBar(Qt.Orientation.Vertical, self))
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setMouseTracking(True)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.viewport().setAutoFillBackground(True)
        self.clicked.connect(self._choose)
        self.activated.connect(self._choose)
        session.avatars.loaded.connect(self.viewport().update)
        session.link_changed.connect(self.viewport().update)
        theme().changed.connect(self.viewport().update)
        language().changed.connect(self.retranslate)
        self.retranslate()

    def retranslate(self) -> None:
        """Say everything in the language that holds now."""
        self.setAccessibleName(translate("list.name"))
        self.viewport().update()

    def select(self, conversation_id: ConversationId | None) -> None:
        """Mark the conversation that is open."""
        index = QModelIndex()
        if conversation_id is not None:
            index = self.filter.mapFromSource(self._session.conversations.index_of(conversation_id))
        if index.isValid():
            self.setCurrentIndex(index)
        else:
            self.selectionModel().clear()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Enter opens the current conversation on every system."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._choose(self.currentIndex())
        else:
            super().keyPressEvent(event)

    def _choose(self, index: QModelIndex) -> None:
        row = index.data(ConversationRole.ROW)
        if row is not None:
            self.chosen.emit(row.conversation_id)


class ConversationDelegate(QStyledItemDelegate):
    """Paints a row of the list."""

    def __init__(self, session: Session, parent: QWidget) -> None:
        super().__init__(parent)
        self._session = session

    def sizeHint(self, _option: QStyleOptionViewItem, _index: Index) -> QSize:  # noqa: N802
        """All rows are equally high."""
        return QSize(100, ROW_HEIGHT)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Paint one conversation."""
        painter.save()
        paint_conversation(
            painter,
            option,
            index.data(ConversationRole.ROW),
            session=self._session,
            is_online=self._session.knows_presence and bool(index.data(ConversationRole.IS_ONLINE)),
            is_typing=bool(index.data(ConversationRole.IS_TYPING)),
        )
        painter.restore()


def paint_conversation(
    painter: QPainter,
    option: QStyleOptionViewItem,
    row: ConversationRow,
    *,
    session: Session,
    is_online: bool,
    is_typing: bool,
) -> None:
    """Paint picture, two lines, and what stands at their right ends."""
    ground, face = paint_ground(painter, option), face_of(row)
    rect = QRectF(option.rect)
    avatar = QRectF(rect.left() + 14, rect.center().y() - AVATAR / 2, AVATAR, AVATAR)
    paint_avatar(
        painter,
        avatar,
        profile=face,
        image=session.avatars.picture_of(row),
        is_online=is_online,
        ground=ground,
    )
    left, right = avatar.right() + 12, rect.right() - 16
    upper, lower = rect.center().y() - 12, rect.center().y() + 12
    name_right = _paint_time(painter, row, right=right, center=upper)
    draw_elided(
        painter,
        face.nickname,
        left=left,
        right=name_right,
        center=upper,
        font=font(14, 600),
        ink=tokens().text,
    )
    if row.unread:
        badge_left = paint_badge(
            painter, right=right, center=lower, count=row.unread, height=20, fill=tokens().badge
        )
        right = badge_left - 8
    _paint_words(painter, row, left=left, right=right, center=lower, is_typing=is_typing)


def _paint_time(painter: QPainter, row: ConversationRow, *, right: float, center: float) -> float:
    """Paint the time and, of an own message, its tick; return where the name has to end."""
    if not row.last_at_ms:
        return right
    text, small = list_time(row.last_at_ms), font(12)
    width = QFontMetricsF(small).horizontalAdvance(text)
    draw_elided(
        painter,
        text,
        left=right - width - 1,
        right=right + 1,
        center=center,
        font=small,
        ink=tokens().text_3,
    )
    right -= width + 6
    if row.preview_is_own and row.preview_state is not None and not row.draft:
        paint_state(
            painter, row.preview_state, QRectF(right - 16, center - 8, 16, 16), is_list=True
        )
        right -= 18
    return right - 6


def _paint_words(
    painter: QPainter,
    row: ConversationRow,
    *,
    left: float,
    right: float,
    center: float,
    is_typing: bool,
) -> None:
    small, colors = font(13), tokens()
    words, ink = preview_words(row), colors.text_2
    if is_typing:
        words, ink = translate("list.typing"), colors.accent
    elif row.draft:
        label = translate("list.draft")
        left = draw_elided(
            painter, label, left=left, right=right, center=center, font=small, ink=colors.danger
        )
        left += 5
        words = row.draft
    draw_elided(painter, words, left=left, right=right, center=center, font=small, ink=ink)
