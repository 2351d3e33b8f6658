"""Queries about entries; the write path uses Core, on the writer's own connection."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, func, select, update
from sqlalchemy.orm import Session

from backend.store.blobs import drop_references
from backend.store.tables import ConversationRow, EntryRow, Member, User, WarrantRow
from backend.store.unit import Unit
from shared import chain, limits
from shared.entries import Entry, EntryKind
from shared.frames import Entries

__all__ = [
    "add_entry",
    "blank",
    "blank_expired",
    "chain_at",
    "clear_fields",
    "entries_after",
    "first_answer",
    "load_head",
    "load_leaving",
    "load_members",
    "load_outdated",
    "newest_counter",
    "newest_moment",
]

_entries = EntryRow.__table__
_columns: list[ColumnElement[Any]] = [_entries.c[name] for name in Entry.__struct_fields__]
_conversations = ConversationRow.__table__
_by_sequence = select(*_columns).order_by(_entries.c.sequence)


def add_entry(
    unit: Unit, entry: Entry, *, newest_handshake: int, document: tuple[bytes, int]
) -> None:
    """Write an entry and move its conversation's head, with the rest of the batch.

    Args:
        unit: The transaction.
        entry: The next entry of its conversation.
        newest_handshake: After this entry.
        document: Hash of the roster document after this entry, and which entry brought it.
    """
    row = {name: getattr(entry, name) for name in Entry.__struct_fields__}
    row["kind"] = int(entry.kind)
    row["blob_ids"] = struct.pack(f">{len(entry.blob_ids)}Q", *entry.blob_ids)
    head: dict[str, object] = {
        "the_conversation": entry.conversation_id,
        "new_head": entry.sequence,
        "new_chain": entry.chain,
        "new_handshake": newest_handshake,
        "new_document": document[0],
        "new_document_sequence": document[1],
        "new_received": entry.received_at_ms,
    }
    unit.add_entry(row, head)


def load_head(connection: Connection, conversation_id: int) -> Row[Any] | None:
    """Return the row of a conversation."""
    query = select(_conversations).where(_conversations.c.conversation_id == conversation_id)
    return connection.execute(query).first()


def load_members(connection: Connection, conversation_id: int) -> tuple[int, ...]:
    """Return the accounts of a conversation's members."""
    query = select(Member.account).where(
        Member.conversation_id == conversation_id, Member.last == 0
    )
    return tuple(connection.execute(query).scalars())


def load_outdated(connection: Connection, conversation_id: int) -> frozenset[int]:
    """Return those members whose account has another root by now than the roster says."""
    query = (
        select(Member.account)
        .join(User, User.account == Member.account)
        .where(
            Member.conversation_id == conversation_id,
            Member.last == 0,
            Member.root_key != User.root_key,
        )
    )
    return frozenset(connection.execute(query).scalars())


def load_leaving(connection: Connection, conversation_id: int) -> frozenset[int]:
    """Return the members that have asked to leave and are still in the roster."""
    query = select(WarrantRow.account).where(
        WarrantRow.conversation_id == conversation_id, WarrantRow.kind == "leave"
    )
    return frozenset(connection.execute(query).scalars())


def clear_fields(session: Session, conversation_id: int, sequence: int) -> Row[Any] | None:
    """Return one entry without its payload."""
    columns = [column for column in _columns if column.name != "payload"]
    columns.append((func.length(_entries.c.payload) == 0).label("is_blank"))
    query = select(*columns).where(
        _entries.c.conversation_id == conversation_id, _entries.c.sequence == sequence
    )
    return session.execute(query).first()


def chain_at(session: Session, conversation_id: int, sequence: int) -> bytes:
    """Return the chain value after an entry, that of an empty log for 0."""
    return _chain_at(session, conversation_id, sequence, ())


def blank(session: Session, conversation_id: int, sequence: int) -> None:
    """Drop the payload of an entry and what it refers to; its fields and hash stay."""
    session.execute(
        update(EntryRow)
        .where(EntryRow.conversation_id == conversation_id, EntryRow.sequence == sequence)
        .values(payload=b"")
    )
    drop_references(session, conversation_id, sequence)


def blank_expired(session: Session, now_ms: int) -> int:
    """Drop the payloads of messages whose time is over, as `blank` does; return how many."""
    query = update(EntryRow).where(
        EntryRow.expires_at_ms > 0,
        EntryRow.expires_at_ms <= now_ms,
        EntryRow.kind == int(EntryKind.APPLICATION),
        func.length(EntryRow.payload) > 0,
    )
    columns = (EntryRow.conversation_id, EntryRow.sequence, EntryRow.blob_ids)
    rows = session.execute(query.values(payload=b"").returning(*columns)).all()
    for conversation_id, sequence, blob_ids in rows:
        if blob_ids:
            drop_references(session, conversation_id, sequence)
    return len(rows)


def newest_counter(connection: Connection, conversation_id: int, device: int) -> int:
    """Return the newest device_counter of a device in a conversation, 0 if there is none."""
    query = select(func.max(_entries.c.device_counter)).where(
        _entries.c.conversation_id == conversation_id, _entries.c.device == device
    )
    return connection.execute(query).scalar() or 0


def first_answer(
    connection: Connection, *, conversation_id: int, device: int, device_counter: int
) -> Entry | None:
    """Return the entry that a device has under this counter."""
    query = select(*_columns).where(
        _entries.c.conversation_id == conversation_id,
        _entries.c.device == device,
        _entries.c.device_counter == device_counter,
    )
    row = connection.execute(query).first()
    return None if row is None else _entry_of(row)


def entries_after(
    session: Session, conversation_id: int, *, after: int, limit: int, pull_id: int = 0
) -> Entries:
    """Return entries from ``after + 1`` on, as many as fit into a frame, at most ``limit``."""
    query = _by_sequence.where(
        _entries.c.conversation_id == conversation_id, _entries.c.sequence > after
    )
    found: list[Entry] = []
    size = 0
    for row in session.execute(query.limit(limit)):
        size += len(row.payload)
        if found and size > limits.ENTRIES_FRAME_BYTES:
            break
        found.append(_entry_of(row))
    return Entries(
        conversation_id=conversation_id,
        chain_before=_chain_at(session, conversation_id, after, found),
        entries=tuple(found),
        pull_id=pull_id,
    )


def newest_moment(session: Session) -> tuple[int, int]:
    """Return the newest time and the newest Snowflake that the database knows."""
    at_ms = session.scalar(select(func.max(_entries.c.received_at_ms))) or 0
    entry_id = session.scalar(select(func.max(_entries.c.entry_id))) or 0
    account = session.scalar(select(func.max(User.account))) or 0
    return at_ms, max(entry_id, account)


def _chain_at(
    session: Session, conversation_id: int, sequence: int, following: Sequence[Entry]
) -> bytes:
    if sequence == 0:
        return chain.START
    query = select(_entries.c.chain).where(
        _entries.c.conversation_id == conversation_id, _entries.c.sequence == sequence
    )
    found: bytes | None = session.scalar(query)
    if found is not None:
        return found
    assert not following, "an entry without the one before it"
    return chain.START


def _entry_of(row: Row[Any]) -> Entry:
    fields = dict(row._mapping)  # Its documented name.
    fields["kind"] = EntryKind(fields["kind"])
    packed = fields["blob_ids"]
    fields["blob_ids"] = struct.unpack(f">{len(packed) // 8}Q", packed)
    return Entry(**fields)
