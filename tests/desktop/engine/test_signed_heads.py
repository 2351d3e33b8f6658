from __future__ import annotations

import json
import os

import msgspec
import pytest

from desktop.engine.alarms import Alarms
from desktop.engine.signed_heads import SignedHeads
from desktop.events import Alarm
from shared.chain import START, chain_after, hash_payload
from shared.e2ee.evidence import BadHead, Fork, SignedHead, decode_evidence
from shared.e2ee.keys import SignatureKeyPair
from shared.entries import Entry, EntryKind, Head
from shared.rest_groups import HeadList
from shared.signed_heads import head_bytes
from tests.desktop.engine.office import CONVERSATION, ME, Office

SERVER = SignatureKeyPair(os.urandom(32))
A, B = b"a" * 32, b"b" * 32


@pytest.fixture
def heads(office: Office) -> SignedHeads:
    identity = msgspec.structs.replace(office.context.me(), head_key=SERVER.public)
    office.context.identity = identity
    return SignedHeads(office.context, Alarms(office.context))


def head(
    sequence: int, chain: bytes, *, by: SignatureKeyPair = SERVER, where: int = CONVERSATION
) -> Head:
    message = head_bytes(conversation_id=where, sequence=sequence, chain=chain)
    return Head(
        conversation_id=where,
        head=sequence,
        newest_handshake=1,
        own_counter=0,
        chain=chain,
        signature=by.sign(message),
    )


def stored_entry(office: Office) -> Entry:
    entry = Entry(
        conversation_id=CONVERSATION,
        sequence=1,
        entry_id=1,
        kind=EntryKind.APPLICATION,
        account=ME.account,
        device=ME.device.device_id,
        device_counter=1,
        parent=0,
        base=0,
        document_hash=None,
        sent_at_ms=1,
        sent_error_ms=0,
        received_at_ms=2,
        expires_at_ms=0,
        blob_ids=(),
        payload_hash=hash_payload(b"sealed"),
        chain=START,
        payload=b"sealed",
    )
    entry = msgspec.structs.replace(entry, chain=chain_after(START, entry))
    office.context.storage.messages.save_entries([entry])
    return entry


def alarms(office: Office) -> list[tuple[str, str, int]]:
    return [(each.kind, each.blamed, each.sequence) for each in office.told if type(each) is Alarm]


def test_heads_that_agree_are_kept_and_nothing_is_told(office: Office, heads: SignedHeads) -> None:
    heads.note([head(1, A), head(2, B), head(1, A)])

    kept = office.context.storage.findings.heads(CONVERSATION)
    assert [(each.head, each.chain) for each in kept] == [(1, A), (2, B)]
    assert alarms(office) == []


@pytest.mark.logs_warnings
def test_two_signed_heads_that_disagree_prove_a_fork(office: Office, heads: SignedHeads) -> None:
    heads.note([head(1, A)])

    heads.note([head(1, B)])

    assert alarms(office) == [("fork", "server", 1)]
    kept = office.context.storage.findings.findings(CONVERSATION)[0]
    evidence = decode_evidence(kept.evidence)
    assert isinstance(evidence, Fork)
    assert {evidence.first, evidence.second} == {
        SignedHead.of(head(1, A)),
        SignedHead.of(head(1, B)),
    }


@pytest.mark.logs_warnings
def test_a_head_that_the_log_here_contradicts_is_a_fork(office: Office, heads: SignedHeads) -> None:
    stored_entry(office)

    heads.note([head(1, A)])

    assert [kind for kind, _, _ in alarms(office)] == ["fork"]


@pytest.mark.logs_warnings
def test_heads_from_before_are_compared_with_what_came_later(
    office: Office, heads: SignedHeads
) -> None:
    heads.note([head(1, A)])
    before = alarms(office)
    stored_entry(office)

    heads.compare(CONVERSATION)

    assert before == []
    assert [kind for kind, _, _ in alarms(office)] == ["fork"]


@pytest.mark.logs_warnings
def test_a_head_that_the_server_did_not_sign_is_an_alarm_and_is_not_kept(
    office: Office, heads: SignedHeads
) -> None:
    heads.note([head(1, A, by=ME.root)])

    assert alarms(office) == [("bad_head", "unclear", 1)]
    assert office.context.storage.findings.heads(CONVERSATION) == []
    kept = office.context.storage.findings.findings(CONVERSATION)[0]
    assert isinstance(decode_evidence(kept.evidence), BadHead)


def test_a_head_without_a_signature_says_nothing(office: Office, heads: SignedHeads) -> None:
    bare = msgspec.structs.replace(head(1, A), signature=b"")

    heads.note([bare, msgspec.structs.replace(head(1, B), chain=b"")])

    assert office.context.storage.findings.heads(CONVERSATION) == []
    assert office.told == []


def test_without_a_pinned_key_nothing_is_blamed(office: Office) -> None:
    heads = SignedHeads(office.context, Alarms(office.context))

    heads.note([head(1, A)])

    assert office.context.storage.findings.heads(CONVERSATION) == []
    assert office.told == []


@pytest.mark.asyncio
async def test_an_answer_counts_for_the_conversation_that_was_asked_for(
    office: Office, heads: SignedHeads
) -> None:
    asked: list[bytes | None] = []
    answer = HeadList(heads=[head(7, A, where=CONVERSATION + 1), head(3, B)])

    def give(data: bytes | None) -> bytes:
        asked.append(data)
        return msgspec.json.encode(answer)

    office.http.answers["POST /v1/heads"] = give

    found = await heads.ask(CONVERSATION)

    assert found == SignedHead.of(head(3, B))
    assert json.loads(asked[0] or b"") == {"conversation_ids": [CONVERSATION]}
    assert office.context.storage.findings.heads(CONVERSATION + 1) == []


@pytest.mark.asyncio
@pytest.mark.logs_warnings
async def test_an_answer_with_a_false_signature_is_no_head(
    office: Office, heads: SignedHeads
) -> None:
    office.http.give("POST /v1/heads", HeadList(heads=[head(3, B, by=ME.root)]))

    assert await heads.ask(CONVERSATION) is None
    assert [kind for kind, _, _ in alarms(office)] == ["bad_head"]
