"""Where somebody stopped reading a conversation."""

from __future__ import annotations

import msgspec

__all__ = ["ReadingPlace"]


class ReadingPlace(msgspec.Struct, frozen=True, array_like=True):
    """The topmost row on the screen, and where it stood.

    ``local_id`` and ``order`` are as in `desktop.events.MessageRow`; ``offset`` is how far below
    the top edge of the view the row begins, in logical pixels, negative above it.
    """

    local_id: int
    order: int
    offset: int
