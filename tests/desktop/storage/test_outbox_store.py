from __future__ import annotations

from desktop.storage.outbox_store import OutboxItem
from desktop.storage.storage import Storage
from shared.chain import hash_payload
from tests.desktop.storage.samples import CONVERSATION, submission, typed


def test_what_was_typed_waits_in_order_until_it_is_removed(storage: Storage) -> None:
    ids = [storage.messages.add_waiting(typed("x", b"%16d" % number)) for number in range(3)]
    for local_id in ids:
        storage.outbox.add(local_id, CONVERSATION, typed_at_ms=local_id, content=b"c")

    storage.outbox.remove(ids[1])

    assert [item.local_id for item in storage.outbox.items()] == [ids[0], ids[2]]
    assert storage.outbox.count() == 2
    assert storage.outbox.item(ids[1]) is None


def test_it_knows_where_something_waits(storage: Storage) -> None:
    storage.outbox.add(1, CONVERSATION, typed_at_ms=5, content=b"c")

    assert storage.outbox.has_items(CONVERSATION)
    assert not storage.outbox.has_items(CONVERSATION + 1)


def test_sealed_bytes_are_kept_and_their_hash_for_good(storage: Storage) -> None:
    storage.outbox.add(1, CONVERSATION, typed_at_ms=5, content=b"c")
    storage.outbox.save_sealed(1, submission(2, b"first"))
    storage.outbox.save_sealed(1, submission(3, b"second"))

    item = storage.outbox.item(1)
    storage.outbox.remove(1)
    past = storage.outbox.sealed(CONVERSATION, 10)

    assert item == OutboxItem(
        local_id=1,
        conversation_id=CONVERSATION,
        typed_at_ms=5,
        content=b"c",
        submission=submission(3, b"second"),
    )
    assert [each.device_counter for each in past] == [2, 3]
    assert [each.payload_hash for each in past] == [
        hash_payload(b"first"),
        hash_payload(b"second"),
    ]
    assert storage.outbox.sealed(CONVERSATION, 1) == past[-1:]


def test_a_handshake_uses_up_a_counter(storage: Storage) -> None:
    storage.outbox.note_sealed(submission(1))

    assert [each.local_id for each in storage.outbox.sealed(CONVERSATION, 10)] == [0]


def test_a_content_without_a_message_gets_a_local_id_of_its_own(storage: Storage) -> None:
    first = storage.outbox.new_local_id()
    message = storage.messages.add_waiting(typed("x"))
    second = storage.outbox.new_local_id()

    assert first < message < second


def test_what_is_sealed_is_counted(storage: Storage) -> None:
    for local_id in (1, 2):
        storage.outbox.add(local_id, CONVERSATION, typed_at_ms=5, content=b"c")
    storage.outbox.save_sealed(1, submission(2, b"first"))

    assert storage.outbox.sealed_count(CONVERSATION) == 1
    assert [item.local_id for item in storage.outbox.items(CONVERSATION)] == [1, 2]
    assert storage.outbox.items(CONVERSATION + 1) == []


def test_what_waits_goes_out_in_the_order_it_was_added_however_it_was_sealed(
    storage: Storage,
) -> None:
    # The message of a file, 5, comes into the outbox when 6 and 7 are there.
    for local_id in (6, 7, 5, 8):
        storage.outbox.add(local_id, CONVERSATION, typed_at_ms=1, content=b"c")

    # Behind two commits 6 was sealed again, and 7 could not be yet.
    storage.outbox.save_sealed(7, submission(3, b"second"))
    storage.outbox.save_sealed(6, submission(4, b"first"))

    assert [item.local_id for item in storage.outbox.items()] == [6, 7, 5, 8]
