"""What the accounts of one process share: look, notifications, tray, lock, keys, the way out.

What the first window does not need is imported when it is needed.
"""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QWidget

from desktop.models.notifications import Attention, Note
from desktop.models.unread import Unread, unread_of
from desktop.seats import Seat, Seats, open_note
from desktop.ui.app_lock import AppLock
from desktop.ui.application import Application
from desktop.ui.badge import Badge, app_icon
from desktop.ui.clock import wall_ms
from desktop.ui.fonts import set_fonts
from desktop.ui.motion import reduce_motion
from desktop.ui.notification_sinks import TraySink
from desktop.ui.notifications import Notifications
from desktop.ui.shortcuts import Shortcut
from desktop.ui.tasks import create_task
from desktop.ui.theme import set_appearance
from desktop.ui.translate import set_language, translate
from desktop.ui.tray import AccountLine, Closing, Tray, TrayState, closing_of
from desktop.ui.window_watch import WindowWatch
from shared import limits

if TYPE_CHECKING:
    from desktop.ui.account_menu import AccountEntry, AccountMenu
    from desktop.ui.bus_notifications import BusNotifications
    from desktop.ui.message_bus import Bus, BusSignal
    from desktop.ui.notification_popup import PopupSink
    from desktop.ui.passcode_dialog import PasscodeDialog

__all__ = ["Household"]

_AFTER_S = 0.3
_REFRESH_MS = 500
_LOGIN = ("org.freedesktop.login1.Manager", "/org/freedesktop/login1")


class Household(QObject):
    """Wires accounts as they come and go.

    Args:
        seats: The accounts.
        application: Qt's.
    """

    quit_requested = Signal()

    def __init__(self, seats: Seats, application: QApplication) -> None:
        super().__init__()
        self._seats = seats
        self._application = application
        self._is_stopping = False
        self._pending: tuple[int, Note] | None = None
        self._wanted: Seat | None = None
        self._offered: set[int] = set()  # Accounts that were asked to be protected.
        self._badge: Badge | None = None
        self.tray: Tray | None = None
        self.lock: AppLock | None = None
        self.notifications: Notifications | None = None
        self._bus: BusNotifications | None = None
        self._system: Bus | None = None
        self._popups: PopupSink | None = None
        self._menu: AccountMenu | None = None  # While it is open.
        self._watch = WindowWatch(
            {
                Shortcut.LOCK: [self.lock_now],
                Shortcut.QUIT: [self.quit_requested.emit],
                Shortcut.ACCOUNTS: [
                    partial(self._show_place, place) for place in range(limits.ACCOUNTS_MAX)
                ],
            }
        )
        # Messages come many at a time; what waits is counted once for all of them.
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(_REFRESH_MS)
        self._soon.timeout.connect(self.refresh)
        seats.taken.connect(self._on_taken)
        seats.dropped.connect(self._on_dropped)
        seats.shown_changed.connect(self.refresh)
        seats.last_window_closed.connect(self._on_last_window_closed)
        seats.refused.connect(self._on_refused)
        application.commitDataRequest.connect(self._on_session_end)
        if isinstance(application, Application):
            application.quit_asked.connect(self.quit_requested)

    def open(self) -> None:
        """Open the first account, and what is shared after it is on the screen."""
        self._seats.open_first()
        create_task(self._open_rest(), name="the rest")

    def present(self) -> None:
        """Bring the windows to the front, or the lock screen."""
        assert self.lock is not None
        if self.lock.is_locked:
            self.lock.show_screen()
        elif self._seats.shown is not None:
            self._seats.show(self._seats.shown)

    def lock_now(self) -> None:
        """Lock, if there is a passcode."""
        if self.lock is not None:
            self.lock.lock()

    def close_windows(self) -> None:
        """Close every window, keeping what was typed."""
        self._is_stopping = True
        self._soon.stop()
        if self.lock is not None:
            self.lock.stop()
        for seat in self._seats.all:
            seat.shell.flush()
            seat.shell.close_all()
        if self._popups is not None:
            self._popups.close_all()
        if self.tray is not None:
            self.tray.stop()
        QGuiApplication.setBadgeNumber(self._application, 0)

    async def close(self) -> None:
        """Take notifications back and let go of the desktop."""
        self._watch.stop()
        if self._bus is not None:
            await self._bus.close()
        if self._system is not None:
            await self._system.close()

    def refresh(self) -> None:
        """Show how much waits, in the tray, on the icon and at the own pictures."""
        if self.tray is None or self.lock is None or self._is_stopping:
            return
        unread = self._unread()
        total = sum(unread.values(), Unread())
        badge = Badge(total.count, has_muted=total.has_muted)
        lines = tuple(
            AccountLine(
                seat.number, _name_of(seat), unread[seat.number].count, seat is self._seats.shown
            )
            for seat in self._seats.all
        )
        self.tray.set_state(
            TrayState(
                badge=badge,
                accounts=lines,
                can_lock=self.lock.can_lock,
                is_locked=self.lock.is_locked,
            )
        )
        for seat in self._seats.all:
            others = total.count - unread[seat.number].count
            seat.shell.set_others_unread(others)
        if self._menu is not None:
            self._menu.show_entries(self._entries(unread))
        if badge != self._badge:
            self._badge = badge
            QGuiApplication.setBadgeNumber(self._application, total.count)

    def _unread(self) -> dict[int, Unread]:
        """Return how much waits, by the account's number."""
        now_ms = wall_ms()
        return {
            seat.number: unread_of(seat.session.conversations, now_ms=now_ms)
            for seat in self._seats.all
        }

    def _refresh_soon(self, *_: object) -> None:
        if not self._soon.isActive() and not self._is_stopping:
            self._soon.start()

    # Accounts.

    def _on_taken(self, seat: Seat) -> None:
        if seat.is_first:
            self._begin(seat)
        assert self.lock is not None
        assert self.notifications is not None
        self.lock.add(seat)
        self.notifications.add(seat.number, seat.session, seat.port, lambda: self._attention(seat))
        seat.session.conversations.unread_changed.connect(self._refresh_soon)
        # A mute that ends may change what is muted, and no number.
        seat.session.conversations.rows_changed.connect(self._refresh_soon)
        seat.session.account_changed.connect(self._refresh_soon)
        seat.session.account_changed.connect(lambda: self._on_account(seat))
        seat.session.passcode_changed.connect(self._refresh_soon)
        seat.shell.open_account_menu = self._open_menu
        seat.shell.show_passcode = self.show_passcode

    def _begin(self, seat: Seat) -> None:
        """The first account's settings hold for the app."""
        settings = seat.settings
        set_language(settings.settings.language)
        set_appearance(settings.settings.appearance)
        reduce_motion(settings.settings.reduces_motion)
        set_fonts(
            scale_percent=settings.settings.scale_percent, family=settings.settings.font_family
        )
        self.tray = tray = Tray(settings)
        tray.open_requested.connect(self.present)
        tray.account_chosen.connect(self._show_number)
        tray.lock_requested.connect(self.lock_now)
        tray.quit_requested.connect(self.quit_requested)
        self.lock = lock = AppLock(settings)
        lock.changed.connect(self._on_lock)
        lock.said.connect(self._say)
        lock.closed.connect(self._on_lock_closed)
        self._watch.touched.connect(lock.note_input)
        self.notifications = Notifications(settings)
        self.notifications.opened.connect(self._on_note)
        self.notifications.shown.connect(self._on_shown)
        self._use_sinks()

    def _on_dropped(self, seat: Seat) -> None:
        if seat.is_first:
            # Another profile will be the first, with settings of its own.
            assert self.lock is not None
            assert self.tray is not None
            assert self.notifications is not None
            self.notifications.stop()
            self.lock.stop()
            self.tray.stop()
            self._watch.touched.disconnect(self.lock.note_input)
            return
        assert self.lock is not None
        assert self.notifications is not None
        self.lock.remove(seat)
        self.notifications.remove(seat.number)
        self.refresh()

    def _attention(self, seat: Seat) -> Attention:
        assert self.lock is not None
        looked = seat.shell.attention()
        return Attention(
            is_here=looked.is_here,
            conversations=looked.conversations,
            is_locked=self.lock.is_locked,
        )

    def _show_number(self, number: int) -> None:
        """Show an account; one that is still closed asks for its passcode first."""
        assert self.lock is not None
        seat = self._seats.find(number)
        if seat is None or self.lock.is_locked:
            return
        if seat.session.passcode.is_locked:
            self._wanted = seat
            self.lock.lock()
            self.lock.show_screen()
        else:
            self._seats.show(seat)

    def _show_place(self, place: int) -> None:
        if place < len(self._seats.all):
            self._show_number(self._seats.all[place].number)

    def _entries(self, unread: dict[int, Unread]) -> list[AccountEntry]:
        """Return what the menu says of the accounts."""
        from desktop.ui.account_menu import AccountEntry

        return [
            AccountEntry(
                number=seat.number,
                profile=seat.session.account.profile if seat.session.account else None,
                picture=(
                    seat.session.avatars.image(seat.session.account.profile)
                    if seat.session.account
                    else None
                ),
                unread=unread[seat.number].count,
                is_shown=seat is self._seats.shown,
                is_locked=seat.session.passcode.is_locked,
            )
            for seat in self._seats.all
        ]

    def _open_menu(self, button: QWidget) -> None:
        from desktop.ui.account_menu import AccountMenu

        assert self.lock is not None
        self._menu = menu = AccountMenu(
            self._entries(self._unread()), can_lock=self.lock.can_lock, parent=button
        )
        menu.aboutToHide.connect(self._on_menu_closed)
        menu.account_chosen.connect(self._show_number)
        menu.add_requested.connect(self._seats.add)
        menu.lock_requested.connect(self.lock_now)
        shown = self._seats.shown
        if shown is not None:
            menu.profile_requested.connect(shown.shell.show_own_profile)
            menu.passcode_requested.connect(lambda: self.show_passcode(shown.shell.main_window))
        menu.open_at(button)

    def _on_menu_closed(self) -> None:
        self._menu = None

    def _on_refused(self) -> None:
        self._say(translate("accounts.full", count=limits.ACCOUNTS_MAX))

    # The lock.

    def show_passcode(self, parent: QWidget | None = None) -> PasscodeDialog:
        """Set, change or remove the passcode of all accounts."""
        from desktop.ui.passcode_dialog import PasscodeDialog

        dialog = PasscodeDialog(self._seats.all, parent)
        dialog.said.connect(self._say)
        dialog.open()
        return dialog

    def _on_account(self, seat: Seat) -> None:
        """Who comes in next to accounts with a passcode is asked to be protected as well."""
        assert self.lock is not None
        is_bare = seat.is_logged_in and not seat.session.passcode.is_set
        is_due = seat is self._seats.shown and seat.number not in self._offered
        if is_bare and self.lock.can_lock and is_due:
            self._offered.add(seat.number)
            self.show_passcode(seat.shell.main_window)
        is_gone = seat.session.is_account_known and seat.session.account is None
        if is_gone and not seat.is_first and seat is not self._seats.shown:
            # It was wiped behind the others; told in its own signal, so a moment later.
            QTimer.singleShot(0, lambda: self._drop(seat))

    def _drop(self, seat: Seat) -> None:
        if seat in self._seats.all and not self._is_stopping:
            self._seats.drop(seat)

    def _on_lock(self, is_locked: bool) -> None:
        assert self.notifications is not None
        if is_locked:
            self.notifications.hide_contents()
        elif self._seats.shown is not None and not self._is_stopping:
            wanted, self._wanted = self._wanted or self._seats.shown, None
            if wanted in self._seats.all and not wanted.session.passcode.is_locked:
                self._seats.show(wanted)
            pending, self._pending = self._pending, None
            if pending is not None:
                self._on_note(*pending)
        self.refresh()

    def _on_lock_closed(self) -> None:
        """The lock screen was closed: as closing the last window, and it stays locked."""
        if self._closing() is Closing.HIDE:
            return
        self.quit_requested.emit()

    def _on_system(self, signal: BusSignal) -> None:
        if signal == (_LOGIN[0], "PrepareForSleep", (True,)):
            self.lock_now()

    async def _open_rest(self) -> None:
        """What may come a moment after the first window: icon, tray, message buses."""
        await asyncio.sleep(_AFTER_S)
        if self._is_stopping:
            return
        from desktop.ui.bus_notifications import BusNotifications
        from desktop.ui.message_bus import SYSTEM, Bus
        from desktop.ui.notification_popup import PopupSink

        self._application.setWindowIcon(app_icon())
        self._bus, self._popups = BusNotifications(), PopupSink()
        self._system = Bus(SYSTEM, self._on_system)
        self._use_sinks()
        await self._bus.open()
        if await self._system.open():
            await self._system.listen(interface=_LOGIN[0], path=_LOGIN[1])

    def _use_sinks(self) -> None:
        if self._bus is None or self._popups is None:
            return  # The app has only just started.
        assert self.tray is not None
        assert self.notifications is not None
        self.tray.start()
        self.notifications.use([self._bus, TraySink(self.tray.icon), self._popups])

    # Notifications.

    def _on_note(self, number: int, note: Note) -> None:
        """Show what a notification is about, once it may be seen."""
        assert self.lock is not None
        seat = self._seats.find(number)
        if seat is None:
            return
        if self.lock.is_locked:
            self._pending = (number, note)
            self.lock.show_screen()
            return
        self._seats.show(seat)
        open_note(seat, note)

    def _on_shown(self, number: int) -> None:
        seat = self._seats.find(number)
        if seat is not None and seat.shell.main_window is not None:
            QApplication.alert(seat.shell.main_window)

    def _say(self, sentence: str) -> None:
        if self._seats.shown is not None:
            self._seats.shown.shell.say(sentence)

    # The way out.

    def _closing(self) -> Closing:
        assert self.tray is not None
        kept = self._seats.first.settings.settings
        return closing_of(
            has_tray=self.tray.is_there,
            keeps_in_tray=kept.keeps_in_tray,
            is_told=kept.is_tray_told,
        )

    def _on_last_window_closed(self, seat: Seat) -> None:
        if self._is_stopping:
            return
        others = [each for each in self._seats.all if each is not seat and each.is_logged_in]
        if others and not seat.is_logged_in:
            # A log-in window that was closed: back to the account before.
            if seat.is_first:
                self._seats.show(others[0])
            else:
                self._seats.drop(seat)
            return
        if any(each.shell.has_windows for each in self._seats.all):
            return
        match self._closing():
            case Closing.QUIT:
                self.quit_requested.emit()
            case Closing.ASK:
                # Its close event is on the way and would hide it again.
                QTimer.singleShot(0, lambda: self._ask_closing(seat))
            case Closing.HIDE:
                pass  # The tray leads back.

    def _ask_closing(self, seat: Seat) -> None:
        from desktop.ui.closing_dialog import ClosingDialog

        self._seats.show(seat)
        window = seat.shell.main_window or seat.shell.login_window
        settings = self._seats.first.settings
        dialog = ClosingDialog(window)

        def keep() -> None:
            settings.change(keeps_in_tray=True, is_tray_told=True)
            if window is not None:
                window.close()

        def leave() -> None:
            settings.change(is_tray_told=True)
            self.quit_requested.emit()

        dialog.keep_chosen.connect(keep)
        dialog.quit_chosen.connect(leave)
        dialog.open()

    def _on_session_end(self, _manager: object) -> None:
        """The person logs out of the computer: hand over what was typed now."""
        for seat in self._seats.all:
            seat.shell.flush()


def _name_of(seat: Seat) -> str:
    account = seat.session.account
    return account.profile.nickname if account is not None else translate("accounts.new")
