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

    both = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    QTest.keyClick(window, Qt.Key.Key_F, both)
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
