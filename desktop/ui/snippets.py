"""The part of a found text in which the words that were looked for stand, and where they stand."""

from __future__ import annotations

import re
from dataclasses import dataclass

__all__ = ["Snippet", "snippet", "word_spans"]

BEFORE = 24  # Signs shown before the first word that is found.
LENGTH_MAX = 200  # What is longer never fits into a line.


@dataclass(frozen=True, slots=True)
class Snippet:
    """A line to show; ``spans`` are (start, length) of what is marked in it, rising."""

    text: str
    spans: tuple[tuple[int, int], ...]


def word_spans(text: str, wanted: str) -> tuple[tuple[int, int], ...]:
    """Return where the words of ``wanted`` stand in ``text``; overlapping ones are one."""
    words = sorted(set(wanted.split()), key=len, reverse=True)
    if not words:
        return ()
    pattern = "|".join(re.escape(word) for word in words)
    # Longer words come first, so that a word is marked whole where a shorter one begins it.
    return tuple(
        (found.start(), found.end() - found.start())
        for found in re.finditer(pattern, text, re.IGNORECASE)
    )


def snippet(text: str, wanted: str) -> Snippet:
    """Return one line of a text that begins a little before the first word found in it."""
    line = " ".join(text.split())
    spans = word_spans(line, wanted)
    start = _start(line, spans[0][0]) if spans else 0
    shown = line[start : start + LENGTH_MAX]
    lead = "…" if start else ""
    moved = (
        (at - start + len(lead), min(length, start + LENGTH_MAX - at))
        for at, length in spans
        if start <= at < start + LENGTH_MAX
    )
    return Snippet(lead + shown, tuple(moved))


def _start(line: str, found: int) -> int:
    """Where the line begins: at a word, if one begins just there."""
    if found <= BEFORE:
        return 0
    earliest = found - BEFORE
    space = line.find(" ", earliest, found)
    return space + 1 if space >= 0 else earliest
