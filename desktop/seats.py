"""The accounts of this process: one profile, engine, bridge, set of models and windows each.

A home holds profiles, ``profile-1``, ``profile-2`` …, one account each. The first one of a process
is the first that no other process has open; the file of its windows names the further ones that
were added to it (``with_profiles``), which are opened with it and by nobody else.
"""

from __future__ import annotations

import asyncio
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from desktop.bridge.bridge import Bridge
from desktop.models.notifications import Note, NoteKind
from desktop.models.session import Session
from desktop.ui import tasks
from desktop.ui.describe import WordDescriber
from desktop.ui.main_window import MainWindow
from desktop.ui.rail import Page
from desktop.ui.settings import SettingsStore
from desktop.ui.shell import Shell
from desktop.version import version
from shared import limits

if TYPE_CHECKING:
    from desktop.bridge.bridge import EngineLike

__all__ = ["PROFILES_MAX", "MakeEngine", "Seat", "Seats", "open_note"]

PROFILES_MAX = 100  # More are not opened at once by one person.

MakeEngine = Callable[[str, Path], "EngineLike"]


class Seat:
    """One account's place in this process."""

    def __init__(
        self,
        home: Path,
        number: int,
        *,
        server_url: str,
        make_engine: MakeEngine,
        base: SettingsStore | None,
    ) -> None:
        self.number = number
        self.folder = home / f"profile-{number}"
        self.is_first = base is None
        self.settings = SettingsStore(self.folder / "windows.json", base=base)
        self.port = Bridge()
        self.session = Session(self.port, tasks.spawn, WordDescriber())
        self.port.feed(self.session)
        self._server_url = server_url
        self._make_engine = make_engine
        self._is_changing_server = False
        self.is_stopping = False
        self.shell = Shell(
            self.session,
            self.port,
            self.settings,
            server_url=server_url,
            use_server=self.use_server,
            version=version,
        )

    @property
    def is_logged_in(self) -> bool:
        """Whether there is an account, as far as is known."""
        account = self.session.account
        return account is not None and account.is_logged_in

    @property
    def is_ended(self) -> bool:
        """Whether an end of the engine is nothing to tell."""
        return self.is_stopping or self._is_changing_server

    @property
    def has_passcode(self) -> bool:
        """Whether the profile will ask for a passcode before anything of it can be shown."""
        return (self.folder / "passcode").exists()

    def start(self) -> None:
        """Start the engine, on a thread of its own."""
        self._start(self._server_url)

    async def stop(self) -> None:
        """End the engine, with everything stored."""
        self.is_stopping = True
        await self.port.stop()

    async def use_server(self, url: str) -> None:
        """Talk to another server: only before logging in, so nothing is lost."""
        self._is_changing_server = True
        try:
            await self.port.stop()
            self._start(url)
        finally:
            self._is_changing_server = False

    def _start(self, url: str) -> None:
        # The engine's thread holds nothing that leads to windows: who lets go last destroys them.
        make_engine, folder = self._make_engine, self.folder
        self.port.start(lambda: make_engine(url, folder))


class Seats(QObject):
    """Opens, shows and drops accounts.

    Args:
        home: The folder of the profiles.
        server_url: Offered in the log-in window.
        is_second: Another process is open already, so the first profile is most likely in use:
            nothing is shown until the engine has a profile.
        make_engine: Makes the engine of a profile's folder; called on the engine's thread.
    """

    taken = Signal(object)  # A `Seat` that is to be wired; its engine has not started.
    dropped = Signal(object)
    shown_changed = Signal()
    last_window_closed = Signal(object)  # Of this `Seat`.
    refused = Signal()  # No more accounts can be opened.

    def __init__(
        self, home: Path, *, server_url: str, is_second: bool, make_engine: MakeEngine
    ) -> None:
        super().__init__()
        self.all: list[Seat] = []
        self.shown: Seat | None = None
        self._home = home
        self._server_url = server_url
        self._is_second = is_second
        self._make_engine = make_engine
        self._knows_others = False

    @property
    def first(self) -> Seat:
        """The seat whose settings hold for the app."""
        return self.all[0]

    def find(self, number: int) -> Seat | None:
        """Return an account's seat by its profile's number."""
        return next((seat for seat in self.all if seat.number == number), None)

    def open_first(self, number: int = 1) -> Seat:
        """Open the first profile that is free, from this number on."""
        taken = _claimed(self._home)
        while number in taken and number < PROFILES_MAX:
            number += 1
        seat = self._take(number, base=None)
        self.shown = seat
        seat.session.told.connect(self._open_others)
        if number == 1 and not self._is_second and not seat.has_passcode:
            seat.shell.start()
        seat.start()
        return seat

    def add(self) -> Seat | None:
        """Open one more profile, and show its log-in window."""
        if len(self.all) >= limits.ACCOUNTS_MAX:
            self.refused.emit()
            return None
        seat = self._take(self._unused(), base=self.first.settings)
        seat.start()
        self.show(seat)
        return seat

    def show(self, seat: Seat) -> None:
        """Show an account's window in the place of the one that is shown now."""
        before = None
        if self.shown is not None and self.shown is not seat:
            before = self.shown.shell.step_back()
        self.shown = seat
        seat.shell.present()
        window = seat.shell.main_window
        if isinstance(before, MainWindow) and window is not None:
            window.setGeometry(before.geometry())
        self.shown_changed.emit()

    def drop(self, seat: Seat) -> None:
        """Take an account out of this process; what is stored of it stays."""
        self.all.remove(seat)
        self.dropped.emit(seat)
        seat.shell.dismiss()
        self._remember()
        tasks.create_task(self._clear(seat), name="drop account")
        if self.shown is seat:
            self.shown = None
            self.show(next((each for each in self.all if each.is_logged_in), self.first))

    async def stop(self) -> None:
        """End all engines, with everything stored."""
        await asyncio.gather(*(seat.stop() for seat in self.all))

    def _take(self, number: int, *, base: SettingsStore | None) -> Seat:
        seat = Seat(
            self._home,
            number,
            server_url=self._server_url,
            make_engine=self._make_engine,
            base=base,
        )
        self.all.append(seat)
        seat.port.stopped.connect(lambda error: self._on_stopped(seat, error))
        seat.shell.last_window_closed.connect(lambda: self.last_window_closed.emit(seat))
        seat.session.account_changed.connect(self._remember)
        self.taken.emit(seat)
        return seat

    def _open_others(self, _event: object) -> None:
        """The first profile is ours: open those that were added to it."""
        seat = self.first
        seat.session.told.disconnect(self._open_others)
        self._knows_others = True
        room = limits.ACCOUNTS_MAX - 1
        for number in seat.settings.settings.with_profiles[:room]:
            if self.find(number) is None and 0 < number <= PROFILES_MAX:
                other = self._take(number, base=seat.settings)
                other.shell.is_background = True
                other.start()

    def _on_stopped(self, seat: Seat, error: BaseException | None) -> None:
        """An engine ended: because it was told to, or the profile is in use, or it failed."""
        if seat.is_ended or error is None:
            return
        code = getattr(error, "code", "local")
        if code != "profile_in_use":
            seat.shell.show_trouble(code)
        elif not seat.is_first:
            self.all.remove(seat)
            self.dropped.emit(seat)
            seat.shell.dismiss()
        elif seat.number < PROFILES_MAX:
            self.all.remove(seat)
            self.dropped.emit(seat)
            seat.shell.dismiss()
            self.open_first(seat.number + 1)

    def _remember(self) -> None:
        """Remember who is logged in next to the first account."""
        if not self._knows_others:
            return
        known = self.first.settings.settings.with_profiles
        others = [seat for seat in self.all if not seat.is_first]
        numbers = [number for number in known if self.find(number) is not None]
        numbers += [seat.number for seat in others if seat.is_logged_in]
        self.first.settings.change(with_profiles=tuple(dict.fromkeys(numbers)))

    def _unused(self) -> int:
        """Return the number of a profile that nobody has ever logged in to."""
        number = 1
        while (self._home / f"profile-{number}").exists() or self.find(number) is not None:
            number += 1
        return number

    async def _clear(self, seat: Seat) -> None:
        """End an engine; a profile in which there never was an account leaves nothing behind."""
        is_empty = seat.session.is_account_known and seat.session.account is None
        await seat.stop()
        if is_empty:
            shutil.rmtree(seat.folder, ignore_errors=True)


def open_note(seat: Seat, note: Note) -> None:
    """Show what a notification is about, in its account's windows."""
    shell = seat.shell
    match note.kind:
        case NoteKind.MESSAGE | NoteKind.BUNDLE if note.conversation_id is not None:
            pane = shell.open_conversation(note.conversation_id)
            if pane is not None and note.row is not None:
                pane.show_message(note.row)
        case NoteKind.REQUEST if shell.main_window is not None:
            shell.main_window.show_page(Page.CONTACTS)
        case NoteKind.JOIN_REQUEST if note.conversation_id is not None:
            shell.show_group(note.conversation_id)
        case _:
            pass  # Its window says it.


def _claimed(home: Path) -> set[int]:
    """Return the numbers of the profiles that were added to another one."""
    claimed: set[int] = set()
    for path in home.glob("profile-*/windows.json"):
        found = re.fullmatch(r"profile-(\d+)", path.parent.name)
        if found is not None:
            claimed |= set(SettingsStore(path).settings.with_profiles) - {int(found[1])}
    return claimed
