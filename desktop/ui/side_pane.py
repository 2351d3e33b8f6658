"""The middle pane: search box, then chats, contacts or what was found."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QMenu, QStackedWidget, QVBoxLayout, QWidget

from desktop.models.port import Port
from desktop.models.session import Session
from desktop.ui.contacts_tree import ContactsTree
from desktop.ui.controls import IconButton, Pressable, SearchField, paint_focus_ring
from desktop.ui.conversation_list import ConversationList
from desktop.ui.empty_state import EmptyState
from desktop.ui.fonts import font
from desktop.ui.link_bar import LinkBar
from desktop.ui.rail import Page
from desktop.ui.search_results import SearchResults
from desktop.ui.theme import theme, tokens
from desktop.ui.translate import language, translate
from shared.identifiers import ConversationId

__all__ = ["SidePane", "Tab"]


class Tab(Pressable):
    """A word with a line under it while it is chosen."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setCheckable(True)
        self.setFont(font(13, 500))

    def sizeHint(self) -> QSize:  # noqa: N802
        """The word and air around it."""
        return QSize(self.fontMetrics().horizontalAdvance(self.text()) + 20, 34)

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        """Paint word and line."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colors = tokens()
        is_lit = self.isChecked() or self._is_hovered
        painter.setFont(font(13, 600 if self.isChecked() else 500))
        painter.setPen(colors.accent if is_lit else colors.text_2)
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self.text())
        if self.isChecked():
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(colors.accent)
            painter.drawRoundedRect(QRectF(10, self.height() - 3, self.width() - 20, 3), 1.5, 1.5)
        if self._shows_focus:
            paint_focus_ring(painter, QRectF(self.rect()), 6)


class SidePane(QWidget):
    """Search, tabs and lists; what is chosen leaves by signals of the lists themselves."""

    add_requested = Signal()
    new_group_requested = Signal()
    join_group_requested = Signal()
    notes_requested = Signal()
    chat_chosen = Signal(object)  # ConversationId

    def __init__(self, session: Session, port: Port, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._page = Page.CHATS
        self._open: ConversationId | None = None
        self.search = SearchField(self)
        self.add_button = IconButton("user-plus", parent=self)
        self.link_bar = LinkBar(session, self)
        self.all_tab, self.unread_tab = Tab(self), Tab(self)
        self.list = ConversationList(session, self)
        self.tree = ContactsTree(session, self)
        self.results = SearchResults(session, port, self)
        self.no_chats = EmptyState("empty.chats", "message-circle-plus", has_button=True)
        self.no_unread = EmptyState("empty.unread", "circle-check")
        self.no_contacts = EmptyState("empty.contacts", "user-plus", has_button=True)
        self.no_matches = EmptyState("empty.matches", "search", has_button=True)
        self._stack = QStackedWidget(self)
        self._build()
        self._connect()
        self.retranslate()
        self._refresh()

    def retranslate(self) -> None:
        """Say everything in the language that holds now."""
        self._name_search()
        self.add_button.set_name(translate("side.new"))
        self._name_tabs()
        self._session.conversations.repaint()
        self._session.contacts.repaint()

    def show_page(self, page: Page) -> None:
        """Show chats or contacts; a search ends."""
        self._page = page
        self.search.clear()
        self._name_search()
        self._refresh()

    def mark_open(self, conversation_id: ConversationId | None) -> None:
        """Mark the conversation that is open in the window."""
        self._open = conversation_id
        self._narrow()
        self.list.select(conversation_id)

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        """Paint the ground and the line under the tabs."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), tokens().list)
        if self._tabs.isVisible():
            bottom = self._tabs.geometry().bottom()
            painter.fillRect(0, bottom, self.width(), 1, tokens().border)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Arrow down goes from the search box into what it found."""
        if event.key() == Qt.Key.Key_Down and self.search.hasFocus():
            self._shown().setFocus(Qt.FocusReason.TabFocusReason)
        else:
            super().keyPressEvent(event)

    def _build(self) -> None:
        top = QHBoxLayout()
        top.setContentsMargins(12, 10, 10, 6)
        top.setSpacing(6)
        top.addWidget(self.search, 1)
        top.addWidget(self.add_button)
        self._tabs = QWidget(self)
        tabs = QHBoxLayout(self._tabs)
        tabs.setContentsMargins(6, 0, 6, 0)
        tabs.setSpacing(6)
        group = QButtonGroup(self)
        for tab in (self.all_tab, self.unread_tab):
            group.addButton(tab)
            tabs.addWidget(tab)
        tabs.addStretch(1)
        self.all_tab.setChecked(True)
        for page in (
            self.list,
            self.tree,
            self.results,
            self.no_chats,
            self.no_unread,
            self.no_contacts,
            self.no_matches,
        ):
            self._stack.addWidget(page)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(top)
        layout.addWidget(self.link_bar)
        layout.addWidget(self._tabs)
        layout.addSpacing(4)
        layout.addWidget(self._stack, 1)

    def _connect(self) -> None:
        session = self._session
        self.search.textChanged.connect(self._on_search)
        self.search.returnPressed.connect(self.results.choose_first)
        self.add_button.clicked.connect(self._open_add_menu)
        self.all_tab.clicked.connect(self._narrow)
        self.unread_tab.clicked.connect(self._narrow)
        self.no_chats.pressed.connect(self.add_requested)
        self.no_contacts.pressed.connect(self.add_requested)
        self.no_matches.pressed.connect(self.add_requested)
        self.list.chosen.connect(self.chat_chosen)
        session.conversations.unread_changed.connect(self._on_conversations)
        session.contacts.rebuilt.connect(self._refresh)
        theme().changed.connect(self.update)
        language().changed.connect(self.retranslate)

    def _open_add_menu(self) -> None:
        menu = QMenu(self)
        menu.aboutToHide.connect(menu.deleteLater)
        for key, request in (
            ("contacts.add", self.add_requested),
            ("group.new", self.new_group_requested),
            ("join.title", self.join_group_requested),
            ("notes.title", self.notes_requested),
        ):
            menu.addAction(translate(key), request.emit)
        corner = self.add_button.mapToGlobal(self.add_button.rect().bottomLeft())
        menu.popup(corner)

    def _on_search(self, text: str) -> None:
        is_tree = self._page is Page.CONTACTS
        self._session.contacts.narrow(text if is_tree else "")
        self.results.search("" if is_tree else text)
        self._refresh()

    def _on_conversations(self) -> None:
        self._name_tabs()
        if self.unread_tab.isChecked():
            self._narrow()
        self._refresh()
        if self._open is not None:
            self.list.select(self._open)

    def _narrow(self) -> None:
        self.list.filter.narrow(text="", unread_only=self.unread_tab.isChecked(), kept=self._open)
        self._refresh()

    def _name_search(self) -> None:
        """Say what the search box looks through on this page."""
        is_tree = self._page is Page.CONTACTS
        words = "search.placeholder.contacts" if is_tree else "search.placeholder"
        self.search.setPlaceholderText(translate(words))
        self.search.set_name(translate("search.name.contacts" if is_tree else "search.name"))

    def _name_tabs(self) -> None:
        unread = self._session.conversations.unread
        self.all_tab.setText(translate("tabs.all"))
        label = translate("tabs.unread")
        self.unread_tab.setText(f"{label} {unread}" if unread else label)
        for tab in (self.all_tab, self.unread_tab):
            tab.setAccessibleName(tab.text())
            tab.updateGeometry()

    def _shown(self) -> QWidget:
        return self._current(is_searching=bool(self.search.text().strip()))

    def _refresh(self) -> None:
        is_searching = bool(self.search.text().strip())
        self._tabs.setVisible(self._page is Page.CHATS and not is_searching)
        self._stack.setCurrentWidget(self._shown())
        self.update()

    def _current(self, *, is_searching: bool) -> QWidget:
        session = self._session
        if self._page is Page.CONTACTS:
            if is_searching:
                return self.tree if session.contacts.rowCount() else self.no_matches
            has_people = session.contacts.contacts or session.contacts.rowCount() > 1
            return self.tree if has_people else self.no_contacts
        if is_searching:
            return self.results
        if not session.conversations.rowCount():
            return self.no_chats
        if self.unread_tab.isChecked() and not self.list.filter.rowCount():
            return self.no_unread
        return self.list
