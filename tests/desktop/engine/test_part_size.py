from __future__ import annotations

from desktop.engine.part_size import PartSize
from shared import limits


def test_quick_parts_grow_up_to_a_bound() -> None:
    part = PartSize()

    sizes = []
    for _ in range(6):
        sizes.append(part.bytes)
        part.note_done(10)

    assert sizes[:3] == [limits.BLOB_PART_BYTES_START * factor for factor in (1, 2, 4)]
    assert part.bytes == limits.BLOB_PART_BYTES_MAX


def test_slow_and_lost_parts_shrink_down_to_a_bound() -> None:
    part = PartSize()

    part.note_done(5_000)
    part.note_failed()
    after_two = part.bytes
    for _ in range(20):
        part.note_failed()

    assert after_two == limits.BLOB_PART_BYTES_START // 4
    assert part.bytes == limits.BLOB_PART_BYTES_MIN


def test_neither_quick_nor_slow_stays() -> None:
    part = PartSize()

    part.note_done(1_000)

    assert part.bytes == limits.BLOB_PART_BYTES_START
