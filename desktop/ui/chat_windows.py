"""Chats in windows of their own, at most `limits.CHAT_WINDOWS_MAX` at a time."""

from __future__ import annotations

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from desktop.models.port import Port
from desktop.models.session import Session
from desktop.ui.chat_pane import ChatPane
from desktop.ui.describe import face_of
from desktop.ui.settings import SettingsStore
from shared import limits
from shared.identifiers import ConversationId

__all__ = ["ChatWindow", "ChatWindows"]


class ChatWindow(QWidget):
    """One conversation in a window."""

    closed = Signal(object)  # ConversationId

    def __init__(
        self,
        session: Session,
        port: Port,
        conversation_id: ConversationId,
        *,
        settings: SettingsStore | None = None,
    ) -> None:
        super().__init__()
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._session = session
        self.pane = ChatPane(session, port, conversation_id, self, settings=settings)
        self.pane.header.detach_button.hide()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.pane)
        self.resize(620, 700)
        self.setMinimumSize(380, 420)
        session.people_changed.connect(self._refresh)
        session.conversation_changed.connect(self._refresh)
        self._refresh()
        self.pane.composer.editor.setFocus()

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802
        """Keep what was typed, then tell."""
        self.pane.leave()
        super().closeEvent(event)
        self.closed.emit(self.pane.conversation_id)

    def _refresh(self) -> None:
        row = self.pane.row
        if row is not None:
            self.setWindowTitle(f"{face_of(row).nickname} – Mim")


class ChatWindows(QObject):
    """All detached chats: one window per conversation, and not too many."""

    too_many = Signal()
    closed = Signal()
    opened = Signal(object)  # ChatWindow, to connect what its pane asks for.

    def __init__(self, session: Session, port: Port, settings: SettingsStore | None = None) -> None:
        super().__init__()
        self._session = session
        self._port = port
        self._settings = settings
        self._windows: dict[ConversationId, ChatWindow] = {}

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
            window = ChatWindow(self._session, self._port, conversation_id, settings=self._settings)
            window.closed.connect(self._on_closed)
            self._windows[conversation_id] = window
            self.opened.emit(window)
        window.show()
        window.raise_()
        window.activateWindow()
        return True

    def active(self) -> ConversationId | None:
        """Return the conversation whose window has the focus, if one has."""
        found = (each for each, window in self._windows.items() if window.isActiveWindow())
        return next(found, None)

    def flush(self) -> None:
        """Store what was typed."""
        for window in self._windows.values():
            window.pane.leave()

    def close_all(self) -> None:
        """Close every window, keeping what was typed."""
        for window in list(self._windows.values()):
            window.close()

    def _on_closed(self, conversation_id: object) -> None:
        for known in list(self._windows):
            if known == conversation_id:
                del self._windows[known]
        self.closed.emit()
