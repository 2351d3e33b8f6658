from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from desktop.commands import LogOut
from desktop.ui.log_out_dialog import LogOutDialog
from tests.desktop.fake_port import FakePort


@pytest.fixture
def dialog(world: FakePort) -> LogOutDialog:
    made = LogOutDialog(world)
    made.open()
    return made


def test_messages_are_kept_unless_something_else_is_chosen(
    dialog: LogOutDialog, world: FakePort, qtbot: QtBot
) -> None:
    with qtbot.waitSignal(dialog.accepted):
        QTest.mouseClick(dialog.log_out_button, Qt.MouseButton.LeftButton)

    assert world.of(LogOut) == [LogOut(wipe=False)]


def test_everything_is_wiped_when_it_is_chosen(
    dialog: LogOutDialog, world: FakePort, qtbot: QtBot
) -> None:
    QTest.mouseClick(dialog.wipe, Qt.MouseButton.LeftButton)
    assert not dialog.keep.isChecked()

    with qtbot.waitSignal(dialog.accepted):
        QTest.mouseClick(dialog.log_out_button, Qt.MouseButton.LeftButton)

    assert world.of(LogOut) == [LogOut(wipe=True)]


def test_what_each_choice_means_is_said(dialog: LogOutDialog) -> None:
    assert "there again when you log in" in dialog.keep_words.text()
    assert "cannot be undone" in dialog.wipe_words.text()


@pytest.mark.parametrize("way", ["button", "escape"])
def test_one_can_stay(dialog: LogOutDialog, world: FakePort, qtbot: QtBot, way: str) -> None:
    with qtbot.waitSignal(dialog.rejected):
        if way == "button":
            QTest.mouseClick(dialog.cancel_button, Qt.MouseButton.LeftButton)
        else:
            QTest.keyClick(dialog, Qt.Key.Key_Escape)

    assert not world.of(LogOut)


def test_a_log_out_that_fails_is_said(dialog: LogOutDialog, world: FakePort, qtbot: QtBot) -> None:
    world.refusals[LogOut] = "local"

    QTest.mouseClick(dialog.log_out_button, Qt.MouseButton.LeftButton)

    qtbot.waitUntil(lambda: "local database" in dialog.error.text())
    assert dialog.isVisible()
