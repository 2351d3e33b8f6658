from __future__ import annotations

import msgspec
import pytest

from shared import limits
from shared.e2ee.facade import EpochReader
from shared.e2ee.messages import open_message, seal_message
from shared.entries import Entry, EntryKind
from shared.errors import SealError
from tests.shared.e2ee.forged_log import ANNA, BERT, Talk, make_talk, with_payload

replace = msgspec.structs.replace


def said(talk: Talk, content: bytes = b"hello", *, seen: int | None = None) -> Entry:
    """Return the entry of a message of Anna's."""
    draft = talk.log.draft()
    binding = talk.log.binding(draft, seen=seen)
    talk.anna, payload = seal_message(talk.anna, content, binding=binding)
    return talk.log.append(with_payload(draft, payload))


def reader(talk: Talk) -> EpochReader:
    return EpochReader(talk.created.record)


SIGNER = ANNA.device.signature.public


def test_a_message_is_opened_from_its_record_in_any_order() -> None:
    talk = make_talk()
    chain = talk.log.chain
    first, second = said(talk, b"one"), said(talk, b"two")

    later = open_message(reader(talk), second, signer=SIGNER)
    earlier = open_message(reader(talk), first, signer=SIGNER)

    assert (earlier.data, later.data) == (b"one", b"two")
    assert (earlier.leaf, earlier.generation, later.generation) == (0, 0, 1)
    assert (earlier.seen, earlier.seen_chain) == (1, chain)


@pytest.mark.parametrize(
    "change",
    [
        {"account": BERT.account},
        {"device": BERT.device.device_id},
        {"device_counter": 9},
        {"parent": 7},
        {"base": 1},
        {"document_hash": bytes(32)},
        {"sent_at_ms": 1},
        {"sent_error_ms": 1},
        {"expires_at_ms": 1},
        {"blob_ids": (1,)},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_forged_clear_field_is_refused(change: dict[str, object]) -> None:
    talk = make_talk()
    entry = said(talk)

    with pytest.raises(SealError, match="another entry"):
        open_message(reader(talk), replace(entry, **change), signer=SIGNER)


def test_what_the_server_sets_is_for_the_chain_to_check() -> None:
    talk = make_talk()
    moved = replace(said(talk), sequence=5, entry_id=7, received_at_ms=8)

    assert open_message(reader(talk), moved, signer=SIGNER).data == b"hello"


def test_another_device_did_not_write_it() -> None:
    talk = make_talk()

    with pytest.raises(SealError):
        open_message(reader(talk), said(talk), signer=BERT.device.signature.public)


def test_a_message_cannot_have_seen_its_own_place() -> None:
    talk = make_talk()

    with pytest.raises(SealError, match="future"):
        open_message(reader(talk), said(talk, seen=2), signer=SIGNER)


def test_a_handshake_and_a_foreign_entry_are_no_message() -> None:
    talk = make_talk()
    entry = said(talk)

    for other in (
        replace(entry, kind=EntryKind.HANDSHAKE),
        replace(entry, conversation_id=entry.conversation_id + 1),
        replace(entry, payload=b""),
    ):
        with pytest.raises(SealError):
            open_message(reader(talk), other, signer=SIGNER)


def test_an_epoch_takes_so_many_messages() -> None:
    talk = make_talk()

    with pytest.raises(SealError):
        seal_message(talk.anna, bytes(limits.PAYLOAD_BYTES_MAX), binding=bytes(72))
