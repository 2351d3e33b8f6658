"""From one epoch to the next: key schedule, transcripts, pre-shared keys, exporters (section 8).

docs/e2ee.md has the picture.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from shared.e2ee.mls.codec import Fixed, Struct, encode_opaque, encode_uint
from shared.e2ee.mls.crypto import (
    HASH_BYTES,
    ZERO,
    Suite,
    derive_secret,
    expand_with_label,
    extract,
    hash_bytes,
    mac,
)
from shared.e2ee.mls.keys import HpkePrivateKey, HpkePublicKey, Psk, Secret
from shared.e2ee.mls.wire import AuthenticatedContent, GroupContext, PreSharedKeyId

__all__ = [
    "EpochSecrets",
    "Joining",
    "confirmation_tag",
    "confirmed_hash",
    "epoch_secrets",
    "export_secret",
    "external_keypair",
    "interim_hash",
    "joiner_secret",
    "psk_secret",
    "welcome_key",
    "welcome_secret",
]

_SecretField = Annotated[bytes, Fixed(HASH_BYTES)]


@dataclass(frozen=True, slots=True, repr=False)
class EpochSecrets(Struct):
    """What a member keeps of an epoch; the encryption secret lives in the secret tree."""

    sender_data_secret: _SecretField
    exporter_secret: _SecretField
    external_secret: _SecretField
    confirmation_key: _SecretField
    membership_key: _SecretField
    resumption_psk: _SecretField
    epoch_authenticator: _SecretField
    init_secret: _SecretField


@dataclass(frozen=True, slots=True, repr=False)
class Joining:
    """The key schedule from the joiner secret on, which is where new members enter it."""

    welcome_secret: Secret
    epoch_secret: Secret

    @classmethod
    def start(cls, joiner: bytes, psks: bytes, context: GroupContext) -> Joining:
        """Mix in the pre-shared keys and the group context."""
        member_secret = extract(joiner, psks)
        return cls(
            welcome_secret(joiner, psks),
            Secret(expand_with_label(member_secret, b"epoch", context.encode(), HASH_BYTES)),
        )

    def secrets(self) -> tuple[EpochSecrets, Secret]:
        """Return the secrets of the epoch, and its encryption secret."""
        return epoch_secrets(self.epoch_secret)


def welcome_secret(joiner: bytes, psks: bytes) -> Secret:
    """Return the secret that a Welcome's group info is sealed with."""
    return derive_secret(extract(joiner, psks), b"welcome")


def joiner_secret(init: bytes, commit: bytes, context: GroupContext) -> Secret:
    """Return the secret that a new member is told in its Welcome."""
    extracted = extract(init, commit)
    return Secret(expand_with_label(extracted, b"joiner", context.encode(), HASH_BYTES))


def epoch_secrets(epoch: Secret) -> tuple[EpochSecrets, Secret]:
    """Return everything that follows from an epoch secret."""
    secrets = EpochSecrets(
        sender_data_secret=derive_secret(epoch, b"sender data"),
        exporter_secret=derive_secret(epoch, b"exporter"),
        external_secret=derive_secret(epoch, b"external"),
        confirmation_key=derive_secret(epoch, b"confirm"),
        membership_key=derive_secret(epoch, b"membership"),
        resumption_psk=derive_secret(epoch, b"resumption"),
        epoch_authenticator=derive_secret(epoch, b"authentication"),
        init_secret=derive_secret(epoch, b"init"),
    )
    return secrets, derive_secret(epoch, b"encryption")


def external_keypair(suite: Suite, secrets: EpochSecrets) -> tuple[HpkePrivateKey, HpkePublicKey]:
    """Return the key pair that all members hold for who joins from outside."""
    return suite.kem.derive_keypair(secrets.external_secret)


def export_secret(secrets: EpochSecrets, *, label: bytes, context: bytes, length: int) -> bytes:
    """Return MLS-Exporter (8.5)."""
    derived = derive_secret(secrets.exporter_secret, label)
    return expand_with_label(derived, b"exported", hash_bytes(context), length)


def welcome_key(suite: Suite, welcome_secret: Secret) -> tuple[bytes, bytes]:
    """Return the key and nonce of a Welcome's group info (12.4.3.1)."""
    key = expand_with_label(welcome_secret, b"key", b"", suite.aead.key_bytes)
    return key, expand_with_label(welcome_secret, b"nonce", b"", suite.aead.nonce_bytes)


def psk_secret(psks: Sequence[tuple[PreSharedKeyId, Psk]]) -> Secret:
    """Return all pre-shared keys of a commit chained into one secret (8.4)."""
    chained: bytes = ZERO
    count = encode_uint(len(psks), 2)
    for index, (name, psk) in enumerate(psks):
        label = name.encode() + encode_uint(index, 2) + count
        taken = expand_with_label(extract(ZERO, psk), b"derived psk", label, HASH_BYTES)
        chained = extract(taken, chained)
    return Secret(chained)


# --- Transcripts (8.2) and the tag that confirms them (6.1) ---


def confirmed_hash(interim_before: bytes, commit: AuthenticatedContent) -> bytes:
    """Return the transcript up to and including a commit's signature."""
    covered = (
        encode_uint(commit.wire_format, 2)
        + commit.content.encode()
        + encode_opaque(commit.auth.signature)
    )
    return hash_bytes(interim_before + covered)


def interim_hash(confirmed: bytes, tag: bytes) -> bytes:
    """Return the transcript up to and including a commit's confirmation tag."""
    return hash_bytes(confirmed + encode_opaque(tag))


def confirmation_tag(confirmation_key: bytes, confirmed: bytes) -> bytes:
    """Return the proof that the sender of a commit knows the epoch it leads to."""
    return mac(confirmation_key, confirmed)
