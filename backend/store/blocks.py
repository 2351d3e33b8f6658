"""Queries about blocks, and about those who see each other's presence."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Connection, and_, delete, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from backend.store.tables import Block, Contact, ConversationRow, Member, User
from shared.roster import ConversationKind

__all__ = [
    "add_block",
    "are_apart",
    "blocked_users",
    "blocking_of",
    "blocks_among",
    "count_blocks",
    "has_blocked",
    "load_blocking",
    "presence_circle",
    "remove_block",
    "set_shares_presence",
]


def has_blocked(session: Session, account: int, other: int) -> bool:
    """Whether ``account`` has blocked ``other``."""
    return session.get(Block, (account, other)) is not None


def are_apart(session: Session, one: int, other: int) -> bool:
    """Whether one of two accounts has blocked the other."""
    return has_blocked(session, one, other) or has_blocked(session, other, one)


def blocks_among(
    session: Session, account: int, others: Collection[int]
) -> tuple[set[int], set[int]]:
    """Return which of these the account has blocked, and which of them have blocked it."""
    blocked = select(Block.blocked).where(Block.account == account)
    blocking = select(Block.account).where(Block.blocked == account)
    return (
        set(session.scalars(blocked)).intersection(others),
        set(session.scalars(blocking)).intersection(others),
    )


def add_block(session: Session, account: int, blocked: int, *, at_ms: int) -> bool:
    """Block an account; return whether it was not blocked before."""
    if has_blocked(session, account, blocked):
        return False
    session.add(Block(account=account, blocked=blocked, at_ms=at_ms))
    return True


def remove_block(session: Session, account: int, blocked: int) -> bool:
    """Let an account through again; return whether it was blocked."""
    query = delete(Block).where(Block.account == account, Block.blocked == blocked)
    return session.execute(query.returning(Block.blocked)).first() is not None


def count_blocks(session: Session, account: int) -> int:
    """Return how many accounts one has blocked."""
    query = select(func.count()).select_from(Block).where(Block.account == account)
    return session.scalar(query) or 0


def blocked_users(session: Session, account: int) -> list[User]:
    """Return whom an account has blocked, the newest first."""
    query = select(User).join(Block, Block.blocked == User.account)
    query = query.where(Block.account == account).order_by(Block.at_ms.desc(), Block.blocked)
    return list(session.scalars(query))


def load_blocking(connection: Connection, conversation_id: int) -> frozenset[int]:
    """Return which of the two members of a direct conversation have blocked the other."""
    one, other = aliased(Member), aliased(Member)
    query = (
        select(Block.account)
        .join(one, one.account == Block.account)
        .join(
            other,
            and_(other.account == Block.blocked, other.conversation_id == one.conversation_id),
        )
        .join(ConversationRow, ConversationRow.conversation_id == one.conversation_id)
        .where(
            one.conversation_id == conversation_id,
            ConversationRow.kind == int(ConversationKind.DIRECT),
        )
    )
    return frozenset(connection.execute(query).scalars())


def blocking_of(session: Session, conversation_id: int) -> frozenset[int]:
    """Return the same for who only reads."""
    return load_blocking(session.connection(), conversation_id)


def set_shares_presence(session: Session, account: int, *, shares_presence: bool) -> None:
    """Show others when the account is there, or do not."""
    user = session.get(User, account)
    assert user is not None, "It has a session."
    user.shares_presence = shares_presence
    session.flush()


def presence_circle(session: Session, account: int) -> frozenset[int]:
    """Return the contacts who see this account's presence, and whose presence it sees.

    Who hides their own sees nobody's; across a block nobody sees anything.
    """
    own = aliased(User)
    is_apart = exists().where(
        or_(
            and_(Block.account == account, Block.blocked == Contact.contact),
            and_(Block.account == Contact.contact, Block.blocked == account),
        )
    )
    query = (
        select(Contact.contact)
        .join(User, User.account == Contact.contact)
        .join(own, own.account == Contact.account)
        .where(
            Contact.account == account,
            User.shares_presence.is_(True),
            own.shares_presence.is_(True),
            ~is_apart,
        )
    )
    return frozenset(session.scalars(query))
