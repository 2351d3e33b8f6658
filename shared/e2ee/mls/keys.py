"""Key types: bytes of a known size that show nothing of themselves.

They are bytes, so that hashing, encoding and libsodium take them as they are; a value of the wrong
size can not be made, and ``repr`` and ``str`` are blank. Public keys on the wire stay plain bytes
until a check has seen their size.
"""

from __future__ import annotations

from typing import ClassVar, Self

from shared.e2ee.mls.errors import MlsError, Reason

__all__ = [
    "HpkePrivateKey",
    "HpkePublicKey",
    "Key",
    "PathSecret",
    "Psk",
    "Secret",
    "SignaturePrivateKey",
    "SignaturePublicKey",
]


class Key(bytes):
    """Bytes of ``SIZE`` whose text is the name of their type."""

    SIZE: ClassVar[int | None] = 32
    __slots__ = ()

    def __new__(cls, value: bytes) -> Self:
        """Check the size."""
        if cls.SIZE is not None and len(value) != cls.SIZE:
            raise MlsError(Reason.KEY_SIZE)
        return super().__new__(cls, value)

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return format(repr(self), spec)


class HpkePublicKey(Key):
    """An X25519 public key."""

    __slots__ = ()


class HpkePrivateKey(Key):
    """An X25519 private key."""

    __slots__ = ()


class SignaturePublicKey(Key):
    """An Ed25519 public key."""

    __slots__ = ()


class SignaturePrivateKey(Key):
    """The seed of an Ed25519 key pair."""

    __slots__ = ()


class Secret(Key):
    """A secret of the key schedule or the secret tree (``KDF.Nh`` bytes)."""

    __slots__ = ()


class PathSecret(Secret):
    """The secret of one parent node, from which those above it follow (7.4)."""

    __slots__ = ()


class Psk(Key):
    """A pre-shared key, of any size."""

    SIZE = None
    __slots__ = ()
