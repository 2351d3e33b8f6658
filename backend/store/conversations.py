"""Queries about conversations, their members, documents and records."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import func, or_, select, update
from sqlalchemy.orm import Session

from backend.store.tables import (
    ConversationRow,
    Document,
    EntryRow,
    EpochRecordRow,
    Member,
)
from shared.entries import Head
from shared.frames import Receipt
from shared.rest import Conversation, EpochRecord, MemberInfo
from shared.roster import ConversationKind, Role

__all__ = [
    "conversation_of_pair",
    "conversations_of",
    "document_content",
    "find_conversation",
    "heads_of",
    "is_member",
    "member_accounts",
    "members_by_conversation",
    "receipts_since",
    "records_of",
    "set_can_write",
]


def find_conversation(session: Session, conversation_id: int) -> ConversationRow | None:
    """Return the conversation, whoever its members are."""
    return session.get(ConversationRow, conversation_id)


def conversation_of_pair(session: Session, pair: str) -> ConversationRow | None:
    """Return the direct conversation of two accounts (`contacts.pair_name`)."""
    return session.scalar(select(ConversationRow).where(ConversationRow.pair == pair))


def is_member(session: Session, conversation_id: int, account: int) -> bool:
    """Whether the account is a member."""
    return session.get(Member, (conversation_id, account)) is not None


def member_accounts(session: Session, conversation_id: int) -> list[int]:
    """Return the accounts of all members."""
    query = select(Member.account).where(Member.conversation_id == conversation_id)
    return list(session.scalars(query.order_by(Member.account)))


def conversations_of(
    session: Session, account: int, conversation_id: int | None = None
) -> list[Conversation]:
    """Return the conversations the account is a member of, or just the one asked for."""
    query = select(ConversationRow).join(
        Member, Member.conversation_id == ConversationRow.conversation_id
    )
    query = query.where(Member.account == account)
    if conversation_id is not None:
        query = query.where(ConversationRow.conversation_id == conversation_id)
    rows = session.scalars(query.order_by(ConversationRow.conversation_id)).all()
    members = members_by_conversation(session, [row.conversation_id for row in rows])
    return [_conversation_of(row, members[row.conversation_id]) for row in rows]


def members_by_conversation(session: Session, ids: Iterable[int]) -> dict[int, list[MemberInfo]]:
    """Return the members of each of these conversations."""
    found: dict[int, list[MemberInfo]] = {conversation_id: [] for conversation_id in ids}
    query = select(Member).where(Member.conversation_id.in_(list(found)))
    for member in session.scalars(query.order_by(Member.conversation_id, Member.account)):
        found[member.conversation_id].append(_member_info(member))
    return found


def heads_of(session: Session, account: int, device: int) -> list[Head]:
    """Return where all conversations of the account stand, seen from one device."""
    own = (
        select(func.coalesce(func.max(EntryRow.device_counter), 0))
        .where(
            EntryRow.conversation_id == ConversationRow.conversation_id, EntryRow.device == device
        )
        .scalar_subquery()
    )
    query = (
        select(
            ConversationRow.conversation_id,
            ConversationRow.head,
            ConversationRow.newest_handshake,
            own,
            ConversationRow.chain,
        )
        .join(Member, Member.conversation_id == ConversationRow.conversation_id)
        .where(Member.account == account)
        .order_by(ConversationRow.newest_received_ms.desc())
    )
    return [
        Head(
            conversation_id=row[0],
            head=row[1],
            newest_handshake=row[2],
            own_counter=row[3],
            chain=row[4],
        )
        for row in session.execute(query)
    ]


def receipts_since(session: Session, account: int, since_ms: int) -> list[Receipt]:
    """Return the marks that moved at ``since_ms`` or later in the account's conversations."""
    own = select(Member.conversation_id).where(Member.account == account)
    moved = or_(Member.delivered_at_ms >= since_ms, Member.read_at_ms >= since_ms)
    query = select(Member).where(
        Member.conversation_id.in_(own), moved, or_(Member.delivered > 0, Member.read > 0)
    )
    return [
        Receipt(
            conversation_id=member.conversation_id,
            account=member.account,
            delivered=member.delivered,
            delivered_at_ms=member.delivered_at_ms,
            read=member.read,
            read_at_ms=member.read_at_ms,
        )
        for member in session.scalars(query)
    ]


def records_of(session: Session, conversation_id: int, account: int) -> list[EpochRecord]:
    """Return the records sealed to the account, in order of their handshakes."""
    query = select(EpochRecordRow).where(
        EpochRecordRow.conversation_id == conversation_id, EpochRecordRow.account == account
    )
    rows = session.scalars(query.order_by(EpochRecordRow.parent, EpochRecordRow.record_id))
    return [
        EpochRecord(parent=row.parent, by_device=row.by_device, record=row.record) for row in rows
    ]


def document_content(session: Session, conversation_id: int, document_hash: bytes) -> bytes | None:
    """Return a roster document of the conversation."""
    row = session.get(Document, (conversation_id, document_hash))
    return None if row is None else row.content


def set_can_write(session: Session, pair: str, *, can_write: bool) -> int | None:
    """Open or close the direct conversation of two accounts; return it if there is one."""
    query = update(ConversationRow).where(ConversationRow.pair == pair)
    changed = query.values(can_write=can_write).returning(ConversationRow.conversation_id)
    return session.execute(changed).scalar_one_or_none()


def _conversation_of(row: ConversationRow, members: list[MemberInfo]) -> Conversation:
    return Conversation(
        conversation_id=row.conversation_id,
        kind=ConversationKind(row.kind),
        head=row.head,
        newest_handshake=row.newest_handshake,
        document_hash=row.document_hash,
        can_write=row.can_write,
        members=members,
    )


def _member_info(member: Member) -> MemberInfo:
    return MemberInfo(
        account=member.account,
        role=Role(member.role),
        delivered=member.delivered,
        delivered_at_ms=member.delivered_at_ms,
        read=member.read,
        read_at_ms=member.read_at_ms,
    )
