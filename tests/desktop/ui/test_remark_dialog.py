from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from desktop.commands import SetRemark
from desktop.ui.remark_dialog import RemarkDialog
from shared.identifiers import AccountId
from tests.desktop.fake_port import FakePort

ALICE = AccountId(3)


def opened(world: FakePort) -> RemarkDialog:
    contact = world.session.contact(ALICE)
    assert contact is not None
    dialog = RemarkDialog(world, contact)
    dialog.open()
    return dialog


@pytest.mark.parametrize(("typed", "kept"), [("Alice from chess ", "Alice from chess")])
def test_a_name_of_ones_own_is_kept(world: FakePort, qtbot: QtBot, typed: str, kept: str) -> None:
    dialog = opened(world)
    QTest.keyClicks(dialog.remark, typed)

    with qtbot.waitSignal(dialog.accepted):
        QTest.keyClick(dialog.remark, Qt.Key.Key_Return)

    assert world.of(SetRemark) == [SetRemark(account=ALICE, remark=kept)]


def test_an_empty_name_takes_it_away(world: FakePort, qtbot: QtBot) -> None:
    world.send(SetRemark(account=ALICE, remark="Al"))
    dialog = opened(world)
    assert dialog.remark.text() == "Al"
    dialog.remark.clear()

    with qtbot.waitSignal(dialog.accepted):
        QTest.mouseClick(dialog.save_button, Qt.MouseButton.LeftButton)

    assert world.of(SetRemark)[-1].remark == ""


def test_nothing_changed_is_nothing_sent(world: FakePort, qtbot: QtBot) -> None:
    dialog = opened(world)

    with qtbot.waitSignal(dialog.accepted):
        QTest.mouseClick(dialog.save_button, Qt.MouseButton.LeftButton)

    assert not world.of(SetRemark)
