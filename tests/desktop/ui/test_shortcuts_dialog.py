from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from desktop.ui.shortcuts import Shortcut, keys_of
from desktop.ui.shortcuts_dialog import KeyCap, ShortcutsDialog
from desktop.ui.translate import Language, set_language
from tests.desktop.ui.spoken import unnamed_controls


def test_every_shortcut_is_shown_with_its_keys(windows: None) -> None:
    dialog = ShortcutsDialog()
    dialog.open()

    caps = [cap.text() for cap in dialog.findChildren(KeyCap)]

    assert set(dialog.table.words) == set(Shortcut)
    assert "Ctrl+K" in caps
    assert len(caps) == len(Shortcut)
    assert unnamed_controls(dialog) == []


def test_it_speaks_the_language_that_holds(windows: None) -> None:
    dialog = ShortcutsDialog()
    dialog.open()

    set_language(Language.CHINESE)

    assert dialog.table.words[Shortcut.SETTINGS].text() == "设置"
    # Names of keys are Qt's, and follow too.
    assert dialog.table.caps[Shortcut.ENDS].text() == keys_of(Shortcut.ENDS)


def test_enter_closes_it(windows: None, qtbot: QtBot) -> None:
    dialog = ShortcutsDialog()
    dialog.open()

    with qtbot.waitSignal(dialog.accepted):
        QTest.keyClick(dialog.close_button, Qt.Key.Key_Return)
