from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from desktop.ui.closing_dialog import ClosingDialog
from desktop.ui.translate import Language, set_language
from tests.desktop.ui.spoken import unnamed_controls


@pytest.fixture
def dialog(windows: None) -> ClosingDialog:
    made = ClosingDialog()
    made.open()
    return made


def test_staying_and_ending_are_told(dialog: ClosingDialog, qtbot: QtBot) -> None:
    with qtbot.waitSignal(dialog.keep_chosen):
        QTest.keyClick(dialog.keep_button, Qt.Key.Key_Return)

    other = ClosingDialog()
    other.open()
    with qtbot.waitSignal(other.quit_chosen):
        QTest.mouseClick(other.quit_button, Qt.MouseButton.LeftButton)


def test_escape_chooses_nothing(dialog: ClosingDialog, qtbot: QtBot) -> None:
    with qtbot.assertNotEmitted(dialog.quit_chosen), qtbot.assertNotEmitted(dialog.keep_chosen):
        QTest.keyClick(dialog, Qt.Key.Key_Escape)

    assert not dialog.isVisible()


def test_it_is_said_in_both_languages(dialog: ClosingDialog) -> None:
    assert dialog.heading.text() == "Keep Mim running?"
    assert unnamed_controls(dialog) == []
    set_language(Language.CHINESE)
    assert dialog.keep_button.text() == "继续运行"
