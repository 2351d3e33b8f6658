from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from shared import limits
from shared.entries import Head
from shared.protocol.delivery import Delivery, NeedEntries

WINDOW = limits.UNCONFIRMED_PER_CONVERSATION_MAX


def make_live(*heads: tuple[int, int]) -> Delivery:
    delivery = Delivery()
    delivery.start_live(
        Head(conversation_id=conversation, head=head, newest_handshake=1, own_counter=0)
        for conversation, head in heads
    )
    return delivery


def test_nothing_is_pushed_before_the_heads() -> None:
    delivery = Delivery()

    assert not delivery.offer(1, 1, now_ms=0)
    assert delivery.needs() == []


def test_what_came_before_the_heads_were_told_is_read_after_them() -> None:
    delivery = Delivery()
    delivery.offer(1, 5, now_ms=0)

    delivery.start_live([Head(conversation_id=1, head=4, newest_handshake=1, own_counter=0)])

    assert delivery.needs() == [NeedEntries(1, 4, 200)]


def test_exactly_the_next_entry_goes_out_from_memory() -> None:
    delivery = make_live((1, 3))

    assert delivery.offer(1, 4, now_ms=0)
    assert not delivery.offer(1, 4, now_ms=0)
    assert not delivery.offer(1, 3, now_ms=0)
    assert delivery.needs() == []


def test_a_new_conversation_is_served_from_its_first_entry() -> None:
    delivery = make_live()

    assert delivery.offer(9, 1, now_ms=0)
    assert not delivery.offer(8, 3, now_ms=0)
    assert delivery.needs() == [NeedEntries(8, 0, 200)]


def test_a_full_window_waits_for_a_confirm() -> None:
    delivery = make_live((1, 0))
    for sequence in range(1, WINDOW + 1):
        assert delivery.offer(1, sequence, now_ms=0)

    assert not delivery.offer(1, WINDOW + 1, now_ms=0)
    assert delivery.needs() == []
    delivery.confirm(1, 100, now_ms=1)

    assert delivery.needs() == [NeedEntries(1, WINDOW, 100)]


def test_live_goes_on_after_the_log_was_read_to_its_end() -> None:
    delivery = make_live((1, 0))
    delivery.offer(1, 3, now_ms=0)
    (need,) = delivery.needs()

    assert delivery.supply(need, last=3, now_ms=1)

    assert delivery.offer(1, 4, now_ms=2)


def test_the_next_batch_follows_the_confirm_of_the_last() -> None:
    delivery = make_live((1, 0))
    delivery.offer(1, 300, now_ms=0)
    (need,) = delivery.needs()
    delivery.supply(need, last=150, now_ms=1)

    assert delivery.needs() == []
    delivery.confirm(1, 150, now_ms=2)

    assert delivery.needs() == [NeedEntries(1, 150, 200)]


def test_an_entry_offered_while_the_log_is_read_is_not_lost() -> None:
    delivery = make_live((1, 0))
    delivery.offer(1, 2, now_ms=0)
    (need,) = delivery.needs()
    delivery.offer(1, 3, now_ms=0)

    assert not delivery.supply(need, last=None, now_ms=1)

    (again,) = delivery.needs()
    assert delivery.supply(again, last=3, now_ms=2)


def test_a_log_without_what_was_told_of_is_not_asked_for_ever() -> None:
    delivery = make_live((1, 0))
    delivery.offer(1, 2, now_ms=0)
    (need,) = delivery.needs()

    delivery.supply(need, last=None, now_ms=1)

    assert delivery.needs() == []


def test_only_so_many_conversations_are_read_at_a_time() -> None:
    reads = limits.LOG_READS_PER_LINK_MAX
    delivery = make_live(*((conversation, 0) for conversation in range(1, reads + 3)))
    for conversation in range(1, reads + 3):
        delivery.offer(conversation, 2, now_ms=0)
    needs = delivery.needs()

    assert len(needs) == reads
    delivery.supply(needs[0], last=2, now_ms=1)

    assert [need.conversation_id for need in delivery.needs()] == [reads + 1]


def test_an_own_accepted_entry_needs_no_confirm() -> None:
    delivery = make_live((1, 0))

    delivery.note_accepted(1, 1, now_ms=0)

    assert delivery.deadline_ms() is None
    assert delivery.offer(1, 2, now_ms=0)


def test_an_own_entry_between_those_of_others_is_covered_by_their_confirm() -> None:
    delivery = make_live((1, 0))
    delivery.offer(1, 1, now_ms=0)
    delivery.note_accepted(1, 2, now_ms=0)

    delivery.confirm(1, 1, now_ms=1)

    assert delivery.deadline_ms() is None


def test_an_own_entry_that_is_not_next_is_read_with_the_others() -> None:
    delivery = make_live((1, 0))

    delivery.note_accepted(1, 2, now_ms=0)

    assert delivery.needs() == [NeedEntries(1, 0, 200)]


def test_an_overdue_confirm_goes_back_with_growing_waits() -> None:
    delivery, due_ms = make_live((1, 0)), limits.CONFIRM_DUE_MS
    delivery.offer(1, 1, now_ms=0)

    assert not delivery.rewind_overdue(due_ms - 1)
    assert delivery.rewind_overdue(due_ms)
    (need,) = delivery.needs()
    assert need == NeedEntries(1, 0, 200)
    delivery.supply(need, last=1, now_ms=due_ms)

    assert delivery.deadline_ms() == due_ms + 2 * due_ms


def test_what_was_read_for_a_time_before_a_rewind_is_not_wanted() -> None:
    delivery = make_live((1, 0))
    delivery.offer(1, 1, now_ms=0)
    delivery.offer(1, 5, now_ms=0)
    (old,) = delivery.needs()
    delivery.rewind_overdue(limits.CONFIRM_DUE_MS)

    assert not delivery.supply(old, last=5, now_ms=limits.CONFIRM_DUE_MS)


def test_a_confirm_of_what_was_pulled_moves_on() -> None:
    delivery = make_live((1, 3))

    delivery.confirm(1, 7, now_ms=0)
    delivery.confirm(1, 5, now_ms=0)
    delivery.confirm(2, 5, now_ms=0)

    assert delivery.offer(1, 8, now_ms=1)


def test_an_ended_conversation_is_forgotten() -> None:
    delivery = make_live((1, 0))
    delivery.offer(1, 5, now_ms=0)
    (need,) = delivery.needs()

    delivery.end(1)

    assert not delivery.supply(need, last=5, now_ms=1)
    assert delivery.deadline_ms() is None


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["append", "own", "read", "confirm", "wait", "late"]),
            st.integers(0, 30),
        ),
        max_size=150,
    )
)
def test_every_entry_reaches_the_client_without_holes(steps: list[tuple[str, int]]) -> None:
    """A client that takes what is next ends with the whole log, whatever happened before."""
    delivery = make_live((1, 0))
    head = have = now_ms = 0
    needs: list[NeedEntries] = []

    def take(first: int, last: int) -> None:
        nonlocal have
        if first <= have + 1:
            have = max(have, last)

    def read() -> None:
        needs.extend(delivery.needs())
        for need in needs:
            last = min(head, need.after + need.limit)
            if delivery.supply(need, last=last if last > need.after else None, now_ms=now_ms):
                take(need.after + 1, last)
        needs.clear()

    for what, number in steps:
        now_ms += 1
        match what:
            case "append":
                for _ in range(number):
                    head += 1
                    if delivery.offer(1, head, now_ms=now_ms):
                        take(head, head)
            case "own":
                head += 1
                delivery.note_accepted(1, head, now_ms=now_ms)
                take(head, head)
            case "late":
                head += 1  # Its announcement is lost.
            case "read":
                read()
            case "confirm":
                delivery.confirm(1, have, now_ms=now_ms)
            case _:
                now_ms += number * 1_000
                delivery.rewind_overdue(now_ms)
    head += 1
    if delivery.offer(1, head, now_ms=now_ms):
        take(head, head)
    for _ in range(head // limits.ENTRIES_PER_FRAME_MAX + 20):
        read()
        delivery.confirm(1, have, now_ms=now_ms)
        now_ms += limits.CONFIRM_DUE_MS << 6
        delivery.rewind_overdue(now_ms)

    assert have == head


def test_who_is_added_is_served_from_there() -> None:
    delivery = make_live()

    delivery.begin(9, 40)

    assert delivery.offer(9, 41, now_ms=0)


def test_who_is_added_anew_is_served_from_the_new_place() -> None:
    delivery = make_live((9, 10))
    delivery.offer(9, 11, now_ms=0)

    delivery.begin(9, 40)

    assert delivery.offer(9, 41, now_ms=0)
    assert delivery.needs() == []


def test_beginning_again_where_one_is_changes_nothing() -> None:
    delivery = make_live((9, 41))

    delivery.begin(9, 40)

    assert not delivery.offer(9, 41, now_ms=0)
    assert delivery.offer(9, 42, now_ms=0)


def test_what_began_before_the_heads_were_told_is_read_after_them() -> None:
    delivery = Delivery()
    delivery.begin(9, 40)
    delivery.offer(9, 41, now_ms=0)

    delivery.start_live([])

    assert delivery.needs() == [NeedEntries(9, 40, 200)]
