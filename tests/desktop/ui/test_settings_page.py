from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from desktop.models.port import CommandFailedError
from desktop.ui.settings import SettingsStore
from desktop.ui.settings_page import SettingsPage
from desktop.ui.translate import Language, set_language


def test_a_switch_keeps_what_it_is_set_to(windows: None, tmp_path: Path) -> None:
    store = SettingsStore(tmp_path / "windows.json")
    page = SettingsPage("settings.chats", "message-circle", store)
    row = page.add_switch("settings.enter_sends", "settings.enter_sends_words", "enter_sends")
    page.show()

    QTest.mouseClick(row, Qt.MouseButton.LeftButton, pos=row.rect().center())

    assert not store.settings.enter_sends
    assert not SettingsStore(tmp_path / "windows.json").settings.enter_sends


def test_rows_speak_the_language_that_holds(windows: None, tmp_path: Path) -> None:
    page = SettingsPage("settings.chats", "message-circle", SettingsStore(tmp_path / "w.json"))
    row = page.add_switch("settings.enter_sends", "settings.enter_sends_words", "enter_sends")

    set_language(Language.CHINESE)

    assert row.text() == "按 Enter 发送"
    assert page.accessibleName() == "聊天"


def test_what_the_engine_refuses_is_said_and_undone(
    windows: None, tmp_path: Path, qtbot: QtBot
) -> None:
    undone = []

    class Page(SettingsPage):
        def undo(self) -> None:
            undone.append(True)

    async def refused() -> None:
        raise CommandFailedError("offline", "no link")

    page = Page("settings.chats", "message-circle", SettingsStore(tmp_path / "w.json"))
    page.show()
    page.start(refused())

    qtbot.waitUntil(lambda: bool(undone))
    assert page.error.isVisible()
    assert "cannot be reached" in page.error.text()
