from __future__ import annotations

import stat
import sys
from pathlib import Path

import pytest
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from desktop.ui.recovery_code_dialog import RecoveryCodeDialog
from tests.desktop.ui.hands import name_files, press

CODE = "ABCD-EFGH-2345"


@pytest.fixture
def dialog(windows: None) -> RecoveryCodeDialog:
    made = RecoveryCodeDialog(CODE, "anna")
    made.open()
    return made


def test_the_code_is_saved_for_its_owner_alone(dialog: RecoveryCodeDialog, tmp_path: Path) -> None:
    path = tmp_path / "code.txt"

    press(dialog.save_button)
    (files,) = dialog.findChildren(QFileDialog)
    name_files(files, path)

    assert CODE in path.read_text(encoding="utf-8")
    assert "anna" in path.read_text(encoding="utf-8")
    if sys.platform != "win32":
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0


def test_a_file_that_cannot_be_written_is_said(dialog: RecoveryCodeDialog, tmp_path: Path) -> None:
    dialog.save_to(str(tmp_path))

    assert "could not be written" in dialog.error.text()


def test_the_dialog_goes_only_once_the_code_is_kept(
    dialog: RecoveryCodeDialog, qtbot: QtBot
) -> None:
    press(dialog, dialog.done_button.mapTo(dialog, dialog.done_button.rect().center()))
    assert dialog.isVisible()

    press(dialog.kept)
    with qtbot.waitSignal(dialog.accepted):
        press(dialog.done_button)


def test_the_code_is_copied(windows: None) -> None:
    dialog = RecoveryCodeDialog("ABCD-EFGH", "anna")
    dialog.open()

    press(dialog.copy_button)

    assert QGuiApplication.clipboard().text() == "ABCD-EFGH"
    assert dialog.copy_button.text() == "Copied"
