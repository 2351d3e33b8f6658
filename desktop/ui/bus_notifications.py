"""Notifications shown by the desktop's own server (`org.freedesktop.Notifications`).

Everything is asked without waiting: what is shown and taken back is queued by key, the newest wins,
and one task works through it. Buttons are offered where the server can show them, an answer in
place where it has ``inline-reply``.
"""

from __future__ import annotations

import asyncio
import html
import os
from collections import OrderedDict
from contextlib import suppress
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QImage

from desktop.ui.assets import ASSETS
from desktop.ui.message_bus import DAEMON, SESSION, Bus, BusSignal
from desktop.ui.notification_sinks import NotificationSink
from desktop.ui.notification_words import Notification
from desktop.ui.tasks import create_task
from desktop.ui.translate import translate
from shared import limits

__all__ = ["BusNotifications"]

_NAME = "org.freedesktop.Notifications"
_SERVER = (_NAME, "/org/freedesktop/Notifications", _NAME)
_PICTURE_PIXELS = 96
_LAST_S = 1.0
_NORMAL, _CRITICAL = 1, 2


class BusNotifications(NotificationSink):
    """The server on a message bus; ready once it has answered.

    Args:
        address: Of the bus, as `message_bus.Bus` takes it.
    """

    def __init__(self, address: str = SESSION) -> None:
        super().__init__()
        self._bus = Bus(address, self._on_signal, self._on_lost)
        self._capabilities: frozenset[str] | None = None
        self._waiting: OrderedDict[str, Notification | None] = OrderedDict()
        self._ids: dict[str, int] = {}
        self._is_working = False

    @property
    def is_ready(self) -> bool:
        """Whether the server has said what it can do."""
        return self._capabilities is not None

    @property
    def has_replies(self) -> bool:
        """Whether one can answer in the notification."""
        return "inline-reply" in (self._capabilities or ())

    @property
    def plays_sounds(self) -> bool:
        """Whether the server plays a notification's sound."""
        return "sound" in (self._capabilities or ())

    async def open(self) -> None:
        """Find the server, if there is one."""
        if await self._bus.open():
            await self._bus.listen(interface=_NAME, path=_SERVER[1])
            await self._bus.listen(interface=DAEMON[2], path=DAEMON[1], first=_NAME)
            await self._greet()

    async def close(self) -> None:
        """Take everything back and end the connection."""
        numbers = list(self._ids.values())
        self._ids.clear()
        closing = [self._bus.call(_SERVER, "CloseNotification", "u", (each,)) for each in numbers]
        # A server that does not answer must not hold up the end of the app.
        with suppress(TimeoutError):
            async with asyncio.timeout(_LAST_S):
                await asyncio.gather(*closing)
        await self._bus.close()
        self._capabilities = None

    def show(self, notification: Notification) -> None:
        """Show it, in place of what has its key."""
        self._waiting[notification.key] = notification
        self._work()

    def withdraw(self, key: str) -> None:
        """Take it away."""
        self._waiting[key] = None
        self._work()

    def _work(self) -> None:
        while len(self._waiting) > limits.NOTIFY_SHOWN_MAX:
            self._waiting.popitem(last=False)
        if not self._is_working:
            self._is_working = True
            create_task(self._work_off(), name="notifications")

    async def _work_off(self) -> None:
        try:
            while self._waiting:
                key, notification = self._waiting.popitem(last=False)
                if notification is None:
                    await self._close(key)
                elif not await self._notify(notification):
                    self._capabilities = None
                    self.failed.emit(notification)
        finally:
            self._is_working = False

    async def _greet(self) -> None:
        answer = await self._bus.call(_SERVER, "GetCapabilities")
        self._capabilities = frozenset(answer[0]) if answer else None

    async def _close(self, key: str) -> None:
        number = self._ids.pop(key, 0)
        if number:
            await self._bus.call(_SERVER, "CloseNotification", "u", (number,))

    async def _notify(self, notification: Notification) -> bool:
        body = notification.body
        if "body-markup" in (self._capabilities or ()):
            body = html.escape(body, quote=False)
        answer = await self._bus.call(
            _SERVER,
            "Notify",
            "susssasa{sv}i",
            (
                "Mim",
                self._ids.get(notification.key, 0),
                "",
                notification.title,
                body,
                self._actions(notification),
                self._hints(notification),
                -1,
            ),
        )
        if not answer:
            return False
        while len(self._ids) >= limits.NOTIFY_SHOWN_MAX:
            self._ids.pop(next(iter(self._ids)))
        self._ids[notification.key] = answer[0]
        return True

    def _actions(self, notification: Notification) -> list[str]:
        if "actions" not in (self._capabilities or ()):
            return []
        actions = ["default", translate("alert.open")]
        if notification.can_answer:
            if self.has_replies:
                actions += ["inline-reply", translate("alert.reply")]
            actions += ["mark-read", translate("alert.mark_read")]
        return actions

    def _hints(self, notification: Notification) -> dict[str, tuple[str, Any]]:
        hints: dict[str, tuple[str, Any]] = {
            "desktop-entry": ("s", "mim"),
            "category": ("s", "im.received"),
            "urgency": ("y", _CRITICAL if notification.is_urgent else _NORMAL),
            "x-kde-reply-placeholder-text": ("s", translate("alert.reply_hint")),
        }
        if notification.plays_sound:
            hints["sound-file"] = ("s", str(ASSETS / "sounds" / "message.wav"))
        else:
            hints["suppress-sound"] = ("b", True)
        if notification.picture is not None:
            hints["image-data"] = ("(iiibiiay)", _picture(notification.picture))
        return hints

    def _on_signal(self, signal: BusSignal) -> None:
        interface, member, values = signal
        if interface == DAEMON[2] and member == "NameOwnerChanged":
            self._on_owner(*values)
            return
        if interface != _NAME or not values:
            return
        key = next((key for key, number in self._ids.items() if number == values[0]), "")
        if not key:
            return
        match member, values:
            case "ActivationToken", (_, str() as token):
                # Qt takes it from here when a window is brought to the front (Wayland).
                os.environ["XDG_ACTIVATION_TOKEN"] = token
            case "ActionInvoked", (_, "mark-read"):
                self.read.emit(key)
            case "ActionInvoked", (_, "default"):
                self.activated.emit(key)
            case "NotificationReplied", (_, str() as text):
                self.replied.emit(key, text)
            case "NotificationClosed", _:
                del self._ids[key]
                self.dismissed.emit(key)

    def _on_owner(self, name: str, _old: str, new: str) -> None:
        """A server came or went; what the old one showed is gone."""
        if name != _NAME:
            return
        self._ids.clear()
        self._capabilities = None
        if new:
            create_task(self._greet(), name="notification server")

    def _on_lost(self) -> None:
        self._ids.clear()
        self._capabilities = None


def _picture(image: QImage) -> tuple[int, int, int, bool, int, int, bytes]:
    scaled = image.scaled(
        _PICTURE_PIXELS,
        _PICTURE_PIXELS,
        Qt.AspectRatioMode.KeepAspectRatio,
        Qt.TransformationMode.SmoothTransformation,
    ).convertToFormat(QImage.Format.Format_RGBA8888)
    data = bytes(scaled.constBits())
    return scaled.width(), scaled.height(), scaled.bytesPerLine(), True, 8, 4, data
