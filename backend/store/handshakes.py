"""Queries about what travels with handshakes: public states, Welcomes, epoch records."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from backend.store.tables import (
    Device,
    EpochRecordRow,
    PublicStateRow,
    WelcomeDevice,
    WelcomeRow,
)
from shared import limits
from shared.rest import EpochRecord, SealedRecord
from shared.rest_groups import PublicState, WelcomeInfo

__all__ = [
    "accounts_of_devices",
    "add_record",
    "add_records",
    "add_state",
    "add_welcome",
    "drop_welcome",
    "drop_welcomes_of_others",
    "newest_states",
    "prune_states",
    "records_of",
    "records_of_epoch",
    "welcome_for",
]


def add_state(session: Session, conversation_id: int, state: PublicState) -> None:
    """Store the state that a handshake made."""
    session.add(
        PublicStateRow(
            conversation_id=conversation_id,
            sequence=state.sequence,
            parent=state.parent,
            document_hash=state.document_hash,
            group_info=state.group_info,
            tree=state.tree,
        )
    )
    session.flush()


def newest_states(session: Session, conversation_id: int) -> list[PublicState]:
    """Return the states that joiners may start from, newest first."""
    query = (
        select(PublicStateRow)
        .where(PublicStateRow.conversation_id == conversation_id)
        .order_by(PublicStateRow.sequence.desc())
        .limit(limits.GROUP_INFOS_KEPT)
    )
    return [
        PublicState(
            sequence=row.sequence,
            parent=row.parent,
            document_hash=row.document_hash,
            group_info=row.group_info,
            tree=row.tree,
        )
        for row in session.scalars(query)
    ]


def add_welcome(
    session: Session,
    conversation_id: int,
    *,
    sequence: int,
    welcome: bytes,
    devices: dict[int, int],
) -> None:
    """Store a Welcome once, and which device of which account it waits for."""
    session.add(WelcomeRow(conversation_id=conversation_id, sequence=sequence, welcome=welcome))
    for device, account in devices.items():
        session.merge(
            WelcomeDevice(
                conversation_id=conversation_id,
                device_id=device,
                account=account,
                sequence=sequence,
            )
        )
    session.flush()


def welcome_for(session: Session, conversation_id: int, device: int) -> WelcomeInfo | None:
    """Return the newest Welcome that waits for a device, with the tree it belongs to."""
    waiting = session.get(WelcomeDevice, (conversation_id, device))
    if waiting is None:
        return None
    row = session.get(WelcomeRow, (conversation_id, waiting.sequence))
    state = session.get(PublicStateRow, (conversation_id, waiting.sequence))
    assert row is not None
    assert state is not None, "kept while a device waits"
    return WelcomeInfo(sequence=row.sequence, welcome=row.welcome, tree=state.tree)


def drop_welcome(session: Session, conversation_id: int, device: int) -> None:
    """Forget that a device waits."""
    session.execute(
        delete(WelcomeDevice).where(
            WelcomeDevice.conversation_id == conversation_id, WelcomeDevice.device_id == device
        )
    )


def drop_welcomes_of_others(
    session: Session, conversation_id: int, accounts: Collection[int]
) -> None:
    """Forget the Welcomes of devices whose account is none of these."""
    session.execute(
        delete(WelcomeDevice).where(
            WelcomeDevice.conversation_id == conversation_id,
            WelcomeDevice.account.not_in(accounts),
        )
    )


def prune_states(session: Session, conversation_id: int) -> None:
    """Drop Welcomes that nobody waits for, and states that are neither new nor needed by one."""
    waiting = select(WelcomeDevice.sequence).where(WelcomeDevice.conversation_id == conversation_id)
    session.execute(
        delete(WelcomeRow).where(
            WelcomeRow.conversation_id == conversation_id, WelcomeRow.sequence.not_in(waiting)
        )
    )
    newest = (
        select(PublicStateRow.sequence)
        .where(PublicStateRow.conversation_id == conversation_id)
        .order_by(PublicStateRow.sequence.desc())
        .limit(limits.GROUP_INFOS_KEPT)
    )
    kept = [*session.scalars(newest), *session.scalars(waiting)]
    session.execute(
        delete(PublicStateRow).where(
            PublicStateRow.conversation_id == conversation_id,
            PublicStateRow.sequence.not_in(kept),
        )
    )


def accounts_of_devices(session: Session, devices: Iterable[int]) -> dict[int, int]:
    """Return the account of each of these devices, of those that there are."""
    query = select(Device.device_id, Device.account).where(Device.device_id.in_(list(devices)))
    return {row.device_id: row.account for row in session.execute(query)}


def add_records(
    session: Session,
    conversation_id: int,
    records: Iterable[SealedRecord],
    *,
    parent: int,
    device: int,
) -> None:
    """Store the records that a committer has sealed."""
    for sealed in records:
        add_record(
            session,
            conversation_id,
            account=sealed.account,
            parent=parent,
            device=device,
            record=sealed.record,
        )


def add_record(
    session: Session,
    conversation_id: int,
    *,
    account: int,
    parent: int,
    device: int,
    record: bytes,
) -> None:
    """Store one more record."""
    session.add(
        EpochRecordRow(
            conversation_id=conversation_id,
            account=account,
            parent=parent,
            by_device=device,
            record=record,
        )
    )


def records_of_epoch(
    session: Session, conversation_id: int, *, account: int, parent: int
) -> list[EpochRecordRow]:
    """Return an account's records of one epoch, in order of coming."""
    query = select(EpochRecordRow).where(
        EpochRecordRow.conversation_id == conversation_id,
        EpochRecordRow.account == account,
        EpochRecordRow.parent == parent,
    )
    return list(session.scalars(query.order_by(EpochRecordRow.record_id)))


def records_of(
    session: Session, conversation_id: int, *, account: int, before: int, limit: int
) -> list[EpochRecord]:
    """Return an account's records of epochs before a handshake (0: all), the newest first.

    Those of one epoch are not torn apart, so there may be a few more than ``limit``.
    """
    query = select(EpochRecordRow).where(
        EpochRecordRow.conversation_id == conversation_id, EpochRecordRow.account == account
    )
    if before:
        query = query.where(EpochRecordRow.parent < before)
    query = query.order_by(EpochRecordRow.parent.desc(), EpochRecordRow.record_id)
    found: list[EpochRecord] = []
    for row in session.scalars(query.limit(limit + limits.RECORDS_PER_EPOCH_MAX)):
        if len(found) >= limit and row.parent != found[-1].parent:
            break
        found.append(EpochRecord(parent=row.parent, by_device=row.by_device, record=row.record))
    return found
