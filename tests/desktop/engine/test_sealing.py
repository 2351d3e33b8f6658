from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from desktop import commands
from desktop.engine.sealing import NotSealed, Sealing
from desktop.events import MessageKind
from desktop.storage.conversation_store import Draft
from desktop.storage.intent_store import ReplaceRoot
from shared import limits
from shared.entries import Submission
from shared.errors import Code, RefusedError
from shared.frames import Accepted, Confirmed
from shared.identifiers import ConversationId
from tests.desktop.engine.blob_server import sealed_file
from tests.desktop.engine.small_server import Seat

pytestmark = pytest.mark.asyncio
Sit = Callable[..., Seat]

HOUR_MS = 3_600_000


async def talking(sit: Sit) -> tuple[Seat, Seat, ConversationId]:
    """Return two people with a conversation; Anna is offline, so nothing is sent by itself."""
    anna, ben = await sit("anna").up(), await sit("ben").up()
    chat = await anna.direct(ben)
    await anna.say(chat, "hello")
    await anna.down()
    return anna, ben, chat


@pytest.mark.parametrize(("text", "code"), [(" \n", Code.MALFORMED), ("x" * 8_001, Code.TOO_LARGE)])
async def test_what_cannot_be_a_message_is_refused_and_stored_nowhere(
    sit: Sit, text: str, code: Code
) -> None:
    anna, _, chat = await talking(sit)

    with pytest.raises(RefusedError) as refused:
        anna.parts.sealing.store_typed(chat, text)

    assert refused.value.code is code
    assert anna.texts(chat) == ["hello"]


async def test_a_full_outbox_takes_nothing_more(sit: Sit, monkeypatch: pytest.MonkeyPatch) -> None:
    anna, _, chat = await talking(sit)
    monkeypatch.setattr(limits, "OUTBOX_QUEUE_MAX", 2)
    anna.send(chat, "one")
    anna.send(chat, "two")

    with pytest.raises(RefusedError) as refused:
        anna.send(chat, "three")

    assert refused.value.code is Code.OVERLOADED
    assert anna.texts(chat) == ["hello", "one", "two"]


async def test_a_typed_message_takes_its_draft_with_it(sit: Sit) -> None:
    anna, _, chat = await talking(sit)
    conversations = anna.parts.context.storage.conversations
    conversations.save_draft(chat, Draft("good morn"))

    anna.send(chat, "good morning")

    assert conversations.draft(chat) == Draft()
    assert anna.texts(chat) == ["hello", "good morning"]


async def test_no_message_key_is_used_twice_after_a_crash(sit: Sit) -> None:
    anna, ben, chat = await talking(sit)
    row = anna.send(chat, "once")

    before = anna.parts.sealing.seal(row.local_id, 3)
    await anna.close()
    anna.open()
    after = anna.parts.sealing.seal(row.local_id, 3)

    assert isinstance(before, Submission)
    assert isinstance(after, Submission)
    assert before.payload != after.payload
    server, log = anna.server, anna.server.logs[chat]
    opened = []
    for submission in (before, after):
        entry = server._append(anna, log, submission)
        opened.append(ben.parts.timeline._opening.open(entry).message)
    assert opened[0].generation != opened[1].generation
    assert opened[0].data == opened[1].data


async def test_a_message_keeps_the_stamp_of_its_first_seal(sit: Sit) -> None:
    anna, _, chat = await talking(sit)
    row = anna.send(chat, "typed early")
    first = anna.parts.sealing.seal(row.local_id, 3)

    anna.server.now_ms += HOUR_MS
    again = anna.parts.sealing.seal(row.local_id, 4)

    assert isinstance(first, Submission)
    assert isinstance(again, Submission)
    assert (again.sent_at_ms, again.device_counter) == (first.sent_at_ms, 4)


async def test_what_was_typed_before_a_restart_is_stamped_with_when_it_was_typed(
    sit: Sit,
) -> None:
    anna, _, chat = await talking(sit)
    typed_at_ms = anna.server.now_ms
    row = anna.send(chat, "typed in the tunnel")
    await anna.close()
    anna.server.now_ms += HOUR_MS
    anna.open()

    sealed = anna.parts.sealing.seal(row.local_id, 3)

    assert isinstance(sealed, Submission)
    assert abs(sealed.sent_at_ms - typed_at_ms) < HOUR_MS // 60


async def test_a_device_outside_joins_before_it_seals(sit: Sit) -> None:
    anna, _, chat = await talking(sit)
    row = anna.send(chat, "let me in")
    anna.parts.states.drop_group(chat)

    assert anna.parts.sealing.seal(row.local_id, 3) is NotSealed.JOIN


async def test_nothing_is_sealed_while_a_handshake_is_not_judged(sit: Sit) -> None:
    anna, _, chat = await talking(sit)
    row = anna.send(chat, "not yet")
    anna.parts.states.drop_log(chat)

    assert anna.parts.sealing.seal(row.local_id, 3) is NotSealed.WAIT


async def test_nothing_is_sealed_while_a_changed_root_was_not_looked_at(
    sit: Sit, monkeypatch: pytest.MonkeyPatch
) -> None:
    anna, ben, chat = await talking(sit)
    row = anna.send(chat, "is it you?")
    keys = anna.parts.context.storage.keys
    monkeypatch.setattr(keys, "blocked", lambda: frozenset((ben.account,)))

    assert anna.parts.sealing.seal(row.local_id, 3) is NotSealed.HELD


async def test_nothing_is_sealed_to_a_root_that_is_about_to_be_replaced(sit: Sit) -> None:
    anna, ben, chat = await talking(sit)
    row = anna.send(chat, "to the new one only")
    anna.parts.context.storage.intents.add(
        chat, ReplaceRoot(account=ben.account, claim_id=bytes(16))
    )

    assert anna.parts.sealing.seal(row.local_id, 3) is NotSealed.HELD


async def test_a_cancelled_message_is_not_sealed(sit: Sit) -> None:
    anna, _, _ = await talking(sit)

    assert anna.parts.sealing.seal(987_654, 3) is NotSealed.OVER


@pytest.mark.parametrize("name", ["EPOCH_AGE_MAX_MS", "LEAF_AGE_MAX_MS"])
async def test_keys_that_are_old_are_renewed_first(
    sit: Sit, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    anna, _, chat = await talking(sit)
    row = anna.send(chat, "with fresh keys")
    context = anna.parts.context
    clock = context.now_ms
    monkeypatch.setattr(limits, name, 2 * HOUR_MS)
    assert isinstance(anna.parts.sealing.seal(row.local_id, 3), Submission)

    context.now_ms = lambda: clock() + 3 * HOUR_MS
    sealed = anna.parts.sealing.seal(row.local_id, 3)

    assert sealed is NotSealed.ROTATE


async def test_an_epoch_that_has_seen_enough_ends_before_the_next_message(
    sit: Sit, monkeypatch: pytest.MonkeyPatch
) -> None:
    anna, _, chat = await talking(sit)
    row = anna.send(chat, "with fresh keys")
    monkeypatch.setattr(limits, "EPOCH_MESSAGES_MAX", 1)

    assert anna.parts.sealing.seal(row.local_id, 3) is NotSealed.ROTATE


async def test_a_leaf_that_has_sent_all_it_may_renews_its_keys(
    sit: Sit, monkeypatch: pytest.MonkeyPatch
) -> None:
    anna, _, chat = await talking(sit)
    row = anna.send(chat, "one too many")
    monkeypatch.setattr(limits, "MLS_GENERATIONS_MAX", 1)

    assert anna.parts.sealing.seal(row.local_id, 3) is NotSealed.ROTATE


async def test_an_answer_for_what_was_sealed_anew_settles_it_without_an_entry(sit: Sit) -> None:
    anna, _, chat = await talking(sit)
    row = anna.send(chat, "twice sealed")
    first = anna.parts.sealing.seal(row.local_id, 3)
    anna.parts.sealing.seal(row.local_id, 3)
    assert isinstance(first, Submission)
    entry = anna.server._append(anna, anna.server.logs[chat], first)

    made = anna.parts.sealing.store_accepted(row.local_id, answer_to(entry.payload_hash, chat))

    stored = anna.parts.context.storage.conversations.get(chat)
    assert stored is not None
    assert (made, stored.own_counter) == (None, 3)  # The entry comes with the log.
    assert anna.parts.context.storage.outbox.items(chat) == []


async def test_a_refused_message_stays_on_the_screen_with_the_reason(sit: Sit) -> None:
    anna, _, chat = await talking(sit)
    row = anna.send(chat, "I typed this with care")

    anna.parts.sealing.store_refused(row.local_id, Code.FORBIDDEN)

    shown = anna.rows(chat)[-1]
    assert (shown.text, shown.state, shown.refusal) == (
        "I typed this with care",
        "refused",
        "forbidden",
    )
    assert anna.parts.context.storage.outbox.items(chat) == []
    assert isinstance(anna.parts.sealing, Sealing)


def answer_to(payload_hash: bytes, chat: ConversationId) -> Accepted:
    return Accepted(
        conversation_id=chat,
        device_counter=3,
        payload_hash=payload_hash,
        sequence=3,
        entry_id=99,
        received_at_ms=1,
        chain=bytes(32),
        is_repeat=False,
    )


async def test_the_message_of_a_file_names_its_blob(sit: Sit) -> None:
    anna, _, chat = await talking(sit)
    content, _ = sealed_file(b"data", blob_id=99)
    local_id = anna.parts.contents.queue(chat, content)

    sealed = anna.parts.sealing.seal(local_id, 3)

    assert isinstance(sealed, Submission)
    assert sealed.blob_ids == (99,)


async def test_a_file_that_has_gone_is_cared_for_if_it_can_be(sit: Sit) -> None:
    anna, _, chat = await talking(sit)
    sealing, messages = anna.parts.sealing, anna.parts.context.storage.messages
    asked: list[int] = []
    local_ids = [anna.send(chat, text).local_id for text in ("one", "two", "three")]

    def care(local_id: int) -> bool:
        asked.append(local_id)
        return len(asked) == 1

    sealing.on_no_blob = care
    sealing.store_refused(local_ids[0], Code.NO_BLOB)
    sealing.store_refused(local_ids[1], Code.NO_BLOB)
    sealing.store_refused(local_ids[2], Code.NOT_CONTACT)

    rows = [messages.row(local_id) for local_id in local_ids]
    assert [row.refusal for row in rows if row is not None] == ["", "no_blob", "not_contact"]
    assert asked == local_ids[:2]


async def test_a_message_taken_back_elsewhere_before_its_answer_came_is_there_once(
    sit: Sit,
) -> None:
    phone, desk = await sit("anna").up(), await sit("anna", "desk").up()
    notes = await phone.notes()
    await phone.say(notes, "first")

    def lose(seat: Seat, _what: str, value: Any) -> Any:
        is_lost = seat is phone and isinstance(value, Accepted)
        return Confirmed(notes, 0) if is_lost else value

    phone.server.twist = lose
    row = phone.send(notes, "taken back")
    await desk.until(lambda: "taken back" in desk.texts(notes))
    await phone.down()
    # Sealed anew meanwhile, as behind a message that was cancelled: its bytes say nothing.
    phone.parts.sealing.seal(row.local_id, 3)
    await desk.ask(commands.RecallMessage(conversation_id=notes, message_id=row.message_id))

    await phone.up()

    shown = [(row.text, row.kind, row.sequence) for row in phone.rows(notes) if row.system is None]
    assert shown[1:] == [("", MessageKind.RECALLED, 3)]
    assert phone.parts.context.storage.outbox.items() == []
