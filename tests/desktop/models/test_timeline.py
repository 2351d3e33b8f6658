from __future__ import annotations

from pytestqt.qtbot import QtBot

from desktop.commands import LoadTimeline, MarkRead
from desktop.events import (
    FileRow,
    FileState,
    MessageKind,
    MessageRow,
    TimelineChanged,
    TransferProgress,
)
from desktop.models.reading_place import ReadingPlace
from desktop.models.timeline import TimelineModel
from shared.identifiers import ConversationId
from tests.desktop.fake_port import FakePort, at, profile


def make_model(port: FakePort, count: int, qtbot: QtBot) -> TimelineModel:
    conversation_id = port.add_conversation(profile(2, "ben", "Ben"))
    for number in range(count):
        port.add_message(conversation_id, f"message {number}")
    model = port.session.timeline(ConversationId(conversation_id))
    model.load_newest()
    qtbot.waitUntil(lambda: not model.is_loading)
    return model


def test_the_newest_rows_come_first(port: FakePort, qtbot: QtBot) -> None:
    model = make_model(port, 100, qtbot)

    assert [row.text for row in model.rows][-1] == "message 99"
    assert model.window.has_older


def test_a_page_is_asked_for_once_at_a_time(port: FakePort, qtbot: QtBot) -> None:
    model = make_model(port, 300, qtbot)
    asked = len(port.of(LoadTimeline))

    model.load_older()
    model.load_older()
    qtbot.waitUntil(lambda: not model.is_loading)

    assert len(port.of(LoadTimeline)) == asked + 1
    assert len(model.rows) == 120


def test_a_jump_is_not_lost_behind_a_page(port: FakePort, qtbot: QtBot) -> None:
    model = make_model(port, 300, qtbot)
    target = port.rows[model.conversation_id][50]

    model.load_older()
    model.load_newest()
    model.load_around(target)
    qtbot.waitUntil(lambda: not model.is_loading)

    assert model.anchor_local_id == target.local_id
    assert target in model.rows


def test_a_window_in_the_middle_grows_to_the_end(port: FakePort, qtbot: QtBot) -> None:
    model = make_model(port, 100, qtbot)
    model.load_around(port.rows[model.conversation_id][10])
    qtbot.waitUntil(lambda: not model.is_loading)
    assert model.window.has_newer

    while model.window.has_newer:
        model.load_newer()
        qtbot.waitUntil(lambda: not model.is_loading)

    assert model.rows[-1].text == "message 99"


def test_rows_that_cannot_be_loaded_are_told(port: FakePort, qtbot: QtBot) -> None:
    model = make_model(port, 1, qtbot)
    port.refusals[LoadTimeline] = "local"

    with qtbot.waitSignal(model.failed) as told:
        model.load_newest()

    assert told.args == ["local"]
    qtbot.waitUntil(lambda: not model.is_loading)


def test_each_sequence_is_marked_read_once(port: FakePort, qtbot: QtBot) -> None:
    model = make_model(port, 3, qtbot)

    for sequence in (2, 1, 2, 3):
        model.mark_read(sequence)

    assert [command.sequence for command in port.of(MarkRead)] == [2, 3]


def test_a_conversation_opens_where_it_was_left(port: FakePort, qtbot: QtBot) -> None:
    model = make_model(port, 300, qtbot)
    row = port.rows[model.conversation_id][80]
    place = ReadingPlace(row.local_id, row.order, -7)

    model.open(None, place)
    qtbot.waitUntil(lambda: not model.is_loading)

    assert model.anchor_place == place
    assert row in model.rows
    assert port.of(LoadTimeline)[-1].around == row.order


def test_going_elsewhere_forgets_where_it_was_left(port: FakePort, qtbot: QtBot) -> None:
    model = make_model(port, 300, qtbot)
    row = port.rows[model.conversation_id][80]
    model.open(None, ReadingPlace(row.local_id, row.order, -7))
    qtbot.waitUntil(lambda: not model.is_loading)

    model.load_newest()
    qtbot.waitUntil(lambda: not model.is_loading)

    assert model.anchor_place is None


def test_a_place_in_a_conversation_that_is_empty_now_is_its_end(
    port: FakePort, qtbot: QtBot
) -> None:
    model = make_model(port, 0, qtbot)

    model.open(None, ReadingPlace(5, 1 << 20, 0))
    qtbot.waitUntil(lambda: not model.is_loading)

    assert model.rows == []
    assert model.anchor_place is None
    assert model.window.is_loaded


def test_a_day_is_shown_from_its_first_message_on(port: FakePort, qtbot: QtBot) -> None:
    model = make_model(port, 1, qtbot)
    for number in range(200):
        port.add_message(model.conversation_id, f"old {number}", minutes_ago=200 - number)

    model.load_at(at(100.5))
    qtbot.waitUntil(lambda: not model.is_loading)

    anchor = next(row for row in model.rows if row.local_id == model.anchor_local_id)
    assert anchor.text == "old 100"
    assert port.of(LoadTimeline)[-1].at_ms == at(100.5)


def test_a_time_after_all_messages_shows_the_last(port: FakePort, qtbot: QtBot) -> None:
    model = make_model(port, 3, qtbot)

    model.load_at(at(-100))
    qtbot.waitUntil(lambda: not model.is_loading)

    assert model.anchor_local_id == model.rows[-1].local_id


def test_a_message_is_found_by_its_sequence(port: FakePort, qtbot: QtBot) -> None:
    model = make_model(port, 300, qtbot)

    model.load_sequence(42)
    qtbot.waitUntil(lambda: not model.is_loading)

    anchor = next(row for row in model.rows if row.local_id == model.anchor_local_id)
    assert anchor.sequence == 42


def add_file(port: FakePort, model: TimelineModel, state: FileState) -> MessageRow:
    file = FileRow(name="a", size=1000, state=state, done=100, total=1100)
    return port.add_message(model.conversation_id, "", kind=MessageKind.FILE, file=file)


def test_progress_is_told_until_the_state_changes(port: FakePort, qtbot: QtBot) -> None:
    model = make_model(port, 1, qtbot)
    row = add_file(port, model, FileState.RUNNING)
    event = TransferProgress(
        conversation_id=model.conversation_id, local_id=row.local_id, done=550, total=1100
    )

    with qtbot.waitSignal(model.progressed) as told:
        model.apply_progress(event)
    running = model.progress(row)
    paused = port.change(
        row, file=FileRow(name="a", size=1000, state=FileState.PAUSED, done=9, total=10)
    )

    assert told.args == [row.local_id]
    assert running.share == 0.5
    assert model.progress(paused).share == 0.9
    assert model.progress(model.rows[0]).share == 0


def test_rows_beyond_the_window_are_told_too(port: FakePort, qtbot: QtBot) -> None:
    model = make_model(port, 300, qtbot)
    old = port.rows[model.conversation_id][0]

    with qtbot.waitSignal(model.told) as told:
        model.apply(TimelineChanged(conversation_id=model.conversation_id, rows=[old], removed=[7]))

    assert told.args == [[old], [7]]
    assert old not in model.rows


def test_a_page_is_prepared_before_it_is_shown(port: FakePort, qtbot: QtBot) -> None:
    model = make_model(port, 300, qtbot)
    shown: list[tuple[int, int]] = []

    async def prepare(rows: list[MessageRow]) -> None:
        shown.append((len(rows), len(model.rows)))

    model.prepare = prepare
    model.load_older()
    qtbot.waitUntil(lambda: not model.is_loading)

    assert shown == [(60, 60)]
    assert len(model.rows) == 120
