"""Roots that really sign: the server checks what an account's root says of its devices."""

from __future__ import annotations

import secrets

import msgspec

from backend.services.signatures import ServerKey
from shared.device_list import archive_bytes, device_bytes, hash_after, list_hash, signed_bytes
from shared.rest import ArchiveKey, DeviceCertificate, DeviceListEntry

__all__ = ["Root"]


class Root:
    """An account's root and what it has signed so far."""

    def __init__(self) -> None:
        self._pair = ServerKey(secrets.token_bytes(32))
        self.entries: list[DeviceListEntry] = []
        self.archives = 0

    @property
    def key(self) -> bytes:
        return self._pair.public

    def sign(self, message: bytes) -> bytes:
        return self._pair.sign(message)

    def certificate(self, device_id: int | None = None) -> DeviceCertificate:
        """Return a new device of this root."""
        unsigned = DeviceCertificate(
            device_id=device_id or secrets.randbelow(2**63 - 1) + 1,
            signature_key=secrets.token_bytes(32),
            exchange_key=secrets.token_bytes(32),
            signature=bytes(64),
            sealed_name=secrets.token_bytes(20),
        )
        signature = self._pair.sign(device_bytes(unsigned))
        return msgspec.structs.replace(unsigned, signature=signature)

    def archive(self) -> ArchiveKey:
        """Return the next archive key."""
        self.archives += 1
        unsigned = ArchiveKey(
            number=self.archives, key=secrets.token_bytes(32), signature=bytes(64)
        )
        return msgspec.structs.replace(unsigned, signature=self._pair.sign(archive_bytes(unsigned)))

    def next_entry(
        self, certificate: DeviceCertificate | None = None, *, revoked: int = 0
    ) -> DeviceListEntry:
        """Return the entry that comes next, without appending it."""
        unsigned = DeviceListEntry(
            number=len(self.entries) + 1,
            signature=bytes(64),
            certificate=certificate,
            revoked=revoked,
        )
        value = hash_after(list_hash(self.entries), unsigned)
        return msgspec.structs.replace(unsigned, signature=self._pair.sign(signed_bytes(value)))

    def append(
        self, certificate: DeviceCertificate | None = None, *, revoked: int = 0
    ) -> DeviceListEntry:
        """Return the entry that comes next; from now on it counts as appended."""
        self.entries.append(self.next_entry(certificate, revoked=revoked))
        return self.entries[-1]
