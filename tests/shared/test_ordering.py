from __future__ import annotations

import json
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared import limits
from shared.entries import EntryKind
from shared.ordering import Place, block_bounds, block_of, merge, merge_block, place_of
from tests.shared.factories import make_log

VECTORS = json.loads((Path(__file__).parent / "vectors.json").read_text(encoding="utf-8"))


@st.composite
def blocks(draw: st.DrawFn, devices: int = 3, size: int = limits.ORDER_BLOCK) -> list[Place]:
    """One block of three people, each device counting on its own."""
    counters: dict[tuple[int, int], int] = {}
    places: list[Place] = []
    for sequence in range(1, draw(st.integers(0, size)) + 1):
        account = draw(st.integers(1, 3))
        device = account * 10 + draw(st.integers(1, devices))
        counters[account, device] = counters.get((account, device), 0) + 1
        kind = draw(st.sampled_from(["message"] * 8 + ["handshake", "roster"]))
        places.append(
            Place(
                sequence=sequence,
                account=account,
                device=device,
                device_counter=counters[account, device],
                sent_at_ms=100_000 + draw(st.integers(0, 50_000)),
                received_at_ms=120_000 + sequence,
                is_message=kind == "message",
                changes_roster=kind == "roster",
            )
        )
    return places


@given(blocks(), st.randoms())
def test_the_same_entries_give_the_same_order_however_they_came(
    places: list[Place], random: Random
) -> None:
    shuffled = list(places)
    random.shuffle(shuffled)

    assert merge_block(shuffled) == merge_block(places)


@given(blocks())
def test_the_order_is_a_permutation_of_the_slots(places: list[Place]) -> None:
    slots = merge_block(places)

    assert sorted(slots) == sorted(slots.values()) == [place.sequence for place in places]


@given(blocks(devices=1))
def test_one_device_per_person_is_the_servers_order(places: list[Place]) -> None:
    slots = merge_block(places)

    assert all(sequence == slot for sequence, slot in slots.items())


@given(blocks())
def test_everyone_keeps_their_own_slots(places: list[Place]) -> None:
    by_sequence = {place.sequence: place for place in places}

    for sequence, slot in merge_block(places).items():
        assert by_sequence[sequence].account == by_sequence[slot].account


@given(blocks())
def test_what_is_late_or_a_handshake_keeps_its_slot(places: list[Place]) -> None:
    slots = merge_block(places)

    assert all(slots[place.sequence] == place.sequence for place in places if not place.is_prompt)


@given(blocks())
def test_nothing_crosses_a_change_of_the_roster(places: list[Place]) -> None:
    slots = merge_block(places)

    for fence in (place.sequence for place in places if place.changes_roster):
        assert all((sequence < fence) == (slot < fence) for sequence, slot in slots.items())


@given(blocks())
def test_a_devices_messages_never_overtake_each_other(places: list[Place]) -> None:
    slots = merge_block(places)

    for device in {place.device for place in places}:
        own = [slots[p.sequence] for p in places if p.device == device and p.is_message]
        assert own == sorted(own)


@given(blocks())
def test_a_persons_messages_that_are_prompt_are_in_order_of_their_running_time(
    places: list[Place],
) -> None:
    slots = merge_block(places)
    newest: dict[int, int] = {}
    times: dict[int, int] = {}
    for place in places:
        if place.is_prompt:
            newest[place.device] = max(newest.get(place.device, 0), place.sent_at_ms)
            times[slots[place.sequence]] = newest[place.device]
    for account in (1, 2, 3):
        run: list[int] = []
        for place in places:
            if place.changes_roster or (
                place.account == account and place.is_message and not place.is_prompt
            ):
                run = []
            elif place.account == account and place.is_prompt:
                run.append(times[place.sequence])
                assert run == sorted(run)


@pytest.mark.parametrize("vector", VECTORS["ordering"], ids=lambda vector: str(vector["case"]))
def test_the_vectors_hold(vector: dict[str, Any]) -> None:
    slots = merge_block([Place(**place) for place in vector["places"]])

    assert {str(sequence): slot for sequence, slot in slots.items()} == vector["slots"]


def test_prompt_ends_30_seconds_after_sending() -> None:
    def is_prompt(late_ms: int) -> bool:
        return Place(
            sequence=1,
            account=1,
            device=1,
            device_counter=1,
            sent_at_ms=50_000,
            received_at_ms=50_000 + late_ms,
        ).is_prompt

    assert [is_prompt(late) for late in (-30_001, -30_000, 30_000, 30_001)] == [
        False,
        True,
        True,
        False,
    ]


def test_blocks_hold_64_sequences_and_are_merged_one_by_one() -> None:
    places = [place_of(entry) for entry in make_log(130)]

    slots = merge(reversed(places))

    assert [block_of(n) for n in (1, 64, 65, 128, 129)] == [0, 0, 1, 1, 2]
    assert block_bounds(1) == (65, 128)
    assert slots == {n: n for n in range(1, 131)}


def test_a_place_takes_its_fields_from_the_entry() -> None:
    entry = make_log(1)[0]

    place = place_of(entry, changes_roster=True)

    assert entry.kind is EntryKind.APPLICATION
    assert (place.sequence, place.device_counter, place.is_message) == (1, 1, True)
    assert place.changes_roster
