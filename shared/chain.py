"""The hash chain over a conversation's entries: order and completeness can be checked.

``chain(n) = BLAKE2b-256(chain(n-1) ‖ canonical(entry n))``; ``chain(0)`` is 32 zero bytes.
The canonical form: what the sender sets, with account and device after the kind, in the order of
`shared.entries`; then sequence, entry_id, received_at_ms and payload_hash. Integers are big-endian,
``document_hash`` as a presence byte and 32 bytes (zero if absent), ``blob_ids`` as their count
and 8 bytes each.
"""

from __future__ import annotations

import hashlib
import hmac
import struct

from shared.entries import Entry, EntryKind, Submission

__all__ = [
    "START",
    "binding_bytes",
    "chain_after",
    "hash_payload",
    "is_bound",
    "is_linked",
    "seen_of",
]

START = bytes(32)
_ABSENT = bytes(33)
_BINDING_BYTES = 72


def hash_payload(payload: bytes) -> bytes:
    """Return the BLAKE2b-256 of a payload, 32 bytes."""
    return hashlib.blake2b(payload, digest_size=32).digest()


def chain_after(previous: bytes, entry: Entry) -> bytes:
    """Return the chain value after ``entry``, 32 bytes; ``entry.chain`` is not looked at."""
    return hashlib.blake2b(previous + _canonical(entry), digest_size=32).digest()


def is_linked(previous: bytes, entry: Entry) -> bool:
    """Whether the entry continues the chain and its payload, unless blanked, has its hash."""
    is_whole = not entry.payload or hash_payload(entry.payload) == entry.payload_hash
    return is_whole and chain_after(previous, entry) == entry.chain


def binding_bytes(
    submission: Submission | Entry, *, account: int, device: int, seen: int, seen_chain: bytes
) -> bytes:
    """Return what a sender authenticates with a payload, 72 bytes.

    ``seen`` (8 bytes), ``seen_chain`` (32 bytes), the last place and chain value the sender saw,
    then the BLAKE2b-256 of all sender-set clear fields with ``account`` and ``device``.
    """
    fields = b"mim.binding.v1" + _sender_fields(submission, account, device)
    digest = hashlib.blake2b(fields, digest_size=32).digest()
    return struct.pack(">Q", seen) + seen_chain + digest


def is_bound(binding: bytes, entry: Entry) -> bool:
    """Whether the binding inside a payload belongs to the clear fields of this entry."""
    if len(binding) != _BINDING_BYTES:
        return False
    seen, seen_chain = seen_of(binding)
    expected = binding_bytes(
        entry, account=entry.account, device=entry.device, seen=seen, seen_chain=seen_chain
    )
    return hmac.compare_digest(binding, expected)


def seen_of(binding: bytes) -> tuple[int, bytes]:
    """Return the last sequence its sender saw and the chain value there."""
    return int.from_bytes(binding[:8], "big"), binding[8:40]


def _canonical(entry: Entry) -> bytes:
    server_fields = struct.pack(">QQQ", entry.sequence, entry.entry_id, entry.received_at_ms)
    return (
        b"mim.chain.v1"
        + _sender_fields(entry, entry.account, entry.device)
        + server_fields
        + entry.payload_hash
    )


def _sender_fields(fields: Submission | Entry, account: int, device: int) -> bytes:
    document = _ABSENT if fields.document_hash is None else b"\x01" + fields.document_hash
    return (
        struct.pack(
            ">QBQQQQQ",
            fields.conversation_id,
            EntryKind(fields.kind),
            account,
            device,
            fields.device_counter,
            fields.parent,
            fields.base,
        )
        + document
        + struct.pack(">QQQ", fields.sent_at_ms, fields.sent_error_ms, fields.expires_at_ms)
        + struct.pack(f">B{len(fields.blob_ids)}Q", len(fields.blob_ids), *fields.blob_ids)
    )
