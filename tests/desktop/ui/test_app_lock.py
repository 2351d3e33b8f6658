from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from desktop import events
from desktop.commands import LogOut, Unlock, WipeProfile
from desktop.ui.app_lock import AppLock
from desktop.ui.dialog import ConfirmDialog
from desktop.ui.lock_screen import LockScreen
from desktop.ui.settings import SettingsStore
from tests.desktop.fake_port import FakePort
from tests.desktop.ui.hands import press

PASSCODE = "a passcode"


class Account:
    """An account with a passcode, as the lock sees it."""

    def __init__(self, *, is_set: bool = True, is_locked: bool = False) -> None:
        self.port = SafePort()
        self.session = self.port.session
        self.tell(is_set=is_set, is_locked=is_locked)

    def tell(self, *, is_set: bool, is_locked: bool = False, retry_at_ms: int = 0) -> None:
        self.session.apply(
            events.PasscodeChanged(is_set=is_set, is_locked=is_locked, retry_at_ms=retry_at_ms)
        )


class SafePort(FakePort):
    """Knows its passcode; counts nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.passcode = PASSCODE

    def _carry_out(self, command: object) -> events.AnyAnswer:
        if isinstance(command, Unlock):
            wrong = command.passcode != self.passcode
            self.refusals = {Unlock: "wrong_passcode"} if wrong else {}
            answer = super()._carry_out(command)
            self.session.apply(events.PasscodeChanged(is_set=True, is_locked=False))
            return answer
        if isinstance(command, WipeProfile):
            self.session.apply(events.PasscodeChanged(is_set=False, is_locked=False))
        return super()._carry_out(command)  # type: ignore[arg-type]


class House:
    """A lock with a window of somebody's messages."""

    def __init__(self, folder: Path) -> None:
        self.now_ms = 1_000_000
        self.settings = SettingsStore(folder / "windows.json")
        self.lock = AppLock(self.settings, wall_ms=lambda: self.now_ms)
        self.accounts: list[Account] = []
        self.changes: list[bool] = []
        self.lock.changed.connect(self.changes.append)
        self.window = QWidget()
        self.window.setWindowTitle("(3) 林晓 – Mim")
        self.window.resize(700, 600)
        self.field = QLineEdit(self.window)
        self.window.show()

    def move_in(self, **state: bool) -> Account:
        account = Account(**state)
        self.accounts.append(account)
        self.lock.add(account)
        return account

    @property
    def screen(self) -> LockScreen:
        assert self.lock.screen is not None
        return self.lock.screen

    def enter(self, passcode: str) -> None:
        QTest.keyClicks(self.screen.passcode, passcode)
        QTest.keyClick(self.screen.passcode, Qt.Key.Key_Return)


def titles() -> list[str]:
    """What a task switcher or a screen reader would find."""
    return [each.windowTitle() for each in QApplication.topLevelWidgets() if each.isVisible()]


@pytest.fixture
def house(windows: None, tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path)
    yield made
    made.lock.stop()


def test_without_a_passcode_there_is_no_lock(house: House) -> None:
    house.move_in(is_set=False)

    house.lock.lock()

    assert not house.lock.is_locked
    assert not house.lock.can_lock
    assert house.window.isVisible()


def test_locked_there_is_one_window_and_it_says_nothing(house: House) -> None:
    house.move_in()
    dialog = QDialog(house.window)
    dialog.setWindowTitle("Mom")
    dialog.open()

    house.lock.lock()

    assert titles() == ["Mim"]
    assert house.screen.geometry() == house.window.geometry()
    assert house.changes == [True]


def test_the_passcode_brings_back_what_was_open_with_what_was_typed(
    house: House, qtbot: QtBot
) -> None:
    house.move_in()
    house.field.setText("half a sentence")
    dialog = QDialog(house.window)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    typed = QLineEdit(dialog)
    dialog.open()
    typed.setText("a name")
    house.lock.lock()

    house.enter(PASSCODE)

    qtbot.waitUntil(lambda: not house.lock.is_locked)
    assert house.window.isVisible()
    assert dialog.isVisible()
    assert dialog.isModal()
    assert (house.field.text(), typed.text()) == ("half a sentence", "a name")
    assert house.lock.screen is None
    assert house.changes == [True, False]


def test_a_wrong_one_stays_outside(house: House, qtbot: QtBot) -> None:
    house.move_in()
    house.lock.lock()

    house.enter("another one")

    qtbot.waitUntil(lambda: "not the passcode" in house.screen.error.text())
    assert house.lock.is_locked
    assert titles() == ["Mim"]


def test_a_window_that_is_opened_meanwhile_is_kept_from_the_screen(
    house: House, qtbot: QtBot
) -> None:
    house.move_in()
    house.lock.lock()
    late = QWidget()
    late.setWindowTitle("Alice Chen")

    late.show()

    assert not late.windowHandle().isVisible()
    house.enter(PASSCODE)
    qtbot.waitUntil(lambda: not house.lock.is_locked)
    assert late.isVisible()
    assert late.windowHandle().isVisible()


def test_a_window_that_goes_meanwhile_does_not_come_back(house: House, qtbot: QtBot) -> None:
    house.move_in()
    other = QWidget()
    other.show()
    house.lock.lock()
    other.close()
    gone: list[bool] = []
    other.destroyed.connect(lambda: gone.append(True))
    other.deleteLater()
    qtbot.waitUntil(lambda: bool(gone))

    house.enter(PASSCODE)

    qtbot.waitUntil(lambda: not house.lock.is_locked)
    assert house.window.isVisible()


def test_it_locks_by_itself_and_input_keeps_it_open(house: House) -> None:
    house.move_in()
    house.settings.change(auto_lock_minutes=1)
    house.now_ms += 50_000
    house.lock._look()
    house.lock.note_input()
    house.now_ms += 50_000
    house.lock._look()
    assert not house.lock.is_locked

    house.now_ms += 10_000
    house.lock._look()

    assert house.lock.is_locked


def test_an_app_in_the_tray_stays_there_when_it_locks(house: House) -> None:
    house.move_in()
    house.window.hide()

    house.lock.lock()

    assert titles() == []
    house.lock.show_screen()
    assert titles() == ["Mim"]


def test_a_profile_that_is_closed_at_the_start_locks_and_opens(house: House, qtbot: QtBot) -> None:
    house.window.hide()
    account = house.move_in(is_locked=True)
    assert house.lock.is_locked
    assert titles() == ["Mim"]
    area = house.screen.screen().availableGeometry()
    assert area.contains(house.screen.geometry())

    house.enter(PASSCODE)

    qtbot.waitUntil(lambda: not house.lock.is_locked)
    assert not account.session.passcode.is_locked


def test_one_passcode_opens_all_accounts(house: House, qtbot: QtBot) -> None:
    accounts = [house.move_in(is_locked=True) for _ in range(3)]

    house.enter(PASSCODE)

    qtbot.waitUntil(lambda: not house.lock.is_locked)
    assert not any(account.session.passcode.is_locked for account in accounts)
    assert house.changes == [True, False]


def test_an_account_with_another_passcode_stays_closed_and_locks_nothing_again(
    house: House, qtbot: QtBot
) -> None:
    first, second = house.move_in(is_locked=True), house.move_in(is_locked=True)
    second.port.passcode = "of its own"
    said: list[str] = []
    house.lock.said.connect(said.append)

    house.enter(PASSCODE)

    qtbot.waitUntil(lambda: not house.lock.is_locked)
    assert second.session.passcode.is_locked
    assert len(said) == 1
    first.tell(is_set=True)
    assert not house.lock.is_locked


def test_open_accounts_are_asked_until_one_agrees(house: House, qtbot: QtBot) -> None:
    first, second = house.move_in(), house.move_in()
    house.lock.lock()

    house.enter(PASSCODE)

    qtbot.waitUntil(lambda: not house.lock.is_locked)
    assert len(first.port.of(Unlock)) == 1
    assert not second.port.of(Unlock)


def test_a_wait_is_shown(house: House) -> None:
    account = house.move_in()
    house.lock.lock()

    account.tell(is_set=True, retry_at_ms=house.now_ms + 5_000)

    assert house.screen.wait_s == 5


def confirm(house: House) -> None:
    press(house.screen.forgot_button)
    dialog = house.screen.findChild(ConfirmDialog)
    assert isinstance(dialog, ConfirmDialog)
    assert dialog.isVisible()
    press(dialog.yes_button)


def test_who_forgot_it_logs_out_and_deletes_what_is_here(house: House, qtbot: QtBot) -> None:
    account = house.move_in()
    account.port.refusals[LogOut] = "offline"
    bare = house.move_in(is_set=False)
    house.lock.lock()

    confirm(house)

    qtbot.waitUntil(lambda: not house.lock.is_locked)
    assert account.port.of(LogOut)[0].wipe
    assert account.port.of(WipeProfile)
    assert not bare.port.sent


def test_a_closed_profile_is_deleted_without_the_server(house: House, qtbot: QtBot) -> None:
    account = house.move_in(is_locked=True)

    confirm(house)

    qtbot.waitUntil(lambda: not house.lock.is_locked)
    assert not account.port.of(LogOut)


def test_an_account_that_leaves_takes_its_passcode_with_it(house: House) -> None:
    account = house.move_in()
    house.lock.lock()

    house.lock.remove(account)

    assert not house.lock.is_locked
    assert house.window.isVisible()


def test_closing_the_screen_is_told_and_it_stays_locked(house: House, qtbot: QtBot) -> None:
    house.move_in()
    house.lock.lock()

    with qtbot.waitSignal(house.lock.closed):
        house.screen.close()

    assert house.lock.is_locked
    assert titles() == []
