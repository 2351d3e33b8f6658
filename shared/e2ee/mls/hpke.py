"""Hybrid public key encryption in base mode (RFC 9180): one message at a time, and export.

``EncryptWithLabel`` and ``DecryptWithLabel`` of RFC 9420, section 5.1.3, stand on it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from shared.e2ee.mls.codec import encode_opaque
from shared.e2ee.mls.crypto import HASH_BYTES, Suite, hkdf_label
from shared.e2ee.mls.errors import Check, MlsError, Reason
from shared.e2ee.mls.keys import HpkePrivateKey, Secret

__all__ = [
    "HpkeContext",
    "decrypt_with_label",
    "encrypt_with_label",
    "export_to",
    "import_from",
    "open_base",
    "seal_base",
    "setup_receiver",
    "setup_sender",
]

_BASE_MODE: Final = b"\x00"
_KDF_NUMBER: Final = b"\x00\x01"
_EXTERNAL_INIT: Final = b"MLS 1.0 external init secret"


@dataclass(frozen=True, slots=True, repr=False)
class HpkeContext:
    """What both sides hold after a setup."""

    suite: Suite
    key: bytes
    base_nonce: bytes
    exporter_secret: bytes

    def nonce(self, sequence: int) -> bytes:
        """Return the nonce of message number ``sequence``."""
        size = self.suite.aead.nonce_bytes
        return (int.from_bytes(self.base_nonce, "big") ^ sequence).to_bytes(size, "big")

    def seal(self, aad: bytes, plaintext: bytes, *, sequence: int = 0) -> bytes:
        """Return the ciphertext of message number ``sequence``."""
        return self.suite.aead.seal(
            key=self.key, nonce=self.nonce(sequence), aad=aad, plaintext=plaintext
        )

    def open(self, aad: bytes, ciphertext: bytes, *, sequence: int = 0) -> bytes:
        """Return the plaintext of message number ``sequence``.

        Raises:
            MlsError: If it was not sealed for us, or was changed.
        """
        plaintext = self.suite.aead.open(
            key=self.key, nonce=self.nonce(sequence), aad=aad, ciphertext=ciphertext
        )
        if plaintext is None:
            raise MlsError(Reason.HPKE_OPEN, Check.SECRET)
        return plaintext

    def export(self, context: bytes, length: int) -> bytes:
        """Return a secret that both sides know and nobody else."""
        suite_id = _suite_id(self.suite)
        return hkdf_label.expand(suite_id, self.exporter_secret, b"sec", context, length)


def _suite_id(suite: Suite) -> bytes:
    return (
        b"HPKE"
        + suite.kem.number.to_bytes(2, "big")
        + _KDF_NUMBER
        + suite.aead.number.to_bytes(2, "big")
    )


def _schedule(suite: Suite, shared: Secret, info: bytes) -> HpkeContext:
    suite_id = _suite_id(suite)
    psk_id_hash = hkdf_label.extract(suite_id, b"", b"psk_id_hash", b"")
    info_hash = hkdf_label.extract(suite_id, b"", b"info_hash", info)
    context = _BASE_MODE + psk_id_hash + info_hash
    secret = hkdf_label.extract(suite_id, shared, b"secret", b"")
    aead = suite.aead
    return HpkeContext(
        suite=suite,
        key=hkdf_label.expand(suite_id, secret, b"key", context, aead.key_bytes),
        base_nonce=hkdf_label.expand(suite_id, secret, b"base_nonce", context, aead.nonce_bytes),
        exporter_secret=hkdf_label.expand(suite_id, secret, b"exp", context, HASH_BYTES),
    )


def setup_sender(suite: Suite, public: bytes, info: bytes) -> tuple[bytes, HpkeContext]:
    """Return SetupBaseS: what to send along, and the context."""
    shared, output = suite.kem.encap(public, suite.random)
    return output, _schedule(suite, shared, info)


def setup_receiver(
    suite: Suite, output: bytes, private: HpkePrivateKey, info: bytes
) -> HpkeContext:
    """Return SetupBaseR."""
    return _schedule(suite, suite.kem.decap(output, private), info)


def seal_base(
    suite: Suite, public: bytes, *, info: bytes, aad: bytes, plaintext: bytes
) -> tuple[bytes, bytes]:
    """Return the KEM output and the ciphertext."""
    output, context = setup_sender(suite, public, info)
    return output, context.seal(aad, plaintext)


def open_base(
    suite: Suite,
    private: HpkePrivateKey,
    *,
    output: bytes,
    info: bytes,
    aad: bytes,
    ciphertext: bytes,
) -> bytes:
    """Return the plaintext.

    Raises:
        MlsError: If it was not sealed for us, or was changed.
    """
    return setup_receiver(suite, output, private, info).open(aad, ciphertext)


def _labelled(label: bytes, context: bytes) -> bytes:
    return encode_opaque(b"MLS 1.0 " + label) + encode_opaque(context)


def encrypt_with_label(
    suite: Suite, public: bytes, *, label: bytes, context: bytes, plaintext: bytes
) -> tuple[bytes, bytes]:
    """Return EncryptWithLabel: the KEM output and the ciphertext."""
    info = _labelled(label, context)
    return seal_base(suite, public, info=info, aad=b"", plaintext=plaintext)


def decrypt_with_label(
    suite: Suite,
    private: HpkePrivateKey,
    *,
    label: bytes,
    context: bytes,
    output: bytes,
    ciphertext: bytes,
) -> bytes:
    """Return DecryptWithLabel.

    Raises:
        MlsError: If it was not sealed for us under this label and context.
    """
    info = _labelled(label, context)
    return open_base(suite, private, output=output, info=info, aad=b"", ciphertext=ciphertext)


def export_to(suite: Suite, external_pub: bytes) -> tuple[bytes, Secret]:
    """Return the KEM output and the init secret a joiner sends a group (section 8.3)."""
    output, context = setup_sender(suite, external_pub, b"")
    return output, Secret(context.export(_EXTERNAL_INIT, HASH_BYTES))


def import_from(suite: Suite, output: bytes, external_private: HpkePrivateKey) -> Secret:
    """Return the init secret that a joiner has sent (section 8.3)."""
    context = setup_receiver(suite, output, external_private, b"")
    return Secret(context.export(_EXTERNAL_INIT, HASH_BYTES))
