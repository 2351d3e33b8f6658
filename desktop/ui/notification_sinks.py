"""Where notifications are shown: a server of the desktop, the tray, or a window of our own."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QSystemTrayIcon

from desktop.ui.notification_words import Notification

__all__ = ["NotificationSink", "TraySink"]

_TRAY_SHOWN_MS = 8_000


class NotificationSink(QObject):
    """Shows notifications; keys are its user's."""

    activated = Signal(str)  # The person pressed it.
    replied = Signal(str, str)  # Key and what was typed.
    read = Signal(str)
    dismissed = Signal(str)
    failed = Signal(object)  # A `Notification` that could not be shown here after all.

    @property
    def is_ready(self) -> bool:
        """Whether it can show something now."""
        raise NotImplementedError

    @property
    def plays_sounds(self) -> bool:
        """Whether it plays a notification's sound by itself."""
        return False

    def show(self, notification: Notification) -> None:
        """Show it, in place of what has its key."""
        raise NotImplementedError

    def withdraw(self, key: str) -> None:
        """Take it away."""
        raise NotImplementedError


class TraySink(NotificationSink):
    """The system's way of showing a message at a tray icon: without buttons, one at a time."""

    def __init__(self, tray: QSystemTrayIcon) -> None:
        super().__init__()
        self._tray = tray
        self._key = ""
        tray.messageClicked.connect(self._on_clicked)

    @property
    def is_ready(self) -> bool:
        """Whether there is a tray that shows messages."""
        return self._tray.isVisible() and QSystemTrayIcon.supportsMessages()

    def show(self, notification: Notification) -> None:
        """Show it; the system takes it away by itself."""
        self._key = notification.key
        self._tray.showMessage(
            notification.title, notification.body, self._tray.icon(), _TRAY_SHOWN_MS
        )

    def withdraw(self, key: str) -> None:
        """The system offers no way; pressing it leads nowhere any more."""
        if self._key == key:
            self._key = ""

    def _on_clicked(self) -> None:
        if self._key:
            self.activated.emit(self._key)
