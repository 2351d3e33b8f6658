"""How fast this machine is right now, by a loop whose usual time is known.

Figures of a busy or slower machine can be compared with others by this ratio. The loop does what
the engine does most: small Python steps and signatures.
"""

from __future__ import annotations

import os
import statistics
import time
from dataclasses import dataclass

from nacl.signing import SigningKey

__all__ = ["Calibration", "calibrate"]

REFERENCE_MS = 39.0  # On two idle cores of the machine whose figures PROTOCOL.md names.
_STEPS = 400_000
_SIGNATURES = 200
_ROUNDS = 5


@dataclass(frozen=True, slots=True)
class Calibration:
    """What the loop took, as the median of some rounds."""

    loop_ms: float

    @property
    def ratio(self) -> float:
        """How many times slower than the reference this machine is now."""
        return self.loop_ms / REFERENCE_MS

    def __str__(self) -> str:
        load = os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0
        return (
            f"calibration loop {self.loop_ms:.0f} ms, {self.ratio:.2f} × the reference"
            f" ({REFERENCE_MS:.0f} ms); load {load:.1f} on {os.cpu_count()} cores"
        )


def calibrate() -> Calibration:
    """Run the loop."""
    key = SigningKey(bytes(32))
    times = []
    for _ in range(_ROUNDS):
        begun = time.perf_counter()
        total = 0
        for step in range(_STEPS):
            total += step & 7
        for number in range(_SIGNATURES):
            message = number.to_bytes(8, "big")
            key.verify_key.verify(message, key.sign(message).signature)
        times.append((time.perf_counter() - begun) * 1000)
    return Calibration(statistics.median(times))
