"""Queries of ``mim-server check``."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from backend.store.tables import ConversationRow, EventRow, Member, User

__all__ = ["conversation_rows", "event_gaps", "marks_beyond_head"]


def conversation_rows(session: Session) -> Iterator[ConversationRow]:
    """Return all conversations."""
    yield from session.scalars(select(ConversationRow).order_by(ConversationRow.conversation_id))


def event_gaps(session: Session) -> list[tuple[int, int, int]]:
    """Return account, number of events and newest position where positions have holes."""
    query = (
        select(User.account, func.count(EventRow.position), User.event_position)
        .outerjoin(EventRow, EventRow.account == User.account)
        .group_by(User.account)
        .having(
            or_(
                func.coalesce(func.max(EventRow.position), 0) != User.event_position,
                func.count(EventRow.position)
                != User.event_position - func.coalesce(func.min(EventRow.position), 1) + 1,
            )
        )
    )
    return [(row[0], row[1], row[2]) for row in session.execute(query)]


def marks_beyond_head(session: Session) -> list[tuple[int, int]]:
    """Return conversation and account of marks that no entry can explain."""
    query = (
        select(Member.conversation_id, Member.account)
        .join(ConversationRow, ConversationRow.conversation_id == Member.conversation_id)
        .where(
            or_(
                Member.delivered > ConversationRow.head,
                Member.read > ConversationRow.head,
                Member.read > Member.delivered,
            )
        )
    )
    return [(row[0], row[1]) for row in session.execute(query)]
