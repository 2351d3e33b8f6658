from __future__ import annotations

import asyncio

import pytest
from pytestqt.qtbot import QtBot

from desktop.commands import CancelMessage, LoadTimeline
from desktop.events import FileRow, FileState, MessageKind, MessageRow
from desktop.models.picture_roll import PictureRoll, holds_picture
from shared import limits
from shared.identifiers import ConversationId
from tests.desktop.fake_port import FakePort, profile


@pytest.fixture
def conversation_id(port: FakePort) -> ConversationId:
    return port.add_conversation(profile(2, "wang", "Wang"))


def add_picture(port: FakePort, conversation_id: ConversationId) -> MessageRow:
    file = FileRow(name="a.png", size=9, width=40, height=20)
    return port.add_message(conversation_id, "", kind=MessageKind.FILE, file=file)


def add_words(port: FakePort, conversation_id: ConversationId, count: int) -> None:
    for _ in range(count):
        port.add_message(conversation_id, "words")


def roll_of(port: FakePort, row: MessageRow) -> PictureRoll:
    timeline = port.session.timeline(row.conversation_id)
    roll = PictureRoll(timeline, port, row)
    roll.setParent(None)
    # The session keeps timelines only as long as somebody shows them.
    roll.setProperty("timeline", timeline)
    return roll


def step(roll: PictureRoll, direction: int, qtbot: QtBot) -> bool:
    done: list[bool] = []

    async def work() -> None:
        done.append(await roll.step(direction))

    task = asyncio.get_event_loop_policy().get_event_loop().create_task(work())
    qtbot.waitUntil(task.done)
    return done[0]


def test_pictures_far_apart_are_found_both_ways(
    port: FakePort, conversation_id: ConversationId, qtbot: QtBot
) -> None:
    first = add_picture(port, conversation_id)
    add_words(port, conversation_id, 150)
    second = add_picture(port, conversation_id)
    roll = roll_of(port, second)

    went_back = step(roll, -1, qtbot)
    older = roll.row
    went_on = step(roll, 1, qtbot)

    assert (went_back, older) == (True, first)
    assert (went_on, roll.row) == (True, second)


def test_the_nearest_comes_first(
    port: FakePort, conversation_id: ConversationId, qtbot: QtBot
) -> None:
    pictures = [add_picture(port, conversation_id) for _ in range(3)]
    roll = roll_of(port, pictures[2])

    step(roll, -1, qtbot)

    assert roll.row == pictures[1]


def test_at_the_ends_there_is_none(
    port: FakePort, conversation_id: ConversationId, qtbot: QtBot
) -> None:
    add_words(port, conversation_id, 5)
    row = add_picture(port, conversation_id)
    roll = roll_of(port, row)

    assert not step(roll, -1, qtbot)
    assert not step(roll, 1, qtbot)
    assert roll.row == row


def test_not_more_pages_are_looked_through_than_the_bound(
    port: FakePort,
    conversation_id: ConversationId,
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(limits, "PICTURE_SEARCH_PAGES_MAX", 2)
    add_picture(port, conversation_id)
    add_words(port, conversation_id, 3 * limits.TIMELINE_PAGE)
    roll = roll_of(port, add_picture(port, conversation_id))

    assert not step(roll, -1, qtbot)

    assert len(port.of(LoadTimeline)) == 2


def test_a_picture_that_has_come_meanwhile_is_told(
    port: FakePort, conversation_id: ConversationId, qtbot: QtBot
) -> None:
    row = add_picture(port, conversation_id)
    roll = roll_of(port, row)
    assert row.file is not None

    with qtbot.waitSignal(roll.changed):
        port.change(row, file=FileRow(name="a", size=9, width=4, height=2, state=FileState.HERE))

    assert roll.row.file is not None
    assert roll.row.file.state is FileState.HERE


def test_a_picture_that_is_taken_back_is_gone(
    port: FakePort, conversation_id: ConversationId, qtbot: QtBot
) -> None:
    recalled, deleted = add_picture(port, conversation_id), add_picture(port, conversation_id)
    rolls = roll_of(port, recalled), roll_of(port, deleted)

    with qtbot.waitSignal(rolls[0].gone):
        port.change(recalled, kind=MessageKind.RECALLED, file=None)
    with qtbot.waitSignal(rolls[1].gone):
        port.send(CancelMessage(conversation_id=conversation_id, local_id=deleted.local_id))

    assert not holds_picture(port.rows[conversation_id][0])
