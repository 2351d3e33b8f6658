"""Tests of `shared.e2ee.conversation_key`."""

from __future__ import annotations

import random
from dataclasses import dataclass

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.chain import START, binding_bytes, chain_after, hash_payload
from shared.e2ee.account import DeviceKeys
from shared.e2ee.conversation_key import (
    EpochRecord,
    create,
    open_application,
    open_record,
    seal_application,
)
from shared.e2ee.keys import ExchangeKeyPair, SignatureKeyPair, aead_seal, seal_to
from shared.entries import Entry, EntryKind, Submission
from shared.errors import SealError
from shared.rest import Creation
from shared.roster import ConversationKind, Role, RosterDocument, RosterMember

_generator = random.Random(2)
draw = _generator.randbytes

CONVERSATION = 77
ANNA, BERTA = 1, 2


@dataclass(frozen=True)
class World:
    """Two accounts with one device each, and the conversation Anna made."""

    device: DeviceKeys
    archives: dict[int, ExchangeKeyPair]
    creation: Creation
    record: EpochRecord
    handshake: Entry


def entry_of(submission: Submission, *, account: int, device: int, sequence: int) -> Entry:
    entry = Entry(
        conversation_id=submission.conversation_id,
        sequence=sequence,
        entry_id=sequence,
        kind=submission.kind,
        account=account,
        device=device,
        device_counter=submission.device_counter,
        parent=submission.parent,
        base=submission.base,
        document_hash=submission.document_hash,
        sent_at_ms=submission.sent_at_ms,
        sent_error_ms=submission.sent_error_ms,
        received_at_ms=submission.sent_at_ms,
        expires_at_ms=submission.expires_at_ms,
        blob_ids=submission.blob_ids,
        payload_hash=hash_payload(submission.payload),
        chain=START,
        payload=submission.payload,
    )
    return msgspec.structs.replace(entry, chain=chain_after(START, entry))


def make_world() -> World:
    archives = {ANNA: ExchangeKeyPair(draw(32)), BERTA: ExchangeKeyPair(draw(32))}
    device = DeviceKeys(11, SignatureKeyPair(draw(32)), ExchangeKeyPair(draw(32)))
    members = tuple(
        RosterMember(
            account=account,
            root_key=draw(32),
            role=Role.OWNER,
            archive_number=1,
            archive_key=pair.public,
        )
        for account, pair in archives.items()
    )
    roster = RosterDocument(
        conversation_id=CONVERSATION, kind=ConversationKind.DIRECT, members=members
    )
    creation, record = create(
        roster, account=ANNA, device=device, sent_at_ms=5, sent_error_ms=1, random=draw
    )
    handshake = entry_of(creation.submission, account=ANNA, device=11, sequence=1)
    return World(device, archives, creation, record, handshake)


def sealed_entry(world: World, content: bytes, *, counter: int = 2) -> Entry:
    blank = Submission(
        conversation_id=CONVERSATION,
        kind=EntryKind.APPLICATION,
        device_counter=counter,
        parent=1,
        sent_at_ms=6,
        sent_error_ms=1,
        payload=b"",
    )
    binding = binding_bytes(
        blank, account=ANNA, device=11, seen=1, seen_chain=world.handshake.chain
    )
    payload = seal_application(
        world.record, content, binding=binding, device=world.device, random=draw
    )
    submission = msgspec.structs.replace(blank, payload=payload)
    return entry_of(submission, account=ANNA, device=11, sequence=2)


WORLD = make_world()


@pytest.mark.parametrize("account", [ANNA, BERTA])
def test_both_members_open_the_record_and_the_message(account: int) -> None:
    sealed = next(item for item in WORLD.creation.records if item.account == account)

    record = open_record(
        sealed.record,
        archive=WORLD.archives[account],
        handshake=WORLD.handshake,
        creator_key=WORLD.device.signature.public,
    )

    entry = sealed_entry(WORLD, "你好".encode())
    content = open_application(record, entry, signer_key=WORLD.device.signature.public)
    assert content == "你好".encode()
    assert content not in entry.payload


@given(st.binary(max_size=300))
def test_any_content_round_trips_and_its_length_is_hidden_to_64_bytes(content: bytes) -> None:
    entry = sealed_entry(WORLD, content)

    opened = open_application(WORLD.record, entry, signer_key=WORLD.device.signature.public)

    assert opened == content
    assert (len(entry.payload) - 1 - 72 - 40 - 64) % 64 == 0


@given(st.integers(min_value=0), st.integers(0, 7))
def test_any_flipped_bit_is_refused(position: int, bit: int) -> None:
    entry = sealed_entry(WORLD, b"content")
    payload = bytearray(entry.payload)
    payload[position % len(payload)] ^= 1 << bit

    with pytest.raises(SealError):
        open_application(
            WORLD.record,
            msgspec.structs.replace(entry, payload=bytes(payload)),
            signer_key=WORLD.device.signature.public,
        )


@pytest.mark.parametrize(
    "change",
    [
        {"conversation_id": 78},
        {"account": BERTA},
        {"device": 12},
        {"device_counter": 3},
        {"parent": 2},
        {"base": 1},
        {"sent_at_ms": 7},
        {"sent_error_ms": 2},
        {"expires_at_ms": 9},
        {"blob_ids": (3,)},
        {"document_hash": bytes(32)},
        {"kind": EntryKind.HANDSHAKE},
    ],
)
def test_changed_clear_field_is_refused(change: dict[str, object]) -> None:
    entry = sealed_entry(WORLD, b"content")

    with pytest.raises(SealError):
        open_application(
            WORLD.record,
            msgspec.structs.replace(entry, **change),
            signer_key=WORLD.device.signature.public,
        )


@given(st.binary(max_size=400))
def test_any_bytes_as_a_payload_are_refused(payload: bytes) -> None:
    entry = msgspec.structs.replace(sealed_entry(WORLD, b"content"), payload=payload)

    with pytest.raises(SealError):
        open_application(WORLD.record, entry, signer_key=WORLD.device.signature.public)


def test_message_signed_by_another_device_is_refused() -> None:
    other = SignatureKeyPair(draw(32))

    with pytest.raises(SealError):
        open_application(WORLD.record, sealed_entry(WORLD, b"x"), signer_key=other.public)


def test_record_swapped_by_the_server_is_refused() -> None:
    other = make_world()

    with pytest.raises(SealError, match="another key"):
        open_record(
            _record_to(WORLD.archives[BERTA], other),
            archive=WORLD.archives[BERTA],
            handshake=WORLD.handshake,
            creator_key=WORLD.device.signature.public,
        )


@pytest.mark.parametrize("payload", [b"", b"\x00" * 169, b"\x01" * 169, b"\x00" * 168])
def test_handshake_of_another_form_is_refused(payload: bytes) -> None:
    with pytest.raises(SealError):
        open_record(
            WORLD.creation.records[0].record,
            archive=WORLD.archives[ANNA],
            handshake=msgspec.structs.replace(WORLD.handshake, payload=payload),
            creator_key=WORLD.device.signature.public,
        )


def test_handshake_with_another_document_is_refused() -> None:
    forged = msgspec.structs.replace(WORLD.handshake, document_hash=draw(32))

    with pytest.raises(SealError, match="clear fields"):
        open_record(
            WORLD.creation.records[0].record,
            archive=WORLD.archives[ANNA],
            handshake=forged,
            creator_key=WORLD.device.signature.public,
        )


@pytest.mark.parametrize("inner", [b"\0\0\0\x09content", b"\0\0\0\x01content"])
def test_wrong_padding_is_refused(inner: bytes) -> None:
    entry = sealed_entry(WORLD, b"content")
    header = entry.payload[:73]
    payload = header + aead_seal(WORLD.record.key, bytes(64) + inner, data=header, random=draw)

    with pytest.raises(SealError, match="padding"):
        open_application(
            WORLD.record,
            msgspec.structs.replace(entry, payload=payload),
            signer_key=WORLD.device.signature.public,
        )


def test_key_does_not_show_in_repr() -> None:
    assert "key=" not in repr(WORLD.record)


def _record_to(archive: ExchangeKeyPair, world: World) -> bytes:
    """The record of another key, sealed as a server could that knows the public keys."""
    context = b"mim.format0.record" + CONVERSATION.to_bytes(8, "big")
    return seal_to(archive.public, world.record.key, context=context, random=draw)
