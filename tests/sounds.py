"""Makes the sound of a new message; ``python -m tests.sounds`` writes it to `PATH`.

Two soft notes, a fifth apart; made here, so that it is ours and the same at every making.
"""

from __future__ import annotations

import io
import math
import struct
import wave
from pathlib import Path

__all__ = ["PATH", "make"]

PATH = Path(__file__).parents[1] / "assets" / "sounds" / "message.wav"
RATE = 22_050
SECONDS = 0.32
NOTES = ((0.0, 784.0), (0.09, 1174.7))  # When it begins (s), and how high it is (Hz).


def make() -> bytes:
    """Return the file: one channel, 16 bits a sample."""
    samples = [_sample(number / RATE) for number in range(round(RATE * SECONDS))]
    stream = io.BytesIO()
    with wave.open(stream, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(struct.pack(f"<{len(samples)}h", *samples))
    return stream.getvalue()


def _sample(at_s: float) -> int:
    level = 0.0
    for start_s, pitch in NOTES:
        age_s = at_s - start_s
        if age_s >= 0:
            attack = min(1.0, age_s / 0.006)
            fade = math.exp(-14 * age_s) * min(1.0, (SECONDS - at_s) / 0.02)
            tone = math.sin(2 * math.pi * pitch * age_s)
            tone += 0.2 * math.sin(4 * math.pi * pitch * age_s)
            level += 0.3 * attack * fade * tone
    return round(level * 32_767 * 0.8)


if __name__ == "__main__":
    PATH.parent.mkdir(exist_ok=True)
    PATH.write_bytes(make())
