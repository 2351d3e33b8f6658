"""An account's device list on the server: who may append what, and who is told.

The server can not sign for a root; it keeps others from storing what no client would accept. An
entry is appended only as exactly the next one (compare-and-swap), so that two devices that log in
at once both get in, one after the other.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from backend.services.context import Context
from backend.services.signatures import is_signed
from backend.store import devices as store
from backend.store.contacts import contact_accounts
from backend.store.tables import Device, User
from backend.store.unit import Unit
from shared import limits
from shared.device_list import archive_bytes, device_bytes, hash_after, signed_bytes
from shared.errors import Code, RefusedError
from shared.events import EventKind
from shared.rest import ArchiveKey, DeviceCertificate, DeviceListEntry

__all__ = ["add_device", "check_archive", "revoke_devices", "tell_devices_changed"]


def add_device(unit: Unit, user: User, entry: DeviceListEntry | None, *, device_id: int) -> None:
    """Append a device that comes, and store it.

    Raises:
        RefusedError: With ``bad_certificate``, ``conflict`` or ``device_limit``.
    """
    certificate = None if entry is None else entry.certificate
    if entry is None or certificate is None or certificate.device_id != device_id:
        raise RefusedError(Code.BAD_CERTIFICATE, "A new device needs its entry of the list.")
    value = _check_entries(unit, user, [entry])[-1]
    if not is_signed(user.root_key, device_bytes(certificate), certificate.signature):
        raise RefusedError(Code.BAD_CERTIFICATE, "The root did not sign this device.")
    if store.find_device(unit.session, device_id) is not None:
        raise RefusedError(Code.BAD_CERTIFICATE, "This device is in a list already.")
    if store.count_live(unit.session, user.account) >= limits.DEVICES_MAX:
        raise RefusedError(
            Code.DEVICE_LIMIT, f"An account has at most {limits.DEVICES_MAX} devices."
        )
    unit.session.add(_device_of(certificate, user.account, unit.now_ms))
    unit.session.flush()
    store.add_to_list(
        unit.session,
        account=user.account,
        root_number=user.root_number,
        entry=entry,
        hash_after=value,
    )


def revoke_devices(unit: Unit, user: User, entries: Sequence[DeviceListEntry]) -> list[Device]:
    """Append devices that go, and return them.

    Raises:
        RefusedError: With ``bad_certificate``, ``conflict`` or ``not_found``.
    """
    values = _check_entries(unit, user, entries)
    gone: list[Device] = []
    for entry, value in zip(entries, values, strict=True):
        device = store.find_device(unit.session, entry.revoked) if entry.revoked else None
        if entry.certificate is not None or not entry.revoked:
            raise RefusedError(Code.BAD_CERTIFICATE, "This entry revokes no device.")
        if device is None or device.account != user.account or device.revoked_ms:
            raise RefusedError(Code.NOT_FOUND, "There is no such device.")
        device.revoked_ms = unit.now_ms
        gone.append(device)
        store.add_to_list(
            unit.session,
            account=user.account,
            root_number=user.root_number,
            entry=entry,
            hash_after=value,
        )
    return gone


def check_archive(archive: ArchiveKey, *, root_key: bytes) -> None:
    """Check that the root signed this archive key.

    Raises:
        RefusedError: With ``bad_certificate``.
    """
    if not is_signed(root_key, archive_bytes(archive), archive.signature):
        raise RefusedError(Code.BAD_CERTIFICATE, "The root did not sign this archive key.")


def tell_devices_changed(context: Context, unit: Unit, account: int) -> None:
    """Tell everybody who may seal something to the account: oneself, contacts, co-members."""
    everybody: Iterable[int] = {
        account,
        *contact_accounts(unit.session, account),
        *store.co_members(unit.session, account),
    }
    context.tell_all(unit, everybody, EventKind.DEVICES_CHANGED, account=account)


def _check_entries(unit: Unit, user: User, entries: Sequence[DeviceListEntry]) -> list[bytes]:
    """Check that these come next and are the root's; return the hash after each."""
    number, value = store.list_end(unit.session, user.account, user.root_number)
    values: list[bytes] = []
    for entry in entries:
        number += 1
        if entry.number != number:
            raise RefusedError(Code.CONFLICT, "The device list has changed; read it again.")
        value = hash_after(value, entry)
        if not is_signed(user.root_key, signed_bytes(value), entry.signature):
            raise RefusedError(Code.BAD_CERTIFICATE, "The root did not sign this entry.")
        values.append(value)
    if number > limits.DEVICE_LIST_MAX:
        raise RefusedError(Code.DEVICE_LIMIT, "This account has had too many devices.")
    return values


def _device_of(certificate: DeviceCertificate, account: int, now_ms: int) -> Device:
    return Device(
        device_id=certificate.device_id,
        account=account,
        signature_key=certificate.signature_key,
        exchange_key=certificate.exchange_key,
        signature=certificate.signature,
        sealed_name=certificate.sealed_name,
        sealed_archive=b"",
        created_ms=now_ms,
        last_seen_ms=now_ms,
        revoked_ms=0,
    )
