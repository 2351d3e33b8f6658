"""How many bytes there are, in words."""

from __future__ import annotations

__all__ = ["size_words"]

_UNITS = ("B", "kB", "MB", "GB", "TB")


def size_words(count: int) -> str:
    """Write a number of bytes in the unit in which it has one to three digits, as discs do."""
    size, place = float(count), 0
    # 999.5 would be written as 1000.
    while size >= 999.5 and place < len(_UNITS) - 1:
        size, place = size / 1000, place + 1
    is_exact = place == 0 or size >= 99.95
    return f"{size:.0f} {_UNITS[place]}" if is_exact else f"{size:.1f} {_UNITS[place]}"
