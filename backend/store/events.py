"""Queries about events: contiguous positions per user, in the transaction of the change."""

from __future__ import annotations

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from backend.store.tables import EventRow, User
from shared import limits
from shared.events import Event, EventKind

__all__ = ["append_event", "events_after"]

_PRUNE_EVERY = 256  # Old events are dropped now and then, not with each new one.


def append_event(
    session: Session,
    *,
    to: int,
    kind: EventKind,
    at_ms: int,
    account: int = 0,
    conversation_id: int = 0,
) -> Event:
    """Store what happened to ``to`` and return it with its position."""
    query = update(User).where(User.account == to).values(event_position=User.event_position + 1)
    position = session.execute(query.returning(User.event_position)).scalar_one()
    event = Event(
        position=position, at_ms=at_ms, kind=kind, account=account, conversation_id=conversation_id
    )
    session.add(
        EventRow(
            account=to,
            position=position,
            at_ms=at_ms,
            kind=str(kind),
            about_account=account,
            about_conversation=conversation_id,
        )
    )
    if position % _PRUNE_EVERY == 0:
        oldest = position - limits.EVENTS_KEPT_PER_USER
        session.execute(delete(EventRow).where(EventRow.account == to, EventRow.position <= oldest))
    return event


def events_after(session: Session, account: int, position: int) -> tuple[list[Event], int, bool]:
    """Return the events after ``position``, the newest position, and whether that is no answer.

    It is none if the client has never asked, asks for what is dropped, or knows events that
    this database does not: then it needs a snapshot.
    """
    newest = session.scalar(select(User.event_position).where(User.account == account)) or 0
    if position == 0 or position > newest:
        return [], newest, True
    query = select(EventRow).where(EventRow.account == account, EventRow.position > position)
    rows = session.scalars(query.order_by(EventRow.position)).all()
    if len(rows) != newest - position:
        return [], newest, True
    return [_event_of(row) for row in rows], newest, False


def _event_of(row: EventRow) -> Event:
    return Event(
        position=row.position,
        at_ms=row.at_ms,
        kind=row.kind,
        account=row.about_account,
        conversation_id=row.about_conversation,
    )
