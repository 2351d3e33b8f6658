"""The main window: rail, lists, and the conversation that is open."""

from __future__ import annotations

from collections import OrderedDict

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QCloseEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QSplitter, QSplitterHandle, QStackedWidget, QWidget

from desktop.models.port import Port
from desktop.models.session import Session
from desktop.ui.chat_pane import ChatPane
from desktop.ui.empty_state import EmptyState
from desktop.ui.rail import Page, Rail
from desktop.ui.settings import SettingsStore
from desktop.ui.shortcuts import Shortcut, register
from desktop.ui.side_pane import SidePane
from desktop.ui.theme import theme, tokens
from desktop.ui.toast import Toast
from desktop.ui.translate import language, translate
from shared.identifiers import ConversationId

__all__ = ["MainWindow"]

PANES_KEPT_MAX = 8  # More: the one not looked at the longest is closed; its draft is kept.
ONE_COLUMN_WIDTH = 640


class ThinHandle(QSplitterHandle):
    """A hairline that is wider for the mouse than for the eye."""

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        """Paint the line."""
        QPainter(self).fillRect(self.rect(), tokens().border)


class ThinSplitter(QSplitter):
    """A splitter with hairlines."""

    def createHandle(self) -> QSplitterHandle:  # noqa: N802
        """Make a hairline."""
        return ThinHandle(self.orientation(), self)


class MainWindow(QWidget):
    """Three panes; what goes beyond them (dialogs, other windows) leaves by signals."""

    closed = Signal()
    switch_requested = Signal()
    shortcuts_requested = Signal()

    def __init__(self, session: Session, port: Port, settings: SettingsStore) -> None:
        super().__init__()
        self._session = session
        self._port = port
        self._settings = settings
        self._panes: OrderedDict[ConversationId, ChatPane] = OrderedDict()
        self._is_narrow = False
        self.rail = Rail(session, self)
        self.side = SidePane(session, port, self)
        self.empty = EmptyState("empty.chat", "message-circle", ground=lambda colors: colors.chat)
        self.chats = QStackedWidget(self)
        self.chats.addWidget(self.empty)
        self._splitter = ThinSplitter(Qt.Orientation.Horizontal, self)
        self._splitter.setHandleWidth(1)
        self._splitter.setChildrenCollapsible(False)
        self._splitter.addWidget(self.side)
        self._splitter.addWidget(self.chats)
        self._splitter.setStretchFactor(1, 1)
        self.side.setMinimumWidth(260)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.rail)
        layout.addWidget(self._splitter, 1)
        self.toast = Toast(self)
        self.setMinimumSize(380, 520)
        self._restore_size()
        self._connect()
        self.retranslate()
        self.side.list.setFocus()

    @property
    def open_pane(self) -> ChatPane | None:
        """The conversation that is shown, if there is one."""
        pane = self.chats.currentWidget()
        return pane if isinstance(pane, ChatPane) else None

    def retranslate(self) -> None:
        """Say everything in the language that holds now."""
        self._refresh_title()

    def show_conversation(self, conversation_id: ConversationId) -> ChatPane:
        """Open a conversation; it keeps its place and draft while others are looked at."""
        before = self.open_pane
        if before is not None and before.conversation_id != conversation_id:
            before.leave()
        pane = self._panes.get(conversation_id)
        if pane is None:
            pane = ChatPane(self._session, self._port, conversation_id, self.chats)
            self._panes[conversation_id] = pane
            self.chats.addWidget(pane)
            self.pane_made.emit(pane)
        self._panes.move_to_end(conversation_id)
        self._drop_oldest()
        self.chats.setCurrentWidget(pane)
        self._fold()
        pane.resume()
        pane.composer.editor.setFocus()
        self.side.mark_open(conversation_id)
        return pane

    pane_made = Signal(object)  # ChatPane, to connect what it asks for.

    def close_conversation(self, conversation_id: ConversationId | None = None) -> None:
        """Show none, or stop showing this one because it has a window of its own now."""
        pane = self.open_pane
        if conversation_id is not None:
            dropped = self._panes.pop(conversation_id, None)
            if dropped is not None:
                self._remove(dropped)
        if pane is None or conversation_id in (None, pane.conversation_id):
            if pane is not None and conversation_id is None:
                pane.leave()
            self.chats.setCurrentWidget(self.empty)
            self.side.mark_open(None)
        self._fold()

    def close_all(self) -> None:
        """Drop every conversation, at log-out."""
        for pane in self._panes.values():
            self._remove(pane)
        self._panes.clear()
        self.close_conversation()

    def show_page(self, page: Page) -> None:
        """Show chats or contacts."""
        self.rail.choose(page)

    def say(self, sentence: str) -> None:
        """Say a sentence that goes by itself."""
        self.toast.say(sentence)

    def flush(self) -> None:
        """Store what was typed and how the window stands."""
        for pane in self._panes.values():
            pane.leave()
        size = self.normalGeometry().size() if self.isMaximized() else self.size()
        changes: dict[str, object] = {"is_maximized": self.isMaximized()}
        if not self._is_narrow:
            changes["list_width"] = self._splitter.sizes()[0]
        self._settings.change(width=size.width(), height=size.height(), **changes)

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802
        """Store, then tell the shell, which decides whether the program ends."""
        self.flush()
        super().closeEvent(event)
        self.hide()
        self.closed.emit()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """Below a width there is room for one pane only."""
        super().resizeEvent(event)
        self._fold()

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802
        """When the window becomes active, what it shows is seen."""
        super().changeEvent(event)
        pane = self.open_pane
        if event.type() is QEvent.Type.ActivationChange and pane is not None:
            pane.view.mark_visible_read()

    def _connect(self) -> None:
        self.rail.page_chosen.connect(self._on_page)
        self._session.conversations.unread_changed.connect(self._refresh_title)
        theme().changed.connect(self.update)
        language().changed.connect(self.retranslate)
        for shortcut, wanted in (
            (Shortcut.SWITCH, self.switch_requested.emit),
            (Shortcut.SHORTCUTS, self.shortcuts_requested.emit),
            (Shortcut.SETTINGS, self.rail.settings_requested.emit),
            (Shortcut.SEARCH_EVERYWHERE, self._focus_search),
            (Shortcut.CHATS, lambda: self.rail.choose(Page.CHATS)),
            (Shortcut.CONTACTS, lambda: self.rail.choose(Page.CONTACTS)),
            (Shortcut.CLOSE, self.close_conversation),
            (Shortcut.ADD_CONTACT, self.side.add_requested.emit),
        ):
            register(self, shortcut, wanted)

    def _on_page(self, page: Page) -> None:
        self.side.show_page(page)
        if self._is_narrow:
            self.close_conversation()

    def _focus_search(self) -> None:
        if self._is_narrow:
            self.close_conversation()
        self.side.search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.side.search.selectAll()

    def _fold(self) -> None:
        """One pane in a narrow window, both in a wide one."""
        self._is_narrow = self.width() < ONE_COLUMN_WIDTH
        pane = self.open_pane
        self.side.setVisible(not self._is_narrow or pane is None)
        self.chats.setVisible(not self._is_narrow or pane is not None)
        self.rail.setVisible(not self._is_narrow or pane is None)
        if pane is not None:
            pane.header.back_button.setVisible(self._is_narrow)
        self.side.setMaximumWidth(16_777_215 if self._is_narrow else 480)

    def _refresh_title(self) -> None:
        unread = self._session.conversations.unread
        account = self._session.account
        name = f"{account.profile.nickname} – Mim" if account is not None else "Mim"
        self.setWindowTitle(f"({unread}) {name}" if unread else name)
        self.setAccessibleName(translate("main.name"))

    def _restore_size(self) -> None:
        settings = self._settings.settings
        self.resize(max(380, settings.width), max(520, settings.height))
        list_width = min(480, max(260, settings.list_width))
        self._splitter.setSizes([list_width, max(380, settings.width - 64 - list_width)])
        if settings.is_maximized:
            self.setWindowState(Qt.WindowState.WindowMaximized)

    def _drop_oldest(self) -> None:
        while len(self._panes) > PANES_KEPT_MAX:
            _, pane = self._panes.popitem(last=False)
            self._remove(pane)

    def _remove(self, pane: ChatPane) -> None:
        pane.leave()
        self.chats.removeWidget(pane)
        pane.deleteLater()
