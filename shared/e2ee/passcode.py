"""The app's passcode: what it seals a profile's database key with.

``Argon2id(NFC(passcode), random 16-byte salt)`` gives 32 bytes, under which the key is boxed
(`keys.aead_seal`). Nothing of it travels; salt, cost and box lie beside the database.
"""

from __future__ import annotations

import unicodedata

import msgspec
from nacl import bindings

from shared import limits
from shared.e2ee.keys import Random, aead_open, aead_seal
from shared.errors import LocalError, SealError
from shared.rest import Kdf

__all__ = ["PASSCODE_KDF", "SealedKey", "open_key", "seal_key"]

# Dearer than a password's: it is tried by whoever has the disk, without a server in between, and
# derived a few times a day. About half a second.
PASSCODE_KDF = Kdf(version=1, passes=4, memory_bytes=128 * 1024 * 1024)

_DATA = b"mim.passcode.v1"
_SALT_BYTES = 16


class SealedKey(msgspec.Struct, frozen=True, kw_only=True):
    """A key under a passcode: the salt, what deriving costs, and the box."""

    salt: bytes
    kdf: Kdf
    box: bytes

    def __repr__(self) -> str:
        return "SealedKey()"


def seal_key(passcode: str, key: bytes, *, kdf: Kdf, random: Random) -> SealedKey:
    """Seal a key; takes ``kdf.memory_bytes`` of memory and a while.

    Raises:
        LocalError: If the passcode has less than `limits.PASSCODE_LENGTH_MIN` characters or more
            than `limits.PASSCODE_LENGTH_MAX`.
    """
    if not limits.PASSCODE_LENGTH_MIN <= len(passcode) <= limits.PASSCODE_LENGTH_MAX:
        raise LocalError("A passcode has 6 to 128 characters.")
    salt = random(_SALT_BYTES)
    box = aead_seal(_derive(passcode, salt, kdf), key, data=_DATA, random=random)
    return SealedKey(salt=salt, kdf=kdf, box=box)


def open_key(passcode: str, sealed: SealedKey) -> bytes:
    """Return the key; costs what sealing did.

    Raises:
        SealError: If it is another passcode's.
        LocalError: If what was stored asks for more than this app spends.
    """
    kdf = sealed.kdf
    is_bounded = (
        kdf.version == 1
        and 1 <= kdf.passes <= limits.PASSCODE_PASSES_MAX
        and 8192 <= kdf.memory_bytes <= limits.PASSCODE_MEMORY_BYTES_MAX
        and len(sealed.salt) == _SALT_BYTES
    )
    if not is_bounded:
        raise LocalError("The passcode's file is damaged.")
    if len(passcode) > limits.PASSCODE_LENGTH_MAX:
        raise SealError("This is another passcode.")
    return aead_open(_derive(passcode, sealed.salt, kdf), sealed.box, data=_DATA)


def _derive(passcode: str, salt: bytes, kdf: Kdf) -> bytes:
    derived: bytes = bindings.crypto_pwhash_alg(
        32,
        unicodedata.normalize("NFC", passcode).encode(),
        salt,
        kdf.passes,
        kdf.memory_bytes,
        bindings.crypto_pwhash_ALG_ARGON2ID13,
    )
    return derived
