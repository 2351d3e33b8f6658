from __future__ import annotations

import msgspec
import pytest

from shared.e2ee.epoch_records import open_record, seal_record
from shared.e2ee.facade import EpochReader
from shared.e2ee.keys import ExchangeKeyPair
from shared.entries import Entry
from shared.errors import SealError
from tests.shared.e2ee.forged_log import CLEO, DOCUMENT, WITH_CLEO, draw, make_talk
from tests.shared.factories import CONVERSATION

OLD, NEW, OTHER = (ExchangeKeyPair(bytes([n]) * 32) for n in (1, 2, 3))
ARCHIVES = ((1, OLD), (2, NEW))


def seal(record: bytes, pair: ExchangeKeyPair = NEW, conversation_id: int = CONVERSATION) -> bytes:
    return seal_record(
        record, conversation_id=conversation_id, archive_key=pair.public, random=draw
    )


def opened(
    sealed: bytes, handshake: Entry | None = None, conversation_id: int = CONVERSATION
) -> bytes:
    return open_record(
        sealed, conversation_id=conversation_id, archives=ARCHIVES, handshake=handshake
    )


def test_a_record_opens_with_any_archive_key_and_the_handshake_confirms_it() -> None:
    talk = make_talk()
    record, handshake = talk.created.record, talk.log.entries[0]

    assert opened(seal(record, NEW), handshake) == record
    assert opened(seal(record, OLD), handshake) == record
    assert opened(seal(record)) == record
    assert len(seal(record)) == len(record) + 48
    assert EpochReader(record).epoch == 1


def test_a_record_sealed_to_another_key_does_not_open() -> None:
    with pytest.raises(SealError):
        opened(seal(make_talk().created.record, OTHER))


def test_a_record_opens_in_its_conversation_only() -> None:
    record = make_talk().created.record

    with pytest.raises(SealError):
        opened(seal(record), conversation_id=CONVERSATION + 1)  # The seal's context.
    with pytest.raises(SealError, match="another conversation"):
        opened(seal(record, NEW, CONVERSATION + 1), conversation_id=CONVERSATION + 1)


def test_what_is_no_record_is_not_taken_for_one() -> None:
    with pytest.raises(SealError):
        opened(seal(b"no record"))


def test_a_record_of_another_epoch_is_not_confirmed() -> None:
    talk = make_talk()
    submission, pending = talk.commit(add=CLEO, document=WITH_CLEO)
    second = talk.log.append(submission)

    assert opened(seal(pending.record), second) == pending.record
    for record, handshake in ((talk.created.record, second), (pending.record, talk.log.entries[0])):
        with pytest.raises(SealError):
            opened(seal(record), handshake)


def test_a_record_of_another_roster_is_not_confirmed() -> None:
    talk = make_talk()
    lying = msgspec.structs.replace(talk.log.entries[0], document_hash=bytes(32))

    assert DOCUMENT
    with pytest.raises(SealError, match="roster"):
        opened(seal(talk.created.record), lying)


def test_a_conversation_begins_with_its_first_epoch() -> None:
    talk = make_talk()
    submission, pending = talk.commit()
    lying = msgspec.structs.replace(talk.log.append(submission), sequence=1)

    with pytest.raises(SealError, match="first epoch"):
        opened(seal(pending.record), lying)


def test_a_key_that_cannot_be_used_seals_nothing() -> None:
    with pytest.raises(SealError):
        seal_record(b"", conversation_id=1, archive_key=bytes(32), random=draw)
