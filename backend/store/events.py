"""Queries about events: contiguous positions per user, in the transaction of the change."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from backend.store.tables import EventRow, User
from shared import limits
from shared.events import Event, EventKind

__all__ = ["append_event", "append_events", "events_after"]

_ACCOUNTS_PER_STATEMENT = 5_000
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


def append_events(
    session: Session,
    *,
    to: Iterable[int],
    kind: EventKind,
    at_ms: int,
    account: int = 0,
    conversation_id: int = 0,
) -> list[tuple[int, Event]]:
    """Store the same for many accounts in two statements; return each with its event."""
    wanted = sorted(set(to))
    told: list[tuple[int, Event]] = []
    for start in range(0, len(wanted), _ACCOUNTS_PER_STATEMENT):
        some = wanted[start : start + _ACCOUNTS_PER_STATEMENT]
        query = update(User).where(User.account.in_(some))
        moved = query.values(event_position=User.event_position + 1).returning(
            User.account, User.event_position
        )
        for told_account, position in session.execute(moved).all():
            event = Event(
                position=position,
                at_ms=at_ms,
                kind=kind,
                account=account,
                conversation_id=conversation_id,
            )
            told.append((told_account, event))
    if told:
        session.execute(insert(EventRow), [_row_of(to_one, event) for to_one, event in told])
    return sorted(told, key=lambda pair: pair[0])


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


def _row_of(account: int, event: Event) -> dict[str, object]:
    return {
        "account": account,
        "position": event.position,
        "at_ms": event.at_ms,
        "kind": str(event.kind),
        "about_account": event.account,
        "about_conversation": event.conversation_id,
    }


def _event_of(row: EventRow) -> Event:
    return Event(
        position=row.position,
        at_ms=row.at_ms,
        kind=row.kind,
        account=row.about_account,
        conversation_id=row.about_conversation,
    )
