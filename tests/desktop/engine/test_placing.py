from __future__ import annotations

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from desktop.engine.placing import LastBlocks
from shared import limits
from shared.entries import Entry, EntryKind
from shared.ordering import block_bounds, block_of, merge_block, place_of
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


def test_messages_of_one_device_keep_their_slots_in_block_after_block() -> None:
    blocks = LastBlocks()

    assert all(blocks.takes(entry) for entry in LOG)


def test_after_a_gap_the_block_is_ordered_anew_once() -> None:
    blocks = LastBlocks()
    for entry in LOG[:5]:
        blocks.takes(entry)

    takes_gap = blocks.takes(LOG[6])
    blocks.learn(LOG[6].conversation_id, LOG[:7])

    assert not takes_gap
    assert blocks.takes(LOG[7])


def test_what_was_taken_once_is_not_taken_again() -> None:
    blocks = LastBlocks()
    for entry in LOG[:5]:
        blocks.takes(entry)

    assert not blocks.takes(LOG[3])


def test_a_second_device_of_a_person_is_ordered_with_the_first() -> None:
    blocks = LastBlocks()
    blocks.takes(LOG[0])
    other = msgspec.structs.replace(LOG[1], account=LOG[0].account, device=LOG[0].device + 1)

    assert not blocks.takes(other)
