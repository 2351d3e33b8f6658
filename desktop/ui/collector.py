"""Collects what refers to itself, on the windows' thread alone.

Python's own collector runs on whichever thread allocates next, and engines have threads of their
own: a widget that is destroyed there ends the app. So it is switched off, and a timer of the
windows' loop looks at how much has come up; it runs between events, so nothing is destroyed while
it is being painted or while a handler of its own is running.
"""

from __future__ import annotations

import gc
import time

from PySide6.QtCore import QObject, Qt, QTimer

__all__ = ["LOOK_MS", "Collector"]

LOOK_MS = 1_000
FULL_PAUSE_MS = 60_000  # Everything is looked through at most once in so long.


class Collector(QObject):
    """Python's collector for as long as this is started; made on the windows' thread.

    Young objects are looked through each time, which takes a millisecond or two. With the
    libraries all of them would take several frames, so what is there at the start, and once more
    when the first full round is due, is set aside for good (`gc.freeze`).
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._is_frozen = False
        self._full_at_ms = 0
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.VeryCoarseTimer)
        self._timer.setInterval(LOOK_MS)
        self._timer.timeout.connect(self.look)

    def start(self) -> None:
        """Take over from Python's collector."""
        gc.disable()
        gc.freeze()
        self._full_at_ms = _now_ms() + FULL_PAUSE_MS
        self._timer.start()

    def stop(self) -> None:
        """Give back to Python's collector: only once no other thread runs."""
        self._timer.stop()
        gc.unfreeze()
        self._is_frozen = False
        gc.enable()

    def look(self) -> None:
        """Collect what is due."""
        generation = due_generation(
            gc.get_count(), gc.get_threshold(), is_full_due=_now_ms() >= self._full_at_ms
        )
        if generation is None:
            return
        if generation == 2:
            self._full_at_ms = _now_ms() + FULL_PAUSE_MS
        if generation == 2 and not self._is_frozen:
            gc.collect(1)
            gc.freeze()
            self._is_frozen = True
        else:
            gc.collect(generation)


def due_generation(
    counts: tuple[int, int, int], thresholds: tuple[int, int, int], *, is_full_due: bool
) -> int | None:
    """Return the oldest generation to collect, as `gc` numbers them; ``None``: none yet.

    Args:
        counts: Of `gc.get_count`.
        thresholds: Of `gc.get_threshold`.
        is_full_due: Whether the last full round was long enough ago.
    """
    is_due = [count > threshold for count, threshold in zip(counts, thresholds, strict=True)]
    if is_due[2] and is_full_due:
        return 2
    if is_due[1]:
        return 1
    return 0 if is_due[0] else None


def _now_ms() -> int:
    return time.monotonic_ns() // 1_000_000
