"""An account's device list: a chain that only the root continues.

The bytes of the chain and what is signed of it are in `shared.device_list`. A device's name is not
covered, it may change. An id is used once: who was revoked stays so. What was seen of a list is its
number and hash; a later list has to begin with just that.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from shared import limits
from shared.device_list import START, hash_after, list_hash, signed_bytes
from shared.e2ee.account import check_device
from shared.e2ee.keys import SignatureKeyPair, verify
from shared.errors import Code, RefusedError, SealError
from shared.rest import DeviceCertificate, DeviceListEntry

__all__ = [
    "START",
    "DeviceList",
    "append_device",
    "append_revocation",
    "check_list",
    "is_extension",
    "list_hash",
]


@dataclass(frozen=True, slots=True)
class DeviceList:
    """A device list that holds.

    Attributes:
        devices: Every device that ever came, by id, revoked ones too: their old entries stay.
        revoked: Ids of those that have gone.
        number: How many entries the list has.
        hash: The hash after the last one.
    """

    devices: Mapping[int, DeviceCertificate]
    revoked: frozenset[int]
    number: int
    hash: bytes

    @property
    def live(self) -> tuple[DeviceCertificate, ...]:
        """The devices that may take part, in order of coming."""
        return tuple(
            certificate
            for device_id, certificate in self.devices.items()
            if device_id not in self.revoked
        )

    def is_live(self, device_id: int) -> bool:
        """Whether the device is there and was not revoked."""
        return device_id in self.devices and device_id not in self.revoked


def append_device(
    entries: Sequence[DeviceListEntry], certificate: DeviceCertificate, *, root: SignatureKeyPair
) -> DeviceListEntry:
    """Return the entry with which a device comes.

    Raises:
        RefusedError: With `Code.DEVICE_LIMIT` if the list or its devices are too many.
        SealError: If the list does not hold, or the entry would not.
    """
    devices = check_list(entries, root_key=root.public)
    if len(devices.live) >= limits.DEVICES_MAX:
        raise RefusedError(Code.DEVICE_LIMIT, "This account has as many devices as it may.")
    unsigned = DeviceListEntry(
        number=_next_number(entries), signature=bytes(64), certificate=certificate
    )
    return _appended(entries, unsigned, root)


def append_revocation(
    entries: Sequence[DeviceListEntry], device_id: int, *, root: SignatureKeyPair
) -> DeviceListEntry:
    """Return the entry with which a device goes.

    Raises:
        RefusedError: With `Code.DEVICE_LIMIT` if the list is too long.
        SealError: If the list does not hold, or has no such device.
    """
    unsigned = DeviceListEntry(number=_next_number(entries), signature=bytes(64), revoked=device_id)
    return _appended(entries, unsigned, root)


def check_list(entries: Sequence[DeviceListEntry], *, root_key: bytes) -> DeviceList:
    """Return the list that the entries make, each of them signed by the root.

    Raises:
        SealError: If an entry is missing, moved, contradictory or not the root's.
    """
    if len(entries) > limits.DEVICE_LIST_MAX:
        raise SealError("A device list is too long.")
    devices: dict[int, DeviceCertificate] = {}
    revoked: set[int] = set()
    value = START
    for number, entry in enumerate(entries, start=1):
        if entry.number != number:
            raise SealError("Entries of a device list are numbered 1, 2, 3 and so on.")
        value = hash_after(value, entry)
        verify(root_key, signed_bytes(value), entry.signature)
        _apply(entry, devices, revoked, root_key=root_key)
    return DeviceList(devices, frozenset(revoked), len(entries), value)


def is_extension(old_hash: bytes, old_number: int, entries: Sequence[DeviceListEntry]) -> bool:
    """Whether a list begins with, or is, the one that was seen."""
    return len(entries) >= old_number and list_hash(entries[:old_number]) == old_hash


def _apply(
    entry: DeviceListEntry,
    devices: dict[int, DeviceCertificate],
    revoked: set[int],
    *,
    root_key: bytes,
) -> None:
    certificate = entry.certificate
    if (certificate is None) != bool(entry.revoked):
        raise SealError("An entry of a device list adds a device or revokes one.")
    if certificate is None:
        if entry.revoked not in devices or entry.revoked in revoked:
            raise SealError("A device list revokes a device that is not there.")
        revoked.add(entry.revoked)
        return
    if certificate.device_id in devices:
        raise SealError("A device list adds a device twice.")
    check_device(certificate, root_key=root_key)
    devices[certificate.device_id] = certificate


def _appended(
    entries: Sequence[DeviceListEntry], unsigned: DeviceListEntry, root: SignatureKeyPair
) -> DeviceListEntry:
    """Sign and check as others will, so that nothing is handed in that they refuse."""
    value = hash_after(list_hash(entries), unsigned)
    entry = DeviceListEntry(
        number=unsigned.number,
        signature=root.sign(signed_bytes(value)),
        certificate=unsigned.certificate,
        revoked=unsigned.revoked,
    )
    check_list([*entries, entry], root_key=root.public)
    return entry


def _next_number(entries: Sequence[DeviceListEntry]) -> int:
    if len(entries) >= limits.DEVICE_LIST_MAX:
        raise RefusedError(Code.DEVICE_LIMIT, "This account has had as many devices as it may.")
    return len(entries) + 1
