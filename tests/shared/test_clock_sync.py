from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared import limits
from shared.clock_sync import UNKNOWN_ERROR_MS, ClockEstimate, ClockSync, RoundTrip

WALL = 1_800_000_000_000
HALF_HOUR_MS = 30 * 60 * 1000


def make_trip(sent_ms: int, there_ms: int, back_ms: int, *, offset_ms: int) -> RoundTrip:
    """A round trip over a path with these delays, for a server that is ahead by the offset."""
    received_ms = sent_ms + there_ms
    return RoundTrip(
        client_sent_ms=sent_ms,
        server_received_ms=received_ms + offset_ms,
        server_sent_ms=received_ms + 3 + offset_ms,
        client_received_ms=received_ms + 3 + back_ms,
    )


def test_without_a_sample_there_is_no_estimate_and_time_is_the_wall_clock() -> None:
    clock = ClockSync(now_ms=0, wall_ms=WALL)

    assert clock.estimate(now_ms=5, wall_ms=WALL + 5) is None
    time = clock.server_time(now_ms=5, wall_ms=WALL + 5)
    assert (time.at_ms, time.error_ms) == (WALL + 5, UNKNOWN_ERROR_MS)


@given(
    offset_ms=st.integers(WALL - HALF_HOUR_MS, WALL + HALF_HOUR_MS),
    trips=st.lists(st.tuples(st.integers(0, 2_000), st.integers(0, 2_000)), min_size=1),
)
def test_the_truth_lies_within_the_error_and_the_error_within_half_the_best_trip(
    offset_ms: int, trips: list[tuple[int, int]]
) -> None:
    clock, now_ms = ClockSync(now_ms=0, wall_ms=WALL), 0

    for there_ms, back_ms in trips[-32:]:
        trip = make_trip(now_ms, there_ms, back_ms, offset_ms=offset_ms)
        clock.add(trip)
        now_ms = trip.client_received_ms
    time = clock.server_time(now_ms=now_ms, wall_ms=0)

    best_ms = min(there + back for there, back in trips[-32:])
    assert abs(time.at_ms - (now_ms + offset_ms)) <= time.error_ms
    assert time.error_ms <= best_ms / 2 + 3 + now_ms * 100e-6 + 1


def test_a_clock_30_minutes_slow_is_measured_and_worth_telling() -> None:
    clock = ClockSync(now_ms=0, wall_ms=WALL - HALF_HOUR_MS)
    clock.add(make_trip(0, 10, 10, offset_ms=WALL))

    estimate = clock.estimate(now_ms=23, wall_ms=WALL - HALF_HOUR_MS + 23)

    assert estimate == ClockEstimate(offset_ms=HALF_HOUR_MS, error_ms=12)
    assert estimate.is_worth_telling
    assert not ClockEstimate(offset_ms=HALF_HOUR_MS, error_ms=HALF_HOUR_MS).is_worth_telling


def test_a_step_of_the_wall_clock_widens_the_error_until_the_next_round_trip() -> None:
    clock = ClockSync(now_ms=0, wall_ms=WALL)
    clock.add(make_trip(0, 5, 5, offset_ms=WALL))

    assert not clock.note_clocks(now_ms=1_000, wall_ms=WALL + 1_000)
    assert clock.note_clocks(now_ms=2_000, wall_ms=WALL + 62_000)
    wide = clock.server_time(now_ms=2_000, wall_ms=WALL + 62_000)
    clock.add(make_trip(2_000, 5, 5, offset_ms=WALL))
    narrow = clock.server_time(now_ms=2_013, wall_ms=WALL + 62_013)

    assert wide.error_ms > 60_000
    assert narrow.error_ms < 10
    assert narrow.at_ms == WALL + 2_013


def test_a_step_before_any_sample_leaves_time_unknown() -> None:
    clock = ClockSync(now_ms=0, wall_ms=WALL)

    assert clock.note_clocks(now_ms=10, wall_ms=WALL + 5_000)
    assert clock.estimate(now_ms=10, wall_ms=WALL + 5_000) is None


def test_sleep_in_which_the_monotonic_clock_stood_still_is_within_the_error() -> None:
    clock = ClockSync(now_ms=0, wall_ms=WALL)
    clock.add(make_trip(0, 5, 5, offset_ms=WALL))

    clock.note_clocks(now_ms=100, wall_ms=WALL + 100 + HALF_HOUR_MS)
    time = clock.server_time(now_ms=100, wall_ms=WALL + 100 + HALF_HOUR_MS)

    truth_ms = WALL + 100 + HALF_HOUR_MS
    assert abs(time.at_ms - truth_ms) <= time.error_ms


def test_drift_is_measured_over_a_long_time_and_followed() -> None:
    clock, random = ClockSync(now_ms=0, wall_ms=WALL), Random(1)
    for now_ms in range(0, 3_600_000, 60_000):
        drifted_ms = WALL + round(now_ms * 80e-6)
        clock.add(
            make_trip(now_ms, random.randint(1, 30), random.randint(1, 30), offset_ms=drifted_ms)
        )

    later_ms = 5_400_000
    time = clock.server_time(now_ms=later_ms, wall_ms=0)

    truth_ms = later_ms + WALL + round(later_ms * 80e-6)
    assert abs(time.at_ms - truth_ms) <= time.error_ms < 100


def test_a_drift_no_clock_has_is_not_believed() -> None:
    clock = ClockSync(now_ms=0, wall_ms=WALL)
    clock.add(make_trip(0, 1, 1, offset_ms=WALL))
    clock.add(make_trip(1_000_000, 1, 1, offset_ms=WALL + 5_000))

    time = clock.server_time(now_ms=1_000_005, wall_ms=0)

    assert abs(time.at_ms - (1_000_005 + WALL + 5_000)) <= 2


def test_a_typed_message_is_stamped_with_its_own_time() -> None:
    clock = ClockSync(now_ms=0, wall_ms=WALL)
    clock.add(make_trip(0, 5, 5, offset_ms=WALL))

    time = clock.server_time(now_ms=100_000, wall_ms=0, typed_ms=40_000)

    assert time.at_ms == WALL + 40_000
    assert time.error_ms < 30


def test_a_trip_that_ended_before_it_began_is_ignored() -> None:
    clock = ClockSync(now_ms=0, wall_ms=WALL)

    clock.add(
        RoundTrip(client_sent_ms=9, server_received_ms=1, server_sent_ms=1, client_received_ms=8)
    )

    assert clock.estimate(now_ms=9, wall_ms=WALL) is None


@pytest.mark.parametrize("minutes", [4, -4])
def test_less_than_five_minutes_is_not_worth_telling(minutes: int) -> None:
    assert not ClockEstimate(offset_ms=minutes * 60_000, error_ms=0).is_worth_telling
    assert limits.CLOCK_WARN_MS == 5 * 60_000
