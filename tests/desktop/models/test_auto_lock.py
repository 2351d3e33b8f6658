from __future__ import annotations

import pytest

from desktop.models.auto_lock import SLEEP_MS, AutoLock

MINUTE = 60_000
STEP = 10_000


def wait(lock: AutoLock, start_ms: int, minutes: float) -> int | None:
    """Look every few seconds; return when it locked."""
    end_ms = start_ms + round(minutes * MINUTE)
    for now_ms in range(start_ms, end_ms + 1, STEP):
        if lock.look(now_ms):
            return now_ms
    return None


@pytest.fixture
def lock() -> AutoLock:
    made = AutoLock(0)
    made.configure(can_lock=True, minutes=5)
    return made


def test_it_locks_after_so_many_minutes_without_input(lock: AutoLock) -> None:
    assert wait(lock, 0, 20) == 5 * MINUTE
    assert lock.is_locked


def test_input_begins_the_time_anew(lock: AutoLock) -> None:
    assert wait(lock, 0, 4) is None
    lock.note_input(4 * MINUTE)

    assert wait(lock, 4 * MINUTE, 20) == 9 * MINUTE


def test_it_locks_once(lock: AutoLock) -> None:
    assert wait(lock, 0, 20) is not None
    assert wait(lock, 6 * MINUTE, 20) is None
    assert not lock.lock()


def test_without_a_passcode_it_never_locks() -> None:
    lock = AutoLock(0)
    lock.configure(can_lock=False, minutes=1)

    assert wait(lock, 0, 20) is None
    assert not lock.lock()
    assert not lock.is_locked


def test_never_means_only_by_hand_or_by_sleep() -> None:
    lock = AutoLock(0)
    lock.configure(can_lock=True, minutes=0)

    assert wait(lock, 0, 200) is None
    assert lock.look(200 * MINUTE + SLEEP_MS)
    lock.unlock(0)
    assert lock.lock()


def test_sleep_locks_at_once(lock: AutoLock) -> None:
    lock.look(0)

    assert lock.look(SLEEP_MS)


def test_unlocking_begins_anew(lock: AutoLock) -> None:
    wait(lock, 0, 20)
    lock.unlock(30 * MINUTE)

    assert not lock.is_locked
    assert wait(lock, 30 * MINUTE, 20) == 35 * MINUTE


def test_a_clock_that_is_set_back_does_not_keep_it_open() -> None:
    lock = AutoLock(60 * MINUTE)
    lock.configure(can_lock=True, minutes=5)
    lock.look(60 * MINUTE)

    assert wait(lock, 10 * MINUTE, 20) == 15 * MINUTE


def test_without_its_passcode_any_more_it_is_open(lock: AutoLock) -> None:
    lock.lock()

    lock.configure(can_lock=False, minutes=5)

    assert not lock.is_locked
