"""Queries about friendships and requests."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import and_, delete, exists, func, or_, select
from sqlalchemy.orm import Session

from backend.store.tables import Block, Contact, ContactRequestRow, ConversationRow, User

__all__ = [
    "add_contact",
    "are_contacts",
    "contact_accounts",
    "contact_rows",
    "contacts_among",
    "count_contacts",
    "count_requests_to",
    "direct_conversations",
    "find_request",
    "pair_name",
    "remove_contact",
    "request_rows",
]


def pair_name(one: int, other: int) -> str:
    """Return the name under which the direct conversation of two accounts is unique."""
    return f"{min(one, other)}:{max(one, other)}"


def are_contacts(session: Session, one: int, other: int) -> bool:
    """Whether two accounts are friends."""
    return session.get(Contact, (one, other)) is not None


def contacts_among(session: Session, account: int, others: Collection[int]) -> set[int]:
    """Return which of these are friends of the account."""
    query = select(Contact.contact).where(Contact.account == account)
    return set(session.scalars(query)).intersection(others)


def add_contact(session: Session, *, asking: int, answering: int, at_ms: int) -> None:
    """Make two accounts friends; all requests between them are done with."""
    for one, other in ((asking, answering), (answering, asking)):
        session.add(Contact(account=one, contact=other, since_ms=at_ms, requested_by=asking))
        session.execute(
            delete(ContactRequestRow).where(
                ContactRequestRow.sender == one, ContactRequestRow.recipient == other
            )
        )


def remove_contact(session: Session, one: int, other: int) -> None:
    """End a friendship on both sides."""
    session.execute(
        delete(Contact).where(
            or_(
                and_(Contact.account == one, Contact.contact == other),
                and_(Contact.account == other, Contact.contact == one),
            )
        )
    )


def contact_accounts(session: Session, account: int) -> list[int]:
    """Return the accounts of all friends."""
    return list(session.scalars(select(Contact.contact).where(Contact.account == account)))


def contact_rows(session: Session, account: int) -> list[tuple[Contact, User]]:
    """Return all friends, oldest friendship first."""
    query = (
        select(Contact, User)
        .join(User, User.account == Contact.contact)
        .where(Contact.account == account)
        .order_by(Contact.since_ms, Contact.contact)
    )
    return [(row[0], row[1]) for row in session.execute(query)]


def direct_conversations(session: Session, account: int, others: list[int]) -> dict[int, int]:
    """Return the direct conversation with each of these accounts, where there is one."""
    names = {pair_name(account, other): other for other in others}
    query = select(ConversationRow.pair, ConversationRow.conversation_id)
    rows = session.execute(query.where(ConversationRow.pair.in_(list(names))))
    return {names[pair]: conversation_id for pair, conversation_id in rows if pair}


def find_request(session: Session, *, sender: int, recipient: int) -> ContactRequestRow | None:
    """Return the request that waits between two accounts, in this direction."""
    return session.get(ContactRequestRow, (sender, recipient))


def request_rows(session: Session, account: int) -> list[tuple[ContactRequestRow, User]]:
    """Return all requests from and to the account with the other person, oldest first."""
    other = or_(
        and_(ContactRequestRow.sender == account, User.account == ContactRequestRow.recipient),
        and_(ContactRequestRow.recipient == account, User.account == ContactRequestRow.sender),
    )
    query = select(ContactRequestRow, User).join(User, other).order_by(ContactRequestRow.at_ms)
    return [(row[0], row[1]) for row in session.execute(query)]


def count_contacts(session: Session, account: int) -> int:
    """Return how many friends an account has."""
    query = select(func.count()).select_from(Contact).where(Contact.account == account)
    return session.scalar(query) or 0


def count_requests_to(session: Session, account: int) -> int:
    """Return how many requests an account sees; those of people it has blocked do not count."""
    is_blocked = exists().where(Block.account == account, Block.blocked == ContactRequestRow.sender)
    query = select(func.count()).select_from(ContactRequestRow)
    return session.scalar(query.where(ContactRequestRow.recipient == account, ~is_blocked)) or 0
