from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from backend.bus import EntryStored
from shared import chain
from shared.entries import EntryKind
from shared.errors import Code
from shared.frames import Accepted, Refused
from tests.backend.office import Clock, Insider, Office
from tests.backend.people import message, new_id


@pytest.fixture
def anna(office: Office) -> Insider:
    return office.join("anna")


@pytest.fixture
def ben(office: Office) -> Insider:
    return office.join("ben")


@pytest.fixture
def chat(office: Office, anna: Insider, ben: Insider) -> int:
    return office.converse(anna, ben)


def accepted(answer: Accepted | Refused) -> Accepted:
    assert isinstance(answer, Accepted)
    return answer


def refused(answer: Accepted | Refused) -> Refused:
    assert isinstance(answer, Refused)
    return answer


def test_accepted_says_everything_the_server_has_set(
    office: Office, anna: Insider, chat: int
) -> None:
    submission = message(chat, 2)

    answer = accepted(office.submit(anna, submission))

    assert (answer.sequence, answer.is_repeat) == (2, False)
    assert answer.payload_hash == chain.hash_payload(submission.payload)
    assert answer.received_at_ms == office.clock.now_ms


def test_entries_of_both_are_one_linked_log(
    office: Office, anna: Insider, ben: Insider, chat: int
) -> None:
    for number in range(1, 6):
        office.submit(anna, message(chat, number + 1))
        office.submit(ben, message(chat, number))

    page = office.services.conversations.entries(ben.account, chat, after=0, limit=100)

    assert [entry.sequence for entry in page.entries] == list(range(1, 12))
    before = chain.START
    for entry in page.entries:
        assert chain.is_linked(before, entry)
        before = entry.chain


def test_repeated_submit_returns_the_first_sequence(
    office: Office, anna: Insider, chat: int
) -> None:
    submission = message(chat, 2)
    first = accepted(office.submit(anna, submission))
    office.submit(anna, message(chat, 3))

    again = accepted(office.submit(anna, submission))

    assert again == msgspec.structs.replace(first, is_repeat=True)


def test_repeat_with_another_payload_names_the_first_payload(
    office: Office, anna: Insider, chat: int
) -> None:
    first = accepted(office.submit(anna, message(chat, 2)))

    again = accepted(office.submit(anna, message(chat, 2)))

    assert again.payload_hash == first.payload_hash


def test_repeat_is_answered_when_they_are_contacts_no_more(
    office: Office, anna: Insider, ben: Insider, chat: int
) -> None:
    submission = message(chat, 2)
    first = accepted(office.submit(anna, submission))
    office.services.contacts.remove(ben.account, anna.account)

    again = accepted(office.submit(anna, submission))

    assert again.sequence == first.sequence


def test_repeat_is_not_announced_again(office: Office, anna: Insider, chat: int) -> None:
    submission = message(chat, 2)
    office.submit(anna, submission)
    office.settle()
    count = len(office.heard_of(EntryStored))

    office.submit(anna, submission)
    office.settle()

    assert len(office.heard_of(EntryStored)) == count


def test_repeats_in_one_batch_are_one_entry(office: Office, anna: Insider, chat: int) -> None:
    submission = message(chat, 2)
    answers: list[Accepted | Refused] = []
    for _ in range(50):
        office.services.log.submit(
            account=anna.account, device=anna.device, submission=submission, answer=answers.append
        )

    office.settle()

    assert {accepted(answer).sequence for answer in answers} == {2}
    assert sum(not accepted(answer).is_repeat for answer in answers) == 1


@pytest.mark.parametrize("counter", [0, 3, 100])
def test_another_counter_is_out_of_turn_and_told_which(
    office: Office, anna: Insider, chat: int, counter: int
) -> None:
    answer = refused(office.submit(anna, message(chat, counter)))

    assert (answer.code, answer.own_counter) == (Code.OUT_OF_TURN, 1)


@pytest.mark.parametrize(
    "changes",
    [
        {"parent": 0},
        {"parent": 2},
        {"payload": b""},
        {"document_hash": bytes(32)},
        {"base": 1},
        {"kind": EntryKind.HANDSHAKE, "base": 1},
    ],
)
def test_what_a_message_cannot_be_is_malformed(
    office: Office, anna: Insider, chat: int, changes: dict[str, Any]
) -> None:
    answer = refused(office.submit(anna, message(chat, 2, **changes)))

    assert answer.code is Code.MALFORMED
    assert answer.newest_handshake == 1


def test_a_stranger_learns_nothing(office: Office, anna: Insider, chat: int) -> None:
    carl = office.join("carl")

    there = refused(office.submit(carl, message(chat, 1)))
    nowhere = refused(office.submit(carl, message(new_id(), 1)))

    assert there.code is nowhere.code is Code.NOT_MEMBER
    assert (there.message, there.own_counter, there.newest_handshake) == (
        nowhere.message,
        nowhere.own_counter,
        nowhere.newest_handshake,
    )


def test_former_contacts_cannot_write_until_they_are_contacts_again(
    office: Office, anna: Insider, ben: Insider, chat: int
) -> None:
    office.services.contacts.remove(anna.account, ben.account)
    closed = refused(office.submit(anna, message(chat, 2)))
    office.befriend(ben, anna)

    opened = office.submit(anna, message(chat, 2))

    assert closed.code is Code.NOT_CONTACT
    assert accepted(opened).sequence == 2


def test_received_times_never_go_back(office: Office, anna: Insider, chat: int) -> None:
    first = accepted(office.submit(anna, message(chat, 2)))
    office.clock.now_ms -= 60_000

    second = accepted(office.submit(anna, message(chat, 3)))

    assert second.received_at_ms >= first.received_at_ms
    assert second.entry_id > first.entry_id


def test_a_batch_is_announced_in_order_of_sequence(
    office: Office, anna: Insider, chat: int
) -> None:
    for counter in range(2, 150):
        office.services.log.submit(
            account=anna.account,
            device=anna.device,
            submission=message(chat, counter),
            answer=lambda _: None,
        )

    office.settle()

    told = [stored.entry.sequence for stored in office.heard if isinstance(stored, EntryStored)]
    assert told == list(range(1, 150))


def test_a_restart_goes_on_where_it_was(tmp_path: Path) -> None:
    office = Office(tmp_path / "restarted")
    anna, ben = office.join("anna"), office.join("ben")
    chat = office.converse(anna, ben)
    before = accepted(office.submit(anna, message(chat, 2)))
    office.close()
    clock = Clock()
    clock.now_ms -= 3_600_000  # And with a clock that is an hour behind.

    again = Office(tmp_path / "restarted", clock=clock)
    after = accepted(again.submit(anna, message(chat, 3)))
    again.close()

    assert after.sequence == 3
    assert after.entry_id > before.entry_id
    assert after.received_at_ms >= before.received_at_ms
