from __future__ import annotations

import pytest

from desktop.engine.conversations import Conversations
from desktop.engine.peer_keys import PeerKeys
from desktop.engine.sealing import Sealing
from desktop.events import MessageRow, MessageState
from shared import limits
from shared.content import Text, decode_content
from shared.e2ee.conversation_key import open_application
from shared.entries import Submission
from shared.errors import Code, RefusedError
from shared.frames import Accepted
from tests.desktop.engine.office import CONVERSATION, ME, Log, Office

pytestmark = pytest.mark.asyncio


async def prepare(office: Office, *, with_keys: bool = True) -> Log:
    log = Log()
    log.serve(office.http)
    conversations = Conversations(office.context, PeerKeys(office.context))
    await conversations.refresh(CONVERSATION)
    if with_keys:
        await conversations.fetch_record(CONVERSATION, 1)
    return log


def accepted(submission: Submission, payload_hash: bytes) -> Accepted:
    return Accepted(
        conversation_id=CONVERSATION,
        device_counter=submission.device_counter,
        payload_hash=payload_hash,
        sequence=2,
        entry_id=2,
        received_at_ms=submission.sent_at_ms + 10,
        chain=bytes(32),
    )


def row_of(office: Office, local_id: int) -> MessageRow:
    row = office.context.storage.messages.row(local_id)
    assert row is not None
    return row


async def test_what_was_typed_is_stored_and_takes_its_draft_along(office: Office) -> None:
    await prepare(office)
    storage = office.context.storage
    storage.conversations.save_draft(CONVERSATION, "hello")

    row = Sealing(office.context).store_typed(CONVERSATION, "hello")

    assert row.state is MessageState.WAITING
    assert [item.local_id for item in storage.outbox.items()] == [row.local_id]
    assert storage.conversations.draft(CONVERSATION) == ""


async def test_nothing_too_much_and_too_many_are_refused(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    await prepare(office)
    sealing = Sealing(office.context)
    monkeypatch.setattr(limits, "OUTBOX_QUEUE_MAX", 1)
    sealing.store_typed(CONVERSATION, "first")
    codes = []

    for text in (" \n", "x" * (limits.TEXT_LENGTH_MAX + 1), "second"):
        with pytest.raises(RefusedError) as failed:
            sealing.store_typed(CONVERSATION, text)
        codes.append(failed.value.code)

    assert codes == [Code.MALFORMED, Code.TOO_LARGE, Code.OVERLOADED]


async def test_a_message_is_sealed_for_the_other_and_stored_before_it_is_sent(
    office: Office,
) -> None:
    log = await prepare(office)
    sealing = Sealing(office.context)
    local_id = sealing.store_typed(CONVERSATION, "hello").local_id

    submission = sealing.seal(local_id, 1)

    assert submission is not None
    entry = log.append(ME, submission)
    content = open_application(log.record, entry, signer_key=ME.device.signature.public)
    message_id = bytes.fromhex(row_of(office, local_id).message_id)
    assert decode_content(content) == Text(message_id, "hello")
    item = office.context.storage.outbox.item(local_id)
    assert item is not None
    assert item.submission == submission


async def test_without_its_key_nothing_is_sealed(office: Office) -> None:
    await prepare(office, with_keys=False)
    sealing = Sealing(office.context)

    assert sealing.seal(sealing.store_typed(CONVERSATION, "hello").local_id, 1) is None


async def test_the_stamp_is_when_it_was_typed_and_stays_when_sealed_again(
    office: Office,
) -> None:
    await prepare(office)
    sealing = Sealing(office.context)
    local_id = sealing.store_typed(CONVERSATION, "typed offline").local_id
    typed_ms = office.wall_ms
    office.now_ms += 60_000
    office.wall_ms += 60_000

    first = sealing.seal(local_id, 1)
    office.now_ms += 60_000
    again = sealing.seal(local_id, 2)

    assert first is not None
    assert again is not None
    assert abs(first.sent_at_ms - typed_ms) <= 1
    assert (again.sent_at_ms, again.device_counter) == (first.sent_at_ms, 2)


async def test_after_a_restart_the_wall_clock_tells_how_long_ago(office: Office) -> None:
    await prepare(office)
    local_id = Sealing(office.context).store_typed(CONVERSATION, "typed").local_id
    typed_ms = office.wall_ms
    office.now_ms = 5_000  # The machine was started anew.
    office.wall_ms += 3_600_000

    submission = Sealing(office.context).seal(local_id, 1)

    assert submission is not None
    assert abs(submission.sent_at_ms - typed_ms) <= 1


async def test_an_accepted_message_leaves_the_outbox_with_its_entry(office: Office) -> None:
    await prepare(office)
    sealing, storage = Sealing(office.context), office.context.storage
    local_id = sealing.store_typed(CONVERSATION, "hello").local_id
    submission = sealing.seal(local_id, 1)
    assert submission is not None
    payload_hash = storage.outbox.sealed(CONVERSATION, 1)[0].payload_hash

    entry = sealing.store_accepted(local_id, accepted(submission, payload_hash))

    assert entry is not None
    assert (entry.account, entry.sequence, entry.payload) == (ME.account, 2, submission.payload)
    assert row_of(office, local_id).state is MessageState.ACCEPTED
    assert storage.outbox.items() == []
    conversation = storage.conversations.get(CONVERSATION)
    assert conversation is not None
    assert conversation.own_counter == 1


async def test_an_answer_to_an_earlier_seal_leaves_the_entry_to_be_pulled(office: Office) -> None:
    await prepare(office)
    sealing, storage = Sealing(office.context), office.context.storage
    local_id = sealing.store_typed(CONVERSATION, "hello").local_id
    first = sealing.seal(local_id, 1)
    assert first is not None
    payload_hash = storage.outbox.sealed(CONVERSATION, 1)[0].payload_hash
    sealing.seal(local_id, 2)

    entry = sealing.store_accepted(local_id, accepted(first, payload_hash))

    assert entry is None
    assert storage.outbox.items() == []


async def test_a_refused_message_is_shown_with_the_rule(office: Office) -> None:
    await prepare(office)
    sealing = Sealing(office.context)
    local_id = sealing.store_typed(CONVERSATION, "hello").local_id

    sealing.store_refused(local_id, Code.NOT_CONTACT)

    row = row_of(office, local_id)
    assert (row.state, row.refusal) == (MessageState.REFUSED, "not_contact")
    assert office.context.storage.outbox.count() == 0
