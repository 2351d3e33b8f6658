"""What every service works with: the database, its writer, the bus, the settings, the clock."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeVar

from backend.bus import Announcement, Bus, EventStored
from backend.config import Settings
from backend.crossing import Crossing
from backend.store.database import Database, Session
from backend.store.events import append_event, append_events
from backend.store.unit import Unit
from backend.store.writer import Writer
from shared.errors import Code, RefusedError
from shared.events import EventKind

__all__ = ["Context", "RefusedWithDetailsError"]

T = TypeVar("T")


class RefusedWithDetailsError(RefusedError):
    """A refusal with what a program may need (`shared.rest.ErrorDetail`)."""

    def __init__(self, code: Code, message: str, **details: str) -> None:
        super().__init__(code, message)
        self.details = details


@dataclass(frozen=True, slots=True)
class Context:
    """Handed to every service by the composition root."""

    settings: Settings
    database: Database
    writer: Writer
    crossing: Crossing
    bus: Bus
    wall_ms: Callable[[], int]

    def read(self, query: Callable[[Session], T]) -> T:
        """Return what ``query`` finds; others are served meanwhile."""
        return self.crossing.read(lambda: self.database.read(query))

    def change(self, work: Callable[[Unit], T]) -> T:
        """Run ``work`` in the next transaction and return its result once that is committed."""
        return self.crossing.wait(self.writer.change(work))

    def announce(self, unit: Unit, announcement: Announcement) -> None:
        """Publish this once the unit is committed."""
        unit.announce(lambda: self.bus.publish(announcement))

    def tell(
        self, unit: Unit, to: int, kind: EventKind, *, account: int = 0, conversation_id: int = 0
    ) -> None:
        """Store an event for ``to`` with the change, and announce it."""
        event = append_event(
            unit.session,
            to=to,
            kind=kind,
            at_ms=unit.now_ms,
            account=account,
            conversation_id=conversation_id,
        )
        self.announce(unit, EventStored(to, event))

    def tell_all(
        self,
        unit: Unit,
        to: Iterable[int],
        kind: EventKind,
        *,
        account: int = 0,
        conversation_id: int = 0,
    ) -> None:
        """Store the same event for many accounts, each once, and announce it."""
        told = append_events(
            unit.session,
            to=to,
            kind=kind,
            at_ms=unit.now_ms,
            account=account,
            conversation_id=conversation_id,
        )
        for one, event in told:
            self.announce(unit, EventStored(one, event))
