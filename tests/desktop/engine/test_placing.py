from __future__ import annotations

from random import Random

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from desktop.engine.placing import LastBlocks
from shared import limits
from shared.entries import Entry, EntryKind
from shared.ordering import block_bounds, block_of, merge, merge_block, place_of
from tests.shared.factories import make_log

LOG = make_log(3 * limits.ORDER_BLOCK)


@st.composite
def logs(draw: st.DrawFn) -> list[Entry]:
    """A log of three people, two devices each, whose clocks and counters are what they are."""
    entries = []
    for entry in LOG[: draw(st.integers(1, limits.ORDER_BLOCK + 20))]:
        account = draw(st.integers(1, 3))
        is_handshake = draw(st.integers(0, 15)) == 0
        entries.append(
            msgspec.structs.replace(
                entry,
                kind=EntryKind.HANDSHAKE if is_handshake else EntryKind.APPLICATION,
                account=account,
                device=account * 10 + (draw(st.integers(0, 9)) == 0),
                device_counter=entry.sequence - 3 * (draw(st.integers(0, 9)) == 0),
                sent_at_ms=100_000 + draw(st.integers(0, 50_000)),
                received_at_ms=120_000 + entry.sequence,
            )
        )
    return entries


def block_so_far(log: list[Entry], sequence: int) -> list[Entry]:
    first, _ = block_bounds(block_of(sequence))
    return log[first - 1 : sequence]


@settings(deadline=None)
@given(logs())
def test_nobody_is_out_of_their_slot_after_an_entry_that_keeps_its_own(log: list[Entry]) -> None:
    blocks = LastBlocks()

    for entry in log:
        here = block_so_far(log, entry.sequence)
        slots = merge_block([place_of(each) for each in here])
        if blocks.takes(entry):
            assert all(sequence == slot for sequence, slot in slots.items())
        else:
            blocks.learn(entry.conversation_id, here)


@settings(deadline=None)
@given(logs(), st.integers(1, limits.ORDER_BLOCK), st.randoms(use_true_random=False))
def test_whatever_is_opened_first_the_order_is_one(
    log: list[Entry], batch: int, random: Random
) -> None:
    """As a timeline does it: stored in batches, the newest first, each opened in any order."""
    blocks = LastBlocks()
    stored: list[Entry] = []
    orders: dict[int, int] = {}

    for last in range(len(log), 0, -batch):
        come = log[max(last - batch, 0) : last]
        stored = come + stored
        for entry in random.sample(come, len(come)):
            orders[entry.sequence] = entry.sequence
            if not blocks.takes(entry):
                block = block_of(entry.sequence)
                here = [each for each in stored if block_of(each.sequence) == block]
                slots = merge_block([place_of(each) for each in here])
                orders.update((each, slots[each]) for each in slots if each in orders)
                blocks.learn(entry.conversation_id, here)

    assert orders == merge([place_of(each) for each in log])


def after(log: list[Entry]) -> LastBlocks:
    """Return what is remembered of a log whose one block was ordered."""
    blocks = LastBlocks()
    blocks.learn(log[0].conversation_id, log)
    return blocks


def test_messages_of_one_device_keep_their_slots_until_the_block_ends() -> None:
    blocks = after(LOG[:1])

    taken = [entry.sequence for entry in LOG[1:] if blocks.takes(entry)]

    assert taken == list(range(2, limits.ORDER_BLOCK + 1))


def test_the_first_of_a_block_may_be_opened_after_the_others_and_is_ordered_with_them() -> None:
    blocks = LastBlocks()

    assert not blocks.takes(LOG[0])
    assert not blocks.takes(LOG[limits.ORDER_BLOCK])


def test_after_a_gap_the_block_is_ordered_anew_once() -> None:
    blocks = after(LOG[:5])

    takes_gap = blocks.takes(LOG[6])
    blocks.learn(LOG[6].conversation_id, LOG[:7])

    assert not takes_gap
    assert blocks.takes(LOG[7])


def test_what_was_taken_once_is_not_taken_again() -> None:
    blocks = after(LOG[:5])

    assert not blocks.takes(LOG[3])


def test_a_second_device_of_a_person_is_ordered_with_the_first() -> None:
    blocks = after(LOG[:1])
    other = msgspec.structs.replace(LOG[1], account=LOG[0].account, device=LOG[0].device + 1)

    assert not blocks.takes(other)
