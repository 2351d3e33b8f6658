"""Snowflakes: 41 bits of ms since 2025-01-01 UTC, 10 bits of node, 12 bits of counter."""

from __future__ import annotations

from shared.identifiers import SNOWFLAKE_EPOCH_MS as EPOCH_MS
from shared.identifiers import SNOWFLAKE_TIME_SHIFT as _TIME_SHIFT

__all__ = ["EPOCH_MS", "NODES_MAX", "Snowflakes"]

NODES_MAX = 1 << 10
_NODE_SHIFT = 12
_COUNTER_MASK = (1 << _NODE_SHIFT) - 1


class Snowflakes:
    """Makes identifiers that never go back, whatever the clock does."""

    def __init__(self, *, node: int, newest_id: int) -> None:
        """Start above ``newest_id``, the largest one that any run of this node has made."""
        assert 0 <= node < NODES_MAX
        self._node = node
        self._time = newest_id >> _TIME_SHIFT
        self._counter = _COUNTER_MASK

    def next_id(self, now_ms: int) -> int:
        """Return a new identifier, larger than all before."""
        time = max(now_ms - EPOCH_MS, self._time)
        if time > self._time:
            self._time, self._counter = time, 0
        elif self._counter < _COUNTER_MASK:
            self._counter += 1
        else:
            # All 4096 of this ms are used (or a run before may have used them): borrow the next.
            self._time, self._counter = self._time + 1, 0
        return (self._time << _TIME_SHIFT) | (self._node << _NODE_SHIFT) | self._counter
