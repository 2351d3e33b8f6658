from __future__ import annotations

import msgspec
import pytest

from shared import limits, rest_groups
from shared.entries import EntryKind, Submission

SUBMISSION = Submission(
    conversation_id=31,
    kind=EntryKind.HANDSHAKE,
    device_counter=1,
    parent=0,
    document_hash=bytes(32),
    sent_at_ms=0,
    sent_error_ms=0,
    payload=b"secret",
)


def test_a_creation_comes_back_as_it_was() -> None:
    creation = rest_groups.Creation(
        submission=SUBMISSION,
        document=b"document",
        records=[],
        group_info=b"info",
        tree=b"tree",
        welcome=rest_groups.Welcome(devices=[21, 22], welcome=b"welcome"),
    )

    assert msgspec.json.decode(msgspec.json.encode(creation), type=rest_groups.Creation) == creation


def test_a_handshake_needs_neither_document_nor_welcome() -> None:
    data = msgspec.json.encode(
        {"submission": SUBMISSION, "records": [], "group_info": b"", "tree": b""}
    )

    handshake = msgspec.json.decode(data, type=rest_groups.Handshake)

    assert (handshake.document, handshake.welcome) == (None, None)


def test_a_welcome_is_for_at_least_one_device() -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(b'{"devices": [], "welcome": ""}', type=rest_groups.Welcome)


def test_a_record_has_a_bound() -> None:
    large = rest_groups.RecordAddition(parent=1, record=bytes(limits.RECORD_BYTES_MAX + 1))

    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(msgspec.json.encode(large), type=rest_groups.RecordAddition)


def test_a_question_about_heads_has_a_bound() -> None:
    data = msgspec.json.encode({"conversation_ids": list(range(1, 202))})

    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(data, type=rest_groups.HeadQuestion)


def test_no_bytes_show_in_a_repr() -> None:
    states = [
        rest_groups.Handshake(submission=SUBMISSION, records=[], group_info=b"secret", tree=b""),
        rest_groups.WelcomeInfo(sequence=1, welcome=b"secret", tree=b"secret"),
        rest_groups.RecordAddition(parent=1, record=b"secret"),
        rest_groups.JoinRequest(root_key=bytes(32), greeting=b"secret"),
    ]

    assert "secret" not in repr(states)
