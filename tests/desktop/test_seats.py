from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from desktop.models.notifications import Note, NoteKind, Previews
from desktop.seats import Seat, Seats, open_note
from desktop.ui import tasks
from desktop.ui.settings import SettingsStore
from shared import limits
from tests.desktop.scripted import Workshop, sweep


class House:
    """The accounts of one process, in a home of their own."""

    def __init__(self, home: Path, qtbot: QtBot) -> None:
        self.qtbot = qtbot
        self.workshop = Workshop(home)
        self.dropped: list[int] = []
        self.seats = self._make(is_second=False)

    def _make(self, *, is_second: bool) -> Seats:
        made = Seats(
            self.workshop.home,
            server_url="http://127.0.0.1:9",
            is_second=is_second,
            make_engine=self.workshop.make,
        )
        made.dropped.connect(lambda seat: self.dropped.append(seat.number))
        return made

    def wait(self, holds: Callable[[], bool]) -> None:
        self.qtbot.waitUntil(holds, timeout=10_000)

    @property
    def numbers(self) -> list[int]:
        return [seat.number for seat in self.seats.all]

    @property
    def names(self) -> list[str]:
        found = []
        for seat in self.seats.all:
            account = seat.session.account
            found.append(account.profile.nickname if account is not None else "")
        return found

    def open(self, *names: str) -> None:
        """Open the home, with everybody who is to be there."""
        self.seats.open_first()
        self.wait(lambda: self.names == list(names))

    def log_in(self, seat: Seat, name: str) -> None:
        window = seat.shell.login_window
        assert window is not None
        QTest.keyClicks(window.user_name, name)
        QTest.keyClicks(window.password, "a password")
        QTest.keyClick(window.password, Qt.Key.Key_Return)
        self.wait(lambda: seat.shell.main_window is not None)

    def stop(self) -> None:
        done: list[bool] = []

        async def end() -> None:
            await self.seats.stop()
            done.append(True)

        for seat in self.seats.all:
            seat.shell.close_all()
        tasks.create_task(end(), name="end")
        self.wait(lambda: bool(done))


@pytest.fixture
def house(windows: None, tmp_path: Path, qtbot: QtBot) -> Iterator[House]:
    sweep()
    made = House(tmp_path / "home", qtbot)
    yield made
    made.stop()
    sweep()


def is_shown(seat: Seat) -> bool:
    window = seat.shell.main_window or seat.shell.login_window
    return window is not None and window.isVisible()


def test_the_first_profile_is_opened(house: House) -> None:
    house.workshop.prepare(1, "anna")

    house.open("anna")

    assert house.numbers == [1]
    assert is_shown(house.seats.first)


def test_a_profile_in_use_is_passed_over(house: House) -> None:
    house.workshop.busy = {house.workshop.folder(1), house.workshop.folder(2)}
    house.workshop.prepare(3, "chen")

    house.seats.open_first()
    house.wait(lambda: house.names == ["chen"])

    assert house.numbers == [3]
    assert house.dropped == [1, 2]
    assert house.seats.shown is house.seats.first


def test_an_account_is_added_in_place_and_is_there_at_the_next_start(
    house: House, tmp_path: Path, qtbot: QtBot
) -> None:
    house.workshop.prepare(1, "anna")
    house.open("anna")

    seat = house.seats.add()
    assert seat is not None
    house.wait(lambda: is_shown(seat))
    assert not is_shown(house.seats.first)
    house.log_in(seat, "ben")
    house.stop()

    again = House(tmp_path / "home", qtbot)
    again.open("anna", "ben")
    assert again.numbers == [1, 2]
    assert is_shown(again.seats.first)
    assert not is_shown(again.seats.all[1])
    again.stop()


def test_a_window_for_another_account_takes_no_profile_of_the_first(
    house: House, tmp_path: Path, qtbot: QtBot
) -> None:
    for number, name in ((1, "anna"), (2, "ben")):
        house.workshop.prepare(number, name)
    SettingsStore(house.workshop.folder(1) / "windows.json").change(with_profiles=(2,))
    house.workshop.busy = {house.workshop.folder(1)}

    house.seats.open_first()
    house.wait(lambda: house.seats.first.session.is_account_known)

    assert house.numbers == [3]


def test_accounts_are_switched_in_place(house: House) -> None:
    for number, name in ((1, "anna"), (2, "ben")):
        house.workshop.prepare(number, name)
    SettingsStore(house.workshop.folder(1) / "windows.json").change(with_profiles=(2,))
    house.open("anna", "ben")
    first, second = house.seats.all
    first.shell.present()
    assert first.shell.main_window is not None
    first.shell.main_window.setGeometry(20, 30, 900, 700)

    house.seats.show(second)

    assert second.shell.main_window is not None
    assert second.shell.main_window.geometry() == first.shell.main_window.geometry()
    assert (is_shown(first), is_shown(second)) == (False, True)
    house.seats.show(first)
    assert (is_shown(first), is_shown(second)) == (True, False)


def test_a_log_in_that_is_given_up_leaves_nothing_behind(house: House) -> None:
    house.workshop.prepare(1, "anna")
    house.open("anna")
    seat = house.seats.add()
    assert seat is not None
    house.wait(lambda: seat.session.is_account_known)

    house.seats.drop(seat)

    house.wait(lambda: not seat.folder.exists())
    assert house.numbers == [1]
    assert house.dropped == [2]
    assert is_shown(house.seats.first)
    assert house.seats.first.settings.settings.with_profiles == ()


def test_there_is_a_bound(house: House) -> None:
    house.workshop.prepare(1, "anna")
    house.open("anna")
    refused: list[bool] = []
    house.seats.refused.connect(lambda: refused.append(True))

    seats = [house.seats.add() for _ in range(limits.ACCOUNTS_MAX)]

    assert seats[-1] is None
    assert refused == [True]
    assert len(house.seats.all) == limits.ACCOUNTS_MAX


def test_a_further_profile_that_is_in_use_is_left_out(house: House) -> None:
    house.workshop.prepare(1, "anna")
    SettingsStore(house.workshop.folder(1) / "windows.json").change(with_profiles=(2, 3))
    house.workshop.prepare(3, "chen")
    house.workshop.busy = {house.workshop.folder(2)}

    house.open("anna", "chen")

    assert house.dropped == [2]


def test_a_profile_with_a_passcode_shows_nothing_before_it_is_opened(house: House) -> None:
    house.workshop.prepare(1, "anna", "a passcode")
    SettingsStore(house.workshop.folder(1) / "windows.json").change(was_logged_in=True)

    house.seats.open_first()
    house.wait(lambda: house.seats.first.session.passcode.is_locked)

    assert not is_shown(house.seats.first)


def test_trouble_of_an_engine_is_said(house: House) -> None:
    house.seats.open_first()
    house.wait(lambda: house.seats.first.session.is_account_known)
    seat = house.seats.first

    seat.port.stopped.emit(RuntimeError("no disk"))

    window = seat.shell.login_window
    assert window is not None
    assert "database" in window.error.text()


def test_a_request_opens_the_contacts(house: House) -> None:
    house.workshop.prepare(1, "anna")
    house.open("anna")
    seat = house.seats.first
    note = Note(key="request:2", kind=NoteKind.REQUEST, previews=Previews.ALL, plays_sound=False)

    open_note(seat, note)

    assert seat.shell.main_window is not None
    assert seat.shell.main_window.rail.contacts_button.isChecked()
