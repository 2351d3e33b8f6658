from __future__ import annotations

import msgspec

from desktop.events import MessageKind, MessageRow, MessageState
from desktop.storage.message_store import OpenedEntry
from desktop.storage.migrations import ORDER_STEP, WAITING_BASE
from desktop.storage.storage import Storage
from shared.identifiers import AccountId, ConversationId, snowflake_at
from tests.desktop.storage.samples import (
    CONVERSATION,
    ME,
    PEER,
    entry,
    opened,
    stored_conversation,
    typed,
)


def texts(storage: Storage) -> list[str]:
    return [row.text for row in storage.messages.before(CONVERSATION, None, 100)]


def test_sealed_entries_are_kept_until_they_are_opened(storage: Storage) -> None:
    entries = [entry(number) for number in (1, 2, 3)]
    storage.messages.save_entries(entries)
    storage.messages.save_entries([msgspec.structs.replace(entries[0], payload=b"another")])

    storage.messages.set_opened(entries[1])

    assert storage.messages.entry(CONVERSATION, 1) == entries[0]
    assert storage.messages.entry(CONVERSATION, 9) is None
    assert storage.messages.entries(CONVERSATION, first=2, last=9) == entries[1:]
    assert storage.messages.unopened(CONVERSATION, 10) == [entries[0], entries[2]]
    assert storage.messages.unopened(CONVERSATION, 1) == [entries[2]]


def test_a_message_that_waits_stands_last(storage: Storage) -> None:
    local_id = storage.messages.add_waiting(typed("waits"))
    storage.messages.add_opened(opened(5, "came later"), is_own=False)

    row = storage.messages.row(local_id)

    assert texts(storage) == ["came later", "waits"]
    assert row is not None
    assert (row.state, row.sequence, row.order) == (
        MessageState.WAITING,
        0,
        WAITING_BASE + local_id,
    )


def test_an_accepted_message_takes_its_slot_and_keeps_its_local_id(storage: Storage) -> None:
    local_id = storage.messages.add_waiting(typed("mine"))

    storage.messages.settle(local_id, entry(3, ME))

    row = storage.messages.row(local_id)
    assert row is not None
    assert (row.sequence, row.order) == (3, 3 * ORDER_STEP)
    assert row.state is MessageState.ACCEPTED
    assert [found.local_id for found in storage.messages.search("mine", None, 5)] == [local_id]
    assert storage.messages.has_message(CONVERSATION, 3)


def test_settling_twice_changes_nothing(storage: Storage) -> None:
    local_id = storage.messages.add_waiting(typed("mine"))
    storage.messages.settle(local_id, entry(3, ME))

    storage.messages.settle(local_id, entry(4, ME))

    assert not storage.messages.has_message(CONVERSATION, 4)


def test_a_receipt_that_was_faster_than_the_answer_counts(storage: Storage) -> None:
    local_id = storage.messages.add_waiting(typed("mine"))
    storage.conversations.raise_marks(
        CONVERSATION, delivered=3, delivered_at_ms=50, read=0, read_at_ms=0
    )

    storage.messages.settle(local_id, entry(3, ME))

    row = storage.messages.row(local_id)
    assert row is not None
    assert (row.state, row.delivered_at_ms) == (MessageState.DELIVERED, 50)


def test_one_message_id_of_an_account_is_shown_once(storage: Storage) -> None:
    first = storage.messages.add_opened(opened(2, "once", message_id=b"i" * 16), is_own=False)
    again = storage.messages.add_opened(opened(3, "once", message_id=b"i" * 16), is_own=False)
    other = storage.messages.add_opened(opened(4, "hers", ME, message_id=b"i" * 16), is_own=True)

    assert first is not None
    assert again is None
    assert other is not None
    assert texts(storage) == ["once", "hers"]


def test_an_own_message_that_comes_from_the_log_settles_the_waiting_one(storage: Storage) -> None:
    local_id = storage.messages.add_waiting(typed("mine", b"i" * 16))

    found = storage.messages.add_opened(opened(6, "mine", ME, message_id=b"i" * 16), is_own=True)

    assert found == local_id
    assert texts(storage) == ["mine"]


def test_unreadable_entries_are_shown_each(storage: Storage) -> None:
    for sequence in (2, 3):
        unreadable = OpenedEntry(entry=entry(sequence), kind=MessageKind.UNREADABLE)
        storage.messages.add_opened(unreadable, is_own=False)

    rows = storage.messages.before(CONVERSATION, None, 10)
    assert [row.kind for row in rows] == [MessageKind.UNREADABLE] * 2
    assert rows[0].message_id == ""


def test_messages_move_into_their_slots(storage: Storage) -> None:
    for sequence, text in ((2, "a"), (3, "b"), (4, "c")):
        storage.messages.add_opened(opened(sequence, text), is_own=False)

    moved = storage.messages.place({2: 3, 3: 2, 4: 4}, CONVERSATION)
    again = storage.messages.place({2: 3, 3: 2, 4: 4}, CONVERSATION)

    assert texts(storage) == ["b", "a", "c"]
    assert len(moved) == 2
    assert again == []
    assert storage.messages.place({}, CONVERSATION) == []


def test_pages_follow_the_order_key(storage: Storage) -> None:
    for sequence in range(2, 12):
        storage.messages.add_opened(opened(sequence, str(sequence)), is_own=False)
    key = 6 * ORDER_STEP

    before = [row.text for row in storage.messages.before(CONVERSATION, key, 2)]
    after = [row.text for row in storage.messages.after(CONVERSATION, key, 2)]

    assert (before, after) == (["4", "5"], ["7", "8"])


def test_a_refused_message_is_shown_until_it_is_removed(storage: Storage) -> None:
    local_id = storage.messages.add_waiting(typed("no"))
    storage.messages.refuse(local_id, "not_contact")
    row = storage.messages.row(local_id)

    storage.messages.remove_waiting(local_id)

    assert row is not None
    assert (row.state, row.refusal) == (MessageState.REFUSED, "not_contact")
    assert storage.messages.row(local_id) is None
    assert storage.messages.search("no", None, 5) == []


def test_an_accepted_message_is_never_removed(storage: Storage) -> None:
    local_id = storage.messages.add_waiting(typed("mine"))
    storage.messages.settle(local_id, entry(3, ME))

    storage.messages.remove_waiting(local_id)

    assert storage.messages.row(local_id) is not None


def at(message: OpenedEntry, at_ms: int) -> OpenedEntry:
    """Return a message as the server received it then."""
    entry = msgspec.structs.replace(
        message.entry,
        entry_id=snowflake_at(at_ms),
        sent_at_ms=at_ms,
        received_at_ms=at_ms,
    )
    return msgspec.structs.replace(message, entry=entry)


NOON_MS = 1_790_000_000_000


def test_search_is_kept_to_a_sender_a_time_and_goes_on_from_a_row(storage: Storage) -> None:
    add, find = storage.messages.add_opened, storage.messages.search
    for number in range(5):
        account = PEER if number % 2 else AccountId(9)
        message = at(opened(number + 2, f"tea {number}", account), NOON_MS + number * 1_000)
        add(message, is_own=False)
    waiting = storage.messages.add_waiting(typed("tea later"))

    def texts(rows: list[MessageRow]) -> list[str]:
        return [row.text for row in rows]

    assert texts(find("tea", None, 9, sender=PEER)) == ["tea 3", "tea 1"]
    assert texts(find("", CONVERSATION, 9, sender=PEER)) == ["tea 3", "tea 1"]
    assert texts(find("tea", None, 9, since_ms=NOON_MS + 3_000)) == ["tea later", "tea 4", "tea 3"]
    assert texts(find("", None, 9, until_ms=NOON_MS + 2_000)) == ["tea 1", "tea 0"]
    first = find("tea", CONVERSATION, 2)
    assert texts(first) == ["tea later", "tea 4"]
    assert texts(find("tea", CONVERSATION, 2, before_local_id=first[-1].local_id)) == [
        "tea 3",
        "tea 2",
    ]
    storage.messages.remove_waiting(waiting)
    assert find("tea", None, 9, before_local_id=waiting) == []
    assert find("", CONVERSATION, 9) == []
    assert find("…", None, 9, sender=PEER) == []


def test_the_first_message_at_a_time_is_found_by_halves(storage: Storage) -> None:
    for number in range(40):
        message = opened(number + 2, str(number))
        storage.messages.add_opened(at(message, NOON_MS + number * 60_000), is_own=False)

    def text_at(at_ms: int) -> str | None:
        order = storage.messages.first_at(CONVERSATION, at_ms)
        return None if order is None else storage.messages.after(CONVERSATION, order - 1, 1)[0].text

    assert text_at(0) == "0"
    assert text_at(NOON_MS + 17 * 60_000) == "17"
    assert text_at(NOON_MS + 17 * 60_000 + 1) == "18"
    assert text_at(NOON_MS + 39 * 60_000 + 1) is None
    assert storage.messages.first_at(1, NOON_MS) is None
    assert storage.messages.oldest_received_ms(CONVERSATION) == NOON_MS
    assert storage.messages.oldest_received_ms(1) == 0


def test_unread_messages_that_name_the_account_are_counted(storage: Storage) -> None:
    named = msgspec.structs.replace(opened(3, "@me"), mentions=(ME, PEER))
    storage.messages.add_opened(opened(2, "hello"), is_own=False)
    storage.messages.add_opened(named, is_own=False, names_me=True)

    def counted() -> tuple[int, int]:
        conversation = storage.conversations.get(CONVERSATION)
        assert conversation is not None
        return storage.conversations.mentions(conversation)

    assert counted() == (1, 3)
    assert storage.messages.newest(CONVERSATION) is not None
    assert storage.messages.before(CONVERSATION, None, 1)[0].mentions == (ME, PEER)
    storage.conversations.raise_own_read(CONVERSATION, 3, is_sent=True)
    assert counted() == (0, 0)


def test_search_finds_the_newest_first_and_keeps_to_a_conversation(storage: Storage) -> None:
    other = ConversationId(78)
    storage.conversations.add(stored_conversation(other, peer=6))
    storage.messages.add_opened(opened(9, "明天去北京"), is_own=False)
    storage.messages.add_opened(opened(2, "北京很大"), is_own=False)
    storage.messages.add_opened(opened(5, "不去北京", conversation_id=other), is_own=False)

    everywhere = [row.text for row in storage.messages.search("北京", None, 10)]
    here = [row.text for row in storage.messages.search("北京", CONVERSATION, 10)]

    assert everywhere == ["明天去北京", "不去北京", "北京很大"]
    assert here == ["明天去北京", "北京很大"]
    assert len(storage.messages.search("北京", None, 2)) == 2
    assert storage.messages.search("...", None, 2) == []
    assert storage.messages.own_between(CONVERSATION, 0, 99) == []
    assert storage.messages.newest(ConversationId(1)) is None


def test_a_message_shows_what_it_answers_as_that_is_now(storage: Storage) -> None:
    question = storage.messages.add_opened(
        opened(3, "tea?" * 100, message_id=b"q" * 16), is_own=False
    )
    answer = msgspec.structs.replace(typed("yes"), reply_to=b"q" * 16)
    lost = msgspec.structs.replace(typed("no", b"x" * 16), reply_to=b"u" * 16)

    answered = storage.messages.row(storage.messages.add_waiting(answer))
    unknown = storage.messages.row(storage.messages.add_waiting(lost))

    assert answered is not None
    assert answered.quote is not None
    assert (answered.quote.local_id, answered.quote.sender) == (question, PEER)
    assert answered.quote.text == ("tea?" * 100)[:200]
    assert unknown is not None
    assert (unknown.reply_to, unknown.quote) == ("75" * 16, None)


def test_the_same_message_sent_twice_is_one_line_at_the_lower_place(storage: Storage) -> None:
    first = storage.messages.add_opened(opened(7, "once", message_id=b"o" * 16), is_own=False)

    later = storage.messages.add_opened(opened(9, "once", message_id=b"o" * 16), is_own=False)
    earlier = storage.messages.add_opened(opened(4, "once", message_id=b"o" * 16), is_own=False)

    assert (later, earlier) == (None, first)
    assert [(row.sequence, row.text) for row in rows(storage)] == [(4, "once")]
    assert [row.sequence for row in storage.messages.search("once", None, 9)] == [4]


def test_another_conversation_may_know_the_same_name(storage: Storage) -> None:
    other = ConversationId(78)
    storage.conversations.add(stored_conversation(other, peer=6))
    storage.messages.add_opened(opened(3, "here", message_id=b"o" * 16), is_own=False)

    storage.messages.add_opened(
        opened(3, "there", message_id=b"o" * 16, conversation_id=other), is_own=False
    )

    assert [row.text for row in storage.messages.before(other, None, 9)] == ["there"]


def test_messages_are_found_by_the_beginning_of_their_name(storage: Storage) -> None:
    storage.messages.add_opened(opened(3, "one", message_id=b"\xab" * 16), is_own=False)
    storage.messages.add_opened(opened(4, "two", message_id=b"\xac" * 16), is_own=False)

    assert [row.text for row in storage.messages.by_message_id(b"\xab", 9)] == ["one"]
    assert [row.text for row in storage.messages.by_message_id(b"", 9)] == ["two", "one"]


def test_a_payload_can_be_forgotten_and_leaves_its_place(storage: Storage) -> None:
    storage.messages.save_entries([entry(3)])

    storage.messages.drop_payload(CONVERSATION, 3)
    storage.messages.drop_payload(CONVERSATION, 4)

    assert storage.messages.entry(CONVERSATION, 3) == msgspec.structs.replace(entry(3), payload=b"")


def rows(storage: Storage) -> list[MessageRow]:
    return storage.messages.before(CONVERSATION, None, 100)
