from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import msgspec
import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu
from pytestqt.qtbot import QtBot
from shiboken6 import isValid

from desktop import events
from desktop.commands import (
    BlockAccount,
    CancelMessage,
    FetchPictures,
    LoadTimeline,
    PauseTransfer,
    React,
    RecallMessage,
    SendFile,
    SendText,
    SetArchived,
    SetRemark,
    SetTimer,
    UnblockAccount,
)
from desktop.events import (
    FileRow,
    FileState,
    LinkState,
    Member,
    MessageKind,
    MessageRow,
    MessageState,
    PresenceState,
    Quote,
)
from desktop.models.reading_place import ReadingPlace
from desktop.ui.chat_pane import ChatPane
from desktop.ui.controls import Label
from desktop.ui.emoji_picker import EmojiPicker
from desktop.ui.file_acts import FileAct
from desktop.ui.main_window import MainWindow
from desktop.ui.menu import Menu
from desktop.ui.message_menu import add_message_actions
from desktop.ui.settings import SettingsStore
from shared import limits
from shared.identifiers import AccountId
from shared.roster import ConversationKind
from tests.desktop.fake_port import FakePort, profile
from tests.desktop.ui.paint_count import PaintCount
from tests.desktop.ui.timelines import bubble_of
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

    assert said == ["online", "typing…", "online", "offline", "waiting for network…"]


def test_a_changed_name_is_in_the_header_at_once(world: FakePort, pane: ChatPane) -> None:
    world.session.apply(events.ProfileChanged(profile=profile(2, "wangfang", "Fang")))

    assert pane.header.title.text() == "Fang"
    assert pane.view.accessibleName() == "Messages with Fang"


def test_a_refused_message_can_be_tried_again(world: FakePort, pane: ChatPane) -> None:
    row = world.add_message(WANG, "not accepted", is_own=True, state=MessageState.REFUSED)

    pane.view.retry_requested.emit(row)

    assert "not accepted" in pane.composer.text
    assert world.of(CancelMessage)[0].local_id == row.local_id


@pytest.mark.parametrize("is_loaded", [True, False])
def test_a_refused_answer_that_is_tried_again_answers_the_same(
    world: FakePort, pane: ChatPane, qtbot: QtBot, is_loaded: bool
) -> None:
    answered = pane.timeline.rows[0]
    quote = Quote(
        local_id=answered.local_id,
        order=answered.order,
        sender=answered.sender,
        kind=answered.kind,
        text=answered.text,
    )
    message_id = answered.message_id if is_loaded else "ee" * 16
    row = world.add_message(
        WANG,
        "not accepted",
        is_own=True,
        state=MessageState.REFUSED,
        reply_to=message_id,
        quote=quote,
    )

    pane.view.retry_requested.emit(row)
    assert answered.text in pane.composer.strip.quote.words
    pane.composer.send()

    qtbot.waitUntil(lambda: bool(world.of(SendText)))
    assert world.of(SendText)[-1].reply_to == message_id


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
    menu = Menu(pane)
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


def test_members_of_a_group_are_named_and_the_message_says_whom(
    world: FakePort, pane: ChatPane, qtbot: QtBot
) -> None:
    wang, alice = profile(2, "wangfang", "王芳"), profile(3, "alice.chen", "Alice Chen")
    world.members = [Member(profile=each, role=1) for each in (world.own, wang, alice)]
    row = msgspec.structs.replace(world.conversations[WANG], kind=ConversationKind.GROUP)
    world.session.apply(events.ConversationsChanged(rows=[row]))
    pane.activateWindow()
    qtbot.waitActive(pane)
    pane.composer.editor.setFocus()

    QTest.keyClicks(pane.composer.editor, "look @")
    qtbot.waitUntil(lambda: pane.composer.completer.is_open)
    QTest.keyClicks(pane.composer.editor, "chen")
    QTest.keyClick(pane.composer.editor, Qt.Key.Key_Tab)
    QTest.keyClicks(pane.composer.editor, "here")
    QTest.keyClick(pane.composer.editor, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: bool(world.of(SendText)))

    sent = world.of(SendText)[0]
    assert (sent.text, sent.mentions) == ("look @Alice Chen here", (AccountId(3),))


def drop(pane: ChatPane, path: str) -> None:
    """Drag a file over the timeline, and let it go there."""
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(path)])
    copy, left = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton
    none, view = Qt.KeyboardModifier.NoModifier, pane.view.viewport()
    QApplication.sendEvent(view, QDragEnterEvent(QPoint(20, 20), copy, data, left, none))
    QApplication.sendEvent(view, QDropEvent(QPointF(20, 20), copy, data, left, none))


def test_files_dropped_anywhere_on_the_pane_are_shown_and_sent(
    world: FakePort, pane: ChatPane, qtbot: QtBot, tmp_path: Path
) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("tea", encoding="utf-8")

    drop(pane, str(path))
    dialog = pane.composer.files.dialog
    assert dialog is not None
    qtbot.waitUntil(lambda: dialog.send_button.isEnabled())
    QTest.mouseClick(dialog.send_button, Qt.MouseButton.LeftButton)

    qtbot.waitUntil(lambda: [each.path for each in world.of(SendFile)] == [str(path)])


def test_where_nothing_can_be_written_nothing_is_dropped(world: FakePort, pane: ChatPane) -> None:
    row = msgspec.structs.replace(world.conversations[WANG], can_send=False)
    world.session.apply(events.ConversationsChanged(rows=[row]))

    drop(pane, "/tmp/a")

    assert pane.composer.files.dialog is None


def test_the_strip_leads_to_the_message_that_is_answered(
    world: FakePort, pane: ChatPane, qtbot: QtBot
) -> None:
    row = world.rows[WANG][0]
    pane.view.reply_requested.emit(row)

    QTest.mouseClick(pane.composer.strip.quote, Qt.MouseButton.LeftButton)

    qtbot.waitUntil(lambda: pane.view.current == row.local_id)
    assert pane.composer.strip.quote.title == "Reply to 王芳"


def test_any_emoji_can_be_put_at_a_message(world: FakePort, pane: ChatPane, qtbot: QtBot) -> None:
    row = world.rows[WANG][0]
    menu = Menu()
    add_message_actions(menu, row, pane.view, is_admin=False)
    quick = next(action.menu() for action in menu.actions() if action.text() == "React")
    assert isinstance(quick, QMenu)

    next(each for each in quick.actions() if each.text() == "More emoji…").trigger()
    picker = pane.reaction_picker
    assert picker is not None
    QTest.keyClicks(picker.search, "rocket")
    QTest.keyClick(picker.search, Qt.Key.Key_Return)

    reaction = world.of(React)[0]
    assert (reaction.message_id, reaction.emoji, reaction.is_removed) == (
        row.message_id,
        "🚀",
        False,
    )
    qtbot.waitUntil(lambda: pane.findChild(EmojiPicker) is None)


def test_a_blocked_person_can_be_read_and_not_written_to(
    world: FakePort, pane: ChatPane, qtbot: QtBot
) -> None:
    world.send(BlockAccount(account=AccountId(2)))

    assert pane.composer.isHidden()
    assert pane.closed_line._label.text().startswith("You blocked this person.")
    assert pane.header.status.text() == "blocked"
    with qtbot.waitSignal(pane.unblock_requested) as told:
        QTest.mouseClick(pane.closed_line.unblock_button, Qt.MouseButton.LeftButton)
    assert told.args == [AccountId(2)]
    world.send(UnblockAccount(account=AccountId(2)))
    assert pane.closed_line.isHidden()


def test_the_header_calls_people_by_the_own_name_for_them(world: FakePort, pane: ChatPane) -> None:
    world.send(SetRemark(account=AccountId(2), remark="Fang"))

    assert pane.header.title.text() == "Fang"


def test_its_menu_offers_how_it_is_kept(world: FakePort, pane: ChatPane, qtbot: QtBot) -> None:
    QTest.mouseClick(pane.header.menu_button, Qt.MouseButton.LeftButton)
    menu = pane.findChildren(QMenu)[0]
    words = [action.text() for action in menu.actions()]

    with qtbot.waitSignal(pane.undo_offered):
        menu.actions()[words.index("Archive")].trigger()
    menu.close()

    assert {"Pin to top", "Mute", "Archive"} <= set(words)
    assert world.of(SetArchived)[-1].is_archived


def test_info_is_asked_for_from_the_header(pane: ChatPane, qtbot: QtBot) -> None:
    with qtbot.waitSignal(pane.info_requested) as told:
        QTest.mouseClick(pane.header.info_button, Qt.MouseButton.LeftButton)

    assert told.args == [True]


def test_before_anything_is_here_the_place_is_that_it_opens_at(
    world: FakePort, qtbot: QtBot
) -> None:
    row = world.rows[WANG][3]
    place = ReadingPlace(row.local_id, row.order, 4)

    pane = ChatPane(world.session, world, WANG, place=place)
    qtbot.addWidget(pane)

    assert pane.place == place


def add_file(world: FakePort, **changes: Any) -> MessageRow:
    file = FileRow(name="a.png", size=9, state=FileState.HERE)
    row = world.add_message(WANG, "", kind=MessageKind.FILE, file=file)
    return world.change(row, file=msgspec.structs.replace(file, **changes))


def test_files_are_served(world: FakePort, pane: ChatPane) -> None:
    row = add_file(world, state=FileState.RUNNING)

    pane.view.file_requested.emit(row, FileAct.PAUSE)

    assert world.of(PauseTransfer)[-1].local_id == row.local_id


def test_a_picture_is_shown_in_a_window_of_its_own(
    world: FakePort, pane: ChatPane, qtbot: QtBot
) -> None:
    row = add_file(world, width=40, height=20)

    pane.view.file_requested.emit(row, FileAct.VIEW)
    viewer = pane.viewer
    assert viewer is not None
    shown = viewer.isVisible()
    viewer.close()
    qtbot.waitUntil(lambda: pane.viewer is None)

    assert shown


def test_another_picture_takes_the_place_of_the_first(
    world: FakePort, pane: ChatPane, qtbot: QtBot
) -> None:
    rows = [add_file(world, width=40, height=20) for _ in range(2)]

    pane.view.file_requested.emit(rows[0], FileAct.VIEW)
    first = pane.viewer
    pane.view.file_requested.emit(rows[1], FileAct.VIEW)
    second = pane.viewer
    qtbot.waitUntil(lambda: not isValid(first))

    assert second is not None
    assert pane.viewer is second
    second.close()


def test_a_picture_in_sight_is_fetched_by_itself_if_it_is_small(
    world: FakePort, pane: ChatPane
) -> None:
    small = add_file(world, state=FileState.REMOTE, width=40, height=20)
    large = add_file(
        world,
        state=FileState.REMOTE,
        width=40,
        height=20,
        size=limits.PICTURE_FETCH_BYTES_MAX + 1,
    )
    word = add_file(world, state=FileState.REMOTE)
    pane.view.go_to_end()

    fetched = [each for command in world.of(FetchPictures) for each in command.local_ids]

    assert fetched == [small.local_id]
    assert {large.local_id, word.local_id}.isdisjoint(fetched)


def test_a_picture_is_asked_for_again_when_it_comes_into_sight_again(
    world: FakePort, pane: ChatPane
) -> None:
    world.refusals[FetchPictures] = "offline"
    picture = add_file(world, state=FileState.REMOTE, width=40, height=20)
    pane.view.go_to_end()
    for number in range(40):
        world.receive(WANG, f"line {number}")
    pane.view.go_to_end()
    asked = len(world.of(FetchPictures))

    pane.view.go_to(picture)

    assert asked == 1
    assert [command.local_ids for command in world.of(FetchPictures)] == [[picture.local_id]] * 2


def test_a_picture_whose_download_was_ended_is_not_fetched_by_itself(
    world: FakePort, pane: ChatPane
) -> None:
    picture = add_file(world, state=FileState.REMOTE, width=40, height=20)
    pane.view.go_to_end()

    pane.view.file_requested.emit(picture, FileAct.CANCEL)
    pane.view.go_to_end()

    assert len(world.of(FetchPictures)) == 1


def test_taking_back_with_a_key_asks_first(world: FakePort, pane: ChatPane) -> None:
    row = pane.timeline.rows[-1]

    pane.view.recall_asked.emit([row])
    assert pane.dialog is not None
    asked = world.of(RecallMessage)
    pane.dialog.yes_button.click()

    assert asked == []
    assert [command.message_id for command in world.of(RecallMessage)] == [row.message_id]


def test_a_link_that_says_something_else_is_asked_about(world: FakePort, pane: ChatPane) -> None:
    row = world.receive(WANG, "[my bank](https://evil.example)")
    pane.view.set_current(row.local_id)
    item = pane.view.item_of(row.local_id)
    assert item is not None
    assert item.bubble is not None

    pane.view.link_requested.emit(item.bubble.text.links[0])

    dialog = pane._links.dialog
    assert dialog is not None
    words = [label.text() for label in dialog.findChildren(Label)]
    assert any("“my bank”" in said and "https://evil.example" in said for said in words)
    dialog.reject()


def test_unread_messages_and_mentions_are_counted_on_the_buttons(
    world: FakePort, pane: ChatPane
) -> None:
    row = world.conversations[WANG]
    changed = msgspec.structs.replace(row, unread=7, mentions=2, first_mention=3)

    world.session.apply(events.ConversationsChanged(rows=[changed]))

    assert pane.view.overlay.end_button.badge == 7
    assert pane.view.overlay.mention_button.badge == 2
    assert pane.view.overlay.mention_button.isVisible()


def test_a_new_name_is_shown_in_the_messages(world: FakePort, qtbot: QtBot) -> None:
    group = world.add_conversation(profile(0, "", ""), kind=2, title="Team")
    world.add_message(group, "hello", sender=AccountId(3))
    world.announce()
    pane = ChatPane(world.session, world, group)
    qtbot.addWidget(pane)
    pane.resize(600, 600)
    pane.show()
    qtbot.waitUntil(lambda: bool(pane.view.row_items()))
    before = bubble_of(pane.view, 0).name

    world.session.apply(events.ProfileChanged(profile=profile(3, "alice", "Alicia")))
    renamed = bubble_of(pane.view, 0)
    world.session.apply(
        events.PresenceChanged(account=AccountId(3), presence=PresenceState.OFFLINE, last_seen_ms=0)
    )

    assert (before, renamed.name) == ("Alice Chen", "Alicia")
    assert bubble_of(pane.view, 0) is renamed


def test_what_a_search_found_is_marked_until_the_pane_is_left(
    world: FakePort, pane: ChatPane
) -> None:
    row = pane.timeline.rows[0]

    pane.show_message(row, "评审")
    found, current = pane.view.scene.found, pane.view.current
    pane.leave()

    assert (found, current) == ("评审", row.local_id)
    assert pane.view.scene.found == ""


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
    qtbot.waitUntil(lambda: pane.view.current == found.local_id)


def test_a_message_leaves_the_header_as_it_is(
    world: FakePort, pane: ChatPane, qtbot: QtBot
) -> None:
    world.receive(WANG, "one")
    qtbot.wait(50)
    header, timeline = PaintCount(pane.header), PaintCount(pane.view.viewport())

    world.receive(WANG, "two")

    qtbot.waitUntil(lambda: bool(timeline.rects))
    assert not header.rects
