"""Queries about accounts: profiles, keys, vaults, documents."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from backend.store.devices import device_list, past_roots
from backend.store.tables import AccountDocumentRow, User
from shared.rest import AccountKeys, ArchiveKey, UserProfile, VaultOpened
from shared.rest_devices import AccountDocument

__all__ = [
    "account_keys",
    "count_users",
    "find_by_name",
    "find_by_prefix",
    "find_document",
    "find_user",
    "forget_document",
    "keys_of",
    "note_seen",
    "opened_vault",
    "profile_of",
    "profiles_of",
    "store_document",
    "users_of",
]


def find_user(session: Session, account: int) -> User | None:
    """Return the account, if there is one."""
    return session.get(User, account)


def find_by_name(session: Session, folded_name: str) -> User | None:
    """Return the account with this folded user name."""
    return session.scalar(select(User).where(User.folded_name == folded_name))


def find_by_prefix(session: Session, folded_prefix: str, limit: int) -> list[User]:
    """Return accounts whose folded user name starts so, in order of it."""
    starts = User.folded_name.startswith(folded_prefix, autoescape=True)
    # LIKE ignores the case of ASCII letters only, and folded names have none in upper case.
    query = select(User).where(starts).order_by(User.folded_name).limit(limit)
    return list(session.scalars(query))


def profiles_of(session: Session, accounts: Iterable[int]) -> dict[int, UserProfile]:
    """Return the profiles of these accounts."""
    return {user.account: profile_of(user) for user in users_of(session, accounts)}


def users_of(session: Session, accounts: Iterable[int]) -> list[User]:
    """Return these accounts, those that there are."""
    query = select(User).where(User.account.in_(list(accounts)))
    return list(session.scalars(query))


def count_users(session: Session, accounts: Iterable[int]) -> int:
    """Return how many of these accounts there are."""
    query = select(func.count()).select_from(User)
    return session.scalar(query.where(User.account.in_(list(accounts)))) or 0


def keys_of(session: Session, accounts: Iterable[int]) -> dict[int, tuple[bytes, int, bytes]]:
    """Return root key, archive key's number and archive key of those of these that there are."""
    query = select(User.account, User.root_key, User.archive_number, User.archive_key)
    rows = session.execute(query.where(User.account.in_(list(accounts))))
    return {account: (root, number, archive) for account, root, number, archive in rows}


def profile_of(user: User) -> UserProfile:
    """Return what the person shows."""
    return UserProfile(
        account=user.account,
        user_name=user.user_name,
        nickname=user.nickname,
        signature=user.signature,
        avatar=user.avatar,
    )


def account_keys(session: Session, user: User) -> AccountKeys:
    """Return the keys that others seal to and check with."""
    return AccountKeys(
        account=user.account,
        root_key=user.root_key,
        archive_key=ArchiveKey(
            number=user.archive_number, key=user.archive_key, signature=user.archive_signature
        ),
        device_list=device_list(session, user.account, user.root_number),
        past=past_roots(session, user.account),
    )


def opened_vault(session: Session, user: User) -> VaultOpened:
    """Return what a client that knows the password, or the recovery code, needs."""
    return VaultOpened(
        account=user.account,
        root_key=user.root_key,
        vault=user.vault,
        vault_version=user.vault_version,
        devices=device_list(session, user.account, user.root_number),
    )


def note_seen(session: Session, account: int, at_ms: int) -> None:
    """Store when an account was last online."""
    query = update(User).where(User.account == account, User.last_seen_ms < at_ms)
    session.execute(query.values(last_seen_ms=at_ms))


def find_document(session: Session, account: int) -> AccountDocument:
    """Return the account document; version 0 and empty if there is none."""
    row = session.get(AccountDocumentRow, account)
    if row is None:
        return AccountDocument(version=0)
    return AccountDocument(version=row.version, sealed=row.sealed)


def store_document(session: Session, account: int, document: AccountDocument) -> None:
    """Store the account document in place of the one before."""
    session.merge(
        AccountDocumentRow(account=account, version=document.version, sealed=document.sealed)
    )


def forget_document(session: Session, account: int) -> None:
    """Drop the account document."""
    session.execute(delete(AccountDocumentRow).where(AccountDocumentRow.account == account))
