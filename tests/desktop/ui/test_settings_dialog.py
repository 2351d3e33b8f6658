from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from desktop.ui.settings import SettingsStore
from desktop.ui.settings_dialog import SettingsDialog
from desktop.ui.theme import Appearance, set_appearance, tokens
from desktop.ui.translate import Language, set_language
from tests.desktop.fake_port import FakePort


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SettingsStore]:
    yield SettingsStore(tmp_path / "windows.json")
    set_appearance(Appearance.LIGHT)
    set_language(Language.ENGLISH)


@pytest.fixture
def dialog(port: FakePort, store: SettingsStore) -> SettingsDialog:
    made = SettingsDialog(port.session, store)
    made.open()
    return made


def test_the_appearance_changes_at_once_and_is_kept(
    dialog: SettingsDialog, store: SettingsStore
) -> None:
    QTest.mouseClick(dialog.appearance.segments[2], Qt.MouseButton.LeftButton)

    assert tokens().is_dark
    assert store.settings.appearance is Appearance.DARK


def test_the_language_changes_at_once_and_is_kept(
    dialog: SettingsDialog, store: SettingsStore
) -> None:
    QTest.mouseClick(dialog.language.segments[2], Qt.MouseButton.LeftButton)

    assert dialog.heading.text() == "设置"
    assert store.settings.language is Language.CHINESE


def test_logging_out_is_asked_for_from_here(dialog: SettingsDialog, qtbot: QtBot) -> None:
    with qtbot.waitSignal(dialog.log_out_requested):
        QTest.mouseClick(dialog.log_out_button, Qt.MouseButton.LeftButton)
