"""Key types with their sizes; a secret never shows in a ``repr``.

| type | secret | public | use |
| --- | --- | --- | --- |
| `SignatureKeyPair` | 32-byte Ed25519 seed | 32 bytes | roots and devices sign |
| `ExchangeKeyPair` | 32-byte X25519 scalar | 32 bytes | archives and devices are sealed to |

Sealing to a public key: an ephemeral X25519 pair, key = BLAKE2b-256 over the shared secret and
both public keys under a context, XChaCha20-Poly1305 with a zero nonce (each key seals once).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field

from nacl import bindings
from nacl.exceptions import CryptoError

from shared.errors import SealError

__all__ = [
    "ExchangeKeyPair",
    "Random",
    "SignatureKeyPair",
    "aead_open",
    "aead_seal",
    "open_sealed",
    "seal_to",
    "verify",
]

Random = Callable[[int], bytes]

KEY_BYTES = 32
NONCE_BYTES = bindings.crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
SIGNATURE_BYTES = 64
_ZERO_NONCE = bytes(NONCE_BYTES)


@dataclass(frozen=True, slots=True)
class SignatureKeyPair:
    """An Ed25519 key pair, from its 32-byte seed."""

    seed: bytes = field(repr=False)

    def __post_init__(self) -> None:
        """Check the size."""
        assert len(self.seed) == KEY_BYTES

    @property
    def public(self) -> bytes:
        """The public key, 32 bytes."""
        return bindings.crypto_sign_seed_keypair(self.seed)[0]

    def sign(self, message: bytes) -> bytes:
        """Return the 64-byte signature (deterministic, RFC 8032)."""
        secret = bindings.crypto_sign_seed_keypair(self.seed)[1]
        return bindings.crypto_sign(message, secret)[:SIGNATURE_BYTES]


@dataclass(frozen=True, slots=True)
class ExchangeKeyPair:
    """An X25519 key pair, from its 32-byte secret."""

    secret: bytes = field(repr=False)

    def __post_init__(self) -> None:
        """Check the size."""
        assert len(self.secret) == KEY_BYTES

    @property
    def public(self) -> bytes:
        """The public key, 32 bytes."""
        return bindings.crypto_scalarmult_base(self.secret)


def verify(public: bytes, message: bytes, signature: bytes) -> None:
    """Check a signature.

    Raises:
        SealError: If it is not that key's signature of that message.
    """
    if len(public) != KEY_BYTES or len(signature) != SIGNATURE_BYTES:
        raise SealError("A key or signature has the wrong size.")
    try:
        bindings.crypto_sign_open(signature + message, public)
    except CryptoError as error:
        raise SealError("A signature does not hold.") from error


def aead_seal(key: bytes, plaintext: bytes, *, data: bytes, random: Random) -> bytes:
    """Return a 24-byte random nonce and the XChaCha20-Poly1305 box; 40 bytes longer."""
    nonce = random(NONCE_BYTES)
    return nonce + bindings.crypto_aead_xchacha20poly1305_ietf_encrypt(plaintext, data, nonce, key)


def aead_open(key: bytes, sealed: bytes, *, data: bytes) -> bytes:
    """Return what `aead_seal` sealed.

    Raises:
        SealError: If it was not sealed with this key and data.
    """
    return _decrypt(key, sealed[NONCE_BYTES:], data=data, nonce=sealed[:NONCE_BYTES])


def seal_to(public: bytes, plaintext: bytes, *, context: bytes, random: Random) -> bytes:
    """Seal to a public X25519 key; 48 bytes longer. Who sealed it is not shown.

    Raises:
        SealError: If ``public`` is no usable key.
    """
    ephemeral = ExchangeKeyPair(random(KEY_BYTES))
    key = _shared_key(ephemeral.secret, public, ephemeral.public, public, context)
    box = bindings.crypto_aead_xchacha20poly1305_ietf_encrypt(plaintext, context, _ZERO_NONCE, key)
    return ephemeral.public + box


def open_sealed(pair: ExchangeKeyPair, sealed: bytes, *, context: bytes) -> bytes:
    """Return what `seal_to` sealed to this pair.

    Raises:
        SealError: If it was not sealed to this pair in this context.
    """
    ephemeral = sealed[:KEY_BYTES]
    key = _shared_key(pair.secret, ephemeral, ephemeral, pair.public, context)
    return _decrypt(key, sealed[KEY_BYTES:], data=context, nonce=_ZERO_NONCE)


def _shared_key(
    secret: bytes, other: bytes, ephemeral: bytes, recipient: bytes, context: bytes
) -> bytes:
    if len(other) != KEY_BYTES:
        raise SealError("A key has the wrong size.")
    try:
        shared = bindings.crypto_scalarmult(secret, other)
    except (CryptoError, RuntimeError) as error:  # A point of small order gives no secret.
        raise SealError("A key cannot be used.") from error
    message = shared + ephemeral + recipient + context
    return hashlib.blake2b(message, digest_size=KEY_BYTES, person=b"mim.seal_to.v1").digest()


def _decrypt(key: bytes, box: bytes, *, data: bytes, nonce: bytes) -> bytes:
    if len(nonce) != NONCE_BYTES:
        raise SealError("A sealed value is too short.")
    try:
        return bindings.crypto_aead_xchacha20poly1305_ietf_decrypt(box, data, nonce, key)
    except (CryptoError, ValueError) as error:
        raise SealError("A sealed value does not open.") from error
