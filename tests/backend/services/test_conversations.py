from __future__ import annotations

from collections.abc import Callable

import msgspec
import pytest

from backend.bus import EntryStored, EventStored, TypingNoted
from shared.entries import EntryKind
from shared.errors import Code, MimError, PeerError, RefusedError
from shared.events import EventKind
from shared.frames import Typing
from shared.rest import SealedRecord
from shared.rest_groups import Creation
from shared.roster import ConversationKind, RosterMember, hash_document
from tests.backend.office import Insider, Office, document_of
from tests.backend.people import creation_of, message, new_id


@pytest.fixture
def anna(office: Office) -> Insider:
    return office.join("anna")


@pytest.fixture
def ben(office: Office) -> Insider:
    return office.join("ben")


@pytest.fixture
def friends(office: Office, anna: Insider, ben: Insider) -> tuple[Insider, Insider]:
    office.befriend(anna, ben)
    return anna, ben


def code_of(call: Callable[[], object]) -> Code:
    with pytest.raises(MimError) as caught:
        call()
    assert isinstance(caught.value, RefusedError | PeerError)
    return caught.value.code


def with_document(creation: Creation, *members: RosterMember, **changes: object) -> Creation:
    """Return the creation with another document and its right hash."""
    number = changes.pop("conversation_id", creation.submission.conversation_id)
    assert isinstance(number, int)
    document = document_of(number, *members, **changes)
    submission = msgspec.structs.replace(creation.submission, document_hash=hash_document(document))
    return msgspec.structs.replace(creation, document=document, submission=submission)


def test_a_conversation_starts_with_its_handshake(
    office: Office, friends: tuple[Insider, Insider]
) -> None:
    anna, ben = friends
    creation = creation_of(new_id(), anna, ben)

    made = office.create(anna.account, anna.device, creation)

    assert (made.head, made.newest_handshake, made.can_write) == (1, 1, True)
    assert {member.account for member in made.members} == {anna.account, ben.account}
    assert office.services.conversations.listing(ben.account).conversations == [made]


def test_both_get_an_event_and_then_the_entry(
    office: Office, friends: tuple[Insider, Insider]
) -> None:
    anna, ben = friends
    office.heard.clear()

    office.create(anna.account, anna.device, creation_of(new_id(), anna, ben))

    events = [heard for heard in office.heard if isinstance(heard, EventStored)]
    assert {heard.account for heard in events} == {anna.account, ben.account}
    assert {heard.event.kind for heard in events} == {EventKind.CONVERSATION_NEW}
    assert isinstance(office.heard[-1], EntryStored)


def test_records_and_document_can_be_fetched(
    office: Office, friends: tuple[Insider, Insider]
) -> None:
    anna, ben = friends
    creation = creation_of(new_id(), anna, ben)
    number = creation.submission.conversation_id
    office.create(anna.account, anna.device, creation)

    records = office.services.conversations.records(ben.account, number).records
    document = office.services.conversations.document(
        ben.account, number, hash_document(creation.document)
    )

    assert [(r.parent, r.by_device, r.record) for r in records] == [
        (1, anna.device, creation.records[1].record)
    ]
    assert document == creation.document


def test_the_same_creation_again_is_no_error(
    office: Office, friends: tuple[Insider, Insider]
) -> None:
    anna, ben = friends
    creation = creation_of(new_id(), anna, ben)
    first = office.create(anna.account, anna.device, creation)

    again = office.create(anna.account, anna.device, creation)

    assert again == first


def test_a_pair_has_one_conversation(office: Office, friends: tuple[Insider, Insider]) -> None:
    anna, ben = friends
    first = office.create(anna.account, anna.device, creation_of(new_id(), anna, ben))

    with pytest.raises(RefusedError) as caught:
        office.create(ben.account, ben.device, creation_of(new_id(), ben, anna))

    assert caught.value.code is Code.EXISTS
    assert getattr(caught.value, "details", None) == {"conversation_id": str(first.conversation_id)}


def test_a_taken_identifier_is_refused(office: Office, friends: tuple[Insider, Insider]) -> None:
    anna, ben = friends
    carl = office.join("carl")
    chat = office.create(
        anna.account, anna.device, creation_of(new_id(), anna, ben)
    ).conversation_id
    office.befriend(carl, ben)

    code = code_of(lambda: office.create(carl.account, carl.device, creation_of(chat, carl, ben)))

    assert code is Code.MALFORMED


def test_only_contacts_can_have_a_conversation(office: Office, anna: Insider, ben: Insider) -> None:
    creation = creation_of(new_id(), anna, ben)

    code = code_of(lambda: office.create(anna.account, anna.device, creation))

    assert code is Code.NOT_CONTACT


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"device_counter": 2}, Code.OUT_OF_TURN),
        ({"kind": EntryKind.APPLICATION}, Code.MALFORMED),
        ({"parent": 1}, Code.MALFORMED),
        ({"base": 1}, Code.MALFORMED),
        ({"payload": b""}, Code.MALFORMED),
        ({"document_hash": bytes(32)}, Code.BAD_HASH),
        ({"document_hash": None}, Code.BAD_HASH),
        ({"conversation_id": 5}, Code.MALFORMED),
    ],
)
def test_a_first_handshake_has_one_form(
    office: Office, friends: tuple[Insider, Insider], changes: dict[str, object], code: Code
) -> None:
    anna, ben = friends
    creation = creation_of(new_id(), anna, ben)
    submission = msgspec.structs.replace(creation.submission, **changes)
    changed = msgspec.structs.replace(creation, submission=submission)

    found = code_of(lambda: office.create(anna.account, anna.device, changed))

    assert found is code
    assert office.services.conversations.listing(anna.account).conversations == []


def test_a_document_must_name_exactly_the_two(
    office: Office, friends: tuple[Insider, Insider]
) -> None:
    anna, ben = friends
    carl = office.join("carl")
    one, other, third = anna.roster_member(), ben.roster_member(), carl.roster_member()
    creation = creation_of(new_id(), anna, ben)
    creation = msgspec.structs.replace(creation, records=[])
    wrong = [
        with_document(creation, one),
        with_document(creation, one, one),
        with_document(creation, other, third),
        with_document(creation, one, other, third),
        with_document(creation, one, other, kind=ConversationKind.GROUP),
    ]

    codes = {
        code_of(lambda made=made: office.create(1, 1, made))  # type: ignore[misc] # A default binds it.
        if made is wrong[2]
        else code_of(
            lambda made=made: office.create(  # type: ignore[misc] # As above.
                anna.account, anna.device, made
            )
        )
        for made in wrong
    }

    assert codes == {Code.MALFORMED, Code.FORBIDDEN}


def test_outdated_keys_are_stale(office: Office, friends: tuple[Insider, Insider]) -> None:
    anna, ben = friends
    other = msgspec.structs.replace(ben.roster_member(), root_key=bytes(32))
    creation = with_document(creation_of(new_id(), anna, ben), anna.roster_member(), other)

    code = code_of(lambda: office.create(anna.account, anna.device, creation))

    assert code is Code.STALE


def test_a_record_for_somebody_else_is_refused(
    office: Office, friends: tuple[Insider, Insider]
) -> None:
    anna, ben = friends
    creation = creation_of(new_id(), anna, ben)
    strange = msgspec.structs.replace(
        creation, records=[SealedRecord(account=new_id(), record=b"x")]
    )

    code = code_of(lambda: office.create(anna.account, anna.device, strange))

    assert code is Code.MALFORMED


def test_a_document_that_cannot_be_read_is_malformed(
    office: Office, friends: tuple[Insider, Insider]
) -> None:
    anna, ben = friends
    creation = creation_of(new_id(), anna, ben)
    submission = msgspec.structs.replace(creation.submission, document_hash=hash_document(b"\xc1"))
    broken = msgspec.structs.replace(creation, document=b"\xc1", submission=submission)

    code = code_of(lambda: office.create(anna.account, anna.device, broken))

    assert code is Code.MALFORMED


def test_to_strangers_a_conversation_does_not_exist(
    office: Office, anna: Insider, ben: Insider
) -> None:
    chat = office.converse(anna, ben)
    carl = office.join("carl")
    ask = office.services.conversations
    calls: list[Callable[[int], object]] = [
        lambda number: ask.conversation(carl.account, number),
        lambda number: ask.entries(carl.account, number, after=0, limit=1),
        lambda number: ask.records(carl.account, number),
        lambda number: ask.document(carl.account, number, bytes(32)),
    ]

    codes = {code_of(lambda: call(number)) for call in calls for number in (chat, new_id())}  # noqa: B023

    assert codes == {Code.NOT_FOUND}
    assert code_of(lambda: ask.document(anna.account, chat, bytes(32))) is Code.NOT_FOUND


def test_entries_come_in_runs_with_the_chain_before_them(
    office: Office, anna: Insider, ben: Insider
) -> None:
    chat = office.converse(anna, ben)
    for counter in range(2, 10):
        office.submit(anna, message(chat, counter))

    first = office.services.conversations.entries(ben.account, chat, after=0, limit=4)
    second = office.services.conversations.entries(ben.account, chat, after=4, limit=100)
    beyond = office.services.conversations.entries(ben.account, chat, after=50, limit=100)

    assert [entry.sequence for entry in first.entries] == [1, 2, 3, 4]
    assert [entry.sequence for entry in second.entries] == [5, 6, 7, 8, 9]
    assert second.chain_before == first.entries[-1].chain
    assert beyond.entries == []


def test_a_run_ends_when_a_frame_is_full(office: Office, anna: Insider, ben: Insider) -> None:
    chat = office.converse(anna, ben)
    for counter in range(2, 8):
        office.submit(anna, message(chat, counter, payload=bytes([counter]) * 65_536))

    page = office.services.conversations.entries(ben.account, chat, after=1, limit=100)

    assert [entry.sequence for entry in page.entries] == [2, 3, 4]


def test_typing_is_told_to_the_other_only(office: Office, anna: Insider, ben: Insider) -> None:
    chat = office.converse(anna, ben)

    office.services.conversations.note_typing(anna.account, Typing(chat, True, ben.account))

    assert office.heard_of(TypingNoted) == [
        TypingNoted(Typing(chat, True, anna.account), (ben.account,))
    ]


def test_typing_after_writing_is_told_without_asking_the_database(
    office: Office, anna: Insider, ben: Insider, monkeypatch: pytest.MonkeyPatch
) -> None:
    chat = office.converse(anna, ben)
    office.submit(anna, message(chat, 2))
    asked: list[object] = []
    monkeypatch.setattr(office.crossing, "read", asked.append)

    office.services.conversations.note_typing(anna.account, Typing(chat, True))

    assert asked == []
    assert office.heard_of(TypingNoted) == [
        TypingNoted(Typing(chat, True, anna.account), (ben.account,))
    ]


def test_typing_follows_at_once_whether_one_may_write(
    office: Office, anna: Insider, ben: Insider
) -> None:
    chat = office.converse(anna, ben)
    office.submit(anna, message(chat, 2))
    office.services.contacts.remove(ben.account, anna.account)
    office.services.conversations.note_typing(anna.account, Typing(chat, True))
    office.befriend(anna, ben)

    office.services.conversations.note_typing(anna.account, Typing(chat, True))

    heard = [told.members for told in office.heard if isinstance(told, TypingNoted)]
    assert heard == [(), (ben.account,)]


def test_typing_of_one_who_may_not_write_is_told_to_nobody(
    office: Office, anna: Insider, ben: Insider
) -> None:
    chat = office.converse(anna, ben)
    carl = office.join("carl")
    office.services.conversations.note_typing(carl.account, Typing(chat, True))
    office.services.contacts.remove(anna.account, ben.account)

    office.services.conversations.note_typing(anna.account, Typing(chat, True))

    assert [heard.members for heard in office.heard if isinstance(heard, TypingNoted)] == [(), ()]
