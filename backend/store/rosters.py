"""Queries about who is in a conversation, what of its log they may read, and its documents."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.store.tables import Document, Member, PastRange
from shared.roster import RosterDocument, decode_document

__all__ = [
    "add_document",
    "all_members",
    "document_content",
    "find_member",
    "load_document",
    "range_of",
    "ranges_of",
    "set_members",
]


def document_content(session: Session, conversation_id: int, document_hash: bytes) -> bytes | None:
    """Return the bytes of a roster document of the conversation."""
    row = session.get(Document, (conversation_id, document_hash))
    return None if row is None else row.content


def load_document(session: Session, conversation_id: int, document_hash: bytes) -> RosterDocument:
    """Return a roster document that a handshake of the conversation names."""
    content = document_content(session, conversation_id, document_hash)
    assert content is not None, "a document that a handshake names is stored with it"
    return decode_document(content)


def add_document(
    session: Session, conversation_id: int, *, document_hash: bytes, content: bytes
) -> None:
    """Store a document, unless it is there."""
    if document_content(session, conversation_id, document_hash) is None:
        session.add(
            Document(conversation_id=conversation_id, document_hash=document_hash, content=content)
        )


def find_member(session: Session, conversation_id: int, account: int) -> Member | None:
    """Return the row of somebody who is a member."""
    row = session.get(Member, (conversation_id, account))
    return None if row is None or row.last else row


def all_members(session: Session, conversation_id: int) -> list[Member]:
    """Return the rows of all who are members, or were."""
    query = select(Member).where(Member.conversation_id == conversation_id)
    return list(session.scalars(query.order_by(Member.account)))


def set_members(
    session: Session, document: RosterDocument, *, sequence: int, parent: int
) -> tuple[frozenset[int], frozenset[int]]:
    """Let the members be those of a document; return who has come and who has gone.

    Args:
        session: The transaction.
        document: In force from now on.
        sequence: Of the handshake that brings it, the first entry newcomers may read.
        parent: Of that handshake. Who was removed by a later one than this parent was removed by
            a handshake that nobody counts, and has missed nothing.
    """
    conversation_id = document.conversation_id
    rows = {row.account: row for row in all_members(session, conversation_id)}
    added: set[int] = set()
    for member in document.members:
        row = rows.get(member.account)
        if row is None:
            row = Member(
                conversation_id=conversation_id, account=member.account, first=sequence, last=0
            )
            session.add(row)
            added.add(member.account)
        elif row.last > parent:
            row.last = 0
            added.add(member.account)
        elif row.last:
            session.add(
                PastRange(
                    conversation_id=conversation_id,
                    account=row.account,
                    first=row.first,
                    last=row.last,
                )
            )
            row.first, row.last = sequence, 0
            added.add(member.account)
        row.role, row.root_key = int(member.role), member.root_key
    stay = {member.account for member in document.members}
    removed = {account for account, row in rows.items() if not row.last and account not in stay}
    for account in removed:
        rows[account].last = sequence
    session.flush()
    return frozenset(added), frozenset(removed)


def ranges_of(session: Session, conversation_id: int, account: int) -> list[tuple[int, int]]:
    """Return first and last entry (0: no end) of all that an account may read, in order."""
    row = session.get(Member, (conversation_id, account))
    if row is None:
        return []
    past = select(PastRange.first, PastRange.last).where(
        PastRange.conversation_id == conversation_id, PastRange.account == account
    )
    found = [(first, last) for first, last in session.execute(past)]
    return [*sorted(found), (row.first, row.last)]


def range_of(ranges: list[tuple[int, int]], sequence: int) -> tuple[int, int] | None:
    """Return the range that an entry is in."""
    for first, last in ranges:
        if first <= sequence and (not last or sequence <= last):
            return first, last
    return None
