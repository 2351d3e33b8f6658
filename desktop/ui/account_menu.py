"""The menu at the own picture: all accounts, one more, the own profile, the lock."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from PySide6.QtCore import QPoint, QRectF, Qt, Signal
from PySide6.QtGui import QIcon, QImage, QPainter, QPixmap
from PySide6.QtWidgets import QWidget

from desktop.events import Profile
from desktop.ui.avatar import paint_avatar
from desktop.ui.icons import icon
from desktop.ui.menu import Menu
from desktop.ui.shortcuts import SHORTCUTS, Shortcut
from desktop.ui.theme import tokens
from desktop.ui.translate import translate
from shared import limits

__all__ = ["AccountEntry", "AccountMenu"]

PICTURE = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountEntry:
    """An account; ``profile`` is ``None`` where nobody is logged in or it is locked."""

    number: int
    profile: Profile | None
    picture: QImage | None = field(default=None, repr=False)
    unread: int = 0
    is_shown: bool = False
    is_locked: bool = False


class AccountMenu(Menu):
    """Made anew each time it opens; accounts that come or change meanwhile are shown.

    Args:
        entries: All accounts of this process, in order.
        can_lock: Whether there is a passcode.
    """

    account_chosen = Signal(int)
    add_requested = Signal()
    profile_requested = Signal()
    passcode_requested = Signal()
    lock_requested = Signal()

    def __init__(
        self, entries: Sequence[AccountEntry], *, can_lock: bool, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setAccessibleName(translate("accounts.menu"))
        self.setToolTipsVisible(True)
        self._entries: tuple[AccountEntry, ...] = ()
        self._can_lock = can_lock
        self.show_entries(entries)

    def show_entries(self, entries: Sequence[AccountEntry]) -> None:
        """Show the accounts as they are now; what is marked stays marked."""
        if tuple(entries) == self._entries:
            return
        marked = self.activeAction().text() if self.activeAction() is not None else ""
        self._entries = tuple(entries)
        self.clear()
        for place, entry in enumerate(entries):
            self._add_account(entry, place)
        self._add("user-plus", "accounts.add", self.add_requested.emit)
        if len(entries) >= limits.ACCOUNTS_MAX:
            last = self.actions()[-1]
            last.setEnabled(False)
            last.setToolTip(translate("accounts.full", count=limits.ACCOUNTS_MAX))
        self.addSeparator()
        self._add("smile", "accounts.profile", self.profile_requested.emit)
        self._add("settings", "accounts.passcode", self.passcode_requested.emit)
        if self._can_lock:
            self._add("lock", "tray.lock", self.lock_requested.emit)
            self.actions()[-1].setShortcut(SHORTCUTS[Shortcut.LOCK][1][0])
        for action in self.actions():
            if marked and action.text() == marked:
                self.setActiveAction(action)

    def open_at(self, button: QWidget) -> None:
        """Open beside a button."""
        self.popup(button.mapToGlobal(QPoint(button.width() + 4, 0)))

    def _add(self, icon_name: str, key: str, act: Callable[[], None]) -> None:
        self.addAction(icon(icon_name, tokens().text_2), translate(key), act)

    def _add_account(self, entry: AccountEntry, place: int) -> None:
        name = entry.profile.nickname if entry.profile is not None else translate("accounts.new")
        words = name.replace("&", "&&")
        if entry.unread and not entry.is_shown:
            words += f"  ({entry.unread})"
        action = self.addAction(words, lambda: self.account_chosen.emit(entry.number))
        action.setShortcut(SHORTCUTS[Shortcut.ACCOUNTS][1][place])
        if entry.is_locked:
            action.setIcon(icon("lock", tokens().text_2))
            action.setToolTip(translate("accounts.locked", name=name))
        elif entry.is_shown:
            action.setIcon(_picture(entry))
            font = action.font()
            font.setBold(True)
            action.setFont(font)
            action.setToolTip(translate("accounts.shown", name=name))
        else:
            action.setIcon(_picture(entry))
            action.setToolTip(
                translate("accounts.unread", name=name, count=entry.unread)
                if entry.unread
                else name
            )


def _picture(entry: AccountEntry) -> QIcon:
    scale = 2
    pixmap = QPixmap(PICTURE * scale, PICTURE * scale)
    pixmap.fill(Qt.GlobalColor.transparent)
    if entry.profile is not None:
        painter = QPainter(pixmap)
        rect = QRectF(0, 0, PICTURE * scale, PICTURE * scale)
        paint_avatar(painter, rect, profile=entry.profile, image=entry.picture)
        painter.end()
    pixmap.setDevicePixelRatio(scale)
    return QIcon(pixmap)
