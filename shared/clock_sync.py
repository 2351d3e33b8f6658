"""The client's idea of the server's clock: an offset and how far it may be off.

Each round trip has four stamps: client sent, server received, server sent, client received.
Whatever the way there and back took, the offset of the middle is off by at most half the round
trip. Samples are kept against the client's *monotonic* clock, which no one sets: a step of the
wall clock (set by hand, NTP) is then already known, and a sleep of the machine, in which the
monotonic clock of some systems stands still, shows as the same kind of step. Which of the two
it was cannot be told, so a step drops all samples and widens the error by its size until the
next round trip.

The best sample is the one with the smallest error *now*: half its round trip and what two
clocks may have drifted apart since. The drift is measured once two samples lie far enough
apart; until then it counts as unknown within `DRIFT_MAX`.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from shared import limits

__all__ = ["ClockEstimate", "ClockSync", "RoundTrip", "ServerTime"]

DRIFT_MAX = 100e-6  # Ordinary quartz clocks stay within 100 ms in 1,000 s.
STEP_MIN_MS = 100  # A smaller difference between the clocks is slewing, not a step.
GRAIN_MS = 2  # Stamps are whole ms on both sides.
SAMPLES_MAX = 32  # The oldest goes.
DRIFT_SPAN_MIN_MS = 10 * 60 * 1000
UNKNOWN_ERROR_MS = 24 * 60 * 60 * 1000  # Without any sample.


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundTrip:
    """Four stamps of one question and answer; the client's are of its monotonic clock."""

    client_sent_ms: int
    server_received_ms: int
    server_sent_ms: int
    client_received_ms: int

    @property
    def round_trip_ms(self) -> int:
        """Time on the way, there and back, without what the server needed."""
        away_ms = self.client_received_ms - self.client_sent_ms
        return max(0, away_ms - max(0, self.server_sent_ms - self.server_received_ms))

    @property
    def offset_ms(self) -> float:
        """Server's clock minus the client's monotonic clock, at ``client_received_ms``."""
        there = self.server_received_ms - self.client_sent_ms
        back = self.server_sent_ms - self.client_received_ms
        return (there + back) / 2


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockEstimate:
    """Server's clock minus the client's wall clock, and how far that may be off."""

    offset_ms: int
    error_ms: int

    @property
    def is_worth_telling(self) -> bool:
        """Whether the wall clock is so far off that the person should be told."""
        return abs(self.offset_ms) - self.error_ms > limits.CLOCK_WARN_MS


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerTime:
    """A time by the server's clock: ``sent_at_ms`` and ``sent_error_ms`` of a submission."""

    at_ms: int
    error_ms: int


class ClockSync:
    """Estimates the server's clock; ``now_ms`` is monotonic, ``wall_ms`` the wall clock."""

    def __init__(self, *, now_ms: int, wall_ms: int) -> None:
        self._samples: deque[RoundTrip] = deque(maxlen=SAMPLES_MAX)
        self._anchor: RoundTrip | None = None  # An old sample that the drift is measured from.
        self._wall_minus_monotonic_ms = wall_ms - now_ms
        self._step_error_ms = 0

    def note_clocks(self, *, now_ms: int, wall_ms: int) -> bool:
        """Compare the two clocks; call it on every tick.

        Returns:
            Whether there was a step: the caller pulls, since the machine may have slept.
        """
        difference_ms = wall_ms - now_ms
        step_ms = difference_ms - self._wall_minus_monotonic_ms
        if abs(step_ms) < STEP_MIN_MS:
            # The reference stays: slewing adds up to a step in the end, and that is right.
            return False
        best = self._best(now_ms)
        self._wall_minus_monotonic_ms = difference_ms
        self._step_error_ms += abs(step_ms)
        self._anchor = None
        self._samples.clear()
        if best is not None:
            self._samples.append(best)
        return True

    def add(self, sample: RoundTrip) -> None:
        """Take a round trip into account; one that ends before it began is ignored."""
        if sample.client_received_ms < sample.client_sent_ms:
            return
        if self._step_error_ms:
            self._samples.clear()
            self._step_error_ms = 0
        self._samples.append(sample)
        if self._anchor is None or sample.round_trip_ms < self._anchor.round_trip_ms:
            is_old = self._anchor is not None and (
                sample.client_received_ms - self._anchor.client_received_ms >= DRIFT_SPAN_MIN_MS
            )
            if not is_old:
                self._anchor = sample

    def estimate(self, *, now_ms: int, wall_ms: int) -> ClockEstimate | None:
        """Return the offset of the wall clock as of now, or None before the first sample."""
        time = self._server_time(now_ms)
        if time is None:
            return None
        return ClockEstimate(offset_ms=time.at_ms - wall_ms, error_ms=time.error_ms)

    def server_time(self, *, now_ms: int, wall_ms: int, typed_ms: int | None = None) -> ServerTime:
        """Return the server's time now, or as of ``typed_ms`` by the monotonic clock.

        A message typed offline gets its stamp when it is first sealed: the server's time then,
        minus the time since it was typed. Without any sample it is the wall clock, with an
        error that says so.
        """
        age_ms = 0 if typed_ms is None else max(0, now_ms - typed_ms)
        time = self._server_time(now_ms)
        if time is None:
            time = ServerTime(at_ms=wall_ms, error_ms=UNKNOWN_ERROR_MS)
        drifted_ms = round(age_ms * DRIFT_MAX)
        return ServerTime(at_ms=max(0, time.at_ms - age_ms), error_ms=time.error_ms + drifted_ms)

    def _server_time(self, now_ms: int) -> ServerTime | None:
        best = self._best(now_ms)
        if best is None:
            return None
        drift, _ = self._drift()
        age_ms = now_ms - best.client_received_ms
        at_ms = round(now_ms + best.offset_ms + age_ms * drift)
        error_ms = round(self._error_ms(best, now_ms)) + self._step_error_ms
        return ServerTime(at_ms=max(0, at_ms), error_ms=error_ms)

    def _best(self, now_ms: int) -> RoundTrip | None:
        return min(self._samples, key=lambda sample: self._error_ms(sample, now_ms), default=None)

    def _error_ms(self, sample: RoundTrip, now_ms: int) -> float:
        _, uncertainty = self._drift()
        age_ms = max(0, now_ms - sample.client_received_ms)
        return sample.round_trip_ms / 2 + GRAIN_MS + age_ms * uncertainty

    def _drift(self) -> tuple[float, float]:
        """Return ms of drift per ms, and how far that may be off."""
        unknown = (0.0, DRIFT_MAX)
        if self._anchor is None or not self._samples:
            return unknown
        anchor, newest = self._anchor, self._samples[-1]
        span_ms = newest.client_received_ms - anchor.client_received_ms
        if span_ms < DRIFT_SPAN_MIN_MS:
            return unknown
        errors_ms = (anchor.round_trip_ms + newest.round_trip_ms) / 2 + 2 * GRAIN_MS
        drift, uncertainty = (newest.offset_ms - anchor.offset_ms) / span_ms, errors_ms / span_ms
        if uncertainty >= DRIFT_MAX or abs(drift) > 2 * DRIFT_MAX:
            return unknown
        return drift, uncertainty
