from __future__ import annotations

import time

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from pytestqt.qtbot import QtBot

from desktop.commands import CancelMessage
from desktop.events import MessageState
from shared import limits
from tests.desktop.fake_port import FakePort
from tests.desktop.ui.hands import choose, menu_of, press
from tests.desktop.ui.timelines import letter_place, make_conversation, make_view


def test_only_own_and_young_messages_can_be_taken_back_together(
    port: FakePort, qtbot: QtBot
) -> None:
    conversation_id = make_conversation(port, *(f"message {n}" for n in range(1)))
    now_ms = int(time.time() * 1000)
    mine = [
        port.add_message(
            conversation_id,
            "mine",
            is_own=True,
            state=MessageState.READ,
            received_at_ms=now_ms,
            message_id=f"{number:032x}",
        )
        for number in (7, 8)
    ]
    view = make_view(port, qtbot, conversation_id)

    place, right = letter_place(view, 1, 0), Qt.MouseButton.RightButton
    choose(menu_of(lambda: press(view.viewport(), place, button=right)), "Select messages")
    press(view.viewport(), letter_place(view, 2, 0))
    press(view.viewport(), letter_place(view, 0, 0))
    with_other = view.choice.bar.recall_button.isEnabled()
    press(view.viewport(), letter_place(view, 0, 0))
    with qtbot.waitSignal(view.recall_asked) as asked:
        press(view.choice.bar.recall_button)

    assert not with_other
    assert asked.args == [mine]
    assert not view.choice.is_active


def test_no_more_messages_are_chosen_than_the_bound(
    port: FakePort, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "MESSAGES_CHOSEN_MAX", 2)
    view = make_view(port, qtbot, make_conversation(port, *(f"message {n}" for n in range(5))))

    view.choice.begin(view.model.rows[0])
    for row in view.model.rows[1:]:
        view.choice.toggle(row)

    assert len(view.choice.rows()) == 2


def test_the_bar_lies_under_the_messages_while_some_are_chosen(
    port: FakePort, qtbot: QtBot
) -> None:
    view = make_view(port, qtbot, make_conversation(port, *(f"message {n}" for n in range(5))))
    height = view.viewport().height()

    view.choice.begin(view.model.rows[0])
    while_choosing = view.viewport().height()
    press(view.choice.bar.copy_button)

    assert while_choosing == height - view.choice.bar.height()
    assert view.viewport().height() == height
    assert QGuiApplication.clipboard().text() == "message 0"


def test_what_has_gone_is_not_chosen_any_more(port: FakePort, qtbot: QtBot) -> None:
    view = make_view(port, qtbot, make_conversation(port, "one", "two"))
    first, second = view.model.rows
    view.choice.begin(first)
    view.choice.toggle(second)

    port.send(CancelMessage(conversation_id=first.conversation_id, local_id=first.local_id))

    assert view.choice.rows() == [second]
    assert view.choice.bar.count.text() == "1 selected"
