"""When the app locks itself: after minutes without input, and after the computer slept.

Without I/O. Times are the wall clock, since the monotonic one stands still during sleep; where it
is set back, the time without input begins anew.
"""

from __future__ import annotations

__all__ = ["AutoLock"]

# The pause between two looks at the clock is a second or so; one as long as this was sleep.
SLEEP_MS = 60_000


class AutoLock:
    """The lock of one app.

    Args:
        now_ms: The wall clock.
    """

    def __init__(self, now_ms: int) -> None:
        self.is_locked = False
        self._can_lock = False
        self._minutes = 0
        self._input_ms = now_ms
        self._looked_ms = now_ms

    def configure(self, *, can_lock: bool, minutes: int) -> None:
        """Say whether there is a passcode, and after how many minutes to lock; 0: never."""
        self._can_lock = can_lock
        self._minutes = minutes
        if not can_lock:
            self.is_locked = False

    def note_input(self, now_ms: int) -> None:
        """The person did something."""
        self._input_ms = now_ms

    def lock(self) -> bool:
        """Lock at the person's wish or for sleep; return whether it is locked now and was not."""
        if self.is_locked or not self._can_lock:
            return False
        self.is_locked = True
        return True

    def unlock(self, now_ms: int) -> None:
        """The passcode was right."""
        self.is_locked = False
        self._input_ms = self._looked_ms = now_ms

    def look(self, now_ms: int) -> bool:
        """Look at the clock, every second or so; return whether it is locked now and was not."""
        slept = now_ms - self._looked_ms >= SLEEP_MS
        self._looked_ms = now_ms
        if now_ms < self._input_ms:
            self._input_ms = now_ms
        is_due = self._minutes > 0 and now_ms - self._input_ms >= self._minutes * 60_000
        return (is_due or slept) and self.lock()
