from __future__ import annotations

from datetime import date

import msgspec
import pytest
from PySide6.QtCore import QPoint, QRectF, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from desktop.commands import LoadTimeline, MarkRead
from desktop.events import MessageRow, MessageState, Quote, ReactionCount, TimelineChanged
from desktop.models.reading_place import ReadingPlace
from desktop.ui.bubble import People
from desktop.ui.calendar_popup import CalendarPopup
from desktop.ui.timeline_view import TimelineView
from desktop.ui.timeline_words import times_of
from shared import limits
from shared.identifiers import AccountId, ConversationId
from tests.desktop.fake_port import FakePort, profile
from tests.desktop.ui.hands import choose, menu_of, press, wheel
from tests.desktop.ui.spoken import names
from tests.desktop.ui.timelines import letter_place


def make_conversation(port: FakePort, count: int) -> ConversationId:
    friend = profile(2, "wang", "Wang")
    port.add_contact(friend)
    conversation_id = port.add_conversation(friend)
    for number in range(count):
        port.add_message(conversation_id, f"message {number}", minutes_ago=count - number)
    port.announce()
    return conversation_id


def make_view(port: FakePort, qtbot: QtBot, conversation_id: ConversationId) -> TimelineView:
    model = port.session.timeline(conversation_id)
    view = TimelineView(model, "Wang")
    qtbot.addWidget(view)
    view.resize(600, 500)
    view.show()
    model.open(port.session.conversations.find(conversation_id))
    qtbot.waitUntil(lambda: model.window.is_loaded)
    return view


def test_rows_can_be_read_aloud(port: FakePort, qtbot: QtBot) -> None:
    conversation_id = make_conversation(port, 2)
    port.add_message(conversation_id, "my answer", is_own=True, state=MessageState.DELIVERED)

    view = make_view(port, qtbot, conversation_id)

    said = names(view)
    assert said[0].startswith("Wang: message 0")
    assert said[2].startswith("You: my answer")
    assert said[2].endswith("delivered")


def test_a_new_row_keeps_the_end_in_sight(port: FakePort, qtbot: QtBot) -> None:
    conversation_id = make_conversation(port, 50)
    view = make_view(port, qtbot, conversation_id)

    port.receive(conversation_id, "the newest")

    bar = view.verticalScrollBar()
    assert bar.value() == bar.maximum()
    assert "the newest" in names(view)[-1]


def test_a_new_row_does_not_move_what_is_read(port: FakePort, qtbot: QtBot) -> None:
    conversation_id = make_conversation(port, 50)
    view = make_view(port, qtbot, conversation_id)
    wheel(view.viewport(), 5)
    before = view.first_visible()
    assert before is not None

    port.receive(conversation_id, "the newest")

    after = view.first_visible()
    assert after is not None
    assert after.row == before.row
    assert view.overlay.end_button.isVisible()


def test_older_rows_come_when_scrolling_up_and_the_place_stays(
    port: FakePort, qtbot: QtBot
) -> None:
    conversation_id = make_conversation(port, 500)
    view = make_view(port, qtbot, conversation_id)
    while not view.model.is_loading:
        wheel(view.viewport(), 1)
    count = len(view.model.rows)
    before = view.first_visible()
    assert before is not None
    place = view.item_on_screen(before).top()

    qtbot.waitUntil(lambda: len(view.model.rows) > count)

    after = view.item_of(before.row.local_id if before.row else 0)
    assert after is not None
    assert abs(view.item_on_screen(after).top() - place) <= 1


def test_no_more_rows_are_kept_than_the_window_has_room_for(port: FakePort, qtbot: QtBot) -> None:
    conversation_id = make_conversation(port, 1000)
    view = make_view(port, qtbot, conversation_id)

    for _ in range(12):
        asked = len(port.of(LoadTimeline))
        view.verticalScrollBar().setValue(0)
        qtbot.waitUntil(
            lambda asked=asked: (
                len(port.of(LoadTimeline)) > asked  # type: ignore[misc]
                and not view.model.is_loading
            )
        )

    assert len(view.model.rows) <= limits.TIMELINE_WINDOW
    assert view.model.window.has_newer
    view.go_to_end()
    qtbot.waitUntil(lambda: not view.model.window.has_newer)
    assert "message 999" in names(view)[-1]


def test_what_is_seen_is_marked_read(port: FakePort, qtbot: QtBot) -> None:
    conversation_id = make_conversation(port, 5)
    view = make_view(port, qtbot, conversation_id)
    view.activateWindow()
    qtbot.waitUntil(lambda: view.isActiveWindow())

    view.mark_visible_read()

    assert port.of(MarkRead)[-1].sequence == 5


def test_the_current_message_can_be_copied(port: FakePort, qtbot: QtBot) -> None:
    view = make_view(port, qtbot, make_conversation(port, 3))
    view.setFocus()

    QTest.keyClick(view, Qt.Key.Key_Up)
    QTest.keyClick(view, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)

    assert QGuiApplication.clipboard().text() == "message 1"


def test_a_part_of_a_message_can_be_selected_and_copied(port: FakePort, qtbot: QtBot) -> None:
    view = make_view(port, qtbot, make_conversation(port, 1))
    item = view.row_items()[0]
    rect = item.rect.translated(0, view.offset()).toRect()
    middle = rect.center().y()

    QTest.mousePress(
        view.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(rect.left() + 8, middle)
    )
    QTest.mouseMove(view.viewport(), QPoint(rect.left() + 60, middle))
    QTest.mouseRelease(
        view.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(rect.left() + 60, middle)
    )

    assert view.selected_text()
    assert "message 0".startswith(view.selected_text())


def test_all_times_are_told(port: FakePort, qtbot: QtBot) -> None:
    conversation_id = make_conversation(port, 0)
    row = port.add_message(conversation_id, "hi", is_own=True)
    row = port.change(row, delivered_at_ms=row.sent_at_ms + 5, read_at_ms=row.sent_at_ms + 9)

    told = times_of(row)

    assert [line.split(" 2026")[0] for line in told.splitlines()] == [
        "Sent",
        "On the server",
        "Delivered",
        "Read",
    ]


@pytest.mark.parametrize("state", list(MessageState))
def test_every_state_is_painted(port: FakePort, qtbot: QtBot, state: MessageState) -> None:
    conversation_id = make_conversation(port, 0)
    port.add_message(conversation_id, "hi", is_own=state is not MessageState.RECEIVED, state=state)

    view = make_view(port, qtbot, conversation_id)

    assert not view.grab().isNull()


def quote_of(row: MessageRow) -> Quote:
    return Quote(
        local_id=row.local_id, order=row.order, sender=row.sender, kind=row.kind, text=row.text
    )


def answered_view(port: FakePort, qtbot: QtBot) -> TimelineView:
    """Show a question with reactions, its answer, and something edited."""
    conversation_id = make_conversation(port, 3)
    view = make_view(port, qtbot, conversation_id)
    view.set_people(People(name_of=lambda account: f"person {account}"), AccountId(1))
    question, answer, edited = view.model.rows
    reactions = (ReactionCount("👍", (AccountId(1), AccountId(2))),)
    rows = [
        msgspec.structs.replace(question, message_id="aa" * 16, reactions=reactions),
        msgspec.structs.replace(
            answer, message_id="bb" * 16, reply_to="aa" * 16, quote=quote_of(question)
        ),
        msgspec.structs.replace(edited, message_id="cc" * 16, is_edited=True),
    ]
    port.session.apply(TimelineChanged(conversation_id=conversation_id, rows=rows))
    return view


def place_in(view: TimelineView, index: int, rect: QRectF) -> QPoint:
    item = view.row_items()[index]
    return rect.translated(item.rect.topLeft()).translated(0, view.offset()).center().toPoint()


def test_quotes_edits_and_reactions_are_read_aloud(port: FakePort, qtbot: QtBot) -> None:
    view = answered_view(port, qtbot)

    said = names(view)

    assert "👍 2" in said[0]
    assert "in reply to: message 0" in said[1]
    assert said[2].endswith("edited")


def test_a_click_on_a_reaction_takes_it_away_again(port: FakePort, qtbot: QtBot) -> None:
    view = answered_view(port, qtbot)
    bubble = view.row_items()[0].bubble
    assert bubble is not None

    with qtbot.waitSignal(view.reaction_requested) as told:
        press(view.viewport(), place_in(view, 0, bubble.chips[0].rect))

    assert told.args is not None
    assert told.args[1:] == ["👍", True]
    assert view.names_of(bubble.chips[0]) == "👍 person 1, person 2"


def test_a_click_on_a_quote_goes_to_what_it_quotes(port: FakePort, qtbot: QtBot) -> None:
    view = answered_view(port, qtbot)
    bubble = view.row_items()[1].bubble
    assert bubble is not None
    assert bubble.quote is not None

    press(view.viewport(), place_in(view, 1, bubble.quote))

    assert view.current == view.model.rows[0].local_id
    assert not view.grab().isNull()


def test_a_quote_of_what_is_not_in_the_window_loads_it(port: FakePort, qtbot: QtBot) -> None:
    view = answered_view(port, qtbot)
    row = view.model.rows[1]
    assert row.quote is not None
    far = msgspec.structs.replace(row.quote, local_id=999, order=5)
    port.session.apply(
        TimelineChanged(
            conversation_id=row.conversation_id, rows=[msgspec.structs.replace(row, quote=far)]
        )
    )
    bubble = view.row_items()[1].bubble
    assert bubble is not None
    assert bubble.quote is not None

    press(view.viewport(), place_in(view, 1, bubble.quote))

    qtbot.waitUntil(
        lambda: any(isinstance(each, LoadTimeline) and each.around == 5 for each in port.sent)
    )


def test_a_key_answers_the_current_message(port: FakePort, qtbot: QtBot) -> None:
    view = answered_view(port, qtbot)
    view.setFocus()
    view.set_current(view.model.rows[0].local_id)

    with qtbot.waitSignal(view.reply_requested) as told:
        QTest.keyClick(view, Qt.Key.Key_R)
    QTest.keyClick(view, Qt.Key.Key_E)

    assert told.args == [view.model.rows[0]]


def test_a_place_whose_row_is_gone_is_that_of_the_next_one(port: FakePort, qtbot: QtBot) -> None:
    conversation_id = make_conversation(port, 100)
    view = make_view(port, qtbot, conversation_id)
    gone = port.rows[conversation_id].pop(30)

    view.model.open(None, ReadingPlace(gone.local_id, gone.order, 5))
    qtbot.waitUntil(lambda: view.model.anchor_place is not None and not view.model.is_loading)

    place = view.place
    assert place is not None
    assert place.local_id in (port.rows[conversation_id][n].local_id for n in (29, 30))
    assert view.verticalScrollBar().value() > 0


def test_at_the_end_there_is_no_place_to_remember(port: FakePort, qtbot: QtBot) -> None:
    view = make_view(port, qtbot, make_conversation(port, 100))

    assert view.place is None
    view.verticalScrollBar().setValue(view.verticalScrollBar().maximum() - 300)

    assert view.place is not None


def test_a_jump_makes_its_message_stand_out_for_a_moment(port: FakePort, qtbot: QtBot) -> None:
    view = make_view(port, qtbot, make_conversation(port, 50))
    row = view.model.rows[3]
    port.session.apply(
        TimelineChanged(
            conversation_id=row.conversation_id,
            rows=[
                msgspec.structs.replace(row, message_id="aa" * 16),
                msgspec.structs.replace(
                    view.model.rows[-1], reply_to="aa" * 16, quote=quote_of(row)
                ),
            ],
        )
    )
    row = view.model.rows[3]
    bubble = view.row_items()[-1].bubble
    assert bubble is not None
    assert bubble.quote is not None

    press(view.viewport(), place_in(view, -1, bubble.quote))
    flashed, current = view.scene.flashed, view.current
    view._flash_timer.start(1)

    assert (flashed, current) == (row.local_id, row.local_id)
    assert any(item.row == row for item in view.visible_items())
    qtbot.waitUntil(lambda: view.scene.flashed is None)


def test_the_first_mention_is_jumped_to_wherever_it_is(port: FakePort, qtbot: QtBot) -> None:
    view = make_view(port, qtbot, make_conversation(port, 300))
    view.set_counts(unread=200, mentions=1, first_mention=30)

    press(view.overlay.mention_button)
    qtbot.waitUntil(lambda: view.current_row is not None and view.current_row.sequence == 30)
    view.set_counts(unread=200, mentions=1, first_mention=31)
    press(view.overlay.mention_button)

    assert view.current_row is not None
    assert view.current_row.sequence == 31
    # What is near is gone to as it is; what follows is loaded ahead all the while.
    assert len([each for each in port.of(LoadTimeline) if each.around is not None]) == 1


def test_a_day_is_chosen_in_a_calendar(port: FakePort, qtbot: QtBot) -> None:
    conversation_id = make_conversation(port, 0)
    for days in range(30, -1, -1):
        port.add_message(conversation_id, f"{days} days ago", minutes_ago=days * 24 * 60)
    view = make_view(port, qtbot, conversation_id)

    place, right = letter_place(view, -1, 0), Qt.MouseButton.RightButton
    choose(menu_of(lambda: press(view.viewport(), place, button=right)), "Jump to date…")
    calendar = view.findChild(CalendarPopup)
    assert calendar is not None
    press(next(button for button in calendar.days if button.day == date(2026, 11, 3)))
    qtbot.waitUntil(lambda: view.current_row is not None and not view.model.is_loading)

    assert view.current_row is not None
    assert view.current_row.text == "20 days ago"


def test_the_day_in_sight_is_named_while_scrolling(port: FakePort, qtbot: QtBot) -> None:
    view = make_view(port, qtbot, make_conversation(port, 60))
    at_first = view.overlay.day.isVisible()

    while view.verticalScrollBar().value() > 0:
        wheel(view.viewport(), 1)
    beside_its_own = view.overlay.day.isVisible()
    wheel(view.viewport(), -2)

    assert not at_first
    assert not beside_its_own
    assert view.overlay.day.isVisible()
    assert view.overlay.day.accessibleName() == "Today, jump to a date"
