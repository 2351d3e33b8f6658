from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from desktop.commands import CreateGroup
from desktop.ui.new_group_dialog import NewGroupDialog
from tests.desktop.fake_port import FakePort
from tests.desktop.ui.hands import press_key
from tests.desktop.ui.spoken import unnamed_controls


def test_a_group_is_made_with_the_keyboard_alone(world: FakePort, qtbot: QtBot) -> None:
    dialog = NewGroupDialog(world.session, world)
    dialog.open()
    QTest.keyClicks(dialog.name, " Chess ")
    press_key(dialog, Qt.Key.Key_Return)
    press_key(dialog, Qt.Key.Key_Tab)
    press_key(dialog, Qt.Key.Key_Space)

    counted = dialog.people_label.text()
    press_key(dialog, Qt.Key.Key_Tab, times=2)
    with qtbot.waitSignal(dialog.created):
        press_key(dialog, Qt.Key.Key_Return)

    (command,) = world.of(CreateGroup)
    assert command.name == "Chess"
    assert len(command.accounts) == 1
    assert counted == "1 member chosen"


def test_a_group_has_a_name(world: FakePort) -> None:
    dialog = NewGroupDialog(world.session, world)
    dialog.open()

    dialog.create_group()

    assert dialog.error.text() == "Please fill in every field."
    assert not world.of(CreateGroup)
    assert unnamed_controls(dialog) == []
