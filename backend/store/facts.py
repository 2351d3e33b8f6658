"""What the server knows about itself: its identifier, and its lease of a node number."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backend.store.tables import (
    ContactRequestRow,
    ConversationRow,
    Device,
    EntryRow,
    NodeLease,
    ServerFact,
    SessionRow,
    User,
)

__all__ = ["counts", "fact", "store_fact", "take_lease"]


def fact(session: Session, name: str) -> str | None:
    """Return a fact, if it is known."""
    row = session.get(ServerFact, name)
    return None if row is None else row.value


def store_fact(session: Session, name: str, value: str) -> None:
    """Store a fact for good."""
    session.merge(ServerFact(name=name, value=value))


def take_lease(session: Session, *, holder: str, now_ms: int, newest_id: int) -> tuple[int, int]:
    """Take node number 0 and return it with the newest Snowflake ever made.

    The lock on the data folder sees to it that nobody else holds it.
    """
    lease = session.get(NodeLease, 0)
    newest = max(newest_id, lease.newest_id if lease else 0)
    session.merge(NodeLease(node=0, holder=holder, taken_ms=now_ms, newest_id=newest))
    return 0, newest


def counts(session: Session) -> dict[str, int]:
    """Return how many there are of each thing."""
    tables = {
        "accounts": User,
        "devices": Device,
        "sessions": SessionRow,
        "contact_requests": ContactRequestRow,
        "conversations": ConversationRow,
        "entries": EntryRow,
    }
    return {
        name: session.scalar(select(func.count()).select_from(table)) or 0
        for name, table in tables.items()
    }
