from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from desktop.ui.controls import Label
from desktop.ui.empty_state import EmptyState
from desktop.ui.theme import tokens
from desktop.ui.translate import Language, set_language


def make_state(qtbot: QtBot, key: str, *, has_button: bool = False, width: int = 400) -> EmptyState:
    state = EmptyState(key, "user-plus", has_button=has_button)
    qtbot.addWidget(state)
    state.resize(width, 500)
    state.show()
    return state


def words_of(state: EmptyState) -> list[str]:
    return [label.text() for label in state.findChildren(Label) if label.isVisible()]


def test_it_says_what_is_missing_and_what_to_do(windows: None, qtbot: QtBot) -> None:
    state = make_state(qtbot, "empty.contacts", has_button=True)

    assert words_of(state)[0] == "No contacts yet"
    assert "send them a request" in words_of(state)[1]
    assert state.button.text() == "Add a contact"


@pytest.mark.parametrize("way", ["mouse", "enter"])
def test_its_button_is_told(windows: None, qtbot: QtBot, way: str) -> None:
    state = make_state(qtbot, "empty.contacts", has_button=True)

    with qtbot.waitSignal(state.pressed):
        if way == "mouse":
            QTest.mouseClick(state.button, Qt.MouseButton.LeftButton)
        else:
            QTest.keyClick(state.button, Qt.Key.Key_Return)


def test_where_nothing_can_be_done_there_is_no_button(windows: None, qtbot: QtBot) -> None:
    state = make_state(qtbot, "empty.unread")

    assert not state.button.isVisible()
    assert words_of(state) == ["All caught up", "There are no unread messages."]


def test_it_changes_its_language(windows: None, qtbot: QtBot) -> None:
    state = make_state(qtbot, "empty.contacts", has_button=True)
    before = [*words_of(state), state.button.text()]

    set_language(Language.CHINESE)

    after = [*words_of(state), state.button.text()]
    assert all(old != new for old, new in zip(before, after, strict=True))


def test_in_a_narrow_pane_the_words_take_more_lines(windows: None, qtbot: QtBot) -> None:
    state = make_state(qtbot, "empty.chats", width=400)
    label = state.findChildren(Label)[1]
    height = label.height()

    state.resize(240, 500)

    assert state.width() == 240
    assert label.height() > height
    assert label.height() >= label.heightForWidth(label.width())


def test_it_stands_on_the_ground_it_was_given(windows: None, qtbot: QtBot) -> None:
    state = EmptyState("empty.chat", "message-circle", ground=lambda colors: colors.chat)
    qtbot.addWidget(state)
    state.resize(300, 300)

    assert state.grab().toImage().pixelColor(1, 1) == tokens().chat
