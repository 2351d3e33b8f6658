from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QSystemTrayIcon, QWidget
from pytestqt.qtbot import QtBot

from desktop.events import ConversationRow
from desktop.household import Household
from desktop.seats import Seat, Seats
from desktop.ui import tasks
from desktop.ui.closing_dialog import ClosingDialog
from desktop.ui.lock_screen import LockScreen
from desktop.ui.main_window import MainWindow
from desktop.ui.passcode_dialog import PasscodeDialog, PasscodeTask
from desktop.ui.settings import SettingsStore
from shared.identifiers import ConversationId
from tests.desktop.fake_port import profile
from tests.desktop.scripted import Workshop, sweep
from tests.desktop.ui.hands import choose, menu_of, open_menu, press

PASSCODE = "a passcode"


class House:
    """A whole app with scripted engines."""

    def __init__(self, home: Path, application: QApplication, qtbot: QtBot) -> None:
        self.qtbot = qtbot
        self.workshop = Workshop(home)
        self.quits = 0
        self.seats = Seats(
            home, server_url="http://127.0.0.1:9", is_second=False, make_engine=self.workshop.make
        )
        self.household = Household(self.seats, application)
        self.household.quit_requested.connect(self._quit)

    def _quit(self) -> None:
        self.quits += 1

    def wait(self, holds: Callable[[], bool]) -> None:
        self.qtbot.waitUntil(holds, timeout=10_000)

    def open(self, *names: str, passcode: str = "") -> None:
        """Open a home in which these people are logged in, one profile each."""
        for number, name in enumerate(names, start=1):
            self.workshop.prepare(number, name, passcode)
        others = tuple(range(2, len(names) + 1))
        store = SettingsStore(self.workshop.folder(1) / "windows.json")
        store.change(with_profiles=others, was_logged_in=bool(names))
        self.household.open()
        self.wait(lambda: len(self.workshop.engines) == max(1, len(names)))
        if not passcode:
            self.wait(lambda: all(seat.session.is_account_known for seat in self.seats.all))

    def stop(self) -> None:
        done: list[bool] = []

        async def end() -> None:
            await self.household.close()
            await self.seats.stop()
            done.append(True)

        self.household.close_windows()
        tasks.create_task(end(), name="end")
        self.wait(lambda: bool(done))

    @property
    def screen(self) -> LockScreen:
        assert self.household.lock is not None
        assert self.household.lock.screen is not None
        return self.household.lock.screen

    @property
    def is_locked(self) -> bool:
        assert self.household.lock is not None
        return self.household.lock.is_locked

    def enter(self, passcode: str = PASSCODE) -> None:
        QTest.keyClicks(self.screen.passcode, passcode)
        QTest.keyClick(self.screen.passcode, Qt.Key.Key_Return)
        self.wait(lambda: not self.is_locked)

    def closing_dialog(self, window: QWidget) -> ClosingDialog:
        self.wait(lambda: window.findChild(ClosingDialog) is not None)
        dialog = window.findChild(ClosingDialog)
        assert isinstance(dialog, ClosingDialog)
        return dialog

    def let_there_be_a_tray(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(QSystemTrayIcon, "isSystemTrayAvailable", staticmethod(lambda: True))


@pytest.fixture
def house(windows: None, qapp: QApplication, tmp_path: Path, qtbot: QtBot) -> Iterator[House]:
    sweep()
    made = House(tmp_path / "home", qapp, qtbot)
    yield made
    made.stop()
    sweep()


def row(conversation: int, unread: int, **more: Any) -> ConversationRow:
    wanted: dict[str, Any] = {
        "conversation_id": ConversationId(conversation),
        "peer": profile(70 + conversation, "mom", "Mom"),
        "preview": "",
        "preview_is_own": False,
        "preview_state": None,
        "last_at_ms": 0,
        "unread": unread,
        "first_unread": 1 if unread else 0,
        "head": unread,
        "draft": "",
        "can_send": True,
    }
    return ConversationRow(**(wanted | more))


def main_of(seat: Seat) -> MainWindow:
    assert seat.shell.main_window is not None
    return seat.shell.main_window


def titles() -> list[str]:
    return sorted(each.windowTitle() for each in QApplication.topLevelWidgets() if each.isVisible())


def test_closing_the_last_window_ends_the_app_where_there_is_no_tray(house: House) -> None:
    house.open("anna")

    main_of(house.seats.first).close()

    assert house.quits == 1


def test_with_a_tray_it_asks_once_and_stays_if_one_wants(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.let_there_be_a_tray(monkeypatch)
    house.open("anna")
    window = main_of(house.seats.first)
    window.close()
    dialog = house.closing_dialog(window)
    assert window.isVisible()

    press(dialog.keep_button)

    assert not window.isVisible()
    assert house.quits == 0
    settings = house.seats.first.settings.settings
    assert (settings.keeps_in_tray, settings.is_tray_told) == (True, True)
    house.household.present()
    assert window.isVisible()
    window.close()
    assert (window.isVisible(), house.quits) == (False, 0)


def test_who_wants_to_end_is_not_asked_again(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    house.let_there_be_a_tray(monkeypatch)
    house.open("anna")
    window = main_of(house.seats.first)
    window.close()
    dialog = house.closing_dialog(window)

    press(dialog.quit_button)

    assert house.quits == 1
    assert house.seats.first.settings.settings.is_tray_told


def test_what_waits_is_counted_in_the_tray_and_at_the_other_pictures(house: House) -> None:
    house.open("anna", "ben")
    first, second = house.seats.all

    house.workshop.engines[1].receive([row(1, 3), row(2, 4, muted_until_ms=0)])
    house.wait(lambda: second.session.conversations.unread == 3)

    tray = house.household.tray
    assert tray is not None
    house.wait(lambda: tray.icon.toolTip() == "Mim – 3 unread messages")
    assert main_of(first).rail.avatar.badge == 3
    house.seats.show(second)
    assert main_of(second).rail.avatar.badge == 0


def test_accounts_are_switched_by_keys_and_by_the_tray(house: House) -> None:
    house.open("anna", "ben")
    first, second = house.seats.all
    main_of(first).activateWindow()
    house.wait(main_of(first).isActiveWindow)

    QTest.keyClick(
        main_of(first),
        Qt.Key.Key_2,
        Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier,
    )
    house.wait(lambda: house.seats.shown is second)
    assert titles() == ["ben – Mim"]

    tray = house.household.tray
    assert tray is not None
    choose(menu_of(lambda: tray.menu.popup(QPoint(0, 0))), "anna")
    assert titles() == ["anna – Mim"]


def test_the_own_picture_opens_the_menu_of_accounts(house: House) -> None:
    house.open("anna", "ben")
    window = main_of(house.seats.first)

    menu = open_menu(window.rail.avatar)

    assert [each.text() for each in menu.actions()][:2] == ["anna", "ben"]
    choose(menu, "ben")
    assert house.seats.shown is house.seats.all[1]


def test_the_open_menu_of_accounts_shows_what_comes_meanwhile(house: House) -> None:
    house.open("anna", "ben")
    menu = open_menu(main_of(house.seats.first).rail.avatar)

    house.workshop.engines[1].receive([row(1, 3)])

    house.wait(lambda: menu.actions()[1].text() == "ben  (3)")
    menu.close()
    house.workshop.engines[1].receive([row(1, 4)])
    house.wait(lambda: house.seats.all[1].session.conversations.unread == 4)


def test_giving_up_a_further_log_in_leads_back(house: House) -> None:
    house.open("anna")
    seat = house.seats.add()
    assert seat is not None
    house.wait(lambda: seat.session.is_account_known)
    assert seat.shell.login_window is not None

    seat.shell.login_window.close()

    assert titles() == ["anna – Mim"]
    assert house.quits == 0
    house.wait(lambda: not seat.folder.exists())


def test_locked_at_the_start_one_passcode_opens_all(house: House) -> None:
    house.open("anna", "ben", passcode=PASSCODE)
    house.wait(lambda: house.is_locked)
    assert titles() == ["Mim"]

    house.enter()

    house.wait(lambda: titles() == ["anna – Mim"])
    assert not any(seat.session.passcode.is_locked for seat in house.seats.all)


def test_locking_by_keys_hides_everything_and_a_second_start_shows_the_lock(
    house: House,
) -> None:
    house.open("anna")
    assert house.household.lock is not None
    dialog = house.household.show_passcode(main_of(house.seats.first))
    assert dialog.task is PasscodeTask.SET
    QTest.keyClicks(dialog.new, PASSCODE)
    QTest.keyClicks(dialog.repeated, PASSCODE)
    QTest.keyClick(dialog.repeated, Qt.Key.Key_Return)
    house.wait(lambda: house.household.lock is not None and house.household.lock.can_lock)
    main_of(house.seats.first).activateWindow()
    house.wait(main_of(house.seats.first).isActiveWindow)

    QTest.keyClick(main_of(house.seats.first), Qt.Key.Key_L, Qt.KeyboardModifier.ControlModifier)

    house.wait(lambda: house.is_locked)
    assert titles() == ["Mim"]
    house.household.present()
    assert titles() == ["Mim"]
    house.enter()
    assert titles() == ["anna – Mim"]


def test_closing_the_lock_screen_ends_the_app_where_there_is_no_tray(house: House) -> None:
    house.open("anna", passcode=PASSCODE)
    house.wait(lambda: house.is_locked)

    house.screen.close()

    assert house.quits == 1


def test_who_comes_in_next_to_a_passcode_is_asked_to_be_protected(house: House) -> None:
    house.open("anna", passcode=PASSCODE)
    house.wait(lambda: house.is_locked)
    house.enter()
    seat = house.seats.add()
    assert seat is not None
    house.wait(lambda: seat.shell.login_window is not None and seat.session.is_account_known)
    window = seat.shell.login_window
    assert window is not None
    QTest.keyClicks(window.user_name, "ben")
    QTest.keyClicks(window.password, "a password")
    QTest.keyClick(window.password, Qt.Key.Key_Return)
    house.wait(lambda: seat.shell.main_window is not None)

    dialog = main_of(seat).findChild(PasscodeDialog)

    assert isinstance(dialog, PasscodeDialog)
    assert dialog.task is PasscodeTask.JOIN
    QTest.keyClicks(dialog.now, PASSCODE)
    QTest.keyClick(dialog.now, Qt.Key.Key_Return)
    house.wait(lambda: seat.session.passcode.is_set)


def test_the_session_s_end_hands_over_what_was_typed(house: House) -> None:
    house.open("anna")
    house.workshop.engines[0].receive([row(1, 0)])
    seat = house.seats.first
    house.wait(lambda: seat.session.conversations.find(ConversationId(1)) is not None)
    pane = seat.shell.open_conversation(ConversationId(1))
    assert pane is not None
    QTest.keyClicks(pane.composer.editor, "half a sentence")

    house.household._on_session_end(None)

    sent = house.workshop.engines[0].commands
    house.wait(lambda: any(getattr(each, "text", "") == "half a sentence" for each in sent))


def test_quitting_is_asked_for_by_keys_and_tray(house: House) -> None:
    house.open("anna")
    main_of(house.seats.first).activateWindow()
    house.wait(main_of(house.seats.first).isActiveWindow)

    QTest.keyClick(main_of(house.seats.first), Qt.Key.Key_Q, Qt.KeyboardModifier.ControlModifier)
    assert house.quits == 1
    tray = house.household.tray
    assert tray is not None
    choose(menu_of(lambda: tray.menu.popup(QPoint(0, 0))), "Quit Mim")
    assert house.quits == 2


def test_sleep_locks(house: House) -> None:
    house.open("anna", passcode=PASSCODE)
    house.wait(lambda: house.is_locked)
    house.enter()

    house.household._on_system(("org.freedesktop.login1.Manager", "PrepareForSleep", (False,)))
    assert not house.is_locked
    house.household._on_system(("org.freedesktop.login1.Manager", "PrepareForSleep", (True,)))

    assert house.is_locked
