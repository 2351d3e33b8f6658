from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from desktop.events import FriendGroup
from desktop.ui.group_name_dialog import GroupNameDialog
from tests.desktop.ui.spoken import unnamed_controls

GROUPS = (FriendGroup(name="Family"), FriendGroup(name="Work"))


def test_a_new_name_is_told_without_blanks(windows: None, qtbot: QtBot) -> None:
    dialog = GroupNameDialog(GROUPS, None)
    qtbot.addWidget(dialog)

    QTest.keyClicks(dialog.field, "  School ")
    with qtbot.waitSignal(dialog.named) as named:
        QTest.keyClick(dialog.field, Qt.Key.Key_Return)

    assert named.args == ["School"]
    assert dialog.result() == dialog.DialogCode.Accepted


def test_a_name_that_another_group_has_is_said(windows: None, qtbot: QtBot) -> None:
    dialog = GroupNameDialog(GROUPS, None)
    qtbot.addWidget(dialog)
    dialog.show()

    with qtbot.assertNotEmitted(dialog.named):
        QTest.mouseClick(dialog.save_button, Qt.MouseButton.LeftButton)
        empty = dialog.error.text()
        QTest.keyClicks(dialog.field, "work")
        typed = dialog.error.text()
        QTest.mouseClick(dialog.save_button, Qt.MouseButton.LeftButton)

    assert (empty, typed) == ("A group needs a name.", "")
    assert dialog.error.text() == "There is a group of this name already."
    assert unnamed_controls(dialog) == []


def test_a_group_may_keep_its_name_in_another_case(windows: None, qtbot: QtBot) -> None:
    dialog = GroupNameDialog(GROUPS, None, name="Work")
    qtbot.addWidget(dialog)
    assert dialog.field.selectedText() == "Work"

    QTest.keyClicks(dialog.field, "WORK")
    with qtbot.waitSignal(dialog.named) as named:
        QTest.mouseClick(dialog.save_button, Qt.MouseButton.LeftButton)

    assert named.args == ["WORK"]
