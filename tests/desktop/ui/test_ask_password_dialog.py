from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from desktop.models.port import CommandFailedError
from desktop.ui.ask_password_dialog import AskPasswordDialog
from desktop.ui.controls import ButtonKind
from tests.desktop.ui.spoken import unnamed_controls


class Safe(AskPasswordDialog):
    """Opens with one password."""

    def retranslate(self) -> None:
        super().retranslate()
        self.say("Open it?", "It holds the good cups.", "Open")

    async def carry_out(self, password: str) -> None:
        if password != "the right one":
            raise CommandFailedError("wrong_credentials", "no")
        self.accept()


def opened() -> Safe:
    dialog = Safe(ButtonKind.DANGER)
    dialog.open()
    return dialog


def test_without_a_password_nothing_is_done(windows: None) -> None:
    dialog = opened()

    QTest.keyClick(dialog.password, Qt.Key.Key_Return)

    assert dialog.error.text() == "Please fill in every field."
    assert dialog.isVisible()
    assert unnamed_controls(dialog) == []


def test_a_wrong_password_is_said_and_the_right_one_does_it(windows: None, qtbot: QtBot) -> None:
    dialog = opened()
    dialog.password.setText("a wrong one")
    QTest.mouseClick(dialog.yes_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: "wrong password" in dialog.error.text())
    dialog.password.setText("the right one")

    with qtbot.waitSignal(dialog.accepted):
        QTest.keyClick(dialog.password, Qt.Key.Key_Return)


def test_caps_lock_is_told_and_the_dialog_grows(windows: None) -> None:
    dialog = opened()
    before = dialog.height()

    QTest.keyClicks(dialog.password, "A")

    assert dialog.caps_lock.isVisible()
    assert dialog.height() > before
