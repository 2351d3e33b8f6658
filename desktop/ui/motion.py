"""Whether things may move; whoever animates asks here."""

from __future__ import annotations

__all__ = ["is_motion_reduced", "reduce_motion"]

_is_reduced: list[bool] = [False]


def reduce_motion(is_wanted: bool) -> None:
    """Let everything change at once from now on, or move again."""
    _is_reduced[0] = is_wanted


def is_motion_reduced() -> bool:
    """Whether the person wants nothing to move."""
    return _is_reduced[0]
