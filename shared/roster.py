"""The roster document: the clear, ordered list of a conversation's accounts.

It says why it differs from the one before: rights that no role gives come from its warrants, which
members and server can check (`shared.roster_rules`). It travels as the MessagePack bytes made once
by whoever changes it; its SHA-256 over exactly those bytes stands in the handshake. Root and
archive keys let members check who they seal to.
"""

from __future__ import annotations

import hashlib
from enum import IntEnum
from typing import Annotated

import msgspec

from shared import limits
from shared.errors import Code, PeerError
from shared.identifiers import Hash, Id, Milliseconds

__all__ = [
    "ArchiveWarrant",
    "ConversationKind",
    "DeviceProof",
    "InviteWarrant",
    "LeaveWarrant",
    "RevokeWarrant",
    "Role",
    "RosterDocument",
    "RosterMember",
    "Warrant",
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
    since: Annotated[int, msgspec.Meta(ge=1, le=2**53)] = 1  # Number of the document that added it.


Signature = Annotated[bytes, msgspec.Meta(min_length=64, max_length=64)]


class DeviceProof(msgspec.Struct, frozen=True, array_like=True, kw_only=True):
    """A device's keys, signed by its owner's root as in `shared.e2ee.account`."""

    device_id: Id
    signature_key: Hash  # Ed25519.
    exchange_key: Hash  # X25519.
    signature: Signature


class LeaveWarrant(msgspec.Struct, frozen=True, array_like=True, kw_only=True, tag="leave"):
    """The account wants to go; signed by one of its devices.

    Signed: ``mim.leave.v1 ‖ conversation_id ‖ account ‖ number`` (8 bytes each, big-endian).
    ``number`` is that of the document in force, so it is void once the account was added anew.
    """

    account: Id
    number: Annotated[int, msgspec.Meta(ge=1, le=2**53)]
    device: DeviceProof
    signature: Signature


class InviteWarrant(msgspec.Struct, frozen=True, array_like=True, kw_only=True, tag="invite"):
    """An admin invited whoever holds a key; its holder names the account that comes.

    Signed by the inviter's device: ``mim.invite.v1 ‖ conversation_id ‖ number ‖ expires_at_ms ‖
    invite_key``. Signed by the invite key: ``mim.join.v1 ‖ conversation_id ‖ account ‖ root_key``.
    """

    inviter: Id
    device: DeviceProof
    number: Annotated[int, msgspec.Meta(ge=1, le=2**53)]
    expires_at_ms: Milliseconds
    invite_key: Hash  # Ed25519; its seed is in the code.
    signature: Signature
    account: Id
    root_key: Hash
    join_signature: Signature


class RevokeWarrant(msgspec.Struct, frozen=True, array_like=True, kw_only=True, tag="revoke"):
    """An account bars devices of its own; signed by its root.

    Signed: ``mim.revoke.v1 ‖ account ‖ device_id``.
    """

    account: Id
    device_id: Id
    signature: Signature


class ArchiveWarrant(msgspec.Struct, frozen=True, array_like=True, kw_only=True, tag="archive"):
    """A newer archive key of an account; signed by its root (`shared.e2ee.account`)."""

    account: Id
    archive_number: Annotated[int, msgspec.Meta(ge=1, le=2**31)]
    archive_key: Hash
    signature: Signature


Warrant = LeaveWarrant | InviteWarrant | RevokeWarrant | ArchiveWarrant


class RosterDocument(msgspec.Struct, frozen=True, array_like=True, kw_only=True):
    """All accounts of a conversation, in order of joining, and barred devices."""

    conversation_id: Id
    kind: ConversationKind
    members: Annotated[
        tuple[RosterMember, ...], msgspec.Meta(min_length=1, max_length=limits.MEMBERS_MAX)
    ]
    barred_devices: Annotated[
        tuple[Id, ...], msgspec.Meta(max_length=limits.BARRED_DEVICES_MAX)
    ] = ()
    number: Annotated[int, msgspec.Meta(ge=1, le=2**53)] = 1  # 1, 2, 3 … with every change.
    has_history: bool = True  # Whether epoch records are kept.
    invites_since: Annotated[int, msgspec.Meta(ge=0, le=2**53)] = 0  # Older invitations are void.
    warrants: Annotated[tuple[Warrant, ...], msgspec.Meta(max_length=limits.WARRANTS_MAX)] = ()


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
