from __future__ import annotations

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from desktop.events import MessageKind, MessageRow, MessageState, TimelinePage
from desktop.models.timeline_window import TimelineWindow
from shared.identifiers import AccountId, ConversationId

CONVERSATION = ConversationId(1)


def row(order: int, local_id: int | None = None) -> MessageRow:
    return MessageRow(
        conversation_id=CONVERSATION,
        local_id=order if local_id is None else local_id,
        order=order,
        sequence=order,
        message_id="",
        sender=AccountId(2),
        is_own=False,
        kind=MessageKind.TEXT,
        text="",
        shown_at_ms=0,
        sent_at_ms=0,
        received_at_ms=0,
        state=MessageState.RECEIVED,
    )


def page(first: int, last: int, *, older: bool = True, newer: bool = False) -> TimelinePage:
    return TimelinePage(
        conversation_id=CONVERSATION,
        rows=[row(order) for order in range(first, last)],
        has_older=older,
        has_newer=newer,
    )


def orders(window: TimelineWindow) -> list[int]:
    return [each.order for each in window.rows]


def make_window(first: int = 10, last: int = 20, **ends: bool) -> TimelineWindow:
    window = TimelineWindow(rows_max=15)
    window.replace(page(first, last, **ends))
    return window


def test_older_rows_push_newer_ones_out() -> None:
    window = make_window()

    window.extend_older(page(0, 10, older=False))

    assert orders(window) == list(range(15))
    assert window.has_newer
    assert not window.has_older


def test_newer_rows_push_older_ones_out() -> None:
    window = make_window(newer=True, older=False)

    window.extend_newer(page(20, 30))

    assert orders(window) == list(range(15, 30))
    assert window.has_older


def test_a_new_row_is_taken_at_the_end() -> None:
    window = make_window()

    assert window.apply([row(20)], [])

    assert orders(window)[-1] == 20


def test_a_new_row_beyond_what_is_shown_is_left_for_later() -> None:
    window = make_window(newer=True)

    assert not window.apply([row(50)], [])
    assert not window.apply([row(3)], [])

    assert orders(window) == list(range(10, 20))


def test_a_changed_row_moves_to_its_new_place() -> None:
    window = make_window()

    window.apply([row(11, local_id=19)], [])

    assert [each.local_id for each in window.rows][:3] == [10, 11, 19]
    assert len(window.rows) == 10


def test_a_removed_row_goes() -> None:
    window = make_window()

    assert window.apply([], [12])
    assert not window.apply([], [12])

    assert window.find(12) == -1


def test_an_empty_window_knows_no_ends() -> None:
    window = TimelineWindow()

    assert window.oldest is None
    assert window.newest is None
    assert not window.apply([row(1)], [])


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 12)), max_size=60))
def test_rows_are_always_in_order_once_each_and_bounded(changes: list[tuple[int, int]]) -> None:
    window = make_window(0, 5, older=False)

    for order, local_id in changes:
        window.apply([msgspec.structs.replace(row(order), local_id=local_id)], [])

    assert orders(window) == sorted(orders(window))
    assert len({each.local_id for each in window.rows}) == len(window.rows) <= 15
