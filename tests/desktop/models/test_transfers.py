from __future__ import annotations

import pytest

from desktop.events import FileRow
from desktop.models.transfers import Progress, TransferMeter
from shared import limits

FILE = FileRow(name="a", size=1000, done=100, total=1100)


def test_a_file_is_as_far_as_its_row_says_until_more_is_told() -> None:
    meter = TransferMeter()
    before = meter.of(1, FILE)

    meter.note(1, done=550, total=1100, now_ms=0)

    assert before == Progress(100, 1100)
    assert meter.of(1, FILE).share == 0.5
    assert meter.of(1, FILE).of_size(1000) == 500


def test_the_speed_is_what_came_in_the_time_between() -> None:
    meter = TransferMeter()

    meter.note(1, done=0, total=10_000, now_ms=0)
    meter.note(1, done=500, total=10_000, now_ms=500)

    assert meter.of(1, FILE).bytes_per_s == 1000


def test_the_speed_changes_smoothly() -> None:
    meter = TransferMeter()
    meter.note(1, done=0, total=10_000, now_ms=0)
    meter.note(1, done=1000, total=10_000, now_ms=1000)

    meter.note(1, done=3000, total=10_000, now_ms=2000)

    assert 1000 < meter.of(1, FILE).bytes_per_s < 2000


def test_what_begins_anew_has_no_speed_yet() -> None:
    meter = TransferMeter()
    meter.note(1, done=1000, total=10_000, now_ms=0)
    meter.note(1, done=2000, total=10_000, now_ms=100)

    meter.note(1, done=0, total=10_000, now_ms=200)

    assert meter.of(1, FILE).bytes_per_s == 0


def test_a_file_that_rests_is_forgotten() -> None:
    meter = TransferMeter()
    meter.note(1, done=550, total=1100, now_ms=0)

    meter.forget(1)
    meter.forget(2)

    assert meter.of(1, FILE) == Progress(100, 1100)


def test_no_more_are_remembered_than_there_can_be(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "TRANSFERS_MAX", 1)
    meter = TransferMeter()
    meter.note(1, done=1, total=2, now_ms=0)

    meter.note(2, done=1, total=2, now_ms=0)
    meter.note(1, done=2, total=2, now_ms=0)

    assert meter.of(2, FILE) == Progress(100, 1100)
    assert meter.of(1, FILE).share == 1


def test_nothing_is_done_of_nothing() -> None:
    assert Progress(0, 0).share == 0
