"""The middle pane: search box, then chats, contacts or what was found."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from desktop.models.conversations import Part
from desktop.models.port import Port
from desktop.models.session import Session
from desktop.ui.archive_row import ArchiveRow
from desktop.ui.contacts_tree import ContactsTree
from desktop.ui.controls import IconButton, Pressable, SearchField, paint_focus_ring
from desktop.ui.conversation_actions import ConversationActions
from desktop.ui.conversation_list import ConversationList
from desktop.ui.empty_state import EmptyState
from desktop.ui.fonts import font, scaled, use_font
from desktop.ui.link_bar import LinkBar
from desktop.ui.menu import Menu
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
        use_font(self, 13, 500)

    def sizeHint(self) -> QSize:  # noqa: N802
        """The word and air around it."""
        return QSize(self.fontMetrics().horizontalAdvance(self.text()) + 20, scaled(34))

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
    """Search, tabs and lists; what is chosen leaves by signals of the lists themselves.

    Folded, there is only room for the pictures of the conversations: searching or looking at
    contacts needs more, so then it is not folded, whatever was chosen.
    """

    add_requested = Signal()
    new_group_requested = Signal()
    join_group_requested = Signal()
    notes_requested = Signal()
    chat_chosen = Signal(object)  # ConversationId
    room_changed = Signal()  # It needs another width than before: `is_folded`.

    def __init__(self, session: Session, port: Port, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._page = Page.CHATS
        self._open: ConversationId | None = None
        self._part = Part.ALL
        self._wants_fold = False
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.actions_of_rows = ConversationActions(session, port, self)
        self.search = SearchField(self)
        self.search_button = IconButton("search", side=44, icon_side=20, parent=self)
        self.add_button = IconButton("user-plus", parent=self)
        self.link_bar = LinkBar(session, port, self)
        self.all_tab, self.unread_tab, self.groups_tab = Tab(self), Tab(self), Tab(self)
        self.archive_row = ArchiveRow(session.conversations, self)
        self.list = ConversationList(session, self.actions_of_rows, self)
        self.tree = ContactsTree(session, self)
        self.results = SearchResults(session, port, self)
        self.no_chats = EmptyState("empty.chats", "message-circle-plus", has_button=True)
        self.no_unread = EmptyState("empty.unread", "circle-check", has_button=True)
        self.no_groups = EmptyState("empty.groups", "users", has_button=True)
        self.all_archived = EmptyState("empty.archived", "archive", has_button=True)
        self.no_contacts = EmptyState("empty.contacts", "user-plus", has_button=True)
        self.no_matches = EmptyState("empty.matches", "search", has_button=True)
        self.no_results = EmptyState("empty.search", "search", has_button=True)
        self._stack = QStackedWidget(self)
        self._build()
        self._connect()
        self.retranslate()
        self._refresh()

    @property
    def part(self) -> Part:
        """Which conversations are listed."""
        return self._part

    @property
    def is_folded(self) -> bool:
        """Whether only the pictures of the conversations are shown."""
        is_empty = isinstance(self._shown(), EmptyState)
        is_needed = self._page is Page.CONTACTS or self._is_searching() or is_empty
        return self._wants_fold and not is_needed

    def retranslate(self) -> None:
        """Say everything in the language that holds now."""
        self._name_search()
        self.search_button.set_name(translate("search.name"))
        self.add_button.set_name(translate("side.new"))
        self._name_tabs()
        self._session.conversations.repaint()
        self.list.filter.repaint()
        self._session.contacts.repaint()

    def fold(self, *, is_wanted: bool) -> None:
        """Show pictures only, or everything again."""
        if is_wanted != self._wants_fold:
            self._wants_fold = is_wanted
            self._refresh()

    def show_page(self, page: Page) -> None:
        """Show chats or contacts; a search ends."""
        self._page = page
        self.search.clear()
        self._name_search()
        self._refresh()

    def show_part(self, part: Part) -> None:
        """List another part of the conversations."""
        self._part = part
        tabs = {Part.UNREAD: self.unread_tab, Part.GROUPS: self.groups_tab}
        tabs.get(part, self.all_tab).setChecked(True)
        self._narrow()

    def mark_open(self, conversation_id: ConversationId | None) -> None:
        """Mark the conversation that is open in the window."""
        self._open = conversation_id
        self._narrow()
        self.list.select(conversation_id)

    def next_conversation(
        self, step: int, is_elsewhere: Callable[[ConversationId], bool] = lambda _: False
    ) -> ConversationId | None:
        """Return the one below the open one in what is listed, or above it, round and round.

        Args:
            step: 1 for below, -1 for above.
            is_elsewhere: Says which ones to leave out.
        """
        shown = self.list.filter
        count = shown.rowCount()
        place = -1 if self._open is None else shown.place_of(self._open)
        if place < 0:
            place = -1 if step > 0 else 0
        around = (shown.id_at((place + step * far) % count) for far in range(1, count + 1))
        return next((each for each in around if not is_elsewhere(each)), None)

    @property
    def entry(self) -> QWidget:
        """What takes the keyboard of what is shown: a list, or the button of an empty one."""
        shown = self._shown()
        return shown.button if isinstance(shown, EmptyState) else shown

    def focus_shown(self) -> None:
        """Give the keyboard to what is shown."""
        self.entry.setFocus(Qt.FocusReason.TabFocusReason)

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        """Paint the ground and the line under the tabs."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), tokens().list)
        if self._tabs.isVisible():
            bottom = self._tabs.geometry().bottom()
            painter.fillRect(0, bottom, self.width(), 1, tokens().border)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Arrow down goes from the search box into what it found; Escape leaves the archive."""
        if event.key() == Qt.Key.Key_Down and self.search.hasFocus():
            self.focus_shown()
        elif event.key() == Qt.Key.Key_Escape and self._part is Part.ARCHIVE:
            self.show_part(Part.ALL)
        else:
            super().keyPressEvent(event)

    def _build(self) -> None:
        top = QHBoxLayout()
        top.setContentsMargins(12, 10, 10, 6)
        top.setSpacing(6)
        top.addWidget(self.search, 1)
        top.addWidget(self.search_button)
        top.addWidget(self.add_button)
        self._top = top
        self._build_tabs()
        for page in (
            self.list,
            self.tree,
            self.results,
            self.no_chats,
            self.no_unread,
            self.no_groups,
            self.all_archived,
            self.no_contacts,
            self.no_matches,
            self.no_results,
        ):
            self._stack.addWidget(page)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(top)
        layout.addWidget(self.link_bar)
        layout.addWidget(self._tabs)
        layout.addSpacing(4)
        layout.addWidget(self.archive_row)
        layout.addWidget(self._stack, 1)

    def _build_tabs(self) -> None:
        self._tabs = QWidget(self)
        tabs = QHBoxLayout(self._tabs)
        tabs.setContentsMargins(6, 0, 6, 0)
        tabs.setSpacing(6)
        group = QButtonGroup(self)
        for tab in (self.all_tab, self.unread_tab, self.groups_tab):
            group.addButton(tab)
            tabs.addWidget(tab)
        tabs.addStretch(1)
        self.all_tab.setChecked(True)

    def _connect(self) -> None:
        session = self._session
        self.search.textChanged.connect(self._on_search)
        self.search.returnPressed.connect(self.results.choose_first)
        self.results.shown.connect(self._refresh)
        self.search_button.clicked.connect(self.begin_search)
        self.add_button.clicked.connect(self._open_add_menu)
        self.all_tab.clicked.connect(lambda: self.show_part(Part.ALL))
        self.unread_tab.clicked.connect(lambda: self.show_part(Part.UNREAD))
        self.groups_tab.clicked.connect(lambda: self.show_part(Part.GROUPS))
        self.archive_row.clicked.connect(self._on_archive)
        self.no_chats.pressed.connect(self.add_requested)
        self.no_contacts.pressed.connect(self.add_requested)
        self.no_matches.pressed.connect(self.add_requested)
        self.no_unread.pressed.connect(lambda: self.show_part(Part.ALL))
        self.all_archived.pressed.connect(self._on_archive)
        self.no_groups.pressed.connect(self.new_group_requested)
        self.no_results.pressed.connect(self._end_search)
        self.list.chosen.connect(self.chat_chosen)
        session.conversations.unread_changed.connect(self._name_tabs)
        # What is listed may have become nothing, or something.
        self.list.filter.modelReset.connect(self._on_conversations)
        self.list.filter.rowsInserted.connect(self._on_conversations)
        self.list.filter.rowsRemoved.connect(self._on_conversations)
        session.contacts.rebuilt.connect(self._refresh)
        theme().changed.connect(self.update)
        language().changed.connect(self.retranslate)

    def begin_search(self) -> None:
        """Give the keyboard to the search box, making room for it."""
        if self.search.isHidden():
            self.fold(is_wanted=False)
        self.search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.search.selectAll()

    def _end_search(self) -> None:
        self.search.clear()
        self.search.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def _open_add_menu(self) -> None:
        menu = Menu(self)
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

    def _on_archive(self) -> None:
        self.show_part(Part.ALL if self._part is Part.ARCHIVE else Part.ARCHIVE)
        self.focus_shown()

    def _on_conversations(self, *_: object) -> None:
        if self._part is Part.ARCHIVE and not self.list.filter.rowCount():
            self.show_part(Part.ALL)
        self._refresh()

    def _narrow(self) -> None:
        self.list.filter.show(self._part, self._open)
        self._refresh()

    def _name_search(self) -> None:
        """Say what the search box looks through on this page."""
        is_tree = self._page is Page.CONTACTS
        words = "search.placeholder.contacts" if is_tree else "search.placeholder"
        self.search.setPlaceholderText(translate(words))
        self.search.set_name(translate("search.name.contacts" if is_tree else "search.name"))

    def _name_tabs(self, *_: object) -> None:
        unread = self._session.conversations.unread
        self.all_tab.setText(translate("tabs.all"))
        self.groups_tab.setText(translate("tabs.groups"))
        label = translate("tabs.unread")
        self.unread_tab.setText(f"{label} {unread}" if unread else label)
        for tab in (self.all_tab, self.unread_tab, self.groups_tab):
            tab.setAccessibleName(tab.text())

    def _is_searching(self) -> bool:
        return bool(self.search.text().strip())

    def _has_nothing(self) -> bool:
        return not self._session.conversations.rowCount()

    def _refresh(self, *_: object) -> None:
        is_folded, is_searching = self.is_folded, self._is_searching()
        is_listing = self._page is Page.CHATS and not is_searching
        was_folded = self.search.isHidden()
        self.search.setVisible(not is_folded)
        self.search_button.setVisible(is_folded)
        self.add_button.setVisible(not is_folded)
        margin = 14 if is_folded else 12
        self._top.setContentsMargins(margin, 10, margin if is_folded else 10, 6)
        self._tabs.setVisible(is_listing and not is_folded and self._part is not Part.ARCHIVE)
        part = self._part if is_listing else Part.UNREAD  # From there nothing leads away.
        self.archive_row.show_part(part, is_folded=is_folded)
        self.list.fold(is_folded=is_folded)
        self.link_bar.fold(is_folded=is_folded)
        self._stack.setCurrentWidget(self._shown())
        self.update()
        if was_folded != is_folded:
            self.room_changed.emit()

    def _shown(self) -> QWidget:
        session = self._session
        if self._page is Page.CONTACTS:
            if self._is_searching():
                return self.tree if session.contacts.rowCount() else self.no_matches
            has_people = session.contacts.contacts or session.contacts.rowCount() > 1
            return self.tree if has_people else self.no_contacts
        if self._is_searching():
            return self.no_results if self.results.has_nothing else self.results
        if self.list.filter.rowCount():
            return self.list
        if self._has_nothing():
            return self.no_chats
        empties = {Part.UNREAD: self.no_unread, Part.GROUPS: self.no_groups}
        return empties.get(self._part, self.all_archived)
