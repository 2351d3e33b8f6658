from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from desktop.ui.pick_dialog import Pick, PickDialog
from tests.desktop.fake_port import FakePort, profile
from tests.desktop.ui.spoken import names, unnamed_controls


@pytest.fixture
def dialog(world: FakePort) -> PickDialog:
    picks = [Pick(profile(n, f"user{n}", name), n) for n, name in ((1, "Ann"), (2, "Bob"))]
    made = PickDialog(world.session, "From", picks)
    made.open()
    return made


def test_letters_and_enter_pick(dialog: PickDialog, qtbot: QtBot) -> None:
    assert names(dialog.list) == ["Ann, @user1", "Bob, @user2"]
    dialog.search.setText("bo")

    with qtbot.waitSignal(dialog.picked) as told:
        QTest.keyClick(dialog.search, Qt.Key.Key_Return)

    assert told.args == [2]


def test_arrows_and_a_click_pick(dialog: PickDialog, qtbot: QtBot) -> None:
    QTest.keyClick(dialog.search, Qt.Key.Key_Down)
    QTest.keyClick(dialog.search, Qt.Key.Key_Down)
    assert dialog.list.currentIndex().row() == 1
    QTest.keyClick(dialog.search, Qt.Key.Key_Up)

    with qtbot.waitSignal(dialog.picked) as told:
        at = dialog.list.visualRect(dialog.list.people.index(0)).center()
        QTest.mouseClick(dialog.list.viewport(), Qt.MouseButton.LeftButton, pos=at)

    assert told.args == [1]


def test_nobody_found_is_said_and_nothing_picked(dialog: PickDialog, qtbot: QtBot) -> None:
    dialog.search.setText("zz")
    assert dialog.nobody.isVisible()

    with qtbot.assertNotEmitted(dialog.picked):
        QTest.keyClick(dialog.search, Qt.Key.Key_Return)

    assert unnamed_controls(dialog) == []
