"""Queries about conversations and their members."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import and_, func, or_, select, update
from sqlalchemy.orm import Session

from backend.store.entries import chain_at, clear_fields
from backend.store.tables import ConversationRow, EntryRow, Member, PastRange, WarrantRow
from shared import chain, limits
from shared.entries import Head
from shared.frames import Receipt
from shared.rest import Conversation, EntryRange, MemberInfo
from shared.roster import ConversationKind, Role

__all__ = [
    "add_conversation",
    "close_for_good",
    "conversation_of_pair",
    "conversations_of",
    "find_conversation",
    "heads_of",
    "member_accounts",
    "members_by_conversation",
    "receipts_since",
    "set_can_write",
    "set_has_history",
]


def find_conversation(session: Session, conversation_id: int) -> ConversationRow | None:
    """Return the conversation, whoever its members are."""
    return session.get(ConversationRow, conversation_id)


def conversation_of_pair(session: Session, pair: str) -> ConversationRow | None:
    """Return the direct conversation of two accounts (`contacts.pair_name`)."""
    return session.scalar(select(ConversationRow).where(ConversationRow.pair == pair))


def member_accounts(session: Session, conversation_id: int) -> list[int]:
    """Return the accounts of all members."""
    query = select(Member.account).where(
        Member.conversation_id == conversation_id, Member.last == 0
    )
    return list(session.scalars(query.order_by(Member.account)))


def conversations_of(
    session: Session, account: int, conversation_id: int | None = None
) -> list[Conversation]:
    """Return the conversations the account is or was a member of, or just the one asked for.

    The one with the newest entry comes first.
    """
    query = select(ConversationRow, Member).join(
        Member, Member.conversation_id == ConversationRow.conversation_id
    )
    query = query.where(Member.account == account)
    if conversation_id is not None:
        query = query.where(ConversationRow.conversation_id == conversation_id)
    rows = session.execute(query.order_by(ConversationRow.newest_received_ms.desc())).all()
    present = [row.conversation_id for row, own in rows if not own.last]
    past = _past_of(session, account, conversation_id)
    members = members_by_conversation(session, present, seen_by=account)
    leaving = _left_by(session, account)
    return [
        _conversation_of(
            session,
            row,
            own,
            members.get(row.conversation_id, []),
            past=past.get(row.conversation_id, []),
            is_leaving=row.conversation_id in leaving,
        )
        for row, own in rows
    ]


def members_by_conversation(
    session: Session, ids: Iterable[int], *, seen_by: int
) -> dict[int, list[MemberInfo]]:
    """Return the members of each of these conversations, as one of them sees them."""
    found: dict[int, list[MemberInfo]] = {conversation_id: [] for conversation_id in ids}
    query = select(Member).where(Member.conversation_id.in_(list(found)), Member.last == 0)
    for member in session.scalars(query.order_by(Member.conversation_id, Member.account)):
        found[member.conversation_id].append(_member_info(member, seen_by=seen_by))
    return found


def heads_of(session: Session, account: int, device: int) -> list[Head]:
    """Return where all conversations of the account stand, seen from one device.

    One that the account has left stands where it left it.
    """
    own = (
        select(func.coalesce(func.max(EntryRow.device_counter), 0))
        .where(
            EntryRow.conversation_id == ConversationRow.conversation_id, EntryRow.device == device
        )
        .scalar_subquery()
    )
    chain_at_last = (
        select(EntryRow.chain)
        .where(
            EntryRow.conversation_id == ConversationRow.conversation_id,
            EntryRow.sequence == Member.last,
        )
        .scalar_subquery()
    )
    query = (
        select(
            ConversationRow.conversation_id,
            ConversationRow.head,
            ConversationRow.newest_handshake,
            own,
            func.coalesce(chain_at_last, ConversationRow.chain),
            Member.last,
        )
        .join(Member, Member.conversation_id == ConversationRow.conversation_id)
        .where(Member.account == account)
        .order_by(ConversationRow.newest_received_ms.desc())
    )
    return [
        Head(
            conversation_id=row[0],
            head=row[5] or row[1],
            newest_handshake=min(row[2], row[5] or row[2]),
            own_counter=row[3],
            chain=row[4],
        )
        for row in session.execute(query)
    ]


def receipts_since(session: Session, account: int, since_ms: int) -> list[Receipt]:
    """Return the marks that moved at ``since_ms`` or later in the account's conversations."""
    own = select(Member.conversation_id).where(Member.account == account, Member.last == 0)
    moved = or_(
        Member.delivered_at_ms >= since_ms,
        Member.read_at_ms >= since_ms,
        and_(Member.account == account, Member.read_privately_at_ms >= since_ms),
    )
    query = select(Member).where(
        Member.conversation_id.in_(own),
        Member.last == 0,
        moved,
        or_(
            Member.delivered > 0,
            Member.read > 0,
            and_(Member.account == account, Member.read_privately > 0),
        ),
    )
    receipts = []
    for member in session.scalars(query):
        read, read_at_ms = _read_mark(member, seen_by=account)
        receipts.append(
            Receipt(
                conversation_id=member.conversation_id,
                account=member.account,
                delivered=member.delivered,
                delivered_at_ms=member.delivered_at_ms,
                read=read,
                read_at_ms=read_at_ms,
            )
        )
    return receipts


def set_can_write(session: Session, pair: str, *, can_write: bool) -> int | None:
    """Open or close the direct conversation of two accounts; return it if there is one."""
    query = update(ConversationRow).where(ConversationRow.pair == pair)
    changed = query.values(can_write=can_write).returning(ConversationRow.conversation_id)
    return session.execute(changed).scalar_one_or_none()


def set_has_history(session: Session, conversation_id: int, *, has_history: bool) -> None:
    """Keep epoch records from now on, or not."""
    query = update(ConversationRow).where(ConversationRow.conversation_id == conversation_id)
    session.execute(query.values(has_history=has_history))


def close_for_good(session: Session, conversation_id: int, *, at_ms: int) -> None:
    """Let nobody write any more, and let go of the name there is only one of."""
    query = update(ConversationRow).where(ConversationRow.conversation_id == conversation_id)
    session.execute(query.values(pair=None, can_write=False, closed_ms=at_ms))


def add_conversation(
    session: Session,
    conversation_id: int,
    *,
    kind: ConversationKind,
    pair: str | None,
    document_hash: bytes,
    has_history: bool,
    at_ms: int,
) -> None:
    """Store a conversation without entries."""
    session.add(
        ConversationRow(
            conversation_id=conversation_id,
            kind=int(kind),
            pair=pair,
            head=0,
            chain=chain.START,
            newest_handshake=0,
            document_hash=document_hash,
            document_sequence=1,
            newest_received_ms=0,
            can_write=True,
            has_history=has_history,
            created_ms=at_ms,
        )
    )
    session.flush()


def _left_by(session: Session, account: int) -> frozenset[int]:
    """Return the conversations that the account has asked to leave."""
    query = select(WarrantRow.conversation_id).where(
        WarrantRow.account == account, WarrantRow.kind == "leave"
    )
    return frozenset(session.scalars(query))


def _conversation_of(
    session: Session,
    row: ConversationRow,
    own: Member,
    members: list[MemberInfo],
    *,
    past: list[EntryRange],
    is_leaving: bool,
) -> Conversation:
    """Return a conversation as one of its members sees it; one who has gone, as it was then."""
    document_hash: bytes = row.document_hash
    if own.last:
        entry = clear_fields(session, row.conversation_id, own.last)
        assert entry is not None
        document_hash = entry.document_hash or row.document_hash
    before = b""
    if own.first > 1:
        before = chain_at(session, row.conversation_id, own.first - 1)
    return Conversation(
        conversation_id=row.conversation_id,
        kind=ConversationKind(row.kind),
        head=own.last or row.head,
        newest_handshake=min(row.newest_handshake, own.last or row.newest_handshake),
        document_hash=document_hash,
        can_write=row.can_write and not (own.last or row.closed_ms or is_leaving),
        members=members,
        first=own.first,
        last=own.last,
        chain_before=before,
        has_history=row.has_history,
        past=past[-limits.PAST_RANGES_MAX :],
    )


def _past_of(
    session: Session, account: int, conversation_id: int | None
) -> dict[int, list[EntryRange]]:
    """Return the earlier times of an account as a member, by conversation, oldest first."""
    query = select(PastRange).where(PastRange.account == account).order_by(PastRange.first)
    if conversation_id is not None:
        query = query.where(PastRange.conversation_id == conversation_id)
    found: dict[int, list[EntryRange]] = {}
    for row in session.scalars(query):
        found.setdefault(row.conversation_id, []).append(EntryRange(first=row.first, last=row.last))
    return found


def _read_mark(member: Member, *, seen_by: int) -> tuple[int, int]:
    """Return a read mark and when it moved; the own devices see the private one too."""
    if member.account == seen_by and member.read_privately > member.read:
        return member.read_privately, member.read_privately_at_ms
    return member.read, member.read_at_ms


def _member_info(member: Member, *, seen_by: int) -> MemberInfo:
    read, read_at_ms = _read_mark(member, seen_by=seen_by)
    return MemberInfo(
        account=member.account,
        role=Role(member.role),
        delivered=member.delivered,
        delivered_at_ms=member.delivered_at_ms,
        read=read,
        read_at_ms=read_at_ms,
    )
