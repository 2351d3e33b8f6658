from __future__ import annotations

import time

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu
from pytestqt.qtbot import QtBot

from desktop.events import MessageState
from desktop.ui.timeline_view import TimelineView
from tests.desktop.fake_port import FakePort
from tests.desktop.ui.hands import choose_with_keys, menu_of
from tests.desktop.ui.timelines import make_conversation, make_view

CONTROL = Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def view(port: FakePort, qtbot: QtBot) -> TimelineView:
    conversation_id = make_conversation(port, *(f"message {number}" for number in range(40)))
    now_ms = int(time.time() * 1000)
    port.add_message(
        conversation_id, "mine", is_own=True, state=MessageState.READ, received_at_ms=now_ms
    )
    made = make_view(port, qtbot, conversation_id)
    made.setFocus()
    return made


def key(view: TimelineView, which: Qt.Key, *modifiers: Qt.KeyboardModifier) -> None:
    QTest.keyClick(view, which, modifiers[0] if modifiers else Qt.KeyboardModifier.NoModifier)


def test_up_and_down_walk_through_the_messages(view: TimelineView) -> None:
    rows = view.model.rows
    walked = []

    for which in (Qt.Key.Key_Up, Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_Down, Qt.Key.Key_Down):
        key(view, which)
        walked.append(view.current_row)

    assert walked == [rows[-2], rows[-3], rows[-2], rows[-1], rows[-1]]


def test_the_message_walked_to_is_in_sight(view: TimelineView) -> None:
    for _ in range(30):
        key(view, Qt.Key.Key_Up)

    assert view.current_row is not None
    assert any(item.row == view.current_row for item in view.visible_items())


def test_pages_and_ends(view: TimelineView) -> None:
    bar = view.verticalScrollBar()
    places = []

    for which in (Qt.Key.Key_PageUp, Qt.Key.Key_Home, Qt.Key.Key_PageDown, Qt.Key.Key_End):
        key(view, which)
        places.append(bar.value())

    assert places[0] == bar.maximum() - bar.pageStep()
    assert places[1:] == [0, bar.pageStep(), bar.maximum()]


def test_enter_opens_the_menu_of_the_message(view: TimelineView, qtbot: QtBot) -> None:
    key(view, Qt.Key.Key_Return)

    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    texts = [action.text() for action in menu.actions()]
    assert {"Reply", "React", "Edit", "Take back", "Copy text", "Select messages"} <= set(texts)
    menu.close()


def test_letters_answer_and_edit(view: TimelineView) -> None:
    told: list[tuple[str, object]] = []
    view.reply_requested.connect(lambda row: told.append(("reply", row)))
    view.edit_requested.connect(lambda row: told.append(("edit", row)))
    mine = view.model.rows[-1]

    key(view, Qt.Key.Key_R)
    key(view, Qt.Key.Key_E)
    key(view, Qt.Key.Key_Up)
    key(view, Qt.Key.Key_E)

    assert told == [("reply", mine), ("edit", mine)]


def test_delete_asks_first(view: TimelineView, qtbot: QtBot) -> None:
    with (
        qtbot.assertNotEmitted(view.recall_requested),
        qtbot.waitSignal(view.recall_asked) as asked,
    ):
        key(view, Qt.Key.Key_Delete)

    assert asked.args == [[view.model.rows[-1]]]


def test_delete_does_nothing_to_what_others_wrote(view: TimelineView, qtbot: QtBot) -> None:
    key(view, Qt.Key.Key_Up)

    with qtbot.assertNotEmitted(view.recall_asked):
        key(view, Qt.Key.Key_Delete)


def test_control_and_up_edits_the_newest_of_ones_own(view: TimelineView, qtbot: QtBot) -> None:
    with qtbot.waitSignal(view.edit_last_requested):
        key(view, Qt.Key.Key_Up, CONTROL)


def test_control_and_c_copies(view: TimelineView) -> None:
    key(view, Qt.Key.Key_C, CONTROL)

    assert QGuiApplication.clipboard().text() == "mine"


def test_messages_are_chosen_without_a_mouse(view: TimelineView) -> None:
    rows = view.model.rows
    key(view, Qt.Key.Key_Up)
    key(view, Qt.Key.Key_Down)
    choose_with_keys(menu_of(lambda: key(view, Qt.Key.Key_Return)), "Select messages")

    key(view, Qt.Key.Key_Up)
    key(view, Qt.Key.Key_Space)
    chosen = view.choice.rows()
    key(view, Qt.Key.Key_C, CONTROL)
    key(view, Qt.Key.Key_Escape)

    assert chosen == rows[-2:]
    assert QGuiApplication.clipboard().text().count("[2026") == 2
    assert not view.choice.is_active


def test_a_key_that_means_nothing_here_goes_on(view: TimelineView) -> None:
    before = view.current

    key(view, Qt.Key.Key_X)
    key(view, Qt.Key.Key_R, CONTROL)

    assert view.current == before
