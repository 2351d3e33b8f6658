from __future__ import annotations

from collections.abc import Callable

import pytest

from backend.bus import EventStored
from shared import limits
from shared.errors import Code, RefusedError
from shared.events import EventKind
from shared.rest import ContactList, ContactRequest
from tests.backend.office import Insider, Office
from tests.backend.people import new_id


def ask(office: Office, one: Insider, other: Insider, greeting: bytes = b"") -> ContactList:
    request = ContactRequest(account=other.account, greeting=greeting)
    return office.services.contacts.request(one.account, request)


def code_of(call: Callable[[], object]) -> Code:
    with pytest.raises(RefusedError) as caught:
        call()
    return caught.value.code


def told(office: Office, kind: EventKind) -> list[int]:
    return sorted(
        heard.account
        for heard in office.heard
        if isinstance(heard, EventStored) and heard.event.kind == kind
    )


@pytest.fixture
def anna(office: Office) -> Insider:
    return office.join("anna")


@pytest.fixture
def ben(office: Office) -> Insider:
    return office.join("ben")


def test_a_request_shows_on_both_sides_and_its_greeting_on_the_others(
    office: Office, anna: Insider, ben: Insider
) -> None:
    own = ask(office, anna, ben, b"sealed")

    others = office.services.contacts.listing(ben.account)

    assert [(r.profile.account, r.is_own, r.greeting) for r in own.requests] == [
        (ben.account, True, b"")
    ]
    assert [(r.profile.account, r.is_own, r.greeting) for r in others.requests] == [
        (anna.account, False, b"sealed")
    ]
    assert told(office, EventKind.CONTACTS_CHANGED) == sorted([anna.account, ben.account])


def test_accepting_makes_contacts_of_both(office: Office, anna: Insider, ben: Insider) -> None:
    ask(office, anna, ben)

    bens = office.services.contacts.accept(ben.account, anna.account)

    annas = office.services.contacts.listing(anna.account)
    assert [(c.profile.account, c.requested_by) for c in bens.contacts] == [
        (anna.account, anna.account)
    ]
    assert [c.profile.account for c in annas.contacts] == [ben.account]
    assert annas.requests == bens.requests == []


def test_crossing_requests_make_contacts_at_once(
    office: Office, anna: Insider, ben: Insider
) -> None:
    ask(office, anna, ben)

    bens = ask(office, ben, anna)

    assert [c.requested_by for c in bens.contacts] == [anna.account]
    assert bens.requests == []


def test_declined_and_withdrawn_requests_are_gone_and_may_come_again(
    office: Office, anna: Insider, ben: Insider
) -> None:
    contacts = office.services.contacts
    ask(office, anna, ben)
    declined = contacts.decline(ben.account, anna.account)
    ask(office, anna, ben)
    withdrawn = contacts.withdraw(anna.account, ben.account)

    again = ask(office, anna, ben)

    assert declined.requests == withdrawn.requests == []
    assert len(again.requests) == 1


@pytest.mark.parametrize("action", ["accept", "decline", "withdraw"])
def test_a_request_that_is_not_there_has_no_answer(
    office: Office, anna: Insider, ben: Insider, action: str
) -> None:
    act = getattr(office.services.contacts, action)

    assert code_of(lambda: act(anna.account, ben.account)) is Code.NO_REQUEST


def test_one_cannot_accept_the_own_request(office: Office, anna: Insider, ben: Insider) -> None:
    ask(office, anna, ben)

    code = code_of(lambda: office.services.contacts.accept(anna.account, ben.account))

    assert code is Code.NO_REQUEST


def test_requests_that_make_no_sense_have_codes_of_their_own(
    office: Office, anna: Insider, ben: Insider
) -> None:
    nobody = ContactRequest(account=new_id())
    oneself = code_of(lambda: ask(office, anna, anna))
    unknown = code_of(lambda: office.services.contacts.request(anna.account, nobody))
    ask(office, anna, ben)
    requested = code_of(lambda: ask(office, anna, ben))
    office.services.contacts.accept(ben.account, anna.account)
    already = code_of(lambda: ask(office, ben, anna))

    assert oneself is Code.ONESELF
    assert unknown is Code.UNKNOWN_USER
    assert requested is Code.ALREADY_REQUESTED
    assert already is Code.ALREADY_CONTACT


def test_removing_ends_it_on_both_sides_and_closes_the_conversation(
    office: Office, anna: Insider, ben: Insider
) -> None:
    chat = office.converse(anna, ben)

    office.services.contacts.remove(ben.account, anna.account)

    assert office.services.contacts.listing(anna.account).contacts == []
    conversation = office.services.conversations.conversation(anna.account, chat)
    assert (conversation.can_write, conversation.head) == (False, 1)
    assert told(office, EventKind.CONVERSATION_CHANGED) == sorted([anna.account, ben.account])
    code = code_of(lambda: office.services.contacts.remove(anna.account, ben.account))
    assert code is Code.NOT_CONTACT


def test_becoming_contacts_again_opens_the_same_conversation(
    office: Office, anna: Insider, ben: Insider
) -> None:
    chat = office.converse(anna, ben)
    office.services.contacts.remove(ben.account, anna.account)

    office.befriend(ben, anna)

    listed = office.services.contacts.listing(anna.account).contacts
    assert [c.conversation_id for c in listed] == [chat]
    assert office.services.conversations.conversation(anna.account, chat).can_write


def test_too_many_open_requests_are_refused(
    office: Office, anna: Insider, ben: Insider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "REQUESTS_PENDING_MAX", 1)
    ask(office, anna, ben)
    carl = office.join("carl")

    assert code_of(lambda: ask(office, carl, ben)) is Code.OVERLOADED


def test_a_contact_that_is_online_shows_so(office: Office, anna: Insider, ben: Insider) -> None:
    office.befriend(anna, ben)

    office.services.presence.arrived(ben.account)

    assert [c.is_online for c in office.services.contacts.listing(anna.account).contacts] == [True]
