from __future__ import annotations

from collections.abc import Callable

import pytest

from backend.bus import EventStored, PresenceChanged, TypingNoted
from shared.errors import Code, RefusedError
from shared.events import EventKind
from shared.frames import Accepted, Refused, Typing
from shared.rest import ContactRequest
from shared.roster_rules import with_members
from tests.backend.grouped import Group, member_of
from tests.backend.office import Insider, Office
from tests.backend.people import creation_of, message, new_id


@pytest.fixture
def anna(office: Office) -> Insider:
    return office.join("anna")


@pytest.fixture
def ben(office: Office) -> Insider:
    return office.join("ben")


def block(office: Office, one: Insider, other: Insider) -> None:
    office.services.blocks.block(one.account, other.account)


def ask(office: Office, one: Insider, other: Insider) -> None:
    office.services.contacts.request(one.account, ContactRequest(account=other.account))


def code_of(call: Callable[[], object]) -> Code:
    with pytest.raises(RefusedError) as caught:
        call()
    return caught.value.code


def refusal(office: Office, who: Insider, chat: int, counter: int) -> Code | None:
    answer = office.submit(who, message(chat, counter))
    return answer.code if isinstance(answer, Refused) else None


def told(office: Office) -> list[tuple[int, int]]:
    return [
        (heard.account, heard.event.account)
        for heard in office.heard
        if isinstance(heard, EventStored) and heard.event.kind == EventKind.CONTACTS_CHANGED
    ]


def requests_of(office: Office, who: Insider) -> list[int]:
    listing = office.services.contacts.listing(who.account)
    return [request.profile.account for request in listing.requests]


def test_who_is_blocked_is_listed_and_only_the_own_devices_hear(
    office: Office, anna: Insider, ben: Insider
) -> None:
    answer = office.services.blocks.block(anna.account, ben.account)
    block(office, anna, ben)

    assert [profile.account for profile in answer.blocked] == [ben.account]
    assert told(office) == [(anna.account, ben.account)]
    assert office.services.contacts.listing(ben.account).blocked == []
    assert office.services.blocks.unblock(anna.account, ben.account).blocked == []
    office.services.blocks.unblock(anna.account, ben.account)
    assert len(told(office)) == 2


def test_a_request_of_who_is_blocked_looks_sent_and_reaches_nobody(
    office: Office, anna: Insider, ben: Insider
) -> None:
    block(office, anna, ben)
    office.heard.clear()

    ask(office, ben, anna)

    assert requests_of(office, ben) == [anna.account]
    assert requests_of(office, anna) == []
    assert told(office) == [(ben.account, anna.account)]
    accept = office.services.contacts.accept
    assert code_of(lambda: accept(anna.account, ben.account)) is Code.NO_REQUEST
    office.services.blocks.unblock(anna.account, ben.account)
    assert requests_of(office, anna) == [ben.account]


def test_hidden_requests_do_not_fill_the_list(
    office: Office, anna: Insider, ben: Insider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.limits.REQUESTS_PENDING_MAX", 1)
    carl = office.join("carl")
    block(office, anna, ben)
    ask(office, ben, anna)

    ask(office, carl, anna)

    assert requests_of(office, anna) == [carl.account]


def test_an_own_request_is_withdrawn_by_blocking(
    office: Office, anna: Insider, ben: Insider
) -> None:
    ask(office, anna, ben)

    block(office, anna, ben)

    assert requests_of(office, ben) == []
    assert code_of(lambda: ask(office, anna, ben)) is Code.BLOCKED


def test_crossing_requests_do_not_pass_a_block(office: Office, anna: Insider, ben: Insider) -> None:
    block(office, anna, ben)
    ask(office, ben, anna)
    office.services.blocks.unblock(anna.account, ben.account)
    block(office, anna, ben)

    assert code_of(lambda: ask(office, anna, ben)) is Code.BLOCKED
    assert office.services.contacts.listing(ben.account).contacts == []


def test_neither_writes_across_a_block_and_who_is_blocked_learns_nothing_of_it(
    office: Office, anna: Insider, ben: Insider
) -> None:
    chat = office.converse(anna, ben)
    before = office.submit(ben, message(chat, 1))
    block(office, anna, ben)

    assert isinstance(before, Accepted)
    assert refusal(office, ben, chat, 2) is Code.NOT_CONTACT
    assert refusal(office, anna, chat, 2) is Code.BLOCKED
    page = office.services.conversations.entries(ben.account, chat, after=0, limit=9)
    assert len(page.entries) == 2
    office.services.blocks.unblock(anna.account, ben.account)
    assert refusal(office, ben, chat, 2) is None


def test_a_block_between_two_members_of_a_group_changes_nothing_there(
    office: Office, anna: Insider, ben: Insider
) -> None:
    chat = Group(office, anna, ben).number
    block(office, anna, ben)

    assert refusal(office, ben, chat, 1) is None


def test_typing_is_not_heard_across_a_block(office: Office, anna: Insider, ben: Insider) -> None:
    chat = office.converse(anna, ben)
    block(office, anna, ben)
    for _ in range(2):  # Without and with what a submit leaves in memory.
        office.services.conversations.note_typing(ben.account, Typing(chat, True))
        refusal(office, ben, chat, 1)

    heard = [item.members for item in office.heard if isinstance(item, TypingNoted)]

    assert heard == [(), ()]


def test_no_conversation_begins_across_a_block(office: Office, anna: Insider, ben: Insider) -> None:
    office.befriend(anna, ben)
    block(office, anna, ben)

    def begin(one: Insider, other: Insider) -> Code:
        creation = creation_of(new_id(), one, other)
        return code_of(lambda: office.create(one.account, one.device, creation))

    assert begin(ben, anna) is Code.NOT_CONTACT
    assert begin(anna, ben) is Code.BLOCKED


def test_who_is_blocked_adds_the_other_to_no_group(
    office: Office, anna: Insider, ben: Insider
) -> None:
    office.befriend(anna, ben)
    group = Group(office, ben)
    block(office, anna, ben)
    grown = with_members(group.document, [member_of(anna)])

    code = code_of(lambda: group.commit(ben, grown))

    assert code is Code.NOT_CONTACT


def test_presence_ends_on_both_sides_and_comes_back(
    office: Office, anna: Insider, ben: Insider
) -> None:
    office.befriend(anna, ben)
    for insider in (anna, ben):
        office.services.presence.arrived(insider.account)
    office.heard.clear()

    def heard() -> list[tuple[int, bool, tuple[int, ...]]]:
        found = [
            (item.presence.account, item.presence.is_online, item.contacts)
            for item in office.heard
            if isinstance(item, PresenceChanged)
        ]
        office.heard.clear()
        return sorted(found)

    block(office, anna, ben)
    assert heard() == sorted(
        [(anna.account, False, (ben.account,)), (ben.account, False, (anna.account,))]
    )
    listed = office.services.contacts.listing(ben.account).contacts[0]
    assert (listed.is_online, listed.last_seen_ms) == (False, 0)
    office.services.blocks.unblock(anna.account, ben.account)
    assert heard() == sorted(
        [(anna.account, True, (ben.account,)), (ben.account, True, (anna.account,))]
    )


def test_what_makes_no_sense_is_refused(
    office: Office, anna: Insider, ben: Insider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.limits.BLOCKS_MAX", 0)

    assert code_of(lambda: block(office, anna, anna)) is Code.ONESELF
    blocks = office.services.blocks
    assert code_of(lambda: blocks.block(anna.account, 12345)) is Code.UNKNOWN_USER
    assert code_of(lambda: block(office, anna, ben)) is Code.OVERLOADED
