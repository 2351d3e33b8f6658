from __future__ import annotations

import pytest

from backend.bus import ReceiptMoved
from shared import limits
from shared.frames import Hello
from shared.rest import MemberInfo
from tests.backend.grouped import Group
from tests.backend.office import Insider, Office
from tests.backend.people import message, new_id


@pytest.fixture
def anna(office: Office) -> Insider:
    return office.join("anna")


@pytest.fixture
def ben(office: Office) -> Insider:
    return office.join("ben")


@pytest.fixture
def chat(office: Office, anna: Insider, ben: Insider) -> int:
    number = office.converse(anna, ben)
    for counter in range(2, 6):
        office.submit(anna, message(number, counter))
    return number


def confirm(office: Office, insider: Insider, chat: int, sequence: int) -> None:
    office.services.marks.confirm(
        account=insider.account, device=insider.device, conversation_id=chat, sequence=sequence
    )
    office.settle()


def read(office: Office, insider: Insider, chat: int, sequence: int) -> None:
    office.services.marks.mark_read(account=insider.account, conversation_id=chat, read=sequence)
    office.settle()


def marks_of(office: Office, insider: Insider, chat: int) -> MemberInfo:
    members = office.services.conversations.conversation(insider.account, chat).members
    return next(member for member in members if member.account == insider.account)


def test_a_confirm_moves_delivered_and_all_members_hear(
    office: Office, anna: Insider, ben: Insider, chat: int
) -> None:
    confirm(office, ben, chat, 3)

    heard = [item for item in office.heard if isinstance(item, ReceiptMoved)]
    assert [(item.receipt.account, item.receipt.delivered) for item in heard] == [(ben.account, 3)]
    assert sorted(heard[0].members) == sorted([anna.account, ben.account])
    assert heard[0].receipt.delivered_at_ms == office.clock.now_ms
    assert marks_of(office, ben, chat).delivered == 3


def test_reading_is_also_having_got_it(office: Office, ben: Insider, chat: int) -> None:
    read(office, ben, chat, 4)

    marks = marks_of(office, ben, chat)

    assert (marks.delivered, marks.read) == (4, 4)


def test_marks_only_grow_and_keep_their_time(office: Office, ben: Insider, chat: int) -> None:
    read(office, ben, chat, 4)
    before = marks_of(office, ben, chat)
    office.clock.now_ms += 1000

    confirm(office, ben, chat, 2)
    read(office, ben, chat, 1)

    assert marks_of(office, ben, chat) == before
    assert len(office.heard_of(ReceiptMoved)) == 1


def test_a_later_confirm_leaves_read_alone(office: Office, ben: Insider, chat: int) -> None:
    read(office, ben, chat, 2)
    read_at_ms = office.clock.now_ms
    office.clock.now_ms += 1000

    confirm(office, ben, chat, 5)

    marks = marks_of(office, ben, chat)
    assert (marks.delivered, marks.read) == (5, 2)
    assert (marks.delivered_at_ms, marks.read_at_ms) == (office.clock.now_ms, read_at_ms)


def test_nobody_has_read_what_is_not_there(office: Office, ben: Insider, chat: int) -> None:
    read(office, ben, chat, 1000)

    assert marks_of(office, ben, chat).read == 5


def test_strangers_move_nothing(office: Office, ben: Insider, chat: int) -> None:
    carl = office.join("carl")

    read(office, carl, chat, 3)
    confirm(office, ben, new_id(), 3)

    assert office.heard_of(ReceiptMoved) == []


def test_cursors_are_stored_lazily_and_only_forward(
    office: Office, ben: Insider, chat: int
) -> None:
    confirm(office, ben, chat, 3)
    confirm(office, ben, new_id(), 9)
    office.services.marks.flush_cursors()
    confirm(office, ben, chat, 2)

    office.services.marks.flush_cursors()

    with office.app.database.engine.connect() as connection:
        rows = connection.exec_driver_sql(
            "SELECT device_id, conversation_id, stored FROM device_cursors"
        ).fetchall()
    assert [tuple(row) for row in rows] == [(ben.device, chat, 3)]


@pytest.mark.logs_warnings
def test_without_a_writer_marks_and_cursors_wait(office: Office, ben: Insider, chat: int) -> None:
    office.app.writer.stop()

    office.services.marks.confirm(
        account=ben.account, device=ben.device, conversation_id=chat, sequence=3
    )
    office.services.marks.flush_cursors()

    assert marks_of(office, ben, chat).delivered == 0


def test_large_groups_have_read_marks_only(office: Office, anna: Insider) -> None:
    others = [office.join(f"friend{number}") for number in range(limits.DELIVERED_MEMBERS_MAX)]
    group = Group(office, anna, *others)
    group.write(anna)
    office.heard.clear()

    confirm(office, others[0], group.number, 2)
    delivered = marks_of(office, others[0], group.number).delivered
    read(office, others[0], group.number, 2)

    assert delivered == 0
    assert marks_of(office, others[0], group.number).read == 2


def test_a_private_mark_is_for_the_own_devices_alone(
    office: Office, anna: Insider, ben: Insider, chat: int
) -> None:
    def of_ben(seen_by: Insider) -> int:
        members = office.services.conversations.conversation(seen_by.account, chat).members
        return next(each for each in members if each.account == ben.account).read

    read(office, ben, chat, 2)
    office.heard.clear()
    office.services.marks.mark_read(
        account=ben.account, conversation_id=chat, read=4, is_private=True
    )
    office.settle()

    heard = [item for item in office.heard if isinstance(item, ReceiptMoved)]
    assert [(item.members, item.receipt.read) for item in heard] == [((ben.account,), 4)]
    assert (of_ben(ben), of_ben(anna)) == (4, 2)
    missed = {
        insider.account: office.services.catch_up.missed(
            account=insider.account, device=insider.device, hello=Hello(1, 1, 0, 0)
        ).receipts
        for insider in (anna, ben)
    }
    seen = {
        account: [receipt.read for receipt in receipts if receipt.account == ben.account]
        for account, receipts in missed.items()
    }
    assert seen == {anna.account: [2], ben.account: [4]}


def test_a_private_mark_only_grows_and_a_public_one_overtakes_it(
    office: Office, anna: Insider, ben: Insider, chat: int
) -> None:
    mark = office.services.marks.mark_read
    for place, is_private in ((4, True), (3, True), (5, False), (4, True)):
        mark(account=ben.account, conversation_id=chat, read=place, is_private=is_private)
    office.settle()

    assert marks_of(office, ben, chat).read == 5
