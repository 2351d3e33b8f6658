from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from shared import limits
from shared.protocol.heartbeat import Heartbeat, HeartbeatAction

IDLE, PONG = limits.IDLE_START_MS, limits.PONG_WAIT_MS


def test_nothing_is_due_before_the_link_is_idle() -> None:
    heartbeat = Heartbeat(0)

    assert heartbeat.tick(IDLE - 1) is HeartbeatAction.NOTHING
    assert heartbeat.deadline_ms() == IDLE


def test_an_idle_link_is_pinged_twice_and_then_closed() -> None:
    heartbeat = Heartbeat(0)

    assert heartbeat.tick(IDLE) is HeartbeatAction.PING
    assert heartbeat.tick(IDLE + PONG - 1) is HeartbeatAction.NOTHING
    assert heartbeat.tick(IDLE + PONG) is HeartbeatAction.PING
    assert heartbeat.tick(IDLE + 2 * PONG) is HeartbeatAction.CLOSE


def test_any_frame_is_an_answer() -> None:
    heartbeat = Heartbeat(0)
    heartbeat.tick(IDLE)

    heartbeat.noted_in(IDLE + 10)

    assert heartbeat.tick(IDLE + PONG) is HeartbeatAction.NOTHING


def test_idle_grows_to_its_bound_while_the_path_holds() -> None:
    heartbeat, now_ms = Heartbeat(0), 0

    for _ in range(20):
        now_ms = heartbeat.deadline_ms()
        assert heartbeat.tick(now_ms) is HeartbeatAction.PING
        heartbeat.noted_in(now_ms + 1)

    assert heartbeat.idle_ms == limits.IDLE_MAX_MS


def test_idle_halves_to_its_bound_after_losses() -> None:
    heartbeat, now_ms = Heartbeat(0), 0

    for _ in range(5):
        now_ms = heartbeat.deadline_ms()
        heartbeat.tick(now_ms)
        heartbeat.tick(now_ms + PONG)
        heartbeat.noted_in(now_ms + PONG + 1)

    assert heartbeat.idle_ms == limits.IDLE_MIN_MS


def test_idle_is_taken_over_within_its_bounds() -> None:
    assert Heartbeat(0, idle_ms=1).idle_ms == limits.IDLE_MIN_MS
    assert Heartbeat(0, idle_ms=30_000).idle_ms == 30_000


def test_talking_without_hearing_anything_is_pinged_too() -> None:
    heartbeat = Heartbeat(0)

    for now_ms in range(1_000, IDLE + 1_000, 1_000):
        assert heartbeat.tick(now_ms) is HeartbeatAction.NOTHING
        heartbeat.noted_out(now_ms)

    assert heartbeat.tick(IDLE + 1_000) is HeartbeatAction.PING


def test_a_ping_can_be_asked_for_at_once_but_not_while_one_waits() -> None:
    heartbeat = Heartbeat(0)
    heartbeat.ask_now()

    assert heartbeat.tick(1) is HeartbeatAction.PING
    heartbeat.ask_now()
    assert heartbeat.tick(2) is HeartbeatAction.NOTHING


@given(st.lists(st.integers(0, IDLE - 1), max_size=50))
def test_a_link_that_hears_something_before_it_is_idle_is_never_pinged(gaps: list[int]) -> None:
    heartbeat, now_ms = Heartbeat(0), 0

    for gap_ms in gaps:
        now_ms += gap_ms
        assert heartbeat.tick(now_ms) is HeartbeatAction.NOTHING
        heartbeat.noted_out(now_ms)
        heartbeat.noted_in(now_ms)
