from __future__ import annotations

import msgspec

from desktop.events import MessageKind, ReactionCount, SystemKind
from desktop.storage.content_store import BlankingDue, Effect, Gone, Line, Shown
from desktop.storage.message_store import OpenedEntry
from desktop.storage.storage import Storage
from shared.identifiers import AccountId
from tests.desktop.storage.samples import CONVERSATION, ME, PEER, entry, opened, typed

NAME = b"n" * 16
TARGET = b"t" * 16


def effect(
    sequence: int, *, name: bytes = NAME, place: int = 0, local_id: int = 0, expires_at_ms: int = 0
) -> Effect:
    return Effect(
        conversation_id=CONVERSATION,
        account=ME,
        message_id=name,
        sequence=sequence,
        local_id=local_id,
        target=TARGET,
        place=place,
        received_at_ms=1,
        expires_at_ms=expires_at_ms,
        role=1,
        content=b"sealed once",
    )


def line(storage: Storage, sequence: int) -> Line:
    (found,) = storage.contents.lines(CONVERSATION, message_id=None, place=sequence)
    return found


def add(storage: Storage, sequence: int, text: str, *, expires_at_ms: int = 0) -> int:
    made = opened(sequence, text, message_id=TARGET)
    timed = msgspec.structs.replace(made.entry, expires_at_ms=expires_at_ms)
    local_id = storage.messages.add_opened(msgspec.structs.replace(made, entry=timed), is_own=False)
    assert local_id is not None
    return local_id


def test_a_change_is_kept_once_and_found_by_what_it_names(storage: Storage) -> None:
    for _ in range(2):
        storage.contents.add(effect(4))
    storage.contents.add(effect(5, name=b"r" * 16, place=3))

    by_name = storage.contents.effects(CONVERSATION, target=TARGET)
    by_place = storage.contents.effects(CONVERSATION, target=b"x" * 16, place=3)

    assert [each.sequence for each in by_name] == [4, 5]
    assert [each.sequence for each in by_place] == [5]
    assert storage.contents.effects(CONVERSATION, target=None) == []


def test_an_accepted_change_takes_the_place_of_the_one_that_waited(storage: Storage) -> None:
    storage.contents.add(effect(0, local_id=9))

    storage.contents.add(effect(4))

    assert storage.contents.effects(CONVERSATION, target=TARGET) == [effect(4)]
    assert storage.contents.drop_waiting(9) is None


def test_a_change_that_was_refused_is_forgotten(storage: Storage) -> None:
    storage.contents.add(effect(0, local_id=9))

    dropped = storage.contents.drop_waiting(9)

    assert dropped == effect(0, local_id=9)
    assert storage.contents.effects(CONVERSATION, target=TARGET) == []


def test_recalls_outlive_what_they_took_back(storage: Storage) -> None:
    storage.contents.add(effect(4))
    storage.contents.add(effect(5, name=b"r" * 16, place=3))

    storage.contents.drop_contents(CONVERSATION, TARGET)

    left = storage.contents.effects(CONVERSATION, target=TARGET)
    assert [each.sequence for each in left] == [5]


def test_what_was_written_is_kept_while_something_else_is_shown(storage: Storage) -> None:
    local_id = add(storage, 3, "tea at four")
    reactions = (ReactionCount("👍", (AccountId(ME),)),)

    edited = Shown(kind=MessageKind.TEXT, text="coffee", is_edited=True, reactions=reactions)
    storage.contents.show(CONVERSATION, line(storage, 3), edited, is_final=False)

    row = storage.messages.row(local_id)
    assert row is not None
    assert (row.text, row.is_edited, row.reactions) == ("coffee", True, reactions)
    assert (line(storage, 3).written, line(storage, 3).shown) == ("tea at four", edited)
    assert storage.messages.search("tea", None, 9) == []
    assert [each.local_id for each in storage.messages.search("coffee", None, 9)] == [local_id]


def test_what_is_shown_for_good_leaves_nothing_of_what_was_written(storage: Storage) -> None:
    add(storage, 3, "tea at four")

    recalled = Shown(kind=MessageKind.RECALLED, text="")
    storage.contents.show(CONVERSATION, line(storage, 3), recalled, is_final=True)

    assert (line(storage, 3).kind, line(storage, 3).written) == (MessageKind.TEXT, "")
    assert storage.messages.search("tea", None, 9) == []


def test_system_lines_are_nobodys_messages(storage: Storage) -> None:
    system = OpenedEntry(
        entry=entry(3), kind=MessageKind.SYSTEM, message_id=TARGET, system=SystemKind.RENAMED
    )
    storage.messages.add_opened(system, is_own=False)

    assert storage.contents.lines(CONVERSATION, message_id=TARGET, place=3) == []


def test_messages_and_changes_end_at_their_time_and_recalls_do_not(storage: Storage) -> None:
    local_id = add(storage, 3, "soon gone", expires_at_ms=500)
    storage.contents.add(effect(4, expires_at_ms=400))
    storage.contents.add(effect(5, name=b"r" * 16, place=3, expires_at_ms=300))
    before = storage.contents.next_expiry_ms()

    nothing = storage.contents.expired(499)
    ended = storage.contents.expired_effects(450)
    gone = storage.contents.expired(500)

    assert (before, nothing) == (400, [])
    assert [each.sequence for each in ended] == [4]
    assert gone == [Gone(CONVERSATION, local_id)]
    storage.contents.remove(local_id)
    assert storage.messages.row(local_id) is None
    assert storage.messages.search("soon", None, 9) == []
    assert storage.contents.next_expiry_ms() is None


def test_answers_are_known_by_what_they_answer(storage: Storage) -> None:
    waiting = msgspec.structs.replace(typed("yes"), reply_to=TARGET)
    local_id = storage.messages.add_waiting(waiting)

    assert storage.contents.answers(CONVERSATION, TARGET) == [local_id]
    assert storage.contents.answers(CONVERSATION, NAME) == []


def test_a_payload_is_to_be_dropped_until_the_server_has_answered(storage: Storage) -> None:
    due = BlankingDue(CONVERSATION, 3, b"h" * 32)
    storage.contents.add_blanking(due)
    storage.contents.add_blanking(due)

    assert storage.contents.blankings() == [due]
    storage.contents.remove_blanking(due)
    assert storage.contents.blankings() == []


def test_a_withdrawn_message_is_taken_back_once(storage: Storage) -> None:
    storage.contents.withdraw(CONVERSATION, TARGET)

    taken = [storage.contents.take_withdrawn(CONVERSATION, TARGET) for _ in range(2)]

    assert taken == [True, False]


def test_what_the_server_removed_is_listed(storage: Storage) -> None:
    removed = OpenedEntry(entry=entry(3), kind=MessageKind.REMOVED)
    storage.messages.add_opened(removed, is_own=False)

    assert storage.contents.removed_by_server() == [(CONVERSATION, 3, PEER)]
