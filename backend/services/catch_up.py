"""Catching up is one question: what has happened since, and where everything stands."""

from __future__ import annotations

from dataclasses import dataclass

from backend.services.context import Context
from backend.services.presence import PresenceService
from backend.services.signed_heads import SignedHeads
from backend.store import conversations as conversations_store
from backend.store.database import Session
from backend.store.events import events_after
from shared import limits
from shared.entries import Head
from shared.frames import Events, Hello, Presence, Receipt

__all__ = ["CatchUp", "Missed"]


@dataclass(frozen=True, slots=True)
class Missed:
    """What a device gets after ready, in this order."""

    events: list[Events]
    position: int  # Of the newest event.
    receipts: list[Receipt]
    presence: list[Presence]
    heads: list[Head]


class CatchUp:
    """Answers hello."""

    def __init__(
        self, context: Context, presence: PresenceService, signed_heads: SignedHeads
    ) -> None:
        self._context = context
        self._presence = presence
        self._signed_heads = signed_heads

    def missed(self, *, account: int, device: int, hello: Hello) -> Missed:
        """Return what a device has missed, all as of one moment."""

        def query(session: Session) -> Missed:
            events, position = _event_frames(session, account, hello.event_position)
            return Missed(
                events=events,
                position=position,
                receipts=conversations_store.receipts_since(session, account, hello.marks_since_ms),
                presence=self._presence.of_contacts(session, account),
                heads=self._signed_heads.signed(
                    conversations_store.heads_of(session, account, device)
                ),
            )

        return self._context.read(query)


def _event_frames(session: Session, account: int, position: int) -> tuple[list[Events], int]:
    events, newest, is_snapshot = events_after(session, account, position)
    if is_snapshot:
        return [Events(events=(), position=newest, is_snapshot=True)], newest
    pages = [
        tuple(events[start : start + limits.EVENTS_PER_FRAME_MAX])
        for start in range(0, len(events), limits.EVENTS_PER_FRAME_MAX)
    ]
    return [Events(events=page, position=page[-1].position) for page in pages], newest
