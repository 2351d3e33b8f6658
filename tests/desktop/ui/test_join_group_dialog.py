from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from desktop.commands import JoinGroup
from desktop.ui.join_group_dialog import JoinGroupDialog
from tests.desktop.fake_port import FakePort


@pytest.mark.parametrize(
    ("code", "start"), [("ASK", "An admin of “Chess”"), ("IN", "You will be in “Chess”")]
)
def test_what_happens_next_is_said(world: FakePort, qtbot: QtBot, code: str, start: str) -> None:
    dialog = JoinGroupDialog(world)
    dialog.open()
    QTest.keyClicks(dialog.code, f" {code} ")

    with qtbot.waitSignal(dialog.started) as started:
        QTest.keyClick(dialog.code, Qt.Key.Key_Return)

    assert started.args[0].startswith(start)
    assert world.of(JoinGroup) == [JoinGroup(code=code)]


def test_without_a_code_nothing_is_asked(world: FakePort) -> None:
    dialog = JoinGroupDialog(world)
    dialog.open()

    dialog.join()

    assert dialog.error.isVisible()
    assert not world.of(JoinGroup)


def test_a_bad_code_keeps_the_dialog(world: FakePort, qtbot: QtBot) -> None:
    world.refusals[JoinGroup] = "bad_invite"
    dialog = JoinGroupDialog(world)
    dialog.open()
    QTest.keyClicks(dialog.code, "OLD")

    dialog.join()

    qtbot.waitUntil(lambda: "not valid any more" in dialog.error.text())
    assert dialog.code.text() == "OLD"
