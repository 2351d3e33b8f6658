from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from desktop.ui.lock_screen import LockScreen
from desktop.ui.translate import Language, set_language
from tests.desktop.ui.spoken import unnamed_controls


class Clock:
    def __init__(self) -> None:
        self.now_ms = 1_000_000

    def __call__(self) -> int:
        return self.now_ms


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def screen(windows: None, clock: Clock) -> LockScreen:
    made = LockScreen(clock)
    made.show()
    made.begin()
    return made


def test_what_is_typed_is_tried_once(screen: LockScreen, qtbot: QtBot) -> None:
    tried: list[str] = []
    screen.tried.connect(tried.append)
    QTest.keyClicks(screen.passcode, "a passcode")

    QTest.keyClick(screen.passcode, Qt.Key.Key_Return)
    QTest.keyClick(screen.passcode, Qt.Key.Key_Return)
    QTest.mouseClick(screen.unlock_button, Qt.MouseButton.LeftButton)

    assert tried == ["a passcode"]
    assert not screen.unlock_button.isEnabled()


def test_nothing_typed_is_nothing_to_try(screen: LockScreen, qtbot: QtBot) -> None:
    with qtbot.assertNotEmitted(screen.tried):
        QTest.keyClick(screen.passcode, Qt.Key.Key_Return)

    assert not screen.unlock_button.isEnabled()


def test_a_wrong_one_is_said_until_something_is_typed(screen: LockScreen) -> None:
    QTest.keyClicks(screen.passcode, "wrong one")
    screen.set_busy(True)

    screen.refuse("wrong_passcode")

    assert screen.passcode.text() == ""
    assert screen.error.text() == "This is not the passcode."
    QTest.keyClicks(screen.passcode, "x")
    assert screen.error.text() == ""
    assert screen.unlock_button.isEnabled()


def test_a_wait_counts_down_and_ends(screen: LockScreen, clock: Clock) -> None:
    screen.refuse("wrong_passcode")
    screen.set_retry(clock.now_ms + 4_200)
    QTest.keyClicks(screen.passcode, "a passcode")
    assert "Try again in 5 s." in screen.error.text()
    assert not screen.unlock_button.isEnabled()

    clock.now_ms += 4_000
    screen._clock.timeout.emit()
    assert "in 1 s." in screen.error.text()
    clock.now_ms += 200
    screen._clock.timeout.emit()

    assert screen.unlock_button.isEnabled()
    assert not screen._clock.isActive()


def test_closing_it_is_told_but_not_when_it_is_open(screen: LockScreen, qtbot: QtBot) -> None:
    with qtbot.waitSignal(screen.closed):
        screen.close()
    with qtbot.assertNotEmitted(screen.closed):
        screen.leave()


def test_forgetting_is_told(screen: LockScreen, qtbot: QtBot) -> None:
    with qtbot.waitSignal(screen.forgotten):
        QTest.mouseClick(screen.forgot_button, Qt.MouseButton.LeftButton)


def test_it_names_its_controls_and_nobody(screen: LockScreen) -> None:
    assert screen.windowTitle() == "Mim"
    assert unnamed_controls(screen) == []
    set_language(Language.CHINESE)
    assert screen.title.text() == "Mim 已锁定"
    assert screen.passcode.accessibleName() == "锁屏密码"
