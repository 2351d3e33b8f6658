"""What crossed the wire, read from the engine's own trace of its frames."""

from __future__ import annotations

import logging
from collections import Counter

from shared.frames import Accepted, Submit

__all__ = ["WireCounts"]


class WireCounts(logging.Handler):
    """Counts submits that were sent again, and repeats that somebody dropped.

    ``resent`` are submits sent before under the same counter. ``repeats_answered`` are those that
    the server knew already and did not store again.
    """

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.submits: Counter[tuple[int, int, bytes]] = Counter()
        self.repeats_answered = 0
        self._logger = logging.getLogger("desktop.engine.connection")

    def __enter__(self) -> WireCounts:
        self._level = self._logger.level
        self._propagates = self._logger.propagate
        self._logger.addHandler(self)
        self._logger.setLevel(logging.DEBUG)
        self._logger.propagate = False
        return self

    def __exit__(self, *_: object) -> None:
        self._logger.removeHandler(self)
        self._logger.setLevel(self._level)
        self._logger.propagate = self._propagates

    def emit(self, record: logging.LogRecord) -> None:
        frame = record.args[0] if isinstance(record.args, tuple) and record.args else None
        match frame:
            case Submit(submission):
                key = (
                    submission.conversation_id,
                    submission.device_counter,
                    submission.payload,
                )
                self.submits[key] += 1
            case Accepted():
                self.repeats_answered += frame.is_repeat
            case _:
                pass

    @property
    def resent(self) -> int:
        """How many submits were sent once more than necessary."""
        return sum(times - 1 for times in self.submits.values())
