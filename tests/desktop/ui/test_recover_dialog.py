from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from desktop.commands import Recover, ResetAccount
from desktop.ui.recover_dialog import RecoverDialog
from tests.desktop.fake_port import FakePort
from tests.desktop.ui.hands import press, retype


async def prepare() -> None:
    return


@pytest.fixture
def dialog(world: FakePort) -> RecoverDialog:
    made = RecoverDialog(world, prepare, user_name="linxiao")
    made.open()
    retype(made.code, "CODE")
    retype(made.new_password, "new password")
    retype(made.repeated, "new password")
    return made


def test_a_code_sets_a_new_password(dialog: RecoverDialog, world: FakePort, qtbot: QtBot) -> None:
    with qtbot.waitSignal(dialog.recovered):
        QTest.keyClick(dialog.repeated, Qt.Key.Key_Return)

    (command,) = world.of(Recover)
    assert (command.user_name, command.recovery_code) == ("linxiao", "CODE")


def test_without_a_code_the_administrators_token_does(
    dialog: RecoverDialog, world: FakePort, qtbot: QtBot
) -> None:
    press(dialog.reset)
    assert dialog.code_label.text() == "Reset token"

    with qtbot.waitSignal(dialog.recovered):
        press(dialog.recover_button)

    assert world.of(ResetAccount)[0].reset_token == "CODE"


@pytest.mark.parametrize(
    ("field", "text", "sentence"),
    [
        ("code", "", "Please fill in every field."),
        ("new_password", "short", "A password has at least 8 characters. Choose a longer one."),
        ("repeated", "another password", "The two passwords differ. Type the same one twice."),
    ],
)
def test_mistakes_have_sentences(
    dialog: RecoverDialog, world: FakePort, field: str, text: str, sentence: str
) -> None:
    retype(getattr(dialog, field), text)

    press(dialog.recover_button)

    assert dialog.error.text() == sentence
    assert not world.of(Recover)
