"""Queries about marks and cursors; marks only grow."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection, bindparam, func, update
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.orm import Session

from backend.store.tables import DeviceCursor, Member
from shared.frames import Receipt

__all__ = ["move_delivered", "move_read", "move_read_privately", "store_cursors"]

_members = Member.__table__
_MARKS = [
    _members.c.delivered,
    _members.c.delivered_at_ms,
    _members.c.read,
    _members.c.read_at_ms,
]
_ONE = [Member.conversation_id == bindparam("of"), Member.account == bindparam("who")]
# Built once: marks move with every message, and building costs more than running.
_MOVE_DELIVERED = (
    update(Member)
    .where(*_ONE, Member.delivered < bindparam("place"))
    .values(delivered=bindparam("place"), delivered_at_ms=bindparam("at"))
    .returning(*_MARKS)
)
_MOVE_READ = (
    update(Member)
    .where(*_ONE, Member.read < bindparam("place"))
    .values(read=bindparam("place"), read_at_ms=bindparam("at"))
    .returning(*_MARKS)
)


def move_delivered(
    connection: Connection, *, conversation_id: int, account: int, delivered: int, at_ms: int
) -> Receipt | None:
    """Move the delivered mark forward; ``None`` if it is there already."""
    values = {"of": conversation_id, "who": account, "place": delivered, "at": at_ms}
    row = connection.execute(_MOVE_DELIVERED, values).first()
    return None if row is None else Receipt(conversation_id, account, *row)


def move_read(
    connection: Connection, *, conversation_id: int, account: int, read: int, at_ms: int
) -> Receipt | None:
    """Move the read mark forward; who has read it has also got it."""
    move_delivered(
        connection,
        conversation_id=conversation_id,
        account=account,
        delivered=read,
        at_ms=at_ms,
    )
    values = {"of": conversation_id, "who": account, "place": read, "at": at_ms}
    row = connection.execute(_MOVE_READ, values).first()
    return None if row is None else Receipt(conversation_id, account, *row)


def move_read_privately(
    connection: Connection, *, conversation_id: int, account: int, read: int, at_ms: int
) -> Receipt | None:
    """Move the read mark of the own devices forward; others see the one that they saw."""
    query = (
        update(Member)
        .where(
            Member.conversation_id == conversation_id,
            Member.account == account,
            Member.read < read,
            Member.read_privately < read,
        )
        .values(read_privately=read, read_privately_at_ms=at_ms)
        .returning(_members.c.delivered, _members.c.delivered_at_ms)
    )
    row = connection.execute(query).first()
    if row is None:
        return None
    return Receipt(conversation_id, account, row[0], row[1], read, at_ms)


def store_cursors(
    session: Session, device: int, cursors: Iterable[tuple[int, int]], at_ms: int
) -> None:
    """Store how far a device has stored these conversations; only forward."""
    rows = [
        {"device_id": device, "conversation_id": conversation, "stored": stored, "at_ms": at_ms}
        for conversation, stored in cursors
    ]
    if rows:
        query = insert(DeviceCursor).values(rows)
        later = {
            "stored": func.max(DeviceCursor.stored, query.excluded.stored),
            "at_ms": query.excluded.at_ms,
        }
        session.execute(
            query.on_conflict_do_update(index_elements=["device_id", "conversation_id"], set_=later)
        )
