"""Notices a dead link while nothing is said; a link in use needs no pings.

Each side notes the last frame in and the last frame out. After `idle_ms` without any it pings;
so it does when it has been talking for as long without hearing anything, because frames that
only go out prove nothing. Any frame in is an answer. No answer in `limits.PONG_WAIT_MS`: one
more ping; none again: close. `idle_ms` grows by a quarter each time the path held, and halves
after a loss; the next link goes on with it.
"""

from __future__ import annotations

from enum import Enum, auto

from shared import limits

__all__ = ["Heartbeat", "HeartbeatAction"]

_PINGS_MAX = 2


class HeartbeatAction(Enum):
    """What is to be done now."""

    NOTHING = auto()
    PING = auto()
    CLOSE = auto()


class Heartbeat:
    """The heartbeat of one side of one link; all times are monotonic."""

    def __init__(self, now_ms: int, *, idle_ms: int = limits.IDLE_START_MS) -> None:
        self.idle_ms = min(max(idle_ms, limits.IDLE_MIN_MS), limits.IDLE_MAX_MS)
        self._last_ms = now_ms  # Of the last frame, in or out.
        self._unheard_since_ms: int | None = None  # First frame out since the last frame in.
        self._pinged_ms: int | None = None
        self._pings = 0  # Unanswered ones in a row.
        self._is_asked_for = False

    def noted_in(self, now_ms: int) -> None:
        """Note a frame from the other side, of whatever kind."""
        if self._pings == 1:
            self.idle_ms = min(self.idle_ms * 5 // 4, limits.IDLE_MAX_MS)
        self._last_ms = now_ms
        self._unheard_since_ms = None
        self._pinged_ms = None
        self._pings = 0
        self._is_asked_for = False

    def noted_out(self, now_ms: int) -> None:
        """Note a frame to the other side; the pings that `tick` asks for are noted there."""
        self._last_ms = now_ms
        if self._unheard_since_ms is None:
            self._unheard_since_ms = now_ms

    def ask_now(self) -> None:
        """Ping on the next tick, idle or not: an answer is overdue in another way."""
        self._is_asked_for = self._pings == 0

    def tick(self, now_ms: int) -> HeartbeatAction:
        """Return what is due; a ping counts as sent."""
        if now_ms < self.deadline_ms() and not self._is_asked_for:
            return HeartbeatAction.NOTHING
        if self._pings == _PINGS_MAX:
            return HeartbeatAction.CLOSE
        if self._pings:
            self.idle_ms = max(self.idle_ms // 2, limits.IDLE_MIN_MS)
        self._is_asked_for = False
        self._pings += 1
        self._pinged_ms = now_ms
        self.noted_out(now_ms)
        return HeartbeatAction.PING

    def deadline_ms(self) -> int:
        """Return when `tick` has something to do unless a frame comes."""
        if self._pinged_ms is not None:
            return self._pinged_ms + limits.PONG_WAIT_MS
        if self._unheard_since_ms is not None:
            return min(self._last_ms, self._unheard_since_ms) + self.idle_ms
        return self._last_ms + self.idle_ms
