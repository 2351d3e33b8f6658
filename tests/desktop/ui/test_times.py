from __future__ import annotations

import pytest

from desktop.ui.times import (
    clock_time,
    day_label,
    days_of,
    full_time,
    list_time,
    moment,
    now,
    seen_time,
    time_to_come,
)
from tests.desktop.fake_port import NOW, at

DAY = 60 * 24


@pytest.mark.parametrize(
    ("minutes_ago", "in_list", "in_pill"),
    [
        (2, "14:30", "Today"),
        (DAY, "Yesterday", "Yesterday"),
        (3 * DAY, "Fri", "Friday"),
        (30 * DAY, "10/24", "Saturday, October 24"),
        (400 * DAY, "2025/10/19", "2025-10-19"),
    ],
)
def test_a_moment_is_written_as_short_as_it_is_clear(
    windows: None, minutes_ago: int, in_list: str, in_pill: str
) -> None:
    assert list_time(at(minutes_ago)) == in_list
    assert day_label(at(minutes_ago)) == in_pill


def test_when_somebody_was_there_is_said_inside_a_sentence(windows: None) -> None:
    assert seen_time(at(2)) == "14:30"
    assert seen_time(at(DAY)) == "yesterday at 14:32"
    assert seen_time(at(3 * DAY)) == "Fri"


def test_times_are_local(windows: None) -> None:
    assert clock_time(at(0)) == "14:32"
    assert full_time(at(0)) == "2026-11-23 14:32:00"


def test_the_present_moment_is_the_clocks(windows: None) -> None:
    assert now() == NOW


def test_days_are_those_of_the_moments(windows: None) -> None:
    moments_ms = [at(minutes) for minutes in range(0, 3 * DAY, 7)]

    assert days_of(moments_ms) == [moment(at_ms).date() for at_ms in moments_ms]
    assert len(set(days_of(moments_ms))) == 4


def test_a_time_to_come_is_said_with_its_day_unless_it_is_today(windows: None) -> None:
    assert time_to_come(at(-60)) == "15:32"
    assert time_to_come(at(-DAY)) == "2026-11-24 14:32"
