"""Locks the whole app: every window is taken away until the passcode has been given.

The windows are hidden and not only covered, so that neither a screen reader nor a task switcher
finds what is in them. What was open comes back as it was. A window that something opens meanwhile
is kept from the screen. The engines go on; only a profile that was locked at the start is closed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from PySide6.QtCore import QEvent, QObject, QPoint, QRect, QSize, Qt, QTimer, Signal
from PySide6.QtWidgets import QApplication, QWidget

from desktop.commands import LogOut, Unlock, WipeProfile
from desktop.models.auto_lock import AutoLock
from desktop.models.port import CommandFailedError, Port
from desktop.models.session import Session
from desktop.ui.clock import wall_ms
from desktop.ui.dialog import ConfirmDialog
from desktop.ui.farewell import delete_later
from desktop.ui.settings import SettingsStore
from desktop.ui.tasks import create_task
from desktop.ui.translate import translate

if TYPE_CHECKING:
    from desktop.ui.lock_screen import LockScreen

__all__ = ["AppLock", "Lockable"]

LOOK_MS = 1_000
_MARK = "is_known_to_lock"
# Windows of Qt's own and of notifications, which say nothing while it is locked.
_PASSING = (Qt.WindowType.ToolTip, Qt.WindowType.Popup, Qt.WindowType.SplashScreen)


class Lockable(Protocol):
    """An account of this app."""

    @property
    def session(self) -> Session:
        """Its models."""

    @property
    def port(self) -> Port:
        """The way to its engine."""


class AppLock(QObject):
    """The lock of this process.

    Args:
        settings: After how many minutes to lock.
        wall_ms: The wall clock, in ms.
    """

    changed = Signal(bool)  # Whether it is locked now.
    said = Signal(str)
    closed = Signal()  # The lock screen was closed.

    def __init__(
        self,
        settings: SettingsStore,
        wall_ms: Callable[[], int] = wall_ms,
    ) -> None:
        super().__init__()
        self._settings = settings
        self._wall_ms = wall_ms
        self._rules = AutoLock(wall_ms())
        self._seats: list[Lockable] = []
        self._closed: list[Lockable] = []  # Those locked at their start that asked already.
        self._hidden: list[tuple[QWidget, Qt.WindowModality]] = []
        self._is_trying = False
        self.screen: LockScreen | None = None
        self._clock = QTimer(self)
        self._clock.setInterval(LOOK_MS)
        self._clock.timeout.connect(self._look)
        settings.on_change.append(self._configure)

    @property
    def is_locked(self) -> bool:
        """Whether the passcode is asked for."""
        return self._rules.is_locked

    @property
    def can_lock(self) -> bool:
        """Whether there is a passcode."""
        return any(seat.session.passcode.is_set for seat in self._seats)

    def add(self, seat: Lockable) -> None:
        """Lock an account's windows too; one that is closed yet locks the app."""
        self._seats.append(seat)
        seat.session.passcode_changed.connect(self._on_passcode)
        self._on_passcode()

    def remove(self, seat: Lockable) -> None:
        """An account is gone."""
        self._seats.remove(seat)
        self._closed = [each for each in self._closed if each is not seat]
        seat.session.passcode_changed.disconnect(self._on_passcode)
        self._configure()

    def lock(self) -> None:
        """Lock now, if there is a passcode."""
        if self._rules.lock():
            self._cover()

    def stop(self) -> None:
        """Watch no more, at the end of the app."""
        self._clock.stop()
        self._watch(is_on=False)
        if self.screen is not None:
            self.screen.leave()

    def note_input(self) -> None:
        """The person did something."""
        self._rules.note_input(self._wall_ms())

    def show_screen(self) -> None:
        """Bring the lock screen to the front."""
        if self.screen is not None:
            self.screen.show()
            self.screen.raise_()
            self.screen.activateWindow()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        """While it is locked, keep windows from the screen."""
        if event.type() is QEvent.Type.Show and isinstance(watched, QWidget):
            self._keep_away(watched)
        return False

    # Rules.

    def _configure(self) -> None:
        was_locked = self.is_locked
        minutes = self._settings.settings.auto_lock_minutes
        self._rules.configure(can_lock=self.can_lock, minutes=minutes)
        if self.can_lock and not self._clock.isActive():
            self._rules.note_input(self._wall_ms())
            self._clock.start()
        elif not self.can_lock:
            self._clock.stop()
        if was_locked and not self.is_locked:
            self._uncover()

    def _look(self) -> None:
        if self._rules.look(self._wall_ms()):
            self._cover()

    def _on_passcode(self) -> None:
        self._configure()
        closed = [seat for seat in self._seats if seat.session.passcode.is_locked]
        # Each asks once: one with another passcode than the rest must not lock them all again.
        has_new = any(seat not in self._closed for seat in closed)
        self._closed = closed
        if has_new and not self._is_trying:
            self.lock()
            self.show_screen()
        if self.screen is not None:
            self.screen.set_retry(self._retry_at_ms)

    @property
    def _retry_at_ms(self) -> int:
        return max((seat.session.passcode.retry_at_ms for seat in self._seats), default=0)

    # Windows.

    def _cover(self) -> None:
        # Imported here: most starts of the app need no lock screen.
        from desktop.ui.lock_screen import LockScreen

        screen = LockScreen(self._wall_ms)
        screen.tried.connect(lambda passcode: create_task(self._unlock(passcode), name="unlock"))
        screen.forgotten.connect(self._ask_forgotten)
        screen.closed.connect(self.closed)
        while (popup := QApplication.activePopupWidget()) is not None:
            popup.close()
        visible = [window for window in QApplication.topLevelWidgets() if _is_shown(window)]
        place = _place_of(visible)
        # Dialogs before what they belong to, which would take the focus back.
        for window in sorted(visible, key=lambda window: window.parentWidget() is None):
            self._hide(window)
            window.hide()
        screen.setGeometry(place or self._usual_place(screen))
        self.screen = screen
        self._watch(is_on=True)
        self.changed.emit(True)
        if visible:  # Else the app is in the tray, and stays there.
            self.show_screen()
        screen.begin(self._retry_at_ms)

    def _usual_place(self, screen: QWidget) -> QRect:
        """Where the main window would stand, if none is open yet: in the middle."""
        kept = self._settings.settings
        area = screen.screen().availableGeometry()
        size = QSize(kept.width, kept.height).boundedTo(area.size() * 0.9)
        place = QRect(QPoint(), size.expandedTo(screen.minimumSize()))
        place.moveCenter(area.center())
        return place

    def _uncover(self) -> None:
        self._watch(is_on=False)
        hidden, self._hidden = self._hidden, []
        # What dialogs belong to first.
        for window, modality in sorted(hidden, key=lambda each: each[0].parentWidget() is not None):
            window.setAttribute(Qt.WidgetAttribute.WA_DontShowOnScreen, on=False)
            window.hide()
            window.setWindowModality(modality)
            window.show()
        screen, self.screen = self.screen, None
        if screen is not None:
            screen.leave()
            delete_later(screen)
        self.changed.emit(False)

    def _watch(self, *, is_on: bool) -> None:
        """Look at every event only while it is needed: it costs time."""
        application = QApplication.instance()
        if application is not None:
            application.removeEventFilter(self)
            if is_on:
                application.installEventFilter(self)

    def _keep_away(self, window: QWidget) -> None:
        """Asked while its show event is on the way: it is not on the screen yet."""
        is_own = self.screen in (window, window.parentWidget())
        if is_own or not window.isWindow() or window.windowType() in _PASSING:
            return
        window.setAttribute(Qt.WidgetAttribute.WA_DontShowOnScreen)
        if all(each is not window for each, _ in self._hidden):
            self._hide(window)

    def _hide(self, window: QWidget) -> None:
        self._hidden.append((window, window.windowModality()))
        if not window.property(_MARK):
            window.setProperty(_MARK, True)
            # An account may be logged out meanwhile, and its windows with it.
            window.destroyed.connect(lambda: self._forget(window))

    def _forget(self, window: QWidget) -> None:
        self._hidden = [each for each in self._hidden if each[0] is not window]

    # Flows.

    async def _unlock(self, passcode: str) -> None:
        """Try it on what is closed, else on one account; one success opens the windows."""
        closed = [seat for seat in self._seats if seat.session.passcode.is_locked]
        seats = closed or [seat for seat in self._seats if seat.session.passcode.is_set]
        code, opened = "", 0
        self._is_trying = True
        try:
            for seat in seats:
                try:
                    await seat.port.ask(Unlock(passcode=passcode))
                except CommandFailedError as error:
                    code = code or error.code
                    continue
                opened += 1
                if not closed:
                    break
        finally:
            self._is_trying = False
        if opened:
            self._rules.unlock(self._wall_ms())
            self._uncover()
            if closed and opened < len(closed):
                self.said.emit(translate("lock.accounts_left"))
        elif self.screen is not None:
            self.screen.refuse(code)
            self.screen.set_retry(self._retry_at_ms)

    def _ask_forgotten(self) -> None:
        assert self.screen is not None
        dialog = ConfirmDialog(
            self.screen,
            title=translate("lock.forgot_title"),
            words=translate("lock.forgot_words"),
            yes=translate("lock.forgot_yes"),
            no=translate("dialog.cancel"),
        )
        dialog.accepted.connect(lambda: create_task(self._wipe(), name="wipe"))
        dialog.open()

    async def _wipe(self) -> None:
        """Delete every account that has a passcode; where it can be, the server is told."""
        if self.screen is not None:
            self.screen.set_busy(True)
        for seat in [seat for seat in self._seats if seat.session.passcode.is_set]:
            try:
                if not seat.session.passcode.is_locked:
                    try:
                        await seat.port.ask(LogOut(wipe=True))
                        continue
                    except CommandFailedError:
                        pass  # Offline: what is here goes all the same.
                await seat.port.ask(WipeProfile())
            except CommandFailedError as error:
                if self.screen is not None:
                    self.screen.refuse(error.code)
                return


def _is_shown(window: QWidget) -> bool:
    return window.isVisible() and window.windowType() not in _PASSING


def _place_of(visible: list[QWidget]) -> QRect | None:
    """Return where the window stands that the person looks at."""
    active = QApplication.activeWindow()
    mains = [window for window in visible if window.parentWidget() is None]
    window = active if active in mains else mains[0] if mains else None
    return window.geometry() if window is not None else None
