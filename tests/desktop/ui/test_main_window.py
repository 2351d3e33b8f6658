from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from desktop.ui.main_window import PANES_KEPT_MAX, MainWindow
from desktop.ui.settings import SettingsStore
from tests.desktop.fake_port import FakePort, profile
from tests.exhibits.stage import MOM, WANG


@pytest.fixture
def window(world: FakePort, tmp_path: Path, qtbot: QtBot) -> MainWindow:
    made = MainWindow(world.session, world, SettingsStore(tmp_path / "windows.json"))
    qtbot.addWidget(made)
    made.show()
    made.activateWindow()
    qtbot.waitUntil(made.isActiveWindow)
    return made


def test_a_narrow_window_shows_one_column(window: MainWindow) -> None:
    window.resize(400, 600)
    assert window.side.isVisible()
    assert not window.chats.isVisible()

    pane = window.show_conversation(WANG)
    assert not window.side.isVisible()
    assert pane.header.back_button.isVisible()

    window.close_conversation()
    assert window.side.isVisible()


def test_the_keyboard_reaches_search_and_closes_a_conversation(window: MainWindow) -> None:
    window.show_conversation(WANG)

    QTest.keyClick(window, Qt.Key.Key_K, Qt.KeyboardModifier.ControlModifier)
    assert window.side.search.hasFocus()
    QTest.keyClick(window, Qt.Key.Key_Escape)

    assert window.open_pane is None


def test_a_conversation_keeps_its_place_while_another_is_read(window: MainWindow) -> None:
    pane = window.show_conversation(WANG)

    window.show_conversation(MOM)

    assert window.show_conversation(WANG) is pane


def test_no_more_panes_are_kept_than_the_bound(world: FakePort, window: MainWindow) -> None:
    people = [
        profile(100 + number, f"user{number}", f"User {number}")
        for number in range(PANES_KEPT_MAX + 3)
    ]
    ids = [world.add_conversation(person) for person in people]
    world.announce()

    for conversation_id in ids:
        window.show_conversation(conversation_id)

    assert len(window._panes) == PANES_KEPT_MAX


def test_size_and_splitter_are_remembered(
    world: FakePort, window: MainWindow, tmp_path: Path, qtbot: QtBot
) -> None:
    window.resize(900, 640)
    window.close()

    again = MainWindow(world.session, world, SettingsStore(tmp_path / "windows.json"))
    qtbot.addWidget(again)

    assert (again.width(), again.height()) == (900, 640)


def test_the_title_counts_what_is_unread(world: FakePort, window: MainWindow) -> None:
    world.receive(MOM, "hello?")

    assert window.windowTitle() == "(5) 林晓 – Mim"


def test_escape_ends_an_answer_before_it_closes_the_conversation(
    world: FakePort, window: MainWindow, qtbot: QtBot
) -> None:
    pane = window.show_conversation(WANG)
    pane.view.reply_requested.emit(world.rows[WANG][0])
    window.activateWindow()
    qtbot.waitActive(window)
    pane.composer.editor.setFocus()

    QTest.keyClick(pane.composer.editor, Qt.Key.Key_Escape)
    first = (pane.composer.strip.isHidden(), window.open_pane is pane)
    QTest.keyClick(pane.composer.editor, Qt.Key.Key_Escape)

    assert first == (True, True)
    assert window.open_pane is None


def test_what_is_being_edited_is_still_there_after_another_conversation(
    world: FakePort, window: MainWindow
) -> None:
    pane = window.show_conversation(WANG)
    row = next(row for row in world.rows[WANG] if row.is_own)
    pane.view.edit_requested.emit(row)
    pane.composer.editor.insertPlainText(" now")

    window.show_conversation(MOM)
    again = window.show_conversation(WANG)

    assert again.composer.text == f"{row.text} now"
    assert again.composer.strip.isVisibleTo(again)


def test_the_settings_reach_where_is_typed(window: MainWindow) -> None:
    window._settings.change(enter_sends=False)

    pane = window.show_conversation(WANG)

    assert not pane.composer.editor.enter_sends()
