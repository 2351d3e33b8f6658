"""The tree of people: requests to answer, friends with presence, own requests."""

from __future__ import annotations

from PySide6.QtCore import (
    QAbstractItemModel,
    QEvent,
    QModelIndex,
    QPersistentModelIndex,
    QRect,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QContextMenuEvent, QFontMetricsF, QKeyEvent, QMouseEvent, QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QMenu,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QToolTip,
    QTreeView,
    QWidget,
)

from desktop.events import Contact, PresenceState, Request
from desktop.models.contacts import ContactRole, Node, Section
from desktop.models.session import Session
from desktop.ui.avatar import paint_avatar
from desktop.ui.controls import ScrollBar
from desktop.ui.describe import presence_words
from desktop.ui.fonts import font
from desktop.ui.icons import paint_icon
from desktop.ui.row_paint import draw_elided, paint_ground
from desktop.ui.theme import theme, tokens
from desktop.ui.translate import language, translate
from shared.identifiers import AccountId

__all__ = ["ContactsTree"]

Index = QModelIndex | QPersistentModelIndex
SECTION_HEIGHT, FRIEND_HEIGHT, REQUEST_HEIGHT = 34, 58, 104
AVATAR = 40


class ContactsTree(QTreeView):
    """Shows the contacts; its signals say what the person wants with whom."""

    chat_requested = Signal(object)  # AccountId
    profile_requested = Signal(object)  # AccountId
    remove_requested = Signal(object)  # AccountId
    accept_requested = Signal(object)  # AccountId
    decline_requested = Signal(object)  # AccountId
    withdraw_requested = Signal(object)  # AccountId

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._collapsed: set[Section] = set()
        self._selected: AccountId | None = None
        self.setModel(session.contacts)
        self._delegate = ContactDelegate(session, self)
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
        session.contacts.rebuilt.connect(self._restore)
        session.avatars.loaded.connect(self.viewport().update)
        session.link_changed.connect(self.viewport().update)
        theme().changed.connect(self.viewport().update)
        language().changed.connect(self.retranslate)
        self._restore()
        self.retranslate()

    def retranslate(self) -> None:
        """Say everything in the language that holds now."""
        self.setAccessibleName(translate("contacts.name"))
        self.viewport().update()

    def select(self, account: AccountId) -> None:
        """Mark a person and bring them into sight."""
        self._selected = account
        index = self._session.contacts.index_of(account)
        if index.isValid():
            self.setCurrentIndex(index)
            self.scrollTo(index)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Enter opens a chat or folds a section, Delete removes a friend."""
        node: Node | None = self.currentIndex().data(ContactRole.NODE)
        is_enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if is_enter and isinstance(node, Section):
            self._toggle(self.currentIndex(), node)
        elif is_enter and isinstance(node, Contact):
            self.chat_requested.emit(node.profile.account)
        elif is_enter and isinstance(node, Request) and not node.is_own:
            self.accept_requested.emit(node.profile.account)
        elif event.key() == Qt.Key.Key_Delete and isinstance(node, Contact):
            self.remove_requested.emit(node.profile.account)
        elif event.key() == Qt.Key.Key_Delete and isinstance(node, Request):
            wanted = self.withdraw_requested if node.is_own else self.decline_requested
            wanted.emit(node.profile.account)
        else:
            super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:  # noqa: N802
        """Offer what can be done with a person."""
        node: Node | None = self.indexAt(event.pos()).data(ContactRole.NODE)
        if event.reason() is QContextMenuEvent.Reason.Keyboard:
            node = self.currentIndex().data(ContactRole.NODE)
        if isinstance(node, Contact | Request):
            menu = self._menu(node)
            menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
            menu.popup(event.globalPos())

    def button_rect(self, account: AccountId, action: str) -> QRect:
        """Return where "accept", "decline" or "withdraw" is in the viewport."""
        index = self._session.contacts.index_of(account)
        for name, rect in self._delegate.buttons(self.visualRect(index), index):
            if name == action:
                return rect.toRect()
        return QRect()

    def _menu(self, node: Contact | Request) -> QMenu:
        account, menu = node.profile.account, QMenu(self)
        if isinstance(node, Contact):
            menu.addAction(translate("contacts.chat"), lambda: self.chat_requested.emit(account))
        menu.addAction(translate("contacts.profile"), lambda: self.profile_requested.emit(account))
        menu.addSeparator()
        if isinstance(node, Contact):
            menu.addAction(
                translate("contacts.remove"), lambda: self.remove_requested.emit(account)
            )
        elif node.is_own:
            menu.addAction(
                translate("contacts.withdraw"), lambda: self.withdraw_requested.emit(account)
            )
        else:
            menu.addAction(
                translate("contacts.accept"), lambda: self.accept_requested.emit(account)
            )
            menu.addAction(
                translate("contacts.decline"), lambda: self.decline_requested.emit(account)
            )
        return menu

    def _on_clicked(self, index: QModelIndex) -> None:
        node = index.data(ContactRole.NODE)
        if isinstance(node, Section):
            self._toggle(index, node)
            return
        self._selected = node.profile.account
        action = self._delegate.pressed
        self._delegate.pressed = ""
        if isinstance(node, Contact):
            self.chat_requested.emit(node.profile.account)
        elif action == "accept":
            self.accept_requested.emit(node.profile.account)
        elif action == "decline":
            self.decline_requested.emit(node.profile.account)
        elif action == "withdraw":
            self.withdraw_requested.emit(node.profile.account)

    def _toggle(self, index: QModelIndex, section: Section) -> None:
        if section in self._collapsed:
            self._collapsed.discard(section)
        else:
            self._collapsed.add(section)
        self.setExpanded(index, section not in self._collapsed)

    def _restore(self) -> None:
        """After the tree was rebuilt: sections as they were, the same person marked."""
        model = self._session.contacts
        for row in range(model.rowCount()):
            index = model.index(row, 0)
            self.setExpanded(index, index.data(ContactRole.NODE) not in self._collapsed)
        if self._selected is not None:
            index = model.index_of(self._selected)
            if index.isValid():
                self.setCurrentIndex(index)


class ContactDelegate(QStyledItemDelegate):
    """Paints sections, friends and requests; requests have buttons."""

    def __init__(self, session: Session, parent: QWidget) -> None:
        super().__init__(parent)
        self._session = session
        self.pressed = ""

    def sizeHint(self, _option: QStyleOptionViewItem, index: Index) -> QSize:  # noqa: N802
        """Requests need room for a greeting and buttons."""
        match index.data(ContactRole.NODE):
            case Section():
                return QSize(100, SECTION_HEIGHT)
            case Request():
                return QSize(100, REQUEST_HEIGHT)
            case _:
                return QSize(100, FRIEND_HEIGHT)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Paint one node."""
        painter.save()
        rect = QRectF(option.rect)
        node = index.data(ContactRole.NODE)
        if isinstance(node, Section):
            self._paint_section(painter, rect, index)
        else:
            self._paint_person(painter, option, rect, node)
            for name, button in self.buttons(rect.toRect(), index):
                _paint_button(painter, button, name)
        painter.restore()

    def editorEvent(  # noqa: N802
        self,
        event: QEvent,
        model: QAbstractItemModel,
        option: QStyleOptionViewItem,
        index: Index,
    ) -> bool:
        """Note which button the mouse pressed; the click that follows carries it out."""
        if isinstance(event, QMouseEvent) and event.type() is QEvent.Type.MouseButtonPress:
            rect: QRect = option.rect
            hits = (name for name, at in self.buttons(rect, index) if at.contains(event.position()))
            self.pressed = next(hits, "")
        return super().editorEvent(event, model, option, index)

    def helpEvent(self, event, view, option, index) -> bool:  # type: ignore[no-untyped-def]  # noqa: N802
        """Show a long greeting in full."""
        node = index.data(ContactRole.NODE)
        if isinstance(node, Request) and node.greeting:
            QToolTip.showText(event.globalPos(), node.greeting, view)
            return True
        return bool(super().helpEvent(event, view, option, index))

    def buttons(self, rect: QRect, index: Index) -> list[tuple[str, QRectF]]:
        """Return the buttons of a request and where they are."""
        node = index.data(ContactRole.NODE)
        if not isinstance(node, Request):
            return []
        names = ["withdraw"] if node.is_own else ["accept", "decline"]
        metrics = QFontMetricsF(font(13, 500))
        left, placed = rect.left() + 14.0 + AVATAR + 12, []
        for name in names:
            width = metrics.horizontalAdvance(translate(f"contacts.{name}")) + 28
            placed.append((name, QRectF(left, rect.top() + 62, width, 32)))
            left += width + 8
        return placed

    def _paint_section(self, painter: QPainter, rect: QRectF, index: Index) -> None:
        view = self.parent()
        assert isinstance(view, QTreeView)
        is_open = isinstance(index, QModelIndex) and view.isExpanded(index)
        chevron = "chevron-down" if is_open else "chevron-right"
        ink = tokens().text_2
        paint_icon(painter, chevron, QRectF(rect.left() + 14, rect.center().y() - 7, 14, 14), ink)
        draw_elided(
            painter,
            str(index.data()),
            left=rect.left() + 34,
            right=rect.right() - 14,
            center=rect.center().y(),
            font=font(12, 600),
            ink=ink,
        )

    def _paint_person(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        rect: QRectF,
        node: Contact | Request,
    ) -> None:
        ground = paint_ground(painter, option)
        middle = rect.top() + (rect.height() / 2 if isinstance(node, Contact) else 32)
        avatar = QRectF(rect.left() + 14, middle - AVATAR / 2, AVATAR, AVATAR)
        is_online = (
            isinstance(node, Contact)
            and node.presence is PresenceState.ONLINE
            and self._session.knows_presence
        )
        paint_avatar(
            painter,
            avatar,
            profile=node.profile,
            image=self._session.avatars.image(node.profile),
            is_online=is_online,
            ground=ground,
        )
        left, right = avatar.right() + 12, rect.right() - 16
        draw_elided(
            painter,
            node.profile.nickname,
            left=left,
            right=right,
            center=middle - 10,
            font=font(14, 600),
            ink=tokens().text,
        )
        words, ink = _second_line(node)
        draw_elided(
            painter, words, left=left, right=right, center=middle + 11, font=font(13), ink=ink
        )


def _second_line(node: Contact | Request):  # type: ignore[no-untyped-def]
    colors = tokens()
    if isinstance(node, Request):
        waiting = translate("contacts.waiting" if node.is_own else "contacts.wants")
        return node.greeting or waiting, colors.text_2
    presence = presence_words(node)
    if node.profile.signature:
        return f"{presence} · {node.profile.signature}", colors.text_2
    is_online = node.presence is PresenceState.ONLINE
    return presence, colors.accent if is_online else colors.text_2


def _paint_button(painter: QPainter, rect: QRectF, name: str) -> None:
    colors = tokens()
    is_main = name == "accept"
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colors.accent if is_main else colors.pressed)
    painter.drawRoundedRect(rect, 8, 8)
    painter.setFont(font(13, 500))
    painter.setPen(colors.on_accent if is_main else colors.text)
    painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, translate(f"contacts.{name}"))
