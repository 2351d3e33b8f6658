"""Entries of a conversation's log, and the part of them that the sender sets.

Structs travel as MessagePack or JSON arrays in field order; fields are only ever appended.

| field | set by | bytes in the canonical form | meaning |
| --- | --- | --- | --- |
| conversation_id | sender | 8 | whose log |
| sequence | server | 8 | place in the log: 1, 2, 3 … |
| entry_id | server | 8 | Snowflake |
| kind | sender | 1 | handshake 1, application 2 |
| account, device | server | 8 + 8 | who is logged in on the link |
| device_counter | sender | 8 | the device's own 1, 2, 3 … in this conversation |
| parent | sender | 8 | newest valid handshake for the sender |
| base | sender | 8 | handshakes: newest handshake entry; else 0 |
| document_hash | sender | 1 + 32 | handshakes: roster document in force after it |
| sent_at_ms, sent_error_ms | sender | 8 + 8 | server time when sealed, and how far it may be off |
| received_at_ms | server | 8 | server time |
| expires_at_ms | sender | 8 | 0 without a timer |
| blob_ids | sender | 1 + 8 each | attachments |
| payload_hash | server | 32 | BLAKE2b-256 of the payload |
| chain | server | – | `shared.chain` |
| payload | sender | – | what e2ee made; empty once blanked |
"""

from __future__ import annotations

from enum import IntEnum
from typing import Annotated

import msgspec

from shared import limits
from shared.identifiers import Hash, Id, Milliseconds

__all__ = ["Entry", "EntryKind", "Head", "Submission"]


class EntryKind(IntEnum):
    """What the payload is."""

    HANDSHAKE = 1
    APPLICATION = 2


Counter = Annotated[int, msgspec.Meta(ge=0, le=2**53)]
# Those of messages have a bound of their own (`limits.PAYLOAD_BYTES_MAX`), which the log checks.
Payload = Annotated[bytes, msgspec.Meta(max_length=limits.HANDSHAKE_BYTES_MAX)]
BlobIds = Annotated[tuple[Id, ...], msgspec.Meta(max_length=limits.BLOB_IDS_MAX)]


class Submission(msgspec.Struct, frozen=True, array_like=True, kw_only=True):
    """What a device hands in; the same bytes again on every retry."""

    conversation_id: Id
    kind: EntryKind
    device_counter: Counter
    parent: Counter
    base: Counter = 0
    document_hash: Hash | None = None
    sent_at_ms: Milliseconds
    sent_error_ms: Milliseconds
    expires_at_ms: Milliseconds = 0
    blob_ids: BlobIds = ()
    payload: Payload

    def __repr__(self) -> str:
        return f"Submission({self.conversation_id}, counter={self.device_counter})"


class Entry(msgspec.Struct, frozen=True, array_like=True, kw_only=True):
    """One place of a conversation's log."""

    conversation_id: Id
    sequence: Counter
    entry_id: Id
    kind: EntryKind
    account: Id
    device: Id
    device_counter: Counter
    parent: Counter
    base: Counter
    document_hash: Hash | None
    sent_at_ms: Milliseconds
    sent_error_ms: Milliseconds
    received_at_ms: Milliseconds
    expires_at_ms: Milliseconds
    blob_ids: BlobIds
    payload_hash: Hash
    chain: Hash
    payload: Payload

    def __repr__(self) -> str:
        return f"Entry({self.conversation_id}, sequence={self.sequence})"


class Head(msgspec.Struct, frozen=True, array_like=True, kw_only=True):
    """Where a conversation stands, for catching up."""

    conversation_id: Id
    head: Counter
    newest_handshake: Counter
    own_counter: Counter  # Newest device_counter of the asking device.
    chain: Annotated[bytes, msgspec.Meta(max_length=32)] = b""  # Chain value at ``head``.
    signature: Annotated[bytes, msgspec.Meta(max_length=64)] = b""  # `shared.signed_heads`.
