"""Queries about devices, their sessions and the lists that name them."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import bindparam, delete, func, select, update
from sqlalchemy.orm import Session

from backend.store.tables import Device, DeviceListRow, Member, PastRootRow, SessionRow
from shared.device_list import START
from shared.rest import DeviceCertificate, DeviceListEntry, PastRoot

__all__ = [
    "add_past_root",
    "add_to_list",
    "certificate_of",
    "close_session",
    "close_sessions",
    "co_members",
    "count_live",
    "device_list",
    "devices_of_list",
    "find_device",
    "find_session",
    "is_of_revoked",
    "list_end",
    "live_devices",
    "note_seen",
    "open_session",
    "past_roots",
    "sessions_of",
]


# Built once: every request begins with it, and building costs more than running.
_OPEN_SESSION = (
    select(SessionRow.account, SessionRow.device_id)
    .join(Device, Device.device_id == SessionRow.device_id)
    .where(SessionRow.token_hash == bindparam("token_hash"), Device.revoked_ms == 0)
)


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


def device_list(session: Session, account: int, root_number: int) -> list[DeviceListEntry]:
    """Return the device list of an account under one of its roots."""
    return [_entry_of(row, device) for row, device in _list_rows(session, account, root_number)]


def devices_of_list(session: Session, account: int, root_number: int) -> list[Device]:
    """Return the devices that came under this root, revoked ones too, in order of coming."""
    rows = _list_rows(session, account, root_number)
    return [device for row, device in rows if not row.is_revocation]


def list_end(session: Session, account: int, root_number: int) -> tuple[int, bytes]:
    """Return number and hash of the newest entry; 0 and the start if there is none."""
    query = select(DeviceListRow.number, DeviceListRow.hash_after).where(
        DeviceListRow.account == account, DeviceListRow.root_number == root_number
    )
    row = session.execute(query.order_by(DeviceListRow.number.desc()).limit(1)).first()
    return (0, START) if row is None else (row[0], row[1])


def add_to_list(
    session: Session, *, account: int, root_number: int, entry: DeviceListEntry, hash_after: bytes
) -> None:
    """Append an entry whose device is stored already."""
    device_id = entry.revoked if entry.certificate is None else entry.certificate.device_id
    session.add(
        DeviceListRow(
            account=account,
            root_number=root_number,
            number=entry.number,
            device_id=device_id,
            is_revocation=entry.certificate is None,
            signature=entry.signature,
            hash_after=hash_after,
        )
    )
    session.flush()


def add_past_root(
    session: Session, *, account: int, root_number: int, root_key: bytes, now_ms: int
) -> None:
    """Keep a root that is one no longer."""
    session.add(
        PastRootRow(account=account, root_number=root_number, root_key=root_key, ended_ms=now_ms)
    )


def past_roots(session: Session, account: int) -> list[PastRoot]:
    """Return the roots that an account had before, oldest first."""
    query = select(PastRootRow).where(PastRootRow.account == account)
    rows = session.scalars(query.order_by(PastRootRow.root_number)).all()
    return [
        PastRoot(root_key=row.root_key, device_list=device_list(session, account, row.root_number))
        for row in rows
    ]


def live_devices(session: Session, accounts: Iterable[int]) -> list[Device]:
    """Return all devices of these accounts that may log in, by account and age."""
    query = select(Device).where(
        Device.account.in_(list(accounts)), Device.revoked_ms == 0, Device.forgotten_ms == 0
    )
    return list(session.scalars(query.order_by(Device.account, Device.created_ms)))


def count_live(session: Session, account: int) -> int:
    """Return how many devices of an account are not revoked."""
    query = select(func.count()).select_from(Device)
    return session.scalar(query.where(Device.account == account, Device.revoked_ms == 0)) or 0


def co_members(session: Session, account: int) -> list[int]:
    """Return everybody who shares a conversation with the account, itself too."""
    own = select(Member.conversation_id).where(Member.account == account, Member.last == 0)
    query = select(Member.account).where(Member.conversation_id.in_(own), Member.last == 0)
    return list(session.scalars(query.distinct()))


def find_session(session: Session, token_hash: bytes) -> tuple[int, int] | None:
    """Return account and device of an open session; that of a revoked device is none."""
    row = session.connection().execute(_OPEN_SESSION, {"token_hash": token_hash}).first()
    return None if row is None else (row[0], row[1])


def is_of_revoked(session: Session, token_hash: bytes) -> bool:
    """Whether this was the token of a device that its owner has revoked since."""
    query = select(SessionRow.device_id).join(Device, Device.device_id == SessionRow.device_id)
    wanted = query.where(SessionRow.token_hash == token_hash, Device.revoked_ms != 0)
    return session.scalar(wanted) is not None


def sessions_of(session: Session, account: int) -> list[int]:
    """Return the devices of an account that are logged in."""
    query = select(SessionRow.device_id).join(Device, Device.device_id == SessionRow.device_id)
    wanted = query.where(SessionRow.account == account, Device.revoked_ms == 0)
    return list(session.scalars(wanted.order_by(SessionRow.device_id)))


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


def close_sessions(session: Session, account: int) -> None:
    """Forget the sessions of all devices of an account."""
    session.execute(delete(SessionRow).where(SessionRow.account == account))


def note_seen(session: Session, device_id: int, at_ms: int) -> None:
    """Store when a device was last here."""
    query = update(Device).where(Device.device_id == device_id, Device.last_seen_ms < at_ms)
    session.execute(query.values(last_seen_ms=at_ms))


def _list_rows(
    session: Session, account: int, root_number: int
) -> list[tuple[DeviceListRow, Device]]:
    query = (
        select(DeviceListRow, Device)
        .join(Device, Device.device_id == DeviceListRow.device_id)
        .where(DeviceListRow.account == account, DeviceListRow.root_number == root_number)
        .order_by(DeviceListRow.number)
    )
    return [(row[0], row[1]) for row in session.execute(query)]


def _entry_of(row: DeviceListRow, device: Device) -> DeviceListEntry:
    if row.is_revocation:
        return DeviceListEntry(number=row.number, signature=row.signature, revoked=device.device_id)
    return DeviceListEntry(
        number=row.number, signature=row.signature, certificate=certificate_of(device)
    )
