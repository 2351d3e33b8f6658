"""The bus inside one process: what has been committed is told to whoever holds links.

Announcements are published on the serving side, in the order of commits, and only after them. A
listener must not block and must not raise.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from shared.entries import Entry
from shared.events import Event
from shared.frames import Presence, Receipt, Typing

__all__ = [
    "Announcement",
    "Bus",
    "EntryStored",
    "EventStored",
    "PresenceChanged",
    "ReceiptMoved",
    "SessionClosed",
    "TypingNoted",
]


@dataclass(frozen=True, slots=True)
class EntryStored:
    """A log has grown by one; ``newcomers`` are the members that are served from here on."""

    entry: Entry
    chain_before: bytes
    members: tuple[int, ...]
    newcomers: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class EventStored:
    """Something has happened to a user."""

    account: int
    event: Event


@dataclass(frozen=True, slots=True)
class ReceiptMoved:
    """A mark has moved."""

    receipt: Receipt
    members: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class PresenceChanged:
    """Somebody has come or gone; ``contacts`` are to be told if they are online."""

    presence: Presence
    contacts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class TypingNoted:
    """Somebody types, or has stopped."""

    typing: Typing
    members: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class SessionClosed:
    """A device's token is good no longer."""

    device: int


Announcement = (
    EntryStored | EventStored | ReceiptMoved | PresenceChanged | TypingNoted | SessionClosed
)


class Bus:
    """Passes announcements on."""

    def __init__(self) -> None:
        self._listeners: list[Callable[[Announcement], None]] = []

    def listen(self, listener: Callable[[Announcement], None]) -> None:
        """Call ``listener`` with every announcement from now on."""
        self._listeners.append(listener)

    def publish(self, announcement: Announcement) -> None:
        """Tell everyone."""
        for listener in self._listeners:
            listener(announcement)
