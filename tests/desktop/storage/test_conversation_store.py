from __future__ import annotations

import msgspec

from desktop.storage.conversation_store import Draft
from desktop.storage.storage import Storage
from tests.desktop.storage.samples import CONVERSATION, ME, PEER, opened, stored_conversation


def test_a_conversation_is_loaded_as_it_was_added(storage: Storage) -> None:
    expected = stored_conversation(CONVERSATION)

    assert storage.conversations.get(CONVERSATION) == expected
    assert storage.conversations.with_peer(PEER) == expected
    assert storage.conversations.all() == [expected]
    assert storage.conversations.get(1) is None
    assert storage.conversations.with_peer(1) is None


def test_what_the_server_says_is_stored_and_the_head_only_grows(storage: Storage) -> None:
    storage.conversations.raise_head(CONVERSATION, 9)
    storage.conversations.update_from_server(
        CONVERSATION,
        can_write=False,
        newest_handshake=3,
        document_hash=b"h" * 32,
        head=7,
        first=2,
        last=8,
    )

    found = storage.conversations.get(CONVERSATION)

    assert found is not None
    assert (found.can_write, found.newest_handshake, found.head) == (False, 3, 9)


def test_marks_only_grow_and_leave_their_times_on_messages(storage: Storage) -> None:
    for sequence in (2, 3, 4):
        storage.messages.add_opened(opened(sequence, "x", ME), is_own=True)
    raise_marks = storage.conversations.raise_marks

    first = raise_marks(CONVERSATION, delivered=3, delivered_at_ms=100, read=2, read_at_ms=200)
    back = raise_marks(CONVERSATION, delivered=2, delivered_at_ms=300, read=1, read_at_ms=300)
    last = raise_marks(CONVERSATION, delivered=3, delivered_at_ms=100, read=4, read_at_ms=400)

    rows = storage.messages.before(CONVERSATION, None, 10)
    assert (first, back, last) == ((1, 3), (0, 0), (3, 4))
    assert [row.state for row in rows] == ["read", "read", "read"]
    assert [row.read_at_ms for row in rows] == [200, 400, 400]
    assert [row.delivered_at_ms for row in rows] == [100, 100, 100]


def test_marks_of_an_unknown_conversation_are_ignored(storage: Storage) -> None:
    raised = storage.conversations.raise_marks(
        1, delivered=3, delivered_at_ms=1, read=0, read_at_ms=0
    )

    assert raised == (0, 0)


def test_reading_counts_what_is_unread_anew(storage: Storage) -> None:
    for sequence in (2, 3, 4):
        storage.messages.add_opened(opened(sequence, "x"), is_own=False)
    before = storage.conversations.get(CONVERSATION)

    moved = storage.conversations.raise_own_read(CONVERSATION, 3, is_sent=False)
    back = storage.conversations.raise_own_read(CONVERSATION, 2, is_sent=False)

    after = storage.conversations.get(CONVERSATION)
    assert before is not None
    assert after is not None
    assert (moved, back) == (True, False)
    assert (before.unread, after.unread) == (3, 1)
    assert storage.conversations.first_unread(before) == 2
    assert storage.conversations.first_unread(after) == 4
    assert after.read_to_send == 3
    storage.conversations.mark_sent(CONVERSATION, 3)
    sent = storage.conversations.get(CONVERSATION)
    assert sent is not None
    assert sent.read_to_send == 0


def test_a_broken_chain_is_news_once(storage: Storage) -> None:
    assert storage.conversations.set_broken(CONVERSATION, after_ms=5)
    assert not storage.conversations.set_broken(CONVERSATION, after_ms=9)


def test_the_log_goes_on_after_a_part_that_is_not_ours(storage: Storage) -> None:
    storage.conversations.set_have(CONVERSATION, 3, b"c" * 32)

    storage.conversations.begin_again(CONVERSATION, 9, b"n" * 32)

    found = storage.conversations.get(CONVERSATION)
    assert found is not None
    assert (found.floor, found.have, found.chain_have) == (9, 9, b"n" * 32)
    assert found.head >= 9


def test_a_group_has_a_profile_and_may_be_closed(storage: Storage) -> None:
    storage.conversations.set_profile(CONVERSATION, 7, title="club", avatar=b"p", announcement="hi")
    storage.conversations.set_can_write(CONVERSATION, can_write=False)

    found = storage.conversations.get(CONVERSATION)
    assert found is not None
    assert (found.title, found.avatar, found.announcement) == ("club", b"p", "hi")
    assert not found.can_write


def test_what_was_said_earlier_changes_neither_profile_nor_timer(storage: Storage) -> None:
    storage.conversations.set_profile(CONVERSATION, 7, title="new", avatar=b"", announcement="")
    storage.conversations.set_timer(CONVERSATION, 7, 60)

    storage.conversations.set_profile(CONVERSATION, 6, title="old", avatar=b"", announcement="")
    storage.conversations.set_timer(CONVERSATION, 6, 5)

    found = storage.conversations.get(CONVERSATION)
    assert found is not None
    assert (found.title, found.timer_s) == ("new", 60)


def test_an_empty_draft_is_none(storage: Storage) -> None:
    storage.conversations.save_draft(CONVERSATION, Draft("half a thou", "ab" * 16))
    kept = storage.conversations.draft(CONVERSATION)
    storage.conversations.save_draft(CONVERSATION, Draft())

    assert kept == Draft("half a thou", reply_to="ab" * 16)
    assert storage.conversations.draft(CONVERSATION) == Draft()


def test_places_in_the_log_are_stored(storage: Storage) -> None:
    storage.conversations.set_have(CONVERSATION, 8, b"h" * 32)
    storage.conversations.set_floor(CONVERSATION, 4, b"f" * 32)
    storage.conversations.set_own_counter(CONVERSATION, 3)
    storage.conversations.set_own_counter(CONVERSATION, 2)

    expected = msgspec.structs.replace(
        stored_conversation(CONVERSATION),
        have=8,
        chain_have=b"h" * 32,
        head=8,
        floor=4,
        chain_floor=b"f" * 32,
        own_counter=3,
    )
    assert storage.conversations.get(CONVERSATION) == expected
