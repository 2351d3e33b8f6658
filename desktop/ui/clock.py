"""The wall clock, for what the windows do at a time; tests give clocks of their own."""

from __future__ import annotations

import time

__all__ = ["wall_ms"]


def wall_ms() -> int:
    """Return the wall clock, in ms since 1970-01-01 UTC; it may be wrong or set back."""
    return time.time_ns() // 1_000_000
