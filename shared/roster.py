"""The roster document: the clear, ordered list of a conversation's accounts.

It travels as the MessagePack bytes made once by whoever changes it; its SHA-256 over exactly
those bytes stands in the handshake. Root and archive keys let members check who they seal to.
"""

from __future__ import annotations

import hashlib
from enum import IntEnum
from typing import Annotated

import msgspec

from shared import limits
from shared.errors import Code, PeerError
from shared.identifiers import Hash, Id

__all__ = [
    "ConversationKind",
    "Role",
    "RosterDocument",
    "RosterMember",
    "decode_document",
    "encode_document",
    "hash_document",
]


class ConversationKind(IntEnum):
    """How many people a conversation is for."""

    DIRECT = 1
    GROUP = 2
    NOTES = 3


class Role(IntEnum):
    """What an account may do in a conversation."""

    MEMBER = 1
    ADMIN = 2
    OWNER = 3


class RosterMember(msgspec.Struct, frozen=True, array_like=True, kw_only=True):
    """One account of a conversation."""

    account: Id
    root_key: Hash  # Ed25519, 32 bytes.
    role: Role
    archive_number: Annotated[int, msgspec.Meta(ge=1, le=2**31)]
    archive_key: Hash  # X25519, 32 bytes.


class RosterDocument(msgspec.Struct, frozen=True, array_like=True, kw_only=True):
    """All accounts of a conversation, in order of joining, and barred devices."""

    conversation_id: Id
    kind: ConversationKind
    members: Annotated[
        tuple[RosterMember, ...], msgspec.Meta(min_length=1, max_length=limits.MEMBERS_MAX)
    ]
    barred_devices: tuple[Id, ...] = ()


def encode_document(document: RosterDocument) -> bytes:
    """Return the bytes that are hashed and stored."""
    return msgspec.msgpack.encode(document)


def decode_document(data: bytes) -> RosterDocument:
    """Return the document.

    Raises:
        PeerError: With `Code.MALFORMED` if these are not the bytes of one.
    """
    if len(data) > limits.ROSTER_BYTES_MAX:
        raise PeerError(Code.TOO_LARGE, "The roster document is too large.")
    try:
        return msgspec.msgpack.decode(data, type=RosterDocument)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise PeerError(Code.MALFORMED, "The roster document cannot be read.") from error


def hash_document(data: bytes) -> bytes:
    """Return the SHA-256 that the handshake names, 32 bytes."""
    return hashlib.sha256(data).digest()
