"""The times after which messages disappear, as they are offered and said."""

from __future__ import annotations

from desktop.ui.translate import translate

__all__ = ["TIMERS_S", "timer_words"]

TIMERS_S = (0, 30, 5 * 60, 3600, 24 * 3600, 7 * 24 * 3600, 30 * 24 * 3600)
_UNITS = (("days", 24 * 3600), ("hours", 3600), ("minutes", 60), ("seconds", 1))


def timer_words(seconds: int) -> str:
    """Say a time in its largest whole unit."""
    if not seconds:
        return translate("timer.off")
    unit, size = next(each for each in _UNITS if seconds % each[1] == 0)
    return translate(f"timer.{unit}", count=seconds // size)
