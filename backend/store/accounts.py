"""Queries about accounts, their devices and their sessions."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from backend.store.tables import Device, SessionRow, User
from shared.rest import AccountKeys, ArchiveKey, DeviceCertificate, UserProfile

__all__ = [
    "account_keys",
    "certificate_of",
    "close_session",
    "devices_of",
    "find_by_name",
    "find_by_prefix",
    "find_device",
    "find_session",
    "find_user",
    "has_other_session",
    "note_seen",
    "open_session",
    "profile_of",
    "profiles_of",
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
    query = select(User).where(User.account.in_(list(accounts)))
    return {user.account: profile_of(user) for user in session.scalars(query)}


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
    archive = ArchiveKey(
        number=user.archive_number, key=user.archive_key, signature=user.archive_signature
    )
    devices = [certificate_of(device) for device in devices_of(session, user.account)]
    return AccountKeys(
        account=user.account, root_key=user.root_key, archive_key=archive, devices=devices
    )


def devices_of(session: Session, account: int) -> list[Device]:
    """Return all devices the account ever had, oldest first."""
    query = select(Device).where(Device.account == account).order_by(Device.number)
    return list(session.scalars(query))


def find_device(session: Session, device_id: int) -> Device | None:
    """Return the device, whoever has it."""
    return session.get(Device, device_id)


def certificate_of(device: Device) -> DeviceCertificate:
    """Return the device's keys as its owner signed them."""
    return DeviceCertificate(
        device_id=device.device_id,
        signature_key=device.signature_key,
        exchange_key=device.exchange_key,
        signature=device.signature,
        sealed_name=device.sealed_name,
    )


def has_other_session(session: Session, account: int, device_id: int) -> bool:
    """Whether another device of the account is logged in."""
    query = select(SessionRow.device_id).where(
        SessionRow.account == account, SessionRow.device_id != device_id
    )
    return session.scalar(query.limit(1)) is not None


def find_session(session: Session, token_hash: bytes) -> tuple[int, int] | None:
    """Return account and device of an open session."""
    query = select(SessionRow.account, SessionRow.device_id)
    row = session.execute(query.where(SessionRow.token_hash == token_hash)).first()
    return None if row is None else (row[0], row[1])


def open_session(
    session: Session, *, account: int, device_id: int, token_hash: bytes, now_ms: int
) -> None:
    """Store a session; it takes the place of the device's last one."""
    close_session(session, device_id)
    session.add(
        SessionRow(device_id=device_id, account=account, token_hash=token_hash, created_ms=now_ms)
    )


def close_session(session: Session, device_id: int) -> None:
    """Forget the session of a device."""
    session.execute(delete(SessionRow).where(SessionRow.device_id == device_id))


def note_seen(session: Session, account: int, at_ms: int) -> None:
    """Store when an account was last online."""
    query = update(User).where(User.account == account, User.last_seen_ms < at_ms)
    session.execute(query.values(last_seen_ms=at_ms))
