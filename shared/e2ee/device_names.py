"""Names of one's own devices, sealed: the server keeps them and cannot read them.

| part | bytes |
| --- | --- |
| key | BLAKE2b-256 of the newest archive secret, ``person`` ``mim.devname.v1`` |
| plaintext | the name in UTF-8, then zero bytes up to 256, so that no length shows |
| associated data | ``mim.device_name.v1 ‖ device_id`` (8, big-endian) |
| sealed | nonce (24) and box (`keys.aead_seal`), 296 bytes |
"""

from __future__ import annotations

import hashlib

from shared import limits
from shared.e2ee.account import Archives
from shared.e2ee.keys import ExchangeKeyPair, Random, aead_open, aead_seal
from shared.errors import Code, RefusedError, SealError

__all__ = ["open_device_name", "seal_device_name"]

_PADDED_BYTES = 256
assert limits.DEVICE_NAME_LENGTH_MAX * 4 <= _PADDED_BYTES
assert _PADDED_BYTES + 40 <= limits.DEVICE_NAME_BYTES_MAX


def seal_device_name(name: str, *, device_id: int, archives: Archives, random: Random) -> bytes:
    """Seal a device's name under the newest archive key.

    Raises:
        RefusedError: With `Code.MALFORMED` if it is empty, too long or has control characters.
    """
    shown = name.strip()
    if not 1 <= len(shown) <= limits.DEVICE_NAME_LENGTH_MAX or not shown.isprintable():
        raise RefusedError(Code.MALFORMED, "A device's name has 1 to 64 visible characters.")
    padded = shown.encode().ljust(_PADDED_BYTES, b"\0")
    return aead_seal(_key(archives[-1][1]), padded, data=_data(device_id), random=random)


def open_device_name(sealed: bytes, *, device_id: int, archives: Archives) -> str:
    """Return the device's name, trying the newest archive key first; empty if it has none.

    Raises:
        SealError: If it was sealed under no archive key of ours, or for another device.
    """
    if not sealed:
        return ""
    for _, pair in reversed(archives):
        try:
            padded = aead_open(_key(pair), sealed, data=_data(device_id))
        except SealError:
            continue  # Sealed before or after this archive key was the newest one.
        return padded.rstrip(b"\0").decode(errors="replace")
    raise SealError("A device's name does not open.")


def _key(pair: ExchangeKeyPair) -> bytes:
    return hashlib.blake2b(pair.secret, digest_size=32, person=b"mim.devname.v1").digest()


def _data(device_id: int) -> bytes:
    return b"mim.device_name.v1" + device_id.to_bytes(8, "big")
