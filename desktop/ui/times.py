"""How moments are written: short in lists, by day in pills, in full on hover."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from datetime import date, datetime, tzinfo

from desktop.ui.translate import translate

__all__ = [
    "clock_time",
    "day_label",
    "days_of",
    "full_time",
    "list_time",
    "moment",
    "now",
    "seen_time",
    "time_to_come",
    "use_clock",
]

_MINUTE_MS = 60 * 1000
_QUARTER_MS = 15 * _MINUTE_MS

_clock: list[Callable[[], datetime]] = [lambda: datetime.now().astimezone()]


def use_clock(clock: Callable[[], datetime]) -> None:
    """Take the present moment from ``clock``; pictures for the documents do."""
    _clock[0] = clock


def now() -> datetime:
    """Return the present moment in the local time zone."""
    return _clock[0]()


def moment(at_ms: int) -> datetime:
    """Return a time of the server in the local time zone."""
    return _moment_in(at_ms, _clock[0]().tzinfo)


def days_of(moments_ms: Iterable[int]) -> list[date]:
    """Return the days of times of the server, in the local time zone."""
    zone = _clock[0]().tzinfo
    return [_day(at_ms // _QUARTER_MS, zone) for at_ms in moments_ms]


# Days begin at quarters of an hour, whatever the zone.
@functools.lru_cache(maxsize=4_096)
def _day(quarter: int, zone: tzinfo | None) -> date:
    return _moment_in(quarter * _QUARTER_MS, zone).date()


def clock_time(at_ms: int) -> str:
    """Write hours and minutes."""
    return _clock_time(at_ms // _MINUTE_MS, _clock[0]().tzinfo)


@functools.lru_cache(maxsize=4_096)
def _clock_time(minute: int, zone: tzinfo | None) -> str:
    return f"{_moment_in(minute * _MINUTE_MS, zone):%H:%M}"


def _moment_in(at_ms: int, zone: tzinfo | None) -> datetime:
    return datetime.fromtimestamp(at_ms / 1000).astimezone(zone)


def full_time(at_ms: int) -> str:
    """Write day and time to the second."""
    return f"{moment(at_ms):%Y-%m-%d %H:%M:%S}"


def time_to_come(at_ms: int) -> str:
    """Return a time of today, or day and time of a later one."""
    is_today = moment(at_ms).date() == now().date()
    return clock_time(at_ms) if is_today else f"{moment(at_ms):%Y-%m-%d %H:%M}"


def list_time(at_ms: int) -> str:
    """Write the time today, else "yesterday", the weekday, or the date."""
    at, days = moment(at_ms), _days_ago(at_ms)
    if days <= 0:
        return f"{at:%H:%M}"
    if days == 1:
        return translate("time.yesterday")
    if days < 7:
        return translate(f"time.weekday_{at.isoweekday()}_short")
    if at.year == _clock[0]().year:
        return f"{at:%m/%d}"
    return f"{at:%Y/%m/%d}"


def seen_time(at_ms: int) -> str:
    """Write inside a sentence when somebody was there, yesterday with the time."""
    if _days_ago(at_ms) == 1:
        return translate("time.yesterday_at", time=clock_time(at_ms))
    return list_time(at_ms)


def day_label(at_ms: int) -> str:
    """Name the day for the pill between two days of a timeline."""
    at, days = moment(at_ms), _days_ago(at_ms)
    if days == 0:
        return translate("time.today")
    if days == 1:
        return translate("time.yesterday")
    weekday = translate(f"time.weekday_{at.isoweekday()}")
    if 0 < days < 7:
        return weekday
    if at.year == _clock[0]().year:
        month = translate(f"time.month_{at.month}")
        return translate("time.day_of_year", month=month, day=at.day, weekday=weekday)
    return f"{at:%Y-%m-%d}"


def _days_ago(at_ms: int) -> int:
    return (_clock[0]().date() - moment(at_ms).date()).days
