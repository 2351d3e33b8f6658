"""PROVISIONAL, format 0: one key per direct conversation, until MLS fills the same places.

One random 32-byte key for a conversation of two, made by whoever creates it, sealed to both
accounts' archive keys (the record) and signed by the creator's device. No groups, no rotation, no
forward secrecy: SECURITY.md. It goes, with every directory that holds it, when MLS comes.

| payload | bytes |
| --- | --- |
| handshake | 0x00 ‖ binding (72) ‖ commitment to the key (32) ‖ device signature (64) over ``mim.format0.handshake`` and the rest |
| application | 0x00 ‖ binding (72) ‖ nonce (24) ‖ XChaCha20-Poly1305 box; associated data: the first 73 bytes |
| inside the box | device signature (64) over ``mim.format0.message``, commitment, binding, content ‖ length (4) ‖ content ‖ zeros to a multiple of 64 |
| record | `keys.seal_to` the archive key of the conversation key (32) |
"""  # noqa: E501

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, field

import msgspec

from shared.chain import START, binding_bytes, is_bound
from shared.e2ee.account import DeviceKeys
from shared.e2ee.keys import (
    ExchangeKeyPair,
    Random,
    aead_open,
    aead_seal,
    open_sealed,
    seal_to,
    verify,
)
from shared.entries import Entry, EntryKind, Submission
from shared.errors import SealError
from shared.rest import Creation, SealedRecord
from shared.roster import RosterDocument, encode_document, hash_document

__all__ = ["FORMAT", "EpochRecord", "create", "open_application", "open_record", "seal_application"]

FORMAT = 0

_BINDING = slice(1, 73)
_SEALED = slice(73, None)
_HANDSHAKE_BYTES = 1 + 72 + 32 + 64
_PAD = 64


@dataclass(frozen=True, slots=True)
class EpochRecord:
    """What opens and seals one epoch's messages; ``parent`` is the handshake that made it."""

    conversation_id: int
    parent: int
    key: bytes = field(repr=False)


def create(
    roster: RosterDocument,
    *,
    account: int,
    device: DeviceKeys,
    sent_at_ms: int,
    sent_error_ms: int,
    random: Random,
) -> tuple[Creation, EpochRecord]:
    """Return the request that creates the conversation, and the record to keep.

    Raises:
        SealError: If a member's archive key cannot be used.
    """
    document = encode_document(roster)
    unsigned = Submission(
        conversation_id=roster.conversation_id,
        kind=EntryKind.HANDSHAKE,
        device_counter=1,
        parent=0,
        document_hash=hash_document(document),
        sent_at_ms=sent_at_ms,
        sent_error_ms=sent_error_ms,
        payload=b"",
    )
    key = random(32)
    binding = binding_bytes(
        unsigned, account=account, device=device.device_id, seen=0, seen_chain=START
    )
    body = binding + _commitment(key)
    payload = b"\x00" + body + device.signature.sign(b"mim.format0.handshake" + body)
    context = _record_context(roster.conversation_id)
    records = [
        SealedRecord(
            account=member.account,
            record=seal_to(member.archive_key, key, context=context, random=random),
        )
        for member in roster.members
    ]
    creation = Creation(
        submission=msgspec.structs.replace(unsigned, payload=payload),
        document=document,
        records=records,
    )
    return creation, EpochRecord(roster.conversation_id, 1, key)


def open_record(
    sealed: bytes, *, archive: ExchangeKeyPair, handshake: Entry, creator_key: bytes
) -> EpochRecord:
    """Open a record and check it against the handshake that it belongs to.

    Args:
        sealed: What the server keeps for this account.
        archive: The account's archive key pair.
        handshake: The entry that made the epoch.
        creator_key: Signature key of the handshake's device, 32 bytes.

    Raises:
        SealError: If it does not open, or the creator's device did not sign for this key.
    """
    payload = handshake.payload
    if len(payload) != _HANDSHAKE_BYTES or payload[0] != FORMAT:
        raise SealError("This is no handshake of this format.")
    if not is_bound(payload[_BINDING], handshake):
        raise SealError("The handshake's clear fields were changed.")
    body, signature = payload[1:-64], payload[-64:]
    verify(creator_key, b"mim.format0.handshake" + body, signature)
    context = _record_context(handshake.conversation_id)
    key = open_sealed(archive, sealed, context=context)
    if not hmac.compare_digest(_commitment(key), body[-32:]):
        raise SealError("The record holds another key than its creator signed.")
    return EpochRecord(handshake.conversation_id, handshake.sequence, key)


def seal_application(
    record: EpochRecord, content: bytes, *, binding: bytes, device: DeviceKeys, random: Random
) -> bytes:
    """Return the payload of an application entry, up to 303 bytes longer than the content."""
    signature = device.signature.sign(_message_bytes(record, binding, content))
    inner = len(content).to_bytes(4, "big") + content
    padded = inner + bytes(-len(inner) % _PAD)
    header = b"\x00" + binding
    return header + aead_seal(record.key, signature + padded, data=header, random=random)


def open_application(record: EpochRecord, entry: Entry, *, signer_key: bytes) -> bytes:
    """Return the content of an application entry; stateless, in any order.

    Raises:
        SealError: If it does not open, its clear fields were changed, or the device with
            ``signer_key`` did not seal it.
    """
    header = entry.payload[: _BINDING.stop]
    if header[:1] != b"\x00" or entry.conversation_id != record.conversation_id:
        raise SealError("This is no message of this format.")
    if entry.parent != record.parent or not is_bound(header[_BINDING], entry):
        raise SealError("The message's clear fields were changed.")
    plaintext = aead_open(record.key, entry.payload[_SEALED], data=header)
    signature, length = plaintext[:64], int.from_bytes(plaintext[64:68], "big")
    content, padding = plaintext[68 : 68 + length], plaintext[68 + length :]
    if len(content) != length or any(padding):
        raise SealError("The padding is wrong.")
    verify(signer_key, _message_bytes(record, header[_BINDING], content), signature)
    return content


def _commitment(key: bytes) -> bytes:
    return hashlib.blake2b(key, digest_size=32, person=b"mim.format0").digest()


def _record_context(conversation_id: int) -> bytes:
    return b"mim.format0.record" + conversation_id.to_bytes(8, "big")


def _message_bytes(record: EpochRecord, binding: bytes, content: bytes) -> bytes:
    return b"mim.format0.message" + _commitment(record.key) + binding + content
