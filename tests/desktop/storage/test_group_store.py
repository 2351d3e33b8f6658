from __future__ import annotations

import msgspec

from desktop.storage.group_store import LiveState, PendingCommit, StoredLog, Verdict
from desktop.storage.storage import Storage
from tests.desktop.storage.samples import CONVERSATION

PENDING = PendingCommit(
    conversation_id=CONVERSATION,
    payload_hash=b"h" * 32,
    is_creation=True,
    peer=5,
    body=b"body",
    epoch_state=b"epoch",
    ratchet_state=b"ratchet",
    record=b"record",
    intents=(1, 2),
    title="club",
)


def test_a_live_state_is_kept_in_two_parts(storage: Storage) -> None:
    state = LiveState(sequence=3, leaf_at_ms=9, epoch_state=b"epoch", ratchet_state=b"one")
    storage.groups.save_live(CONVERSATION, state)
    storage.groups.save_ratchets(CONVERSATION, b"two")

    found = storage.groups.live(CONVERSATION)

    assert found == msgspec.structs.replace(state, ratchet_state=b"two")
    assert "two" not in repr(found)
    assert storage.groups.leaf_at_ms(CONVERSATION) == 9
    storage.groups.drop_live(CONVERSATION)
    assert not storage.groups.is_live(CONVERSATION)


def test_messages_count_for_the_newest_epoch_alone(storage: Storage) -> None:
    log = StoredLog(sequence=3, started=1, followed=3, epoch_at_ms=7, state=b"state")
    storage.groups.save_log(CONVERSATION, log)

    storage.groups.count_messages(CONVERSATION, 1, 5)
    storage.groups.count_messages(CONVERSATION, 3, 2)
    storage.groups.set_followed(CONVERSATION, 4)

    found = storage.groups.log(CONVERSATION)
    assert found == msgspec.structs.replace(log, messages=2, followed=4)
    storage.groups.drop_log(CONVERSATION)
    assert storage.groups.log(CONVERSATION) is None


def test_a_leaf_only_grows_younger(storage: Storage) -> None:
    for at_ms in (50, 70, 60):
        storage.groups.note_leaf(CONVERSATION, 9, at_ms)

    assert storage.groups.leaf_renewed_at_ms(CONVERSATION, 9) == 70
    assert storage.groups.leaf_renewed_at_ms(CONVERSATION, 8) is None
    assert storage.groups.leaf_renewed_at_ms(CONVERSATION + 1, 9) is None


def test_verdicts_are_found_by_place_and_range(storage: Storage) -> None:
    verdicts = [
        Verdict(
            sequence=number,
            is_valid=number != 2,
            epoch=number,
            document_hash=b"d" * 32,
            changes_roster=False,
        )
        for number in (1, 2, 5)
    ]
    for verdict in verdicts:
        storage.groups.save_verdict(CONVERSATION, verdict)

    assert storage.groups.verdict(CONVERSATION, 2) == verdicts[1]
    assert storage.groups.verdict(CONVERSATION, 3) is None
    assert storage.groups.verdicts(CONVERSATION, 2, 9) == verdicts[1:]


def test_documents_are_kept_by_hash(storage: Storage) -> None:
    storage.groups.save_document(b"h" * 32, b"document")

    assert storage.groups.document(b"h" * 32) == b"document"
    assert storage.groups.document(b"x" * 32) is None


def test_a_commit_waits_until_it_is_answered(storage: Storage) -> None:
    storage.groups.save_pending(PENDING)

    assert storage.groups.pending(CONVERSATION) == PENDING
    assert storage.groups.pending_with(5) == PENDING
    assert storage.groups.all_pending() == [(CONVERSATION, True)]
    storage.groups.drop_pending(CONVERSATION)
    assert storage.groups.pending(CONVERSATION) is None
