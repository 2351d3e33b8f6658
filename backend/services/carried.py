"""What travels with a handshake besides its entry: judged and stored in the same transaction."""

from __future__ import annotations

from collections.abc import Sequence

from backend.services.context import Context
from backend.store import handshakes as store
from backend.store.database import Session
from backend.store.unit import Unit
from shared import limits
from shared.entries import EntryKind, Submission
from shared.errors import Code, RefusedError
from shared.events import EventKind
from shared.rest import SealedRecord
from shared.rest_groups import Creation, Handshake, PublicState, Welcome
from shared.roster import RosterDocument

__all__ = ["check_form", "check_records", "store_carried", "welcomed_devices"]


def check_form(submission: Submission) -> None:
    """Check what any handshake has to be.

    Raises:
        RefusedError: With ``malformed`` or ``too_large``.
    """
    is_handshake = (
        submission.kind is EntryKind.HANDSHAKE
        and bool(submission.payload)
        and not submission.blob_ids
        and not submission.expires_at_ms
    )
    if not is_handshake:
        raise RefusedError(Code.MALFORMED, "A handshake has a payload, no timer, no attachments.")
    if len(submission.payload) > limits.HANDSHAKE_BYTES_MAX:
        raise RefusedError(Code.TOO_LARGE, "The handshake is too large.")


def check_records(records: Sequence[SealedRecord], document: RosterDocument) -> None:
    """Check whom the records are sealed to.

    Raises:
        RefusedError: With ``malformed``, or ``forbidden`` where no records are kept.
    """
    accounts = {record.account for record in records}
    members = {member.account for member in document.members}
    if len(accounts) != len(records) or not accounts <= members:
        raise RefusedError(Code.MALFORMED, "There is one record for each member, none for others.")
    if records and not document.has_history:
        raise RefusedError(Code.FORBIDDEN, "This conversation keeps no records.")


def welcomed_devices(
    session: Session, welcome: Welcome | None, document: RosterDocument
) -> dict[int, int]:
    """Return the devices that a Welcome is for, with their accounts.

    Raises:
        RefusedError: With ``malformed`` if one belongs to no member.
    """
    if welcome is None:
        return {}
    found = store.accounts_of_devices(session, welcome.devices)
    members = {member.account for member in document.members}
    if set(found) != set(welcome.devices) or not members.issuperset(found.values()):
        raise RefusedError(Code.MALFORMED, "A Welcome is for devices of members.")
    return found


def store_carried(
    context: Context,
    unit: Unit,
    carried: Creation | Handshake,
    document: RosterDocument,
    *,
    sequence: int,
    device: int,
) -> None:
    """Store all of it and tell those who are welcomed.

    Raises:
        RefusedError: With ``malformed`` or ``forbidden``; nothing is stored then.
    """
    session, submission = unit.session, carried.submission
    conversation_id = submission.conversation_id
    check_records(carried.records, document)
    devices = welcomed_devices(session, carried.welcome, document)
    assert submission.document_hash is not None
    state = PublicState(
        sequence=sequence,
        parent=submission.parent,
        document_hash=submission.document_hash,
        group_info=carried.group_info,
        tree=carried.tree,
    )
    store.add_state(session, conversation_id, state)
    store.add_records(session, conversation_id, carried.records, parent=sequence, device=device)
    store.drop_welcomes_of_others(
        session, conversation_id, [member.account for member in document.members]
    )
    if carried.welcome is not None:
        store.add_welcome(
            session,
            conversation_id,
            sequence=sequence,
            welcome=carried.welcome.welcome,
            devices=devices,
        )
    store.prune_states(session, conversation_id)
    context.tell_all(
        unit, set(devices.values()), EventKind.WELCOME_READY, conversation_id=conversation_id
    )
