"""Queries about attachments: whose they are, and which entries name them."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    and_,
    delete,
    exists,
    func,
    insert,
    or_,
    select,
)
from sqlalchemy.orm import Session

from backend.store.tables import BlobReference, BlobRow, EntryRow, Member, PastRange

__all__ = [
    "add_references",
    "all_blobs",
    "complete",
    "drop_references",
    "find_blob",
    "forget",
    "forget_unnamed",
    "has_unnamed",
    "is_named",
    "known_among",
    "may_fetch",
    "may_name",
    "start",
    "stray_references",
    "unfinished",
    "usage",
]


def find_blob(session: Session, blob_id: int) -> BlobRow | None:
    """Return the row of a blob."""
    return session.get(BlobRow, blob_id)


def usage(session: Session, account: int) -> tuple[int, int]:
    """Return how many bytes an account's blobs have or will have, and how many are unfinished."""
    bytes_used = session.scalar(
        select(func.coalesce(func.sum(BlobRow.size), 0)).where(BlobRow.account == account)
    )
    count = session.scalar(
        select(func.count()).where(BlobRow.account == account, BlobRow.complete_ms == 0)
    )
    return bytes_used or 0, count or 0


def start(
    session: Session, *, blob_id: int, account: int, size: int, sealed_hash: bytes, at_ms: int
) -> BlobRow:
    """Note a blob whose bytes are to come."""
    row = BlobRow(
        blob_id=blob_id,
        account=account,
        size=size,
        hash=sealed_hash,
        started_ms=at_ms,
        complete_ms=0,
    )
    session.add(row)
    return row


def complete(session: Session, blob_id: int, *, at_ms: int) -> None:
    """Note that all bytes are there and have the right hash."""
    row = session.get(BlobRow, blob_id)
    if row is not None:
        row.complete_ms = at_ms


def is_named(session: Session, blob_id: int) -> bool:
    """Whether an entry names it."""
    query = select(BlobReference.blob_id).where(BlobReference.blob_id == blob_id).limit(1)
    return session.scalar(query) is not None


def may_fetch(session: Session, account: int, blob_id: int) -> bool:
    """Whether a complete blob is the account's, or named by an entry that it may read."""
    return may_name(session.connection(), account, (blob_id,))


def may_name(connection: Connection, account: int, blob_ids: Collection[int]) -> bool:
    """Whether each of these is complete, and the account's or named by an entry it may read."""
    wanted = set(blob_ids)
    query = select(BlobRow.blob_id).where(
        BlobRow.blob_id.in_(wanted),
        BlobRow.complete_ms > 0,
        or_(BlobRow.account == account, _is_readable_by(account)),
    )
    return set(connection.scalars(query)) == wanted


def add_references(
    connection: Connection, *, conversation_id: int, sequence: int, blob_ids: Sequence[int]
) -> None:
    """Note which blobs an entry names."""
    rows = [
        {"blob_id": blob_id, "conversation_id": conversation_id, "sequence": sequence}
        for blob_id in dict.fromkeys(blob_ids)
    ]
    if rows:
        connection.execute(insert(BlobReference), rows)


def drop_references(session: Session, conversation_id: int, sequence: int) -> None:
    """Note that an entry is blank and names nothing any more."""
    session.execute(
        delete(BlobReference).where(
            BlobReference.conversation_id == conversation_id, BlobReference.sequence == sequence
        )
    )


def unfinished(session: Session, *, before_ms: int) -> list[int]:
    """Return blobs that were started before this and are not complete."""
    query = select(BlobRow.blob_id).where(BlobRow.complete_ms == 0, BlobRow.started_ms < before_ms)
    return list(session.scalars(query))


def forget(session: Session, blob_ids: Collection[int]) -> list[int]:
    """Forget unfinished blobs; return which of them those were."""
    query = delete(BlobRow).where(BlobRow.blob_id.in_(blob_ids), BlobRow.complete_ms == 0)
    return list(session.scalars(query.returning(BlobRow.blob_id)))


def has_unnamed(session: Session, *, before_ms: int) -> bool:
    """Whether there is anything for `forget_unnamed`."""
    return session.scalar(_unnamed(before_ms).limit(1)) is not None


def forget_unnamed(session: Session, *, before_ms: int, limit: int) -> list[int]:
    """Forget complete blobs that no entry names and that are older than this; return them."""
    unnamed = _unnamed(before_ms).limit(limit)
    query = delete(BlobRow).where(BlobRow.blob_id.in_(unnamed)).returning(BlobRow.blob_id)
    return list(session.scalars(query))


def known_among(session: Session, blob_ids: Collection[int]) -> set[int]:
    """Return those of these numbers that are a blob's."""
    return set(session.scalars(select(BlobRow.blob_id).where(BlobRow.blob_id.in_(blob_ids))))


def all_blobs(session: Session) -> list[tuple[int, int, bool]]:
    """Return number, size and whether it is complete of every blob."""
    query = select(BlobRow.blob_id, BlobRow.size, BlobRow.complete_ms).order_by(BlobRow.blob_id)
    return [(number, size, complete_ms > 0) for number, size, complete_ms in session.execute(query)]


def stray_references(session: Session) -> list[tuple[int, int]]:
    """Return conversation and sequence where a blob is named by a blank entry, or by none."""
    query = (
        select(BlobReference.conversation_id, BlobReference.sequence)
        .outerjoin(
            EntryRow,
            and_(
                EntryRow.conversation_id == BlobReference.conversation_id,
                EntryRow.sequence == BlobReference.sequence,
            ),
        )
        .where(or_(EntryRow.sequence.is_(None), func.length(EntryRow.payload) == 0))
        .distinct()
    )
    return [(conversation, sequence) for conversation, sequence in session.execute(query)]


def _unnamed(before_ms: int) -> Select[int]:
    return select(BlobRow.blob_id).where(
        BlobRow.complete_ms > 0,
        BlobRow.complete_ms < before_ms,
        ~exists().where(BlobReference.blob_id == BlobRow.blob_id),
    )


def _is_readable_by(account: int) -> ColumnElement[bool]:
    """Whether an entry names the blob that is in what this account may read of its log."""
    now = exists().where(
        BlobReference.blob_id == BlobRow.blob_id,
        Member.conversation_id == BlobReference.conversation_id,
        Member.account == account,
        BlobReference.sequence >= Member.first,
        or_(Member.last == 0, BlobReference.sequence <= Member.last),
    )
    before = exists().where(
        BlobReference.blob_id == BlobRow.blob_id,
        PastRange.conversation_id == BlobReference.conversation_id,
        PastRange.account == account,
        BlobReference.sequence >= PastRange.first,
        BlobReference.sequence <= PastRange.last,
    )
    return or_(now, before)
