"""Queries about key packages: publishing them, taking each once, remembering what was claimed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

import msgspec
from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from backend.store.tables import KeyPackageClaimRow, KeyPackageRow
from shared.rest_devices import ClaimedKeyPackages, KeyPackageStock

__all__ = [
    "add_packages",
    "count_left",
    "find_claim",
    "forget_older",
    "forget_packages",
    "has_older",
    "last_resorts",
    "set_last_resort",
    "stock_of",
    "store_claim",
    "take_one_each",
]


def stock_of(session: Session, device_id: int) -> KeyPackageStock:
    """Return how many of a device are left."""
    query = (
        select(func.count())
        .select_from(KeyPackageRow)
        .where(KeyPackageRow.device_id == device_id, KeyPackageRow.taken_ms == 0)
    )
    return KeyPackageStock(
        count=session.scalar(query.where(KeyPackageRow.is_last_resort.is_(False))) or 0,
        has_last_resort=bool(session.scalar(query.where(KeyPackageRow.is_last_resort.is_(True)))),
    )


def add_packages(session: Session, device_id: int, packages: Iterable[bytes]) -> None:
    """Add to the pool; what was ever published, and perhaps taken, is not added again."""
    by_hash = {_hash_of(package): package for package in packages}
    query = select(KeyPackageRow.package_hash).where(
        KeyPackageRow.device_id == device_id, KeyPackageRow.package_hash.in_(list(by_hash))
    )
    known = set(session.scalars(query))
    for package_hash, package in by_hash.items():
        if package_hash not in known:
            session.add(_row_of(device_id, package, is_last_resort=False))
    session.flush()


def set_last_resort(session: Session, device_id: int, package: bytes) -> None:
    """Put the last-resort package in place of the one before."""
    session.execute(
        delete(KeyPackageRow).where(
            KeyPackageRow.device_id == device_id,
            KeyPackageRow.is_last_resort.is_(True)
            | (KeyPackageRow.package_hash == _hash_of(package)),
        )
    )
    session.add(_row_of(device_id, package, is_last_resort=True))
    session.flush()


def take_one_each(session: Session, devices: Iterable[int], *, at_ms: int) -> dict[int, bytes]:
    """Take the oldest package of each of these devices that has any, for good."""
    oldest = (
        select(func.min(KeyPackageRow.package_id))
        .where(
            KeyPackageRow.device_id.in_(list(devices)),
            KeyPackageRow.taken_ms == 0,
            KeyPackageRow.is_last_resort.is_(False),
        )
        .group_by(KeyPackageRow.device_id)
    )
    query = select(KeyPackageRow.package_id, KeyPackageRow.device_id, KeyPackageRow.package)
    rows = session.execute(query.where(KeyPackageRow.package_id.in_(oldest))).all()
    taken = update(KeyPackageRow).where(KeyPackageRow.package_id.in_([row[0] for row in rows]))
    session.execute(
        taken.values(taken_ms=at_ms, package=b""), execution_options={"synchronize_session": False}
    )
    return {row[1]: row[2] for row in rows}


def count_left(session: Session, devices: Iterable[int]) -> dict[int, int]:
    """Return how many packages each of these devices has left."""
    found = dict.fromkeys(devices, 0)
    query = (
        select(KeyPackageRow.device_id, func.count())
        .where(
            KeyPackageRow.device_id.in_(list(found)),
            KeyPackageRow.taken_ms == 0,
            KeyPackageRow.is_last_resort.is_(False),
        )
        .group_by(KeyPackageRow.device_id)
    )
    for device_id, count in session.execute(query):
        found[device_id] = count
    return found


def last_resorts(session: Session, devices: Iterable[int]) -> dict[int, bytes]:
    """Return the last-resort packages of these devices; they can be used again and again."""
    query = select(KeyPackageRow.device_id, KeyPackageRow.package).where(
        KeyPackageRow.device_id.in_(list(devices)), KeyPackageRow.is_last_resort.is_(True)
    )
    return {row[0]: row[1] for row in session.execute(query)}


def forget_packages(session: Session, devices: Iterable[int]) -> None:
    """Drop all packages of devices that have gone."""
    session.execute(delete(KeyPackageRow).where(KeyPackageRow.device_id.in_(list(devices))))


def find_claim(session: Session, device_id: int, claim_id: bytes) -> ClaimedKeyPackages | None:
    """Return what this claim was answered, if it was."""
    row = session.get(KeyPackageClaimRow, (device_id, claim_id))
    return None if row is None else msgspec.msgpack.decode(row.answer, type=ClaimedKeyPackages)


def store_claim(
    session: Session, device_id: int, claim_id: bytes, answer: ClaimedKeyPackages, *, at_ms: int
) -> None:
    """Keep the answer for repeats."""
    data = msgspec.msgpack.encode(answer)
    session.add(
        KeyPackageClaimRow(device_id=device_id, claim_id=claim_id, at_ms=at_ms, answer=data)
    )
    session.flush()


def has_older(session: Session, than_ms: int) -> bool:
    """Whether there is anything to forget from before ``than_ms``."""
    claims = select(KeyPackageClaimRow.at_ms).where(KeyPackageClaimRow.at_ms < than_ms)
    taken = select(KeyPackageRow.taken_ms).where(
        KeyPackageRow.taken_ms > 0, KeyPackageRow.taken_ms < than_ms
    )
    return any(session.scalar(query.limit(1)) is not None for query in (claims, taken))


def forget_older(session: Session, than_ms: int) -> None:
    """Drop answers of claims, and hashes of what was taken, from before ``than_ms``."""
    session.execute(delete(KeyPackageClaimRow).where(KeyPackageClaimRow.at_ms < than_ms))
    session.execute(
        delete(KeyPackageRow).where(KeyPackageRow.taken_ms > 0, KeyPackageRow.taken_ms < than_ms)
    )


def _row_of(device_id: int, package: bytes, *, is_last_resort: bool) -> KeyPackageRow:
    return KeyPackageRow(
        device_id=device_id,
        package_hash=_hash_of(package),
        package=package,
        is_last_resort=is_last_resort,
        taken_ms=0,
    )


def _hash_of(package: bytes) -> bytes:
    return hashlib.blake2b(package, digest_size=32).digest()
