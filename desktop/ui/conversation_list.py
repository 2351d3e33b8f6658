"""The list of conversations: picture, name, last words, ticks, time, unread count."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPoint, QSize, Qt, Signal
from PySide6.QtGui import (
    QAccessible,
    QAccessibleTableModelChangeEvent,
    QContextMenuEvent,
    QKeyEvent,
    QPainter,
)
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
from desktop.ui.controls import ScrollBar
from desktop.ui.conversation_actions import ConversationActions
from desktop.ui.conversation_paint import RowLook, paint_conversation, paint_folded, row_height
from desktop.ui.fonts import fonts
from desktop.ui.menu import Menu
from desktop.ui.theme import theme
from desktop.ui.translate import language, translate
from shared.identifiers import ConversationId

__all__ = ["ConversationDelegate", "ConversationList"]

Index = QModelIndex | QPersistentModelIndex


class ConversationList(QListView):
    """Shows the conversations of one part of the list; `chosen` says which one to open.

    Args:
        session: Has the conversations and their pictures.
        actions: What the menu of a row offers.
        parent: The pane that the list stands in.
    """

    chosen = Signal(object)  # ConversationId

    def __init__(
        self, session: Session, actions: ConversationActions, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._actions = actions
        self._selected: ConversationId | None = None
        self.menu: Menu | None = None
        self.filter = ConversationFilter(session.conversations)
        self.filter.setParent(self)
        self.setModel(self.filter)
        self._delegate = ConversationDelegate(session, self)
        self.setItemDelegate(self._delegate)
        self.setUniformItemSizes(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setVerticalScrollBar(ScrollBar(Qt.Orientation.Vertical, self))
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setMouseTracking(True)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.viewport().setAutoFillBackground(True)
        self._connect()
        self.retranslate()

    def retranslate(self) -> None:
        """Say everything in the language that holds now."""
        self.setAccessibleName(translate("list.name"))
        self.viewport().update()

    def fold(self, *, is_folded: bool) -> None:
        """Show pictures only, or whole rows."""
        self._delegate.is_folded = is_folded
        self.verticalScrollBar().setVisible(not is_folded)
        policy = Qt.ScrollBarPolicy
        self.setVerticalScrollBarPolicy(
            policy.ScrollBarAlwaysOff if is_folded else policy.ScrollBarAsNeeded
        )
        self.viewport().update()

    def select(self, conversation_id: ConversationId | None) -> None:
        """Mark the conversation that is open."""
        self._selected = conversation_id
        self._mark_selected()

    def row_at(self, index: Index) -> ConversationRow | None:
        """Return the conversation of a line."""
        row: ConversationRow | None = index.data(ConversationRole.ROW)
        return row

    def dataChanged(self, first: Index, last: Index, _roles: object = ()) -> None:  # noqa: N802
        """Paint a line that changed; Qt would place and paint all of them anew."""
        if first == last:
            self.update(first)
        else:
            self.viewport().update()
        if QAccessible.isActive():
            event = QAccessibleTableModelChangeEvent(
                self, QAccessibleTableModelChangeEvent.ModelChangeType.DataChanged
            )
            event.setFirstRow(first.row())
            event.setLastRow(last.row())
            event.setFirstColumn(0)
            event.setLastColumn(0)
            QAccessible.updateAccessibility(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Enter opens the current conversation on every system, the menu key its menu."""
        is_shifted = event.modifiers() == Qt.KeyboardModifier.ShiftModifier
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._choose(self.currentIndex())
        elif event.key() == Qt.Key.Key_Menu or (event.key() == Qt.Key.Key_F10 and is_shifted):
            self._open_menu_of(self.currentIndex())
        else:
            super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:  # noqa: N802
        """Offer what can be done with the conversation under the mouse."""
        if event.reason() is QContextMenuEvent.Reason.Keyboard:
            self._open_menu_of(self.currentIndex())
        else:
            self._open_menu(self.indexAt(event.pos()), event.globalPos())

    def focusInEvent(self, event) -> None:  # type: ignore[no-untyped-def]  # noqa: N802
        """The keyboard begins at the first row, where none is current."""
        super().focusInEvent(event)
        if not self.currentIndex().isValid() and self.filter.rowCount():
            flag = self.selectionModel().SelectionFlag.NoUpdate
            self.selectionModel().setCurrentIndex(self.filter.index(0), flag)

    def _connect(self) -> None:
        self.clicked.connect(self._choose)
        self.activated.connect(self._choose)
        # What left the list for a moment, or was loaded anew, is marked again.
        self.filter.modelReset.connect(self._mark_selected)
        self.filter.rowsInserted.connect(self._mark_selected)
        self._session.avatars.loaded.connect(self.viewport().update)
        self._session.link_changed.connect(self.viewport().update)
        theme().changed.connect(self.viewport().update)
        fonts().changed.connect(self.scheduleDelayedItemsLayout)
        language().changed.connect(self.retranslate)

    def _mark_selected(self, *_inserted: object) -> None:
        index = QModelIndex()
        if self._selected is not None:
            index = self.filter.index_of(self._selected)
        if index.isValid() and index != self.currentIndex():
            self.setCurrentIndex(index)
        elif index.isValid():
            self.selectionModel().select(index, self.selectionModel().SelectionFlag.ClearAndSelect)
        else:
            self.selectionModel().clear()

    def _choose(self, index: QModelIndex) -> None:
        row = self.row_at(index)
        if row is not None:
            self.chosen.emit(row.conversation_id)

    def _open_menu_of(self, index: QModelIndex) -> None:
        """Open the menu of a row below the row."""
        rect = self.visualRect(index)
        place = rect.bottomLeft() + QPoint(60 if rect.width() > 200 else 12, -12)
        self._open_menu(index, self.viewport().mapToGlobal(place))

    def _open_menu(self, index: QModelIndex, place: QPoint) -> None:
        row = self.row_at(index)
        if row is None or self.menu is not None:
            return
        menu = self._actions.menu_of(row, self)
        menu.aboutToHide.connect(self._forget_menu)
        self.menu = menu
        menu.popup(place)

    def _forget_menu(self) -> None:
        self.menu = None


class ConversationDelegate(QStyledItemDelegate):
    """Paints a row of the list."""

    def __init__(self, session: Session, parent: QWidget) -> None:
        super().__init__(parent)
        self._session = session
        self.is_folded = False

    def sizeHint(self, _option: QStyleOptionViewItem, _index: Index) -> QSize:  # noqa: N802
        """All rows are equally high."""
        return QSize(60, row_height())

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Paint one conversation."""
        session = self._session
        row: ConversationRow = index.data(ConversationRole.ROW)
        look = RowLook(
            row=row,
            image=session.avatars.picture_of(row),
            is_online=session.knows_presence and bool(index.data(ConversationRole.IS_ONLINE)),
            is_typing=bool(index.data(ConversationRole.IS_TYPING)),
            is_muted=bool(index.data(ConversationRole.IS_MUTED)),
            who_types=session.who_types(row),
            who_wrote=session.who_wrote(row),
        )
        painter.save()
        paint = paint_folded if self.is_folded else paint_conversation
        paint(painter, option, look)
        painter.restore()
