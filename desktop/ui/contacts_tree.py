"""The tree of people: requests to answer, friends in groups with presence, groups, the blocked.

Friends are sorted into groups with the mouse, by dragging them to a group's title, or with the
menu; a group's title is dragged to another place, or moved with Alt and the arrow keys.
"""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPoint, QRect, QRectF, Qt
from PySide6.QtGui import (
    QContextMenuEvent,
    QFontMetricsF,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
)
from PySide6.QtWidgets import QAbstractItemView, QApplication, QFrame, QTreeView, QWidget

from desktop.events import Contact, FriendGroup, Request
from desktop.models import friend_groups
from desktop.models.contacts import (
    Blocked,
    Branch,
    ContactRole,
    Group,
    Joining,
    Node,
    Section,
)
from desktop.models.names import shown_name
from desktop.models.session import Session
from desktop.ui.contacts_delegate import ContactDelegate, is_branch
from desktop.ui.contacts_menu import Wishes, menu_of
from desktop.ui.controls import ScrollBar
from desktop.ui.fonts import font, fonts
from desktop.ui.theme import theme, tokens
from desktop.ui.translate import language, translate
from shared.identifiers import AccountId

__all__ = ["ContactsTree"]

Index = QModelIndex | QPersistentModelIndex
Key = tuple[str, object]
_SCROLL_EDGE = 28
_SCROLL_STEP = 14


@dataclass(slots=True)
class _Drag:
    """Something the mouse has pressed, and moves perhaps."""

    node: Contact | FriendGroup
    pressed: QPoint
    at: QPoint
    is_moving: bool = False


class ContactsTree(QTreeView):
    """Shows the contacts; `wishes` says what the person wants with whom."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self.wishes = Wishes(self)
        self._collapsed: set[Section | str] = {Section.BLOCKED}
        self._selected: Key | None = None
        self._drag: _Drag | None = None
        self._is_restoring = False
        self._delegate = ContactDelegate(session, self, self)
        self.setModel(session.contacts)
        self.setItemDelegate(self._delegate)
        self.setHeaderHidden(True)
        self.setIndentation(0)
        self.setRootIsDecorated(False)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setVerticalScrollBar(ScrollBar(Qt.Orientation.Vertical, self))
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setMouseTracking(True)
        self.setAnimated(False)
        self.setExpandsOnDoubleClick(False)
        self.viewport().setAutoFillBackground(True)
        self.clicked.connect(self._on_clicked)
        self.expanded.connect(lambda index: self._note_fold(index, is_folded=False))
        self.collapsed.connect(lambda index: self._note_fold(index, is_folded=True))
        session.contacts.rebuilt.connect(self._restore)
        session.avatars.loaded.connect(self.viewport().update)
        session.link_changed.connect(self.viewport().update)
        theme().changed.connect(self.viewport().update)
        fonts().changed.connect(self.scheduleDelayedItemsLayout)
        language().changed.connect(self.retranslate)
        self._restore()
        self.retranslate()

    def retranslate(self) -> None:
        """Say everything in the language that holds now."""
        self.setAccessibleName(translate("contacts.name"))
        self.viewport().update()

    def select(self, account: AccountId) -> None:
        """Mark a person and bring them into sight."""
        self._selected = ("person", account)
        index = self._session.contacts.index_of(account)
        if index.isValid():
            self.setExpanded(index.parent(), True)
            self.setCurrentIndex(index)
            self.scrollTo(index)

    def button_rect(self, row: QModelIndex | AccountId, action: str) -> QRect:
        """Return where a button of a row ("accept", "menu" …) is in the viewport."""
        index = row if isinstance(row, QModelIndex) else self._session.contacts.index_of(row)
        for name, rect in self._delegate.buttons(self.visualRect(index), index):
            if name == action:
                return rect.toRect()
        return QRect()

    def is_target(self, index: Index) -> bool:
        """Whether what is dragged would go here."""
        drag = self._drag
        if drag is None or not drag.is_moving:
            return False
        target = self._branch_at(drag.at)
        return target.isValid() and target == index and self._takes(drag, target)

    # Keyboard.

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Enter opens or folds, Delete removes, F2 renames, Alt and arrows move a group."""
        node: Node | None = self.currentIndex().data(ContactRole.NODE)
        has_alt = event.modifiers() & Qt.KeyboardModifier.AltModifier
        if event.key() == Qt.Key.Key_Escape and self._drag is not None:
            self._end_drag()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and node is not None:
            self._open(node)
        elif event.key() == Qt.Key.Key_Delete:
            self._delete(node)
        elif event.key() == Qt.Key.Key_F2 and isinstance(node, FriendGroup):
            self.wishes.rename_group.emit(node.name)
        elif event.key() == Qt.Key.Key_F2 and isinstance(node, Contact):
            self.wishes.profile.emit(node.profile.account)
        elif has_alt and isinstance(node, FriendGroup) and event.key() in _SHIFTS:
            groups = self._session.contacts.friend_groups
            self._sort(friend_groups.shifted(groups, node.name, _SHIFTS[Qt.Key(event.key())]))
        else:
            super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:  # noqa: N802
        """Offer what can be done with a row."""
        index = self.indexAt(event.pos())
        if event.reason() is QContextMenuEvent.Reason.Keyboard:
            index = self.currentIndex()
        self._open_menu(index, event.globalPos())

    # Mouse.

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """A friend, or the title of a group, may be about to be dragged."""
        super().mousePressEvent(event)
        at = event.position().toPoint()
        node = self.indexAt(at).data(ContactRole.NODE)
        can_move = isinstance(node, Contact | FriendGroup) and not self._delegate.pressed
        if event.button() is Qt.MouseButton.LeftButton and can_move:
            self._drag = _Drag(node, at, at)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Drag what was pressed."""
        drag = self._drag
        if drag is None or not event.buttons() & Qt.MouseButton.LeftButton:
            super().mouseMoveEvent(event)
            return
        drag.at = event.position().toPoint()
        distance = (drag.at - drag.pressed).manhattanLength()
        if not drag.is_moving and distance >= QApplication.startDragDistance():
            drag.is_moving = True
            self.setCursor(Qt.CursorShape.ClosedHandCursor)
        if drag.is_moving:
            self._scroll_at_edge(drag.at)
            self.viewport().update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Drop what was dragged."""
        drag = self._drag
        if drag is None or not drag.is_moving:
            self._drag = None
            super().mouseReleaseEvent(event)
            return
        drag.at = event.position().toPoint()
        target = self._branch_at(drag.at)
        takes = target.isValid() and self._takes(drag, target)
        self._end_drag()
        if takes:
            self._drop(drag.node, target.data(ContactRole.NODE))

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        """Paint what is dragged above the rows."""
        super().paintEvent(event)
        drag = self._drag
        if drag is None or not drag.is_moving:
            return
        painter = QPainter(self.viewport())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        words = _drag_words(drag.node)
        width = min(QFontMetricsF(font(13, 500)).horizontalAdvance(words), 200.0) + 24
        chip = QRectF(drag.at.x() + 10, drag.at.y() + 6, width, 30)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(tokens().service)
        painter.drawRoundedRect(chip, 10, 10)
        painter.setFont(font(13, 500))
        painter.setPen(tokens().on_service)
        painter.drawText(chip.adjusted(12, 0, -12, 0), Qt.AlignmentFlag.AlignVCenter, words)

    # Inside.

    def _open(self, node: Node) -> None:
        """Do what Enter and a click beside all buttons do."""
        match node:
            case Section() | FriendGroup():
                self._toggle(node)
            case Contact():
                self.wishes.chat.emit(node.profile.account)
            case Request():
                if not node.is_own:
                    self.wishes.accept.emit(node.profile.account)
            case Group():
                self.wishes.open_group.emit(node.row.conversation_id)
            case Joining():
                self.wishes.review.emit(node.row.conversation_id)
            case Blocked():
                self.wishes.profile.emit(node.profile.account)

    def _delete(self, node: Node | None) -> None:
        match node:
            case Contact():
                self.wishes.remove.emit(node.profile.account)
            case Request():
                wish = self.wishes.withdraw if node.is_own else self.wishes.decline
                wish.emit(node.profile.account)
            case Blocked():
                self.wishes.unblock.emit(node.profile.account)
            case FriendGroup():
                self.wishes.delete_group.emit(node.name)

    def _on_clicked(self, index: QModelIndex) -> None:
        node: Node = index.data(ContactRole.NODE)
        action, self._delegate.pressed = self._delegate.pressed, ""
        if not is_branch(node):
            self._selected = _key_of(node)
        if action == "menu":
            corner = self.button_rect(index, "menu").bottomLeft()
            self._open_menu(index, self.viewport().mapToGlobal(corner))
        elif isinstance(node, Request | Blocked) and action:
            getattr(self.wishes, action).emit(node.profile.account)
        elif not isinstance(node, Request):
            # A request is answered by its buttons alone.
            self._open(node)

    def _open_menu(self, index: QModelIndex, at: QPoint) -> None:
        node = index.data(ContactRole.NODE)
        menu = menu_of(node, self.wishes, self._session.contacts, self)
        if menu is not None:
            menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
            menu.popup(at)

    def _toggle(self, branch: Branch) -> None:
        index = self._session.contacts.branch_index(_name_of(branch))
        self.setExpanded(index, not self.isExpanded(index))

    def _note_fold(self, index: QModelIndex, *, is_folded: bool) -> None:
        """Remember what the person has folded, with the mouse or the arrow keys."""
        node = index.data(ContactRole.NODE)
        if self._is_restoring or self._session.contacts.is_narrowed or not is_branch(node):
            return
        if is_folded:
            self._collapsed.add(_name_of(node))
        else:
            self._collapsed.discard(_name_of(node))

    def _restore(self) -> None:
        """After the tree was rebuilt: branches as they were, the same row marked."""
        self._is_restoring = True
        self._unfold()
        self._is_restoring = False

    def _unfold(self) -> None:
        model = self._session.contacts
        for row in range(model.rowCount()):
            index = model.index(row, 0)
            name = _name_of(index.data(ContactRole.NODE))
            self.setExpanded(index, model.is_narrowed or name not in self._collapsed)
        if self._selected is not None:
            index = self._index_of(self._selected)
            if index.isValid():
                self.setCurrentIndex(index)

    def _index_of(self, key: Key) -> QModelIndex:
        model = self._session.contacts
        for row in range(model.rowCount()):
            branch = model.index(row, 0)
            for child in range(model.rowCount(branch)):
                index = model.index(child, 0, branch)
                if _key_of(index.data(ContactRole.NODE)) == key:
                    return index
        return QModelIndex()

    # Dragging.

    def _branch_at(self, at: QPoint) -> QModelIndex:
        """Return the branch whose title or rows are at a place."""
        index = self.indexAt(at)
        return index.parent() if index.parent().isValid() else index

    def _takes(self, drag: _Drag, target: QModelIndex) -> bool:
        """Whether the branch is another place for what is dragged."""
        node = target.data(ContactRole.NODE)
        if isinstance(drag.node, FriendGroup):
            return isinstance(node, FriendGroup) and node.name != drag.node.name
        current = self._session.contacts.group_of(drag.node.profile.account)
        if node is Section.FRIENDS:
            return current is not None
        return isinstance(node, FriendGroup) and node.name != current

    def _drop(self, node: Contact | FriendGroup, target: Branch) -> None:
        groups = self._session.contacts.friend_groups
        if isinstance(node, Contact):
            name = target.name if isinstance(target, FriendGroup) else None
            self._sort(friend_groups.moved(groups, node.profile.account, name))
        else:
            names = [group.name for group in groups]
            place = names.index(_name_of(target))  # type: ignore[arg-type] # A group, as it takes.
            self._sort(friend_groups.reordered(groups, node.name, place))

    def _sort(self, groups: tuple[FriendGroup, ...]) -> None:
        if groups != self._session.contacts.friend_groups:
            self.wishes.sort_friends.emit(groups)

    def _scroll_at_edge(self, at: QPoint) -> None:
        bar = self.verticalScrollBar()
        if at.y() < _SCROLL_EDGE:
            bar.setValue(bar.value() - _SCROLL_STEP)
        elif at.y() > self.viewport().height() - _SCROLL_EDGE:
            bar.setValue(bar.value() + _SCROLL_STEP)

    def _end_drag(self) -> None:
        self._drag = None
        self.unsetCursor()
        self.setState(QAbstractItemView.State.NoState)
        self.viewport().update()


_SHIFTS = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}


def _name_of(branch: Branch) -> Section | str:
    """Return what a branch is remembered by; a group's friends change."""
    return branch.name if isinstance(branch, FriendGroup) else branch


def _key_of(node: Node) -> Key:
    match node:
        case Contact() | Request() | Blocked():
            return ("person", node.profile.account)
        case Group():
            return ("group", node.row.conversation_id)
        case Joining():
            return ("joining", node.row.conversation_id)
        case Section() | FriendGroup():
            return ("branch", _name_of(node))


def _drag_words(node: Contact | FriendGroup) -> str:
    if isinstance(node, FriendGroup):
        return node.name
    return shown_name(node.profile, node.remark)
