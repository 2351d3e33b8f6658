"""What an account's root signs, and the chain of its device list: both sides compute these.

``hash(0)`` is 32 zero bytes,
``hash(n) = BLAKE2b-256("mim.devices.v1" ‖ hash(n-1) ‖ canonical(entry n))``.
The root signs ``mim.device_list.v1 ‖ hash(n)`` in entry n. Canonical, integers big-endian:

| entry | bytes |
| --- | --- |
| a device comes | number (4) ‖ 1 ‖ device_id (8) ‖ signature key ‖ exchange key ‖ signature |
| a device goes | number (4) ‖ 2 ‖ device_id (8) |

Signed too: a device, ``mim.device.v1 ‖ device_id (8) ‖ signature key ‖ exchange key`` (its name may
change), and an archive key, ``mim.archive.v1 ‖ number (4) ‖ key``.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterable

from shared.rest import ArchiveKey, DeviceCertificate, DeviceListEntry

__all__ = ["START", "archive_bytes", "device_bytes", "hash_after", "list_hash", "signed_bytes"]

START = bytes(32)


def hash_after(previous: bytes, entry: DeviceListEntry) -> bytes:
    """Return the hash of the list after ``entry``, 32 bytes; nothing is checked."""
    message = b"mim.devices.v1" + previous + _canonical(entry)
    return hashlib.blake2b(message, digest_size=32).digest()


def list_hash(entries: Iterable[DeviceListEntry]) -> bytes:
    """Return the hash after the last entry, 32 bytes; nothing is checked."""
    value = START
    for entry in entries:
        value = hash_after(value, entry)
    return value


def signed_bytes(value: bytes) -> bytes:
    """Return what the root signs in the entry after which the list has this hash."""
    return b"mim.device_list.v1" + value


def device_bytes(certificate: DeviceCertificate) -> bytes:
    """Return what the root signs of a device."""
    return (
        b"mim.device.v1"
        + struct.pack(">Q", certificate.device_id)
        + certificate.signature_key
        + certificate.exchange_key
    )


def archive_bytes(archive: ArchiveKey) -> bytes:
    """Return what the root signs of an archive key."""
    return b"mim.archive.v1" + struct.pack(">I", archive.number) + archive.key


def _canonical(entry: DeviceListEntry) -> bytes:
    certificate = entry.certificate
    if certificate is None:
        return struct.pack(">IBQ", entry.number, 2, entry.revoked)
    return (
        struct.pack(">IBQ", entry.number, 1, certificate.device_id)
        + certificate.signature_key
        + certificate.exchange_key
        + certificate.signature
    )
