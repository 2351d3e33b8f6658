"""Cipher suite 0x0003 on libsodium: key derivation, AEAD, signatures, Diffie-Hellman.

This is the boundary: what PyNaCl raises (``CryptoError``, ``ValueError``, ``TypeError`` and its
own ``RuntimeError``) leaves this module as `MlsError`.

**Where random bytes come from.** Of the libsodium functions that draw random numbers inside, this
package calls one, here: ``randombytes``, as the default of `Suite.random`. Everything else takes
its randomness from the suite in hand, so a test can replay a whole life of a group. Ed25519
signatures are deterministic.

Suites 0x0001 and 0x0003 differ in the AEAD alone, so the AEAD is a field.
"""

from __future__ import annotations

import functools
import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, Protocol

from nacl import bindings, exceptions

from shared.e2ee.mls.codec import encode_opaque, encode_uint
from shared.e2ee.mls.errors import Check, MlsError, Reason, require
from shared.e2ee.mls.keys import (
    HpkePrivateKey,
    HpkePublicKey,
    Secret,
    SignaturePrivateKey,
    SignaturePublicKey,
)

__all__ = [
    "HASH_BYTES",
    "SUITE",
    "SUITE_NUMBER",
    "ZERO",
    "Aead",
    "ChaCha20Poly1305",
    "Kem",
    "Randomness",
    "Suite",
    "X25519Kem",
    "derive_secret",
    "derive_tree_secret",
    "expand",
    "expand_with_label",
    "extract",
    "hash_bytes",
    "hkdf_label",
    "is_same",
    "mac",
    "public_signature_key",
    "ref_hash",
    "sign_with_label",
    "verify_with_label",
]

SUITE_NUMBER: Final = 3
HASH_BYTES: Final = 32  # KDF.Nh
ZERO: Final = Secret(bytes(HASH_BYTES))
_LABEL: Final = b"MLS 1.0 "
_SIGNATURE_BYTES: Final = 64
_LIBSODIUM_ERRORS: Final = (exceptions.CryptoError, ValueError, TypeError, exceptions.RuntimeError)

# The points of X25519 with which every exchange gives zero: one of them in a tree would keep all
# others from ever committing again.
_PRIME: Final = (1 << 255) - 19
_X_MASK: Final = (1 << 255) - 1
_LOW_ORDER: Final = frozenset(
    {
        0,
        1,
        325606250916557431795983626356110631294008115727848805560023387167927233504,
        39382357235489614581723060781553021112529911719440698176882885853963445705823,
        _PRIME - 1,
        _PRIME,
        _PRIME + 1,
    }
)

Randomness = Callable[[int], bytes]


class Aead(Protocol):
    """Authenticated encryption; ``number`` is its name in HPKE."""

    number: int
    key_bytes: int
    nonce_bytes: int

    def seal(self, *, key: bytes, nonce: bytes, aad: bytes, plaintext: bytes) -> bytes:
        """Return the ciphertext with its tag."""

    def open(self, *, key: bytes, nonce: bytes, aad: bytes, ciphertext: bytes) -> bytes | None:
        """Return the plaintext, or None if it does not authenticate."""


class Kem(Protocol):
    """Key encapsulation behind four functions, so that a post-quantum suite can take its place."""

    number: int

    def derive_keypair(self, seed: bytes, /) -> tuple[HpkePrivateKey, HpkePublicKey]:
        """Return the key pair that follows from a secret."""

    def public_of(self, private: HpkePrivateKey, /) -> HpkePublicKey:
        """Return the public half of a private key."""

    def accepts(self, public: bytes, /) -> bool:
        """Say whether anything can be sent to a public key that came from elsewhere."""

    def encap(self, public: bytes, random: Randomness, /) -> tuple[Secret, bytes]:
        """Return a fresh shared secret and what carries it to the owner of ``public``."""

    def decap(self, output: bytes, private: HpkePrivateKey, /) -> Secret:
        """Return the shared secret that ``output`` carries."""


class ChaCha20Poly1305:
    """ChaCha20-Poly1305 (RFC 8439)."""

    number = 3
    key_bytes = 32
    nonce_bytes = 12

    def seal(self, *, key: bytes, nonce: bytes, aad: bytes, plaintext: bytes) -> bytes:
        """Return the ciphertext with its tag."""
        return bindings.crypto_aead_chacha20poly1305_ietf_encrypt(plaintext, aad, nonce, key)

    def open(self, *, key: bytes, nonce: bytes, aad: bytes, ciphertext: bytes) -> bytes | None:
        """Return the plaintext, or None if it does not authenticate."""
        try:
            return bindings.crypto_aead_chacha20poly1305_ietf_decrypt(ciphertext, aad, nonce, key)
        except _LIBSODIUM_ERRORS:
            return None


class X25519Kem:
    """DHKEM(X25519, HKDF-SHA256) (RFC 9180, section 4.1)."""

    number = 0x0020
    _SUITE_ID: Final = b"KEM" + number.to_bytes(2, "big")

    def derive_keypair(self, seed: bytes) -> tuple[HpkePrivateKey, HpkePublicKey]:
        """Return the key pair that follows from a secret."""
        prk = hkdf_label.extract(self._SUITE_ID, b"", b"dkp_prk", seed)
        private = HpkePrivateKey(hkdf_label.expand(self._SUITE_ID, prk, b"sk", b"", HASH_BYTES))
        return private, self.public_of(private)

    def public_of(self, private: HpkePrivateKey) -> HpkePublicKey:
        """Return the public half of a private key."""
        return HpkePublicKey(bindings.crypto_scalarmult_base(private))

    def accepts(self, public: bytes) -> bool:
        """Say whether it is a point whose exchange is not zero whatever the private key."""
        if len(public) != HASH_BYTES:
            return False
        return int.from_bytes(public, "little") & _X_MASK not in _LOW_ORDER

    def encap(self, public: bytes, random: Randomness) -> tuple[Secret, bytes]:
        """Return a fresh shared secret and the ephemeral public key that carries it."""
        ephemeral, output = self.derive_keypair(random(HASH_BYTES))
        return self._shared(_exchange(ephemeral, public), output, public), output

    def decap(self, output: bytes, private: HpkePrivateKey) -> Secret:
        """Return the shared secret that an ephemeral public key carries."""
        return self._shared(_exchange(private, output), output, self.public_of(private))

    def _shared(self, exchanged: bytes, output: bytes, public: bytes) -> Secret:
        prk = hkdf_label.extract(self._SUITE_ID, b"", b"eae_prk", exchanged)
        context = output + public
        secret = hkdf_label.expand(self._SUITE_ID, prk, b"shared_secret", context, HASH_BYTES)
        return Secret(secret)


def _exchange(private: bytes, public: bytes) -> bytes:
    # PyNaCl does not look at the size and would read on; libsodium refuses an all-zero result,
    # which RFC 9180, section 7.1.4, asks for.
    require(len(public) == HASH_BYTES, Reason.HPKE_KEY, Check.SECRET)
    try:
        return bindings.crypto_scalarmult(private, public)
    except _LIBSODIUM_ERRORS as error:
        raise MlsError(Reason.HPKE_KEY, Check.SECRET) from error


@dataclass(frozen=True, slots=True)
class Suite:
    """What a group computes with.

    Attributes:
        number: The cipher suite's number in MLS.
        aead: Authenticated encryption.
        kem: Key encapsulation.
        random: Draws random bytes.
    """

    number: int = SUITE_NUMBER
    aead: Aead = field(default_factory=ChaCha20Poly1305)
    kem: Kem = field(default_factory=X25519Kem)
    random: Randomness = bindings.randombytes


SUITE: Final = Suite()


def hash_bytes(data: bytes) -> bytes:
    """Return SHA-256 of ``data``."""
    return hashlib.sha256(data).digest()


def mac(key: bytes, data: bytes) -> bytes:
    """Return HMAC-SHA-256."""
    return hmac.digest(key, data, "sha256")


def is_same(one: bytes, other: bytes) -> bool:
    """Compare two tags in constant time."""
    return hmac.compare_digest(one, other)


def extract(salt: bytes, material: bytes) -> bytes:
    """Return HKDF-Extract (RFC 5869)."""
    return hmac.digest(salt or ZERO, material, "sha256")


def expand(prk: bytes, info: bytes, length: int) -> bytes:
    """Return HKDF-Expand (RFC 5869), at most 255 blocks of it."""
    require(0 <= length <= 255 * HASH_BYTES, Reason.NOT_ENCODABLE)
    block = hmac.digest(prk, info + b"\x01", "sha256")
    if length <= HASH_BYTES:
        return block[:length]
    output = block
    for counter in range(2, -(-length // HASH_BYTES) + 1):
        block = hmac.digest(prk, block + info + bytes((counter,)), "sha256")
        output += block
    return output[:length]


class hkdf_label:  # noqa: N801  # A namespace, read as one word with its function.
    """LabeledExtract and LabeledExpand of HPKE (RFC 9180, section 4)."""

    @staticmethod
    def extract(suite_id: bytes, salt: bytes, label: bytes, material: bytes) -> bytes:
        """Return LabeledExtract."""
        return extract(salt, b"HPKE-v1" + suite_id + label + material)

    @staticmethod
    def expand(suite_id: bytes, prk: bytes, label: bytes, info: bytes, length: int) -> bytes:
        """Return LabeledExpand."""
        size = length.to_bytes(2, "big")
        return expand(prk, size + b"HPKE-v1" + suite_id + label + info, length)


def expand_with_label(secret: bytes, label: bytes, context: bytes, length: int) -> bytes:
    """Return ExpandWithLabel (RFC 9420, section 8)."""
    return expand(secret, _label_info(label, length) + encode_opaque(context), length)


# There are a dozen labels, and three are asked for with every message.
@functools.lru_cache(maxsize=64)
def _label_info(label: bytes, length: int) -> bytes:
    return encode_uint(length, 2) + encode_opaque(_LABEL + label)


def derive_secret(secret: bytes, label: bytes) -> Secret:
    """Return DeriveSecret (RFC 9420, section 8)."""
    return Secret(expand_with_label(secret, label, b"", HASH_BYTES))


def derive_tree_secret(secret: bytes, label: bytes, generation: int, length: int) -> bytes:
    """Return DeriveTreeSecret (RFC 9420, section 9.1)."""
    return expand_with_label(secret, label, encode_uint(generation, 4), length)


def ref_hash(label: bytes, value: bytes) -> bytes:
    """Return RefHash (RFC 9420, section 5.2)."""
    return hash_bytes(encode_opaque(label) + encode_opaque(value))


def public_signature_key(private: SignaturePrivateKey) -> SignaturePublicKey:
    """Return the public half of a signature key."""
    return SignaturePublicKey(bindings.crypto_sign_seed_keypair(private)[0])


def sign_with_label(private: SignaturePrivateKey, label: bytes, content: bytes) -> bytes:
    """Return SignWithLabel (RFC 9420, section 5.1.2)."""
    _, secret = bindings.crypto_sign_seed_keypair(private)
    signed = encode_opaque(_LABEL + label) + encode_opaque(content)
    return bindings.crypto_sign(signed, secret)[:_SIGNATURE_BYTES]


def verify_with_label(public: bytes, label: bytes, content: bytes, signature: bytes) -> bool:
    """Say whether VerifyWithLabel holds (RFC 9420, section 5.1.2)."""
    # PyNaCl looks at neither size: it would read on in one, and take more of the other.
    if len(signature) != _SIGNATURE_BYTES or len(public) != SignaturePublicKey.SIZE:
        return False
    signed = encode_opaque(_LABEL + label) + encode_opaque(content)
    try:
        bindings.crypto_sign_open(signature + signed, public)
    except _LIBSODIUM_ERRORS:
        return False
    return True
