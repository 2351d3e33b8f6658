"""Queries of ``mim-server check``."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from backend.store.tables import (
    ConversationRow,
    EntryRow,
    EpochRecordRow,
    EventRow,
    Member,
    PublicStateRow,
    User,
    WelcomeDevice,
    WelcomeRow,
)
from shared.entries import EntryKind

__all__ = [
    "conversation_rows",
    "event_gaps",
    "incomplete_welcomes",
    "marks_beyond_head",
    "stray_records",
]


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


def stray_records(session: Session) -> list[tuple[int, int]]:
    """Return conversation and parent of epoch records whose parent made no epoch."""
    query = (
        select(EpochRecordRow.conversation_id, EpochRecordRow.parent)
        .outerjoin(
            EntryRow,
            and_(
                EntryRow.conversation_id == EpochRecordRow.conversation_id,
                EntryRow.sequence == EpochRecordRow.parent,
            ),
        )
        .where(or_(EntryRow.kind.is_(None), EntryRow.kind != int(EntryKind.HANDSHAKE)))
        .distinct()
    )
    return [(row[0], row[1]) for row in session.execute(query)]


def incomplete_welcomes(session: Session) -> list[tuple[int, int]]:
    """Return conversation and sequence of Welcomes that wait without their bytes or tree."""
    query = (
        select(WelcomeDevice.conversation_id, WelcomeDevice.sequence)
        .outerjoin(
            WelcomeRow,
            and_(
                WelcomeRow.conversation_id == WelcomeDevice.conversation_id,
                WelcomeRow.sequence == WelcomeDevice.sequence,
            ),
        )
        .outerjoin(
            PublicStateRow,
            and_(
                PublicStateRow.conversation_id == WelcomeDevice.conversation_id,
                PublicStateRow.sequence == WelcomeDevice.sequence,
            ),
        )
        .where(or_(WelcomeRow.sequence.is_(None), PublicStateRow.sequence.is_(None)))
        .distinct()
    )
    return [(row[0], row[1]) for row in session.execute(query)]
