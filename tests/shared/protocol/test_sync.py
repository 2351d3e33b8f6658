from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared import chain, limits
from shared.entries import Entry
from shared.frames import Confirm, Entries, Pull
from shared.protocol.sync import (
    Apply,
    ApplyOlder,
    ChainBroken,
    ConversationSync,
    SendFrame,
)
from tests.shared.factories import CONVERSATION, chain_before, make_log, replace_entry

C = CONVERSATION
LOG = make_log(400)


def make_sync(*, have: int = 0, head: int | None = None) -> ConversationSync:
    """One that is up to date with ``have`` and on a link."""
    sync = ConversationSync(
        C,
        now_ms=0,
        pull_ids=itertools.count(1),
        have=have,
        have_chain=LOG[have - 1].chain if have else chain.START,
        confirmed=have,
    )
    sync.link_up(head=have if head is None else head, now_ms=0)
    return sync


def run(first: int, last: int, *, pull_id: int = 0, log: list[Entry] = LOG) -> Entries:
    return Entries(C, chain_before(log, first), tuple(log[first - 1 : last]), pull_id)


def confirm(sequence: int) -> SendFrame:
    return SendFrame(Confirm(C, sequence))


def pull(pull_id: int, after: int, limit: int = limits.ENTRIES_PER_FRAME_MAX) -> SendFrame:
    return SendFrame(Pull(pull_id, C, after, limit))


def test_the_next_entry_is_applied_and_confirmed_once_stored() -> None:
    sync = make_sync(have=2)

    sync.receive(run(3, 3), now_ms=1)
    assert sync.has_commands
    assert sync.commands() == [Apply(C, (LOG[2],))]
    assert not sync.has_commands
    sync.stored(3)

    assert sync.commands() == [confirm(3)]
    assert sync.is_complete


def test_an_entry_that_is_here_is_dropped_and_confirmed_again() -> None:
    sync = make_sync(have=3)

    sync.receive(run(2, 3), now_ms=1)

    assert sync.commands() == [confirm(3)]


def test_an_entry_not_stored_yet_is_not_confirmed_by_its_repeat() -> None:
    sync = make_sync(have=3)
    sync.receive(run(4, 4), now_ms=1)
    sync.commands()

    sync.receive(run(4, 4), now_ms=2)

    assert sync.commands() == [confirm(3)]


def test_an_entry_beyond_a_gap_is_held_then_the_gap_is_pulled() -> None:
    sync = make_sync(have=1)

    sync.receive(run(3, 4), now_ms=10)
    assert sync.deadline_ms() == 10 + limits.GAP_HOLD_MS
    sync.tick(now_ms=10 + limits.GAP_HOLD_MS - 1)
    assert sync.commands() == []
    assert not sync.is_complete
    sync.tick(now_ms=10 + limits.GAP_HOLD_MS)
    assert sync.commands() == [pull(1, 1)]
    sync.receive(run(2, 2, pull_id=1), now_ms=600)

    assert sync.commands() == [Apply(C, tuple(LOG[1:4]))]
    assert sync.is_complete


def test_a_gap_that_closes_by_itself_is_not_pulled() -> None:
    sync = make_sync(have=1)
    sync.receive(run(3, 3), now_ms=10)

    sync.receive(run(2, 2), now_ms=20)
    sync.tick(now_ms=10_000)

    assert sync.commands() == [Apply(C, tuple(LOG[1:3]))]


def test_a_head_further_on_is_pulled_page_by_page() -> None:
    sync = make_sync(head=400)

    assert sync.commands() == [pull(1, 0)]
    sync.receive(run(1, 200, pull_id=1), now_ms=5)
    assert sync.commands() == [Apply(C, tuple(LOG[:200])), pull(2, 200)]
    sync.receive(run(201, 400, pull_id=2), now_ms=9)

    assert sync.commands() == [Apply(C, tuple(LOG[200:]))]


def test_what_is_pushed_while_catching_up_is_held_until_it_fits() -> None:
    sync = make_sync(head=3)
    sync.commands()

    sync.receive(run(4, 4), now_ms=1)
    sync.receive(run(1, 3, pull_id=1), now_ms=2)

    assert sync.commands() == [Apply(C, tuple(LOG[:4]))]


def test_a_pull_without_an_answer_is_asked_again() -> None:
    sync = make_sync(head=1)
    sync.commands()

    assert sync.deadline_ms() == limits.PULL_TIMEOUT_MS
    sync.tick(now_ms=limits.PULL_TIMEOUT_MS)

    assert sync.commands() == [pull(2, 0)]


def test_an_answer_that_brings_nothing_new_is_not_asked_again_at_once() -> None:
    sync = make_sync(have=2, head=5)
    sync.commands()

    sync.receive(run(1, 2, pull_id=1), now_ms=1)
    assert sync.commands() == [confirm(2)]
    sync.tick(now_ms=limits.PULL_TIMEOUT_MS)

    assert sync.commands() == [pull(2, 2)]


def test_an_empty_answer_ends_asking() -> None:
    sync = make_sync(have=2, head=5)
    sync.commands()

    sync.receive(Entries(C, bytes(32), (), 1), now_ms=1)

    assert sync.is_complete
    sync.tick(now_ms=60_000)
    assert sync.commands() == []


def test_silence_and_resume_are_reasons_to_ask() -> None:
    sync = make_sync(have=2)

    sync.tick(now_ms=limits.SILENCE_PULL_MS - 1)
    assert sync.commands() == []
    sync.tick(now_ms=limits.SILENCE_PULL_MS)
    assert sync.commands() == [pull(1, 2)]
    sync.receive(Entries(C, bytes(32), (), 1), now_ms=limits.SILENCE_PULL_MS + 1)
    sync.resume(now_ms=limits.SILENCE_PULL_MS + 2)

    assert sync.commands() == [pull(2, 2)]


def test_held_entries_have_a_bound_and_are_pulled_later() -> None:
    sync = make_sync()
    for start in range(2, 400, 100):
        sync.receive(run(start, min(start + 99, 400)), now_ms=1)

    sync.tick(now_ms=600)
    sync.receive(run(1, 1, pull_id=1), now_ms=700)

    applied = sync.have
    assert applied == 1 + limits.HELD_ENTRIES_MAX
    assert sync.commands()[-1] == pull(2, applied)


def test_an_own_accepted_entry_is_applied_without_a_confirm() -> None:
    sync = make_sync(have=1)

    sync.accept(LOG[1], now_ms=1)
    sync.accept(LOG[1], now_ms=1)
    sync.stored(2)

    assert sync.commands() == [Apply(C, (LOG[1],))]


def test_what_was_stored_and_not_noted_is_confirmed_on_the_next_link() -> None:
    sync = make_sync(have=1)
    sync.receive(run(2, 2), now_ms=1)
    sync.stored(2)
    sync.link_down()
    sync.commands()

    sync.link_up(head=2, now_ms=2)
    assert sync.commands() == [confirm(2)]
    sync.note_confirmed(2)
    sync.link_up(head=2, now_ms=3)

    assert sync.commands() == []


def test_without_a_link_nothing_is_asked_and_nothing_is_due() -> None:
    sync = make_sync(have=1)
    sync.link_down()

    sync.note_head(9, now_ms=1)
    sync.tick(now_ms=limits.SILENCE_PULL_MS)

    assert sync.commands() == []
    assert sync.deadline_ms() is None
    assert not sync.pull_older(10, now_ms=1)


@pytest.mark.parametrize("what", ["chain", "payload"])
def test_a_chain_that_does_not_fit_is_told_once_and_following_goes_on(what: str) -> None:
    sync = make_sync(have=1)
    if what == "chain":
        wrong = replace_entry(LOG[1], chain_value=bytes(32))
    else:
        wrong = replace_entry(LOG[1], payload=b"another")

    sync.receive(Entries(C, LOG[0].chain, (wrong,)), now_ms=1)
    sync.receive(run(3, 3), now_ms=1)

    commands = sync.commands()
    assert commands[0] == ChainBroken(C, 2)
    assert sum(isinstance(command, ChainBroken) for command in commands) == 1
    assert sync.have == 3
    assert not sync.is_complete


def test_a_blanked_payload_does_not_break_the_chain() -> None:
    sync = make_sync(have=1)

    sync.receive(Entries(C, LOG[0].chain, (replace_entry(LOG[1], payload=b""),)), now_ms=1)

    assert sync.is_complete


def make_late() -> ConversationSync:
    """One that begins at 300 without knowing the chain there."""
    sync = ConversationSync(
        C,
        now_ms=0,
        pull_ids=itertools.count(1),
        floor=300,
        floor_chain=None,
        have=300,
        have_chain=None,
    )
    sync.link_up(head=400, now_ms=0)
    sync.commands()
    sync.receive(run(301, 400, pull_id=1), now_ms=1)
    sync.commands()
    return sync


def test_older_entries_end_at_the_floor_with_the_chain_value_told_there() -> None:
    sync = make_late()

    assert sync.pull_older(60, now_ms=2)
    assert sync.commands() == [pull(2, 240, 60)]
    sync.receive(run(241, 300, pull_id=2), now_ms=3)

    assert sync.commands() == [ApplyOlder(C, tuple(LOG[240:300]), LOG[239].chain)]
    assert sync.floor == 240
    assert sync.is_complete


def test_older_entries_reach_the_first_one() -> None:
    sync = make_late()

    for pull_id in (2, 3):
        sync.pull_older(1_000, now_ms=2)
        floor = sync.floor
        sync.receive(run(max(1, floor - 199), floor, pull_id=pull_id), now_ms=3)

    assert sync.floor == 0
    assert not sync.pull_older(60, now_ms=4)
    assert sync.is_complete


@pytest.mark.parametrize(
    "frame",
    [
        Entries(C, bytes(32), (), 2),
        Entries(C, LOG[238].chain, tuple(LOG[239:299]), 2),
        Entries(C, LOG[239].chain, (*LOG[240:298], LOG[297], LOG[299]), 2),
    ],
    ids=["empty", "ends early", "has a hole"],
)
def test_older_entries_that_do_not_fit_are_not_taken(frame: Entries) -> None:
    sync = make_late()
    sync.pull_older(60, now_ms=2)
    sync.commands()

    sync.receive(frame, now_ms=3)

    assert sync.commands() == []
    assert sync.floor == 300


def test_another_past_than_the_one_the_chain_names_is_told() -> None:
    sync = make_late()
    sync.pull_older(60, now_ms=2)
    sync.commands()
    forged = make_log(240)
    previous = forged[-1].chain
    other = [replace_entry(entry) for entry in LOG[240:300]]
    for index, entry in enumerate(other):
        changed = replace_entry(entry, chain_value=chain.chain_after(bytes(32), entry))
        other[index] = changed

    sync.receive(Entries(C, previous, tuple(other), 2), now_ms=3)

    assert ChainBroken(C, 241) in sync.commands()


def test_a_first_entry_that_does_not_start_the_chain_is_told() -> None:
    sync = make_late()
    for pull_id in (2, 3):
        sync.pull_older(1_000, now_ms=2)
        first = max(1, sync.floor - 199)
        frame = run(first, sync.floor, pull_id=pull_id)
        if first == 1:
            frame = Entries(C, b"x" * 32, frame.entries, pull_id)
        sync.receive(frame, now_ms=3)

    assert any(isinstance(command, ChainBroken) for command in sync.commands())


def test_a_pull_of_older_ones_without_an_answer_can_be_asked_again() -> None:
    sync = make_late()
    sync.pull_older(60, now_ms=2)
    sync.pull_older(60, now_ms=3)
    assert sync.commands() == [pull(2, 240, 60)]

    sync.tick(now_ms=2 + limits.PULL_TIMEOUT_MS)
    sync.pull_older(60, now_ms=20_000)

    assert sync.commands()[-1] == pull(3, 240, 60)


@given(st.lists(st.tuples(st.integers(1, 30), st.integers(1, 5)), max_size=60))
def test_entries_are_applied_once_in_order_however_they_come(runs: list[tuple[int, int]]) -> None:
    sync = make_sync()
    applied: list[int] = []

    for now_ms, (first, length) in enumerate([*runs, (1, 40)]):
        sync.receive(run(first, min(40, first + length - 1)), now_ms=now_ms)
        for command in sync.commands():
            if isinstance(command, Apply):
                applied += [entry.sequence for entry in command.entries]

    assert applied == list(range(1, 41))
    assert sync.is_complete


def test_what_is_to_be_asked_without_a_link_is_asked_with_one() -> None:
    sync = ConversationSync(C, now_ms=0, pull_ids=itertools.count(1))

    sync.resume(now_ms=1)
    before = sync.commands()
    sync.link_up(head=0, now_ms=2)

    assert (before, sync.commands()) == ([], [pull(1, 0)])
