"""Queries about what waits for a commit: warrants, and people who want to come in."""

from __future__ import annotations

import msgspec
from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from backend.store.tables import JoinRequestRow, User, WarrantRow
from shared.roster import (
    ArchiveWarrant,
    InviteWarrant,
    LeaveWarrant,
    RevokeWarrant,
    RosterDocument,
    Warrant,
)
from shared.roster_rules import member_of

__all__ = [
    "add_join_request",
    "add_warrant",
    "count_join_requests",
    "count_warrants",
    "decode_warrant",
    "drop_join_request",
    "encode_warrant",
    "find_join_request",
    "join_requests",
    "settle",
    "warrants_of",
]

_warrants: msgspec.msgpack.Decoder[Warrant] = msgspec.msgpack.Decoder(Warrant)


def encode_warrant(warrant: Warrant) -> bytes:
    """Return a warrant as bytes."""
    return msgspec.msgpack.encode(warrant)


def decode_warrant(content: bytes) -> Warrant:
    """Return a warrant from its own bytes."""
    return _warrants.decode(content)


def add_warrant(
    session: Session, conversation_id: int, account: int, warrant: Warrant, *, at_ms: int
) -> None:
    """Keep a warrant until a commit carries it out; a newer one of the kind replaces it."""
    kind, about = _name(warrant)
    session.merge(
        WarrantRow(
            conversation_id=conversation_id,
            account=account,
            kind=kind,
            about=about,
            content=encode_warrant(warrant),
            at_ms=at_ms,
        )
    )
    session.flush()


def warrants_of(session: Session, conversation_id: int) -> list[Warrant]:
    """Return the warrants that wait, oldest first."""
    query = select(WarrantRow).where(WarrantRow.conversation_id == conversation_id)
    rows = session.scalars(query.order_by(WarrantRow.at_ms, WarrantRow.account, WarrantRow.about))
    return [decode_warrant(row.content) for row in rows]


def count_warrants(session: Session, conversation_id: int) -> int:
    """Return how many wait."""
    query = select(func.count()).select_from(WarrantRow)
    return session.scalar(query.where(WarrantRow.conversation_id == conversation_id)) or 0


def settle(session: Session, document: RosterDocument) -> None:
    """Forget what a document has carried out, and what can no longer be carried out."""
    conversation_id = document.conversation_id
    query = select(WarrantRow).where(WarrantRow.conversation_id == conversation_id)
    for row in session.scalars(query).all():
        if _is_done(document, decode_warrant(row.content)):
            session.delete(row)
    members = [member.account for member in document.members]
    session.execute(
        delete(JoinRequestRow).where(
            JoinRequestRow.conversation_id == conversation_id,
            JoinRequestRow.account.in_(members),
        )
    )
    session.flush()


def find_join_request(
    session: Session, conversation_id: int, account: int
) -> JoinRequestRow | None:
    """Return the request of an account that waits."""
    return session.get(JoinRequestRow, (conversation_id, account))


def add_join_request(session: Session, row: JoinRequestRow) -> None:
    """Keep a request; it replaces the account's last one."""
    session.merge(row)
    session.flush()


def join_requests(
    session: Session, conversation_id: int, *, all_of_them: bool
) -> list[tuple[JoinRequestRow, User]]:
    """Return requests with who asks, oldest first: all, or only those with an invitation."""
    query = (
        select(JoinRequestRow, User)
        .join(User, User.account == JoinRequestRow.account)
        .where(JoinRequestRow.conversation_id == conversation_id)
        .order_by(JoinRequestRow.at_ms, JoinRequestRow.account)
    )
    if not all_of_them:
        query = query.where(JoinRequestRow.invite.is_not(None))
    return [(row[0], row[1]) for row in session.execute(query)]


def count_join_requests(session: Session, conversation_id: int) -> int:
    """Return how many wait."""
    query = select(func.count()).select_from(JoinRequestRow)
    return session.scalar(query.where(JoinRequestRow.conversation_id == conversation_id)) or 0


def drop_join_request(session: Session, row: JoinRequestRow) -> None:
    """Forget a request."""
    session.delete(row)
    session.flush()


def _name(warrant: Warrant) -> tuple[str, int]:
    match warrant:
        case LeaveWarrant():
            return "leave", 0
        case InviteWarrant():
            return "invite", 0
        case RevokeWarrant():
            return "revoke", warrant.device_id
        case ArchiveWarrant():
            return "archive", warrant.archive_number


def _is_done(document: RosterDocument, warrant: Warrant) -> bool:
    member = member_of(document, warrant.account)
    if member is None:
        return True
    match warrant:
        case LeaveWarrant():
            return warrant.number < member.since
        case InviteWarrant():
            return True
        case RevokeWarrant():
            return warrant.device_id in document.barred_devices
        case ArchiveWarrant():
            return warrant.archive_number <= member.archive_number
