"""Chats in windows of their own, at most `limits.CHAT_WINDOWS_MAX` at a time."""

from __future__ import annotations

from PySide6.QtCore import QObject, Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from desktop.events import PresenceState
from desktop.models.port import Port
from desktop.models.reading_place import ReadingPlace
from desktop.models.session import Session
from desktop.ui.chat_pane import ChatPane
from desktop.ui.conversation_actions import Said
from desktop.ui.describe import face_of
from desktop.ui.info_pane import InfoPane
from desktop.ui.reading_places import ReadingPlaces
from desktop.ui.settings import SettingsStore
from desktop.ui.shortcuts import Shortcut, register
from desktop.ui.toast import Toast
from desktop.ui.window_access import be_window
from desktop.ui.window_place import ChatPlace, place_of, put_window
from shared import limits
from shared.identifiers import AccountId, ConversationId
from shared.roster import ConversationKind

__all__ = ["ChatWindow", "ChatWindows"]

# Somebody who is back so soon has not gone; and a link of our own that breaks says of everybody
# that they have, a moment before it says why.
GONE_MS = 5_000
BESIDE_FROM_WIDTH = 700  # In a narrower window the info takes the conversation's place.


class ChatWindow(QWidget):
    """One conversation in a window."""

    closed = Signal(object)  # ConversationId
    info_made = Signal(object)  # InfoPane, to connect what it asks for.
    switch_requested = Signal()
    shortcuts_requested = Signal()

    def __init__(
        self,
        session: Session,
        port: Port,
        conversation_id: ConversationId,
        place: ReadingPlace | None = None,
        *,
        settings: SettingsStore | None = None,
    ) -> None:
        super().__init__()
        be_window(self)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._session = session
        self.pane = ChatPane(session, port, conversation_id, self, place=place, settings=settings)
        self._port = port
        self.info: InfoPane | None = None  # Made when it is asked for.
        self.pane.header.detach_button.hide()
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.pane)
        self.toast = Toast(self)
        self.pane.info_requested.connect(self.show_info)
        self.pane.undo_offered.connect(self._say)
        self.resize(620, 700)
        self.setMinimumSize(380, 420)
        for shortcut, wanted in (
            (Shortcut.CLOSE, self._escape),
            (Shortcut.CLOSE_WINDOW, self.close),
            (Shortcut.SWITCH, self.switch_requested.emit),
            (Shortcut.SHORTCUTS, self.shortcuts_requested.emit),
        ):
            register(self, shortcut, wanted)
        session.people_changed.connect(self._refresh)
        session.conversation_changed.connect(self._refresh)
        self._refresh()
        self.pane.composer.editor.setFocus()

    @property
    def peer(self) -> AccountId | None:
        """The other one of two, if there are two."""
        row = self.pane.row
        is_direct = row is not None and row.kind == ConversationKind.DIRECT
        return row.peer.account if row is not None and is_direct else None

    def show_info(self, is_wanted: bool) -> None:
        """Show what is known of the other side, beside the conversation or in its place."""
        if is_wanted and self.info is None:
            self.info = InfoPane(self._session, self._port, self)
            self.info.close_requested.connect(lambda: self.show_info(False))
            self.info.actions_of_rows.said.connect(self._say)
            self.info.show_conversation(self.pane.conversation_id)
            layout = self.layout()
            assert layout is not None
            layout.addWidget(self.info)
            self.info_made.emit(self.info)
        if self.info is None:
            return
        self.info.setVisible(is_wanted)
        self._place_info()
        if self.pane.isHidden():
            self.info.close_button.setFocus(Qt.FocusReason.OtherFocusReason)
        elif not is_wanted:
            self.pane.header.info_button.setFocus(Qt.FocusReason.OtherFocusReason)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """Find a place for the info."""
        super().resizeEvent(event)
        self._place_info()

    def _place_info(self) -> None:
        is_shown = self.info is not None and not self.info.isHidden()
        is_beside = self.width() >= BESIDE_FROM_WIDTH
        if self.info is not None:
            self.info.stand(is_beside=is_beside)
        self.pane.setVisible(is_beside or not is_shown)
        self.pane.header.info_button.setChecked(is_shown)

    def _escape(self) -> None:
        """Leave the info."""
        if self.info is not None and not self.info.isHidden():
            self.show_info(False)

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802
        """Keep what was typed, then tell."""
        self.pane.leave()
        super().closeEvent(event)
        self.closed.emit(self.pane.conversation_id)

    def _say(self, said: Said) -> None:
        sentence, action, on_action = said
        self.toast.say(sentence, action=action, on_action=on_action)

    def _refresh(self) -> None:
        row = self.pane.row
        if row is not None:
            self.setWindowTitle(f"{face_of(row).nickname} – Mim")


class ChatWindows(QObject):
    """All detached chats: one window per conversation, and not too many.

    Args:
        session: The models.
        port: Where commands go.
        settings: Remembers which windows were open, and says whether they close by themselves.
        places: Remembers where somebody stopped reading.
    """

    too_many = Signal()
    closed = Signal()
    opened = Signal(object)  # ChatWindow, to connect what its pane asks for.

    def __init__(
        self, session: Session, port: Port, settings: SettingsStore, places: ReadingPlaces
    ) -> None:
        super().__init__()
        self._session = session
        self._port = port
        self._settings = settings
        self._places = places
        self._windows: dict[ConversationId, ChatWindow] = {}
        self._is_restored = False  # Before, nothing is known that could be remembered.
        self._here: set[AccountId] = set()  # Of those with a window, who was seen online.
        self._gone = QTimer(self)
        self._gone.setSingleShot(True)
        self._gone.setInterval(GONE_MS)
        self._gone.timeout.connect(self._close_gone)
        session.people_changed.connect(self._look_who_is_here)
        session.link_changed.connect(self._on_link)

    def __len__(self) -> int:
        return len(self._windows)

    def find(self, conversation_id: ConversationId) -> ChatWindow | None:
        """Return the window of a conversation, if it is detached."""
        return self._windows.get(conversation_id)

    def open(self, conversation_id: ConversationId) -> bool:
        """Bring a conversation's window to the front, or make it; False if there are too many."""
        window = self._windows.get(conversation_id)
        if window is None:
            if len(self._windows) >= limits.CHAT_WINDOWS_MAX:
                self.too_many.emit()
                return False
            window = self._make(conversation_id)
        window.show()
        self.remember()
        window.raise_()
        window.activateWindow()
        return True

    def active(self) -> ConversationId | None:
        """Return the conversation whose window has the focus, if one has."""
        found = (each for each, window in self._windows.items() if window.isActiveWindow())
        return next(found, None)

    def restore(self) -> None:
        """Open the windows again that were open when the app was left, behind the main one."""
        self._is_restored = True
        for chat in self._settings.settings.chat_windows[: limits.CHAT_WINDOWS_MAX]:
            is_known = self._session.conversations.find(chat.conversation_id) is not None
            if is_known and chat.conversation_id not in self._windows:
                window = self._make(chat.conversation_id)
                put_window(window, chat.place)
                window.setAttribute(Qt.WidgetAttribute.WA_ShowWithoutActivating)
                window.show()
                window.setAttribute(Qt.WidgetAttribute.WA_ShowWithoutActivating, on=False)

    def flush(self) -> None:
        """Store what was typed, and what `remember` does."""
        for window in self._windows.values():
            window.pane.leave()
        self.remember()

    def remember(self) -> None:
        """Remember which windows are open, where they stand, and where is read in them."""
        if not self._is_restored:
            return
        for conversation_id, window in self._windows.items():
            self._places.keep(conversation_id, window.pane.place)
        self._places.store()
        self._settings.change(
            chat_windows=tuple(
                ChatPlace(conversation_id, place_of(window))
                for conversation_id, window in self._windows.items()
            )
        )

    def close_all(self) -> None:
        """Close every window, keeping what was typed; they come back at the next start."""
        self.remember()
        windows, self._windows = self._windows, {}
        for window in windows.values():
            window.close()
        if windows:
            self.closed.emit()

    def _make(self, conversation_id: ConversationId) -> ChatWindow:
        self._is_restored = True
        place = self._places.find(conversation_id)
        window = ChatWindow(
            self._session, self._port, conversation_id, place, settings=self._settings
        )
        window.closed.connect(self._on_closed)
        self._windows[conversation_id] = window
        self.opened.emit(window)
        self._look_who_is_here()
        return window

    def _on_closed(self, conversation_id: ConversationId) -> None:
        window = self._windows.pop(conversation_id, None)
        if window is not None:
            self._places.keep(conversation_id, window.pane.place)
            self.remember()
            self.closed.emit()

    # Windows that close when the other one goes offline.

    def _look_who_is_here(self) -> None:
        accounts = {window.peer for window in self._windows.values()} - {None}
        for account in accounts:
            assert account is not None
            if self._is_online(account):
                self._here.add(account)
            elif account in self._here and self._session.knows_presence:
                self._gone.start()

    def _on_link(self) -> None:
        if not self._session.knows_presence:
            self._gone.stop()

    def _close_gone(self) -> None:
        """Close the windows of those who were here and are not any more."""
        gone = {each for each in self._here if not self._is_online(each)}
        self._here -= gone
        if not self._settings.settings.closes_private_windows:
            return
        for window in list(self._windows.values()):
            if window.peer in gone:
                window.close()

    def _is_online(self, account: AccountId) -> bool:
        contact = self._session.contact(account)
        return contact is not None and contact.presence is PresenceState.ONLINE
