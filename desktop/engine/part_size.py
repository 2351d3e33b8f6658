"""How many bytes travel in one request: more while that is quick, fewer when it fails."""

from __future__ import annotations

from shared import limits

__all__ = ["PartSize"]

_QUICK_MS = 500
_SLOW_MS = 2_000


class PartSize:
    """The size of the next part of a transfer, which learns from the parts before."""

    def __init__(self) -> None:
        self.bytes = limits.BLOB_PART_BYTES_START

    def note_done(self, took_ms: int) -> None:
        """A part of this size has arrived, and how long that took."""
        if took_ms < _QUICK_MS:
            self.bytes = min(self.bytes * 2, limits.BLOB_PART_BYTES_MAX)
        elif took_ms > _SLOW_MS:
            self._halve()

    def note_failed(self) -> None:
        """A part of this size did not arrive."""
        self._halve()

    def _halve(self) -> None:
        self.bytes = max(self.bytes // 2, limits.BLOB_PART_BYTES_MIN)
