"""Steps of the set-up on a terminal or in a log: what is done, how much of it, for how long."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

LINE_EVERY_S = 10.0
TERMINAL_EVERY_S = 0.5


def megabytes(folder: Path) -> float:
    """The size of all files below a folder, in units of 1,000,000 bytes."""
    total = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            try:
                total += os.lstat(os.path.join(parent, name)).st_size  # noqa: PTH118 - 3x faster
            except OSError:  # The file went away while the installer moved it.
                continue
    return total / 1e6


class Step:
    """One step in progress: prints its name, then its size and time as they grow."""

    def __init__(self, title: str, *, stream: TextIO, clock: Callable[[], float]) -> None:
        self.title = title
        self.note = ""
        self._stream = stream
        self._clock = clock
        self._started = clock()
        self._printed = self._started
        self._terminal = stream.isatty()
        if self._terminal:
            self._write(f"\r{self._line()}")

    def tick(self, size: Callable[[], float] | None = None) -> None:
        """Show how far the step is, at most as often as a reader can use it."""
        pause = TERMINAL_EVERY_S if self._terminal else LINE_EVERY_S
        if self._clock() - self._printed < pause:
            return
        self._printed = self._clock()
        if size is not None:
            self.note = f"{size():.0f} MB"
        self._write(f"\r\x1b[K{self._line()}" if self._terminal else f"{self._line()}\n")

    def done(self, outcome: str) -> None:
        """Print the last line of the step."""
        self.note = outcome
        self._write(f"\r\x1b[K{self._line()}\n" if self._terminal else f"{self._line()}\n")

    def _line(self) -> str:
        parts = [self.note] if self.note else []
        parts.append(f"{self._clock() - self._started:.1f} s")
        return f"{self.title}: {', '.join(parts)}"

    def _write(self, text: str) -> None:
        self._stream.write(text)
        self._stream.flush()


class Progress:
    """Numbers the steps of one set-up."""

    def __init__(
        self,
        total: int,
        *,
        stream: TextIO | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        # Standard error: what `run.py cli` prints on standard output is read by scripts.
        self._stream = stream or sys.stderr
        self._clock = clock
        self._total = total
        self._number = 0

    def say(self, line: str) -> None:
        """Print a line between steps."""
        self._stream.write(f"{line}\n")
        self._stream.flush()

    def back(self, steps: int) -> None:
        """Count some steps once more, because they are tried in another way."""
        self._number -= steps

    @contextmanager
    def step(self, title: str) -> Iterator[Step]:
        """Open the next step; a step that fails ends its line with that word."""
        self._number += 1
        step = Step(
            f"[{self._number}/{self._total}] {title}", stream=self._stream, clock=self._clock
        )
        try:
            yield step
        except BaseException:
            step.done("failed")
            raise
