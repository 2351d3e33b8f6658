from __future__ import annotations

import time
from pathlib import Path

import msgspec
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMenu
from pytestqt.qtbot import QtBot

from desktop import events
from desktop.commands import CancelMessage, LoadTimeline, React, RecallMessage, SetTimer
from desktop.events import LinkState, MessageState, PresenceState
from desktop.ui.chat_pane import ChatPane
from desktop.ui.main_window import MainWindow
from desktop.ui.settings import SettingsStore
from shared.identifiers import AccountId
from tests.desktop.fake_port import FakePort, profile
from tests.exhibits.stage import WANG


@pytest.fixture
def pane(world: FakePort, qtbot: QtBot) -> ChatPane:
    made = ChatPane(world.session, world, WANG)
    qtbot.addWidget(made)
    made.resize(600, 600)
    made.show()
    qtbot.waitUntil(lambda: made.timeline.window.is_loaded)
    return made


def test_the_header_says_whether_the_other_side_is_there(world: FakePort, pane: ChatPane) -> None:
    said = [pane.header.status.text()]
    for event in (
        events.TypingChanged(conversation_id=WANG, account=AccountId(2), is_typing=True),
        events.TypingChanged(conversation_id=WANG, account=AccountId(2), is_typing=False),
        events.PresenceChanged(
            account=AccountId(2), presence=PresenceState.OFFLINE, last_seen_ms=0
        ),
        events.LinkChanged(state=LinkState.OFFLINE),
    ):
        world.session.apply(event)
        said.append(pane.header.status.text())

    assert said == ["online", "typing…", "online", "offline", "waiting for the network…"]


def test_a_changed_name_is_in_the_header_at_once(world: FakePort, pane: ChatPane) -> None:
    world.session.apply(events.ProfileChanged(profile=profile(2, "wangfang", "Fang")))

    assert pane.header.title.text() == "Fang"


def test_a_refused_message_can_be_tried_again(world: FakePort, pane: ChatPane) -> None:
    row = world.add_message(WANG, "not accepted", is_own=True, state=MessageState.REFUSED)

    pane.view.retry_requested.emit(row)

    assert "not accepted" in pane.composer.text
    assert world.of(CancelMessage)[0].local_id == row.local_id


def test_an_empty_conversation_says_what_to_do(world: FakePort, qtbot: QtBot) -> None:
    friend = profile(50, "new", "New")
    world.add_contact(friend)
    conversation_id = world.add_conversation(friend)
    world.announce()

    pane = ChatPane(world.session, world, conversation_id)
    qtbot.addWidget(pane)
    pane.show()

    qtbot.waitUntil(lambda: pane.notice.isVisible())
    assert "Say hello" in pane.notice.text()


def test_a_history_that_cannot_be_loaded_is_said(world: FakePort, qtbot: QtBot) -> None:
    world.refusals[LoadTimeline] = "local"

    pane = ChatPane(world.session, world, WANG)
    qtbot.addWidget(pane)
    pane.show()

    qtbot.waitUntil(lambda: "database" in pane.notice.text())


def test_what_is_chosen_for_a_message_is_asked_of_the_engine(
    world: FakePort, pane: ChatPane
) -> None:
    row = msgspec.structs.replace(pane.timeline.rows[-1], message_id="ab" * 16)

    pane.view.recall_requested.emit(row)
    pane.view.reaction_requested.emit(row, "👍", True)
    pane.view.reply_requested.emit(row)

    assert world.of(RecallMessage)[-1].message_id == "ab" * 16
    reaction = world.of(React)[-1]
    assert (reaction.emoji, reaction.is_removed) == ("👍", True)
    assert pane.composer.strip.isVisible()


def test_up_edits_the_newest_own_message(world: FakePort, pane: ChatPane) -> None:
    now_ms = int(time.time() * 1000)
    row = world.add_message(WANG, "mine", is_own=True, state=MessageState.READ)
    row = msgspec.structs.replace(row, message_id="ab" * 16, received_at_ms=now_ms)
    world.session.apply(events.TimelineChanged(conversation_id=WANG, rows=[row]))
    pane.composer.editor.clear()

    pane.composer.edit_last_requested.emit()

    assert pane.composer.text == "mine"


def test_a_timer_is_chosen_and_shown(world: FakePort, pane: ChatPane) -> None:
    menu = QMenu(pane)
    pane._fill_timers(menu)
    was_hidden = pane.header.timer_button.isHidden()
    row = world.session.conversations.find(WANG)
    assert row is not None

    menu.actions()[4].trigger()
    timed = msgspec.structs.replace(row, timer_s=24 * 3600)
    world.session.apply(events.ConversationsChanged(rows=[timed]))

    assert was_hidden
    assert world.of(SetTimer)[-1].seconds == 24 * 3600
    assert not pane.header.timer_button.isHidden()
    assert pane.header.timer_button.accessibleName() == "Messages disappear after 1 day"


def test_ctrl_f_searches_this_conversation_and_escape_only_ends_that(
    world: FakePort, tmp_path: Path
) -> None:
    window = MainWindow(world.session, world, SettingsStore(tmp_path / "windows.json"))
    window.show()
    window.activateWindow()
    QTest.qWaitForWindowActive(window)
    pane = window.show_conversation(WANG)

    QTest.keyClick(pane.composer.editor, Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
    assert pane.search_bar.isVisible()
    assert pane.search_bar.field.hasFocus()
    QTest.keyClick(pane.search_bar.field, Qt.Key.Key_Escape)

    assert not pane.search_bar.isVisible()
    assert window.open_pane is pane
    window.close()


def test_what_the_search_bar_finds_is_shown(world: FakePort, qtbot: QtBot) -> None:
    pane = ChatPane(world.session, world, WANG)
    pane.resize(500, 500)
    pane.show()
    QTest.mouseClick(pane.header.search_button, Qt.MouseButton.LeftButton)
    pane.search_bar.field.setText("评审")

    qtbot.waitUntil(lambda: pane.search_bar.count.text() == "1 of 1")

    found = pane.search_bar.search.rows[0]
    qtbot.waitUntil(lambda: pane.timeline.anchor_local_id == found.local_id)
