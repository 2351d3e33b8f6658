from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from desktop.commands import ChangePassword, MakeRecoveryCode
from desktop.ui.password_dialog import NewCodeDialog, PasswordDialog
from tests.desktop.fake_port import FakePort
from tests.desktop.ui.hands import press, retype


@pytest.fixture
def dialog(world: FakePort) -> PasswordDialog:
    made = PasswordDialog(world)
    made.open()
    return made


def fill(dialog: PasswordDialog, *texts: str) -> None:
    for (_, field, _), text in zip(dialog.labels, texts, strict=True):
        retype(field, text)


def test_the_password_is_changed(dialog: PasswordDialog, world: FakePort, qtbot: QtBot) -> None:
    fill(dialog, "old password", "new password", "new password")

    with qtbot.waitSignal(dialog.said):
        QTest.keyClick(dialog.repeated, Qt.Key.Key_Return)

    (command,) = world.of(ChangePassword)
    assert (command.password, command.new_password) == ("old password", "new password")


@pytest.mark.parametrize(
    ("texts", "sentence"),
    [
        (("old password", "", ""), "Please fill in every field."),
        (
            ("old password", "short", "short"),
            "A password has at least 8 characters. Choose a longer one.",
        ),
        (
            ("old password", "new password", "new passw0rd"),
            "The two passwords differ. Type the same one twice.",
        ),
    ],
)
def test_mistakes_have_sentences(
    dialog: PasswordDialog, world: FakePort, texts: tuple[str, str, str], sentence: str
) -> None:
    fill(dialog, *texts)

    dialog.change()

    assert dialog.error.text() == sentence
    assert not world.of(ChangePassword)


def test_a_new_recovery_code_takes_the_password(world: FakePort, qtbot: QtBot) -> None:
    dialog = NewCodeDialog(world)
    dialog.open()
    QTest.keyClick(dialog.password, Qt.Key.Key_Return)
    assert dialog.error.text() == "Please fill in every field."
    retype(dialog.password, "old password")

    with qtbot.waitSignal(dialog.code_made) as made:
        press(dialog.yes_button)

    assert made.args[0].startswith("ABCD")
    assert world.of(MakeRecoveryCode)
