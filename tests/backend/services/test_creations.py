from __future__ import annotations

import msgspec
import pytest

from backend.bus import EventStored
from shared.errors import Code
from shared.events import EventKind
from shared.rest import SealedRecord
from shared.rest_groups import Welcome
from shared.roster import ConversationKind, Role, RosterDocument
from tests.backend.grouped import code_of, group_creation, member_of
from tests.backend.office import Insider, Office
from tests.backend.people import creation_of, message, new_id
from tests.backend.services.test_handshakes import reset_root


@pytest.fixture
def anna(office: Office) -> Insider:
    return office.join("anna")


@pytest.fixture
def ben(office: Office) -> Insider:
    return office.join("ben")


def group_of(owner: Insider, *others: Insider, **changes: object) -> RosterDocument:
    made = RosterDocument(
        conversation_id=new_id(),
        kind=ConversationKind.GROUP,
        members=(member_of(owner, Role.OWNER), *map(member_of, others)),
    )
    return msgspec.structs.replace(made, **changes)


def notes_of(owner: Insider) -> RosterDocument:
    return group_of(owner, kind=ConversationKind.NOTES, members=(member_of(owner),))


def test_a_group_is_made_of_contacts(office: Office, anna: Insider, ben: Insider) -> None:
    carl = office.join("carl")
    office.befriend(anna, ben)

    made = office.create(anna.account, anna.device, group_creation(group_of(anna, ben)))
    code = code_of(
        lambda: office.create(anna.account, anna.device, group_creation(group_of(anna, ben, carl)))
    )

    assert made.kind is ConversationKind.GROUP
    assert {m.account: m.role for m in made.members} == {
        anna.account: Role.OWNER,
        ben.account: Role.MEMBER,
    }
    assert code is Code.NOT_CONTACT


def test_there_are_as_many_groups_as_one_likes(office: Office, anna: Insider, ben: Insider) -> None:
    office.befriend(anna, ben)

    for _ in range(3):
        office.create(anna.account, anna.device, group_creation(group_of(anna, ben)))

    assert len(office.services.conversations.listing(ben.account).conversations) == 3


def test_an_account_has_one_notebook(office: Office, anna: Insider, ben: Insider) -> None:
    first = office.create(anna.account, anna.device, group_creation(notes_of(anna)))
    office.create(ben.account, ben.device, group_creation(notes_of(ben)))

    with pytest.raises(Exception, match="exists") as caught:
        office.create(anna.account, anna.device, group_creation(notes_of(anna)))

    assert getattr(caught.value, "details", None) == {"conversation_id": str(first.conversation_id)}


def test_notes_of_a_dead_root_are_closed_and_new_ones_begin(office: Office, anna: Insider) -> None:
    old = office.create(anna.account, anna.device, group_creation(notes_of(anna)))
    reset_root(office, anna, b"\x05" * 32)
    renewed = msgspec.structs.replace(member_of(anna), root_key=b"\x05" * 32)
    document = msgspec.structs.replace(notes_of(anna), members=(renewed,))

    made = office.create(anna.account, anna.device, group_creation(document))

    listed = {
        found.conversation_id: found.can_write
        for found in office.services.conversations.listing(anna.account).conversations
    }
    assert listed == {old.conversation_id: False, made.conversation_id: True}
    answer = office.submit(anna, message(old.conversation_id, 2))
    assert getattr(answer, "code", None) is Code.CLOSED


def test_while_one_root_lives_the_pair_keeps_its_log(
    office: Office, anna: Insider, ben: Insider
) -> None:
    office.converse(anna, ben)
    reset_root(office, anna, b"\x05" * 32)

    code = code_of(lambda: office.create(ben.account, ben.device, creation_of(new_id(), ben, anna)))

    assert code is Code.EXISTS


def test_who_creates_a_group_owns_it(office: Office, anna: Insider, ben: Insider) -> None:
    office.befriend(anna, ben)
    creation = group_creation(group_of(anna, ben))

    assert code_of(lambda: office.create(ben.account, ben.device, creation)) is Code.FORBIDDEN


def test_what_travels_with_a_creation_is_judged(
    office: Office, anna: Insider, ben: Insider
) -> None:
    carl = office.join("carl")
    office.befriend(anna, ben)
    document = group_of(anna, ben)
    silent = group_of(anna, ben, has_history=False)
    record = SealedRecord(account=ben.account, record=b"r")
    strange = Welcome(devices=[carl.device], welcome=b"w")

    def create(made: RosterDocument, **changes: object) -> Code:
        creation = group_creation(made, **changes)
        return code_of(lambda: office.create(anna.account, anna.device, creation))

    assert create(document, welcome=strange) is Code.MALFORMED
    assert create(silent, records=[record]) is Code.FORBIDDEN
    assert office.services.conversations.listing(anna.account).conversations == []


def test_those_who_are_welcome_hear_of_it(office: Office, anna: Insider, ben: Insider) -> None:
    office.befriend(anna, ben)
    welcome = Welcome(devices=[ben.device], welcome=b"w")
    office.heard.clear()

    made = office.create(
        anna.account, anna.device, group_creation(group_of(anna, ben), welcome=welcome)
    )

    kinds = [
        told.event.kind
        for told in office.heard
        if isinstance(told, EventStored) and told.account == ben.account
    ]
    assert kinds == [EventKind.CONVERSATION_NEW, EventKind.WELCOME_READY]
    found = office.services.conversations.welcome(ben.account, ben.device, made.conversation_id)
    assert (found.sequence, found.welcome) == (1, b"w")


def test_nobody_is_a_member_who_is_no_account(office: Office, anna: Insider, ben: Insider) -> None:
    ghost = msgspec.structs.replace(member_of(ben), account=new_id())
    document = msgspec.structs.replace(
        group_of(anna, ben), members=(member_of(anna, Role.OWNER), ghost)
    )

    code = code_of(lambda: office.create(anna.account, anna.device, group_creation(document)))

    assert code is Code.NOT_CONTACT
