"""How far the files of one conversation are: what is told in between their changes of state."""

from __future__ import annotations

from dataclasses import dataclass

from desktop.events import FileRow
from shared import limits

__all__ = ["Progress", "TransferMeter"]

_SPEED_SHARE = 0.3  # Of the newest measure; the rest is what was said before.


@dataclass(frozen=True, slots=True)
class Progress:
    """Sealed bytes that have gone or come, of how many, and how quickly; 0: not known yet."""

    done: int
    total: int
    bytes_per_s: float = 0.0
    at_ms: int = 0  # Monotonic clock.

    @property
    def share(self) -> float:
        """How much of it is done, 0 … 1."""
        return min(1.0, self.done / self.total) if self.total else 0.0

    def of_size(self, size: int) -> int:
        """Return how many bytes of a file of ``size`` that is; sealed it is a little larger."""
        return min(size, round(size * self.share))


class TransferMeter:
    """Remembers the newest progress of each running transfer; what is beyond the bound is not."""

    def __init__(self) -> None:
        self._known: dict[int, Progress] = {}

    def note(self, local_id: int, *, done: int, total: int, now_ms: int) -> None:
        """Take in what the engine tells; ``now_ms`` is of a monotonic clock."""
        before = self._known.get(local_id)
        if before is None and len(self._known) >= limits.TRANSFERS_MAX:
            return
        speed = 0.0
        if before is not None and done >= before.done:
            speed = before.bytes_per_s
            elapsed_ms = now_ms - before.at_ms
            if elapsed_ms > 0:
                measured = (done - before.done) * 1000 / elapsed_ms
                share = _SPEED_SHARE if speed else 1.0
                speed = measured * share + speed * (1 - share)
        self._known[local_id] = Progress(done, total, speed, now_ms)

    def forget(self, local_id: int) -> None:
        """The transfer is not running any more."""
        self._known.pop(local_id, None)

    def of(self, local_id: int, file: FileRow) -> Progress:
        """Return how far a file is: what was told last, or what its row says."""
        return self._known.get(local_id) or Progress(file.done, file.total)
