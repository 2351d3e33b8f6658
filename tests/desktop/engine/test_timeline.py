from __future__ import annotations

from collections.abc import Callable

import msgspec
import pytest

from desktop.engine import timeline as module
from desktop.engine.timeline import Timeline
from desktop.events import MessageState, Notice, NoticeKind, TimelinePage
from shared.entries import Entry
from shared.frames import Receipt
from shared.identifiers import AccountId, ConversationId
from tests.desktop.engine.forged import append, push
from tests.desktop.engine.small_server import Seat

pytestmark = pytest.mark.asyncio
Sit = Callable[..., Seat]


async def talking(sit: Sit, *texts: str) -> tuple[Seat, Seat, ConversationId]:
    anna, ben = await sit("anna").up(), await sit("ben").up()
    chat = await anna.direct(ben)
    for text in texts:
        await anna.say(chat, text)
    return anna, ben, chat


async def sealed_at(seat: Seat, chat: ConversationId) -> Timeline:
    """Let a seat have every entry of a chat sealed, without what opens them."""
    await seat.down()
    database = seat.parts.context.storage.database
    for table in ("messages", "records", "replays"):
        database.run(f"DELETE FROM {table}")
    database.run("UPDATE entries SET is_opened = 0 WHERE conversation_id = ?", chat)
    return seat.parts.timeline


def notices(seat: Seat) -> list[NoticeKind]:
    return [event.kind for event in seat.told if isinstance(event, Notice)]


async def test_what_lacks_its_record_waits_and_is_asked_for(sit: Sit) -> None:
    _, ben, chat = await talking(sit, "one", "two")
    timeline = await sealed_at(ben, chat)

    timeline.open_rest(chat, is_last_try=False)

    assert ben.texts(chat) == []
    assert timeline.needs(chat) == ({1}, set(), set())


async def test_what_lacks_its_record_for_good_is_one_grey_line_each(sit: Sit) -> None:
    _, ben, chat = await talking(sit, "one", "two")
    timeline = await sealed_at(ben, chat)

    timeline.open_rest(chat, is_last_try=True)

    assert ben.texts(chat) == ["<unreadable>", "<unreadable>"]
    assert timeline.needs(chat) == (set(), set(), set())


async def test_a_handshake_that_is_not_judged_is_waited_for_even_at_the_last_try(
    sit: Sit,
) -> None:
    _, ben, chat = await talking(sit, "one")
    timeline = await sealed_at(ben, chat)
    ben.parts.states.drop_log(chat)

    timeline.open_rest(chat, is_last_try=True)

    assert ben.texts(chat) == []
    assert ben.parts.context.storage.messages.unopened(chat, 9)


async def test_documents_and_devices_that_are_missing_are_named(sit: Sit) -> None:
    anna, ben, chat = await talking(sit, "one")
    storage = ben.parts.context.storage
    records = storage.records.all_of(chat, 1)
    timeline = await sealed_at(ben, chat)
    storage.records.add(chat, 1, records[0], is_own=True)

    storage.database.run("DELETE FROM devices")
    assert timeline.needs(chat) == (set(), set(), {anna.account})
    storage.database.run("DELETE FROM documents")
    ben.parts.states.forget()
    wanted = anna.server._document_hash(anna.server.logs[chat])
    assert timeline.needs(chat) == (set(), {wanted}, set())


@pytest.mark.logs_warnings
async def test_what_nobody_can_open_needs_nothing_and_blocks_nothing(sit: Sit) -> None:
    anna, ben, chat = await talking(sit, "one")
    await anna.down()  # Its own device would know that it never sent this.

    push(anna, append(anna, chat))
    await ben.settle()

    assert ben.texts(chat) == ["one", "<unreadable>"]
    assert ben.parts.timeline.needs(chat) == (set(), set(), set())
    stored = ben.parts.context.storage.conversations.get(chat)
    assert stored is not None
    assert stored.have == 3


async def test_what_can_never_open_is_not_asked_for(sit: Sit) -> None:
    anna, ben, chat = await talking(sit, "one")
    timeline = await sealed_at(ben, chat)
    forged = append(anna, chat, parent=0)
    ben.parts.context.storage.messages.save_entries((forged,))

    assert timeline.needs(chat) == ({1}, set(), set())


@pytest.mark.logs_warnings
async def test_a_sender_who_saw_another_log_is_shown_and_the_fork_is_told_once(sit: Sit) -> None:
    anna, ben, chat = await talking(sit, "one", "two")
    timeline = await sealed_at(ben, chat)
    storage = ben.parts.context.storage
    other = storage.messages.entry(chat, 2)
    assert other is not None
    replace(ben, msgspec.structs.replace(other, chain=bytes(32)))
    opener = anna.parts.context.storage.records.all_of(chat, 1)
    storage.records.add(chat, 1, opener[0], is_own=True)
    ben.told.clear()

    timeline.open_rest(chat, is_last_try=False)

    assert ben.texts(chat) == ["one", "two"]
    assert notices(ben) == [NoticeKind.CHAIN_BROKEN]
    timeline.note_broken(chat, 1)
    assert notices(ben) == [NoticeKind.CHAIN_BROKEN]


def replace(seat: Seat, entry: Entry) -> None:
    """Put another entry into its place in a seat's own copy of the log."""
    seat.parts.context.storage.database.run(
        "UPDATE entries SET entry = ? WHERE conversation_id = ? AND sequence = ?",
        msgspec.msgpack.encode(entry),
        entry.conversation_id,
        entry.sequence,
    )


async def test_a_receipt_moves_the_marks_of_own_messages(sit: Sit) -> None:
    anna, ben, chat = await talking(sit, "one", "two", "three")

    anna.parts.timeline.note_receipt(receipt(chat, ben.account, delivered=4, read=3))

    states = [row.state for row in anna.rows(chat)]
    assert states == [MessageState.READ, MessageState.READ, MessageState.DELIVERED]


async def test_reading_on_another_device_of_ones_own_counts_here(sit: Sit) -> None:
    _, ben, chat = await talking(sit, "one", "two", "three")
    conversations = ben.parts.context.storage.conversations

    ben.parts.timeline.note_receipt(receipt(chat, ben.account, delivered=4, read=3))

    stored = conversations.get(chat)
    assert stored is not None
    assert (stored.unread, stored.own_read, stored.read_to_send) == (1, 3, 0)


async def test_a_receipt_of_a_conversation_not_known_yet_is_harmless(sit: Sit) -> None:
    _, ben, chat = await talking(sit, "one")

    ben.parts.timeline.note_receipt(
        receipt(ConversationId(chat ^ 1), ben.account, delivered=9, read=9)
    )

    assert ben.texts(chat) == ["one"]


def receipt(chat: ConversationId, account: AccountId, *, delivered: int, read: int) -> Receipt:
    return Receipt(
        conversation_id=chat,
        account=account,
        delivered=delivered,
        delivered_at_ms=50,
        read=read,
        read_at_ms=60,
    )


async def test_pages_cut_the_timeline_and_know_what_lies_beyond(sit: Sit) -> None:
    anna, _, chat = await talking(sit, *"abcdefg")

    newest = page(anna, chat, limit=3)
    older = page(anna, chat, before=newest.rows[0].order, limit=3)
    oldest = page(anna, chat, before=older.rows[0].order, limit=3)
    after = page(anna, chat, after=oldest.rows[0].order, limit=2)
    around = page(anna, chat, around=older.rows[1].order, limit=2)

    assert [text_of(each) for each in (newest, older, oldest)] == ["efg", "bcd", "a"]
    assert [each.has_older for each in (newest, older, oldest)] == [True, True, False]
    assert [each.has_newer for each in (newest, older, oldest)] == [False, True, True]
    assert (text_of(after), after.has_newer, after.has_older) == ("bc", True, True)
    assert text_of(around) == "bc"


async def test_an_empty_page_claims_nothing_newer_than_the_newest(sit: Sit) -> None:
    anna, _, chat = await talking(sit, "a")

    beyond = page(anna, chat, after=anna.rows(chat)[-1].order, limit=5)

    assert (beyond.rows, beyond.has_newer) == ([], False)


def page(
    seat: Seat,
    chat: ConversationId,
    *,
    before: int | None = None,
    after: int | None = None,
    around: int | None = None,
    limit: int,
) -> TimelinePage:
    stored = seat.parts.context.storage.conversations.get(chat)
    assert stored is not None
    return seat.parts.timeline.page(stored, before=before, after=after, around=around, limit=limit)


def text_of(told: TimelinePage) -> str:
    return "".join(row.text for row in told.rows)


async def test_only_what_was_looked_at_is_given_up(
    sit: Sit, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, ben, chat = await talking(sit, "one", "two")
    timeline = await sealed_at(ben, chat)
    monkeypatch.setattr(module, "_UNOPENED_BATCH", 1)

    has_more = timeline.open_rest(chat, is_last_try=True)

    assert has_more is not None
    assert ben.texts(chat) == ["<unreadable>"]
    assert timeline.needs(chat) == ({1}, set(), set())
