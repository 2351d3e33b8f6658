"""The icon in the system's tray: what waits, and the way back, to quiet, to the lock and out.

Where the desktop has no tray the icon is simply not there; `closing_of` then never hides the last
window.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum

from PySide6.QtCore import QObject, Qt, QTimer, Signal
from PySide6.QtGui import QAction, QActionGroup, QGuiApplication
from PySide6.QtWidgets import QMenu, QSystemTrayIcon

from desktop.ui.badge import Badge, app_icon
from desktop.ui.clock import wall_ms
from desktop.ui.settings import DND_FOR_EVER, SettingsStore
from desktop.ui.translate import language, translate

__all__ = ["AccountLine", "Closing", "Tray", "TrayState", "closing_of"]

_LOOK_MS = 5_000
_QUIET_LOOK_MS = 3_600_000


class Closing(Enum):
    """What closing the last window does."""

    QUIT = "quit"
    HIDE = "hide"
    ASK = "ask"  # Once: whether to stay in the tray from now on.


def closing_of(*, has_tray: bool, keeps_in_tray: bool, is_told: bool) -> Closing:
    """Decide it: without a tray nobody would find the app again."""
    if not has_tray:
        return Closing.QUIT
    if keeps_in_tray:
        return Closing.HIDE
    return Closing.QUIT if is_told else Closing.ASK


@dataclass(frozen=True, slots=True)
class AccountLine:
    """An account in the menu."""

    number: int
    name: str = field(repr=False)
    unread: int
    is_shown: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TrayState:
    """What the tray shows."""

    badge: Badge
    accounts: tuple[AccountLine, ...] = ()
    can_lock: bool = False
    is_locked: bool = False

    @property
    def in_menu(self) -> tuple[tuple[AccountLine, ...], bool]:
        """What of it the menu shows: accounts if there are several, and whether one may lock."""
        has_accounts = len(self.accounts) > 1 and not self.is_locked
        return self.accounts if has_accounts else (), self.can_lock and not self.is_locked


class Tray(QObject):
    """The icon and its menu.

    Args:
        settings: Where "do not disturb" is kept.
        wall_ms: The wall clock, in ms.
    """

    open_requested = Signal()
    account_chosen = Signal(int)
    lock_requested = Signal()
    quit_requested = Signal()

    def __init__(
        self,
        settings: SettingsStore,
        wall_ms: Callable[[], int] = wall_ms,
    ) -> None:
        super().__init__()
        self._settings = settings
        self._wall_ms = wall_ms
        self._state = TrayState(badge=Badge())
        self._is_stopped = False
        self._shown: tuple[Badge, bool] | None = None
        self._waiting = QTimer(self)
        self._waiting.setInterval(_LOOK_MS)
        self._waiting.timeout.connect(self.start)
        self._quiet_end = QTimer(self)
        self._quiet_end.setSingleShot(True)
        self._quiet_end.timeout.connect(self._fill)
        self.menu = QMenu()
        self.icon = QSystemTrayIcon(self)
        self.icon.setContextMenu(self.menu)
        self.icon.activated.connect(self._on_activated)
        # Filled when it opens: "do not disturb" may have ended meanwhile.
        self.menu.aboutToShow.connect(self._fill)
        language().changed.connect(self._refresh)
        QGuiApplication.styleHints().colorSchemeChanged.connect(self._refresh)
        self._refresh()

    @property
    def is_there(self) -> bool:
        """Whether the desktop has a tray; it may come later than the app."""
        return QSystemTrayIcon.isSystemTrayAvailable()

    def start(self) -> None:
        """Put the icon into the tray, now or when there is one: a panel may start later."""
        if self.is_there:
            self._waiting.stop()
            self._paint()
            self.icon.show()
        else:
            self._waiting.start()

    def stop(self) -> None:
        """Take the icon away, for good."""
        self._waiting.stop()
        self._quiet_end.stop()
        self.icon.hide()
        if not self._is_stopped:
            self._is_stopped = True
            language().changed.disconnect(self._refresh)
            QGuiApplication.styleHints().colorSchemeChanged.disconnect(self._refresh)

    def set_state(self, state: TrayState) -> None:
        """Show this from now on."""
        was, self._state = self._state, state
        if state != was:
            self._show()
        if state.in_menu != was.in_menu:
            self._fill()

    def _refresh(self, *_: object) -> None:
        self._show()
        self._fill()

    def _show(self) -> None:
        count = self._state.badge.count
        words = translate("tray.unread", count=count) if count else ""
        self.icon.setToolTip(f"Mim – {words}" if words else "Mim")
        if self.icon.isVisible():
            self._paint()

    def _paint(self) -> None:
        """Paint the icon in all its sizes, if it looks otherwise than before."""
        is_dark = QGuiApplication.styleHints().colorScheme() is Qt.ColorScheme.Dark
        wanted = (self._state.badge, is_dark)
        if wanted != self._shown:
            self._shown = wanted
            self.icon.setIcon(app_icon(self._state.badge, is_dark=is_dark))

    def _fill(self) -> None:
        menu, (accounts, can_lock) = self.menu, self._state.in_menu
        menu.clear()
        menu.addAction(translate("tray.open"), self.open_requested.emit)
        if accounts:
            menu.addSeparator()
            group = QActionGroup(menu)
            for line in accounts:
                action = menu.addAction(_line_words(line))
                action.setCheckable(True)
                action.setChecked(line.is_shown)
                group.addAction(action)
                action.triggered.connect(
                    lambda _checked=False, number=line.number: self.account_chosen.emit(number)
                )
        menu.addSeparator()
        self._add_quiet(menu)
        if can_lock:
            menu.addAction(translate("tray.lock"), self.lock_requested.emit)
        menu.addSeparator()
        menu.addAction(translate("tray.quit"), self.quit_requested.emit)

    def _add_quiet(self, menu: QMenu) -> None:
        quiet = QAction(translate("tray.quiet"), menu)
        quiet.setCheckable(True)
        left_ms = self._settings.settings.dnd_until_ms - self._wall_ms()
        quiet.setChecked(left_ms > 0)
        if left_ms > 0:
            # Some panels keep the menu as it was; one that ends far away is looked at again.
            self._quiet_end.start(min(left_ms + 1, _QUIET_LOOK_MS))
        quiet.toggled.connect(
            lambda on: self._settings.change(dnd_until_ms=DND_FOR_EVER if on else 0)
        )
        menu.addAction(quiet)

    def _on_activated(self, reason: QSystemTrayIcon.ActivationReason) -> None:
        if reason in (
            QSystemTrayIcon.ActivationReason.Trigger,
            QSystemTrayIcon.ActivationReason.DoubleClick,
        ):
            self.open_requested.emit()


def _line_words(line: AccountLine) -> str:
    name = line.name.replace("&", "&&")
    return f"{name} ({line.unread})" if line.unread else name
