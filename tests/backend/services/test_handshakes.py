from __future__ import annotations

import threading
from typing import Any

import msgspec
import pytest

from backend.bus import EntryStored, EventStored
from backend.config import RateLimits
from backend.services.context import RefusedWithDetailsError
from shared import limits
from shared.entries import EntryKind
from shared.errors import Code, MimError
from shared.events import EventKind
from shared.frames import Accepted, Refused
from shared.rest import EntryRange
from shared.roster import Role
from shared.roster_rules import (
    with_barred,
    with_history,
    with_members,
    with_role,
    with_root,
    without_member,
)
from tests.backend.grouped import Group, code_of, member_of
from tests.backend.office import Insider, Office
from tests.backend.people import new_id


@pytest.fixture
def anna(office: Office) -> Insider:
    return office.join("anna")


@pytest.fixture
def ben(office: Office) -> Insider:
    return office.join("ben")


@pytest.fixture
def carl(office: Office) -> Insider:
    return office.join("carl")


@pytest.fixture
def group(office: Office, anna: Insider, ben: Insider) -> Group:
    return Group(office, anna, ben)


def refusal_of(answer: Accepted | Refused) -> Code:
    assert isinstance(answer, Refused)
    return answer.code


def events_of(office: Office, account: int) -> list[str]:
    return [
        told.event.kind
        for told in office.heard
        if isinstance(told, EventStored) and told.account == account
    ]


def test_a_commit_is_the_next_entry(group: Group, anna: Insider, ben: Insider) -> None:
    accepted = group.commit(ben)

    assert (accepted.sequence, accepted.device_counter, accepted.is_repeat) == (2, 1, False)
    assert group.sequences(anna, 0) == [1, 2]
    conversation = group.office.services.conversations.conversation(anna.account, group.number)
    assert (conversation.head, conversation.newest_handshake) == (2, 2)


def test_a_repeat_gets_the_first_answer_whatever_has_changed(
    group: Group, anna: Insider, ben: Insider
) -> None:
    handshake = group.handshake(ben)
    first = group.submit(ben, handshake)
    group.newest = group.parent = first.sequence
    group.commit(anna, without_member(group.document, ben.account))

    again = group.submit(ben, handshake)

    assert again == msgspec.structs.replace(first, is_repeat=True)


def test_another_counter_is_out_of_turn_and_told_which(group: Group, anna: Insider) -> None:
    with pytest.raises(RefusedWithDetailsError) as caught:
        group.submit(anna, group.handshake(anna, device_counter=5))

    assert caught.value.code is Code.OUT_OF_TURN
    assert caught.value.details == {"own_counter": "1"}


def test_of_two_commits_on_one_base_the_second_is_stale(
    group: Group, anna: Insider, ben: Insider
) -> None:
    late = group.handshake(ben)
    group.commit(anna)

    with pytest.raises(RefusedWithDetailsError) as caught:
        group.submit(ben, late)

    assert caught.value.code is Code.STALE
    assert caught.value.details == {"newest_handshake": "2"}


def test_of_many_at_once_exactly_one_wins(office: Office, anna: Insider) -> None:
    others = [office.join(f"friend{number}") for number in range(6)]
    group = Group(office, anna, *others)
    handshakes = [(other, group.handshake(other)) for other in others]
    found: list[object] = []
    start = threading.Barrier(len(handshakes))

    def submit(who: Insider, handshake: Any) -> None:
        start.wait()
        try:
            found.append(group.submit(who, handshake))
        except MimError as error:
            found.append(getattr(error, "code", None))

    threads = [threading.Thread(target=submit, args=pair) for pair in handshakes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert found.count(Code.STALE) == len(others) - 1
    assert group.sequences(anna, 0) == [1, 2]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"kind": EntryKind.APPLICATION}, Code.MALFORMED),
        ({"payload": b""}, Code.MALFORMED),
        ({"payload": bytes(limits.HANDSHAKE_BYTES_MAX + 1)}, Code.TOO_LARGE),
        ({"expires_at_ms": 5}, Code.MALFORMED),
        ({"blob_ids": (5,)}, Code.MALFORMED),
        ({"conversation_id": 5}, Code.MALFORMED),
        ({"parent": 0}, Code.MALFORMED),
        ({"parent": 9}, Code.MALFORMED),
        ({"document_hash": None}, Code.BAD_HASH),
        ({"document_hash": bytes(32)}, Code.BAD_HASH),
    ],
)
def test_a_commit_has_one_form(
    group: Group, anna: Insider, changes: dict[str, Any], code: Code
) -> None:
    assert code_of(lambda: group.submit(anna, group.handshake(anna, **changes))) is code
    assert group.sequences(anna, 0) == [1]


def test_a_message_is_no_parent(group: Group, anna: Insider) -> None:
    group.write(anna)

    assert code_of(lambda: group.submit(anna, group.handshake(anna, parent=2))) is Code.MALFORMED


def test_a_document_is_told_by_its_hash(group: Group, anna: Insider, carl: Insider) -> None:
    group.office.befriend(anna, carl)
    document = with_members(group.document, [member_of(carl)])
    wrong = group.handshake(anna, document, document_hash=bytes(32))
    broken = msgspec.structs.replace(group.handshake(anna, document), document=b"\xc1")

    assert code_of(lambda: group.submit(anna, wrong)) is Code.BAD_HASH
    assert code_of(lambda: group.submit(anna, broken)) is Code.BAD_HASH


def test_to_strangers_there_is_no_such_conversation(group: Group, carl: Insider) -> None:
    assert code_of(lambda: group.submit(carl, group.handshake(carl))) is Code.NOT_FOUND
    group.number = new_id()
    assert code_of(lambda: group.submit(carl, group.handshake(carl))) is Code.NOT_FOUND


def test_who_may_not_change_the_roster_is_refused(
    group: Group, ben: Insider, carl: Insider
) -> None:
    group.office.befriend(ben, carl)
    changes = [
        with_members(group.document, [member_of(carl)]),
        with_role(group.document, ben.account, Role.OWNER),
        with_history(group.document, False),
    ]

    codes = [code_of(lambda d=d: group.submit(ben, group.handshake(ben, d))) for d in changes]

    assert set(codes) == {Code.FORBIDDEN}
    seen = group.office.services.conversations.conversation(ben.account, group.number)
    assert seen.has_history
    assert len(seen.members) == 2


def test_who_is_added_reads_from_there_and_is_told(
    group: Group, anna: Insider, carl: Insider
) -> None:
    group.write(anna)
    group.office.befriend(anna, carl)
    group.office.heard.clear()

    group.commit(anna, with_members(group.document, [member_of(carl)]))
    group.write(carl)

    seen = group.office.services.conversations.conversation(carl.account, group.number)
    page = group.office.services.conversations.entries(anna.account, group.number, after=0, limit=9)
    assert (seen.first, seen.last, seen.chain_before) == (3, 0, page.entries[1].chain)
    assert group.sequences(carl, 0) == []
    assert group.sequences(carl, 2) == [3, 4]
    assert events_of(group.office, carl.account) == [EventKind.CONVERSATION_NEW]
    stored = group.office.heard_of(EntryStored)[0]
    assert isinstance(stored, EntryStored)
    assert stored.newcomers == {carl.account}
    assert carl.account in stored.members


def test_who_is_removed_reads_up_to_there_and_hears_no_more(
    group: Group, anna: Insider, ben: Insider
) -> None:
    group.write(ben)
    group.commit(anna, without_member(group.document, ben.account))
    group.write(anna)

    seen = group.office.services.conversations.conversation(ben.account, group.number)
    assert (seen.head, seen.last, seen.can_write, seen.members) == (3, 3, False, [])
    assert group.sequences(ben, 0) == [1, 2, 3]
    assert group.sequences(ben, 3) == []
    told = [stored for stored in group.office.heard if isinstance(stored, EntryStored)]
    assert [ben.account in stored.members for stored in told] == [True, True, True, False]
    assert events_of(group.office, ben.account)[-1] == EventKind.CONVERSATION_CHANGED
    assert refusal_of(group.write(ben)) is Code.NOT_MEMBER
    assert code_of(lambda: group.submit(ben, group.handshake(ben))) is Code.NOT_FOUND
    ask = group.office.services.conversations
    assert code_of(lambda: ask.group_infos(ben.account, group.number)) is Code.NOT_FOUND


def test_who_is_added_anew_has_two_ranges(group: Group, anna: Insider, ben: Insider) -> None:
    group.commit(anna, without_member(group.document, ben.account))
    group.write(anna)

    group.commit(anna, with_members(group.document, [member_of(ben)]))

    seen = group.office.services.conversations.conversation(ben.account, group.number)
    assert (seen.first, seen.last) == (4, 0)
    assert seen.past == [EntryRange(first=1, last=2)]
    assert group.sequences(ben, 0) == [1, 2]
    assert group.sequences(ben, 2) == []
    assert group.sequences(ben, 3) == [4]


def test_a_change_that_nobody_counts_is_undone_by_the_next_commit(
    group: Group, anna: Insider, ben: Insider
) -> None:
    """Members skip what does not hold; the server cannot tell, but follows who names the parent."""
    good = group.document
    group.commit(anna, without_member(good, ben.account))
    group.document, group.parent = good, 1

    group.commit(anna)

    seen = group.office.services.conversations.conversation(ben.account, group.number)
    assert (seen.first, seen.last) == (1, 0)
    assert group.sequences(ben, 0) == [1, 2, 3]
    assert isinstance(group.write(ben), Accepted)


def test_messages_are_stale_once_the_roster_has_changed(
    group: Group, anna: Insider, ben: Insider, carl: Insider
) -> None:
    group.office.befriend(anna, carl)
    group.commit(anna, with_members(group.document, [member_of(carl)]))
    group.commit(anna)

    assert refusal_of(group.write(ben, parent=1)) is Code.STALE
    assert isinstance(group.write(ben, parent=2), Accepted)


def test_without_history_the_parent_is_the_newest_handshake(
    office: Office, anna: Insider, ben: Insider
) -> None:
    group = Group(office, anna, ben, has_history=False)
    group.commit(anna)

    stale = group.write(ben, parent=1)
    fresh = group.write(ben, parent=2)

    assert refusal_of(stale) is Code.STALE
    assert isinstance(fresh, Accepted)
    records = group.records(anna)
    assert code_of(lambda: group.commit(anna, records=records)) is Code.FORBIDDEN


def test_history_is_turned_off_by_a_document(group: Group, anna: Insider) -> None:
    group.commit(anna, with_history(group.document, False))

    seen = group.office.services.conversations.conversation(anna.account, group.number)
    assert not seen.has_history


def test_who_comes_is_a_contact_or_has_asked(group: Group, anna: Insider, carl: Insider) -> None:
    document = with_members(group.document, [member_of(carl)])

    assert code_of(lambda: group.commit(anna, document)) is Code.NOT_CONTACT


def test_an_invitation_lets_any_member_add(
    group: Group, anna: Insider, ben: Insider, carl: Insider
) -> None:
    invite = group.invite(anna, carl)

    group.commit(ben, with_members(group.document, [member_of(carl)], warrants=[invite]))

    assert group.sequences(carl, 1) == [2]


def test_an_invitation_expires(group: Group, anna: Insider, ben: Insider, carl: Insider) -> None:
    invite = group.invite(anna, carl)
    group.office.clock.now_ms += 1001
    document = with_members(group.document, [member_of(carl)], warrants=[invite])

    assert code_of(lambda: group.commit(ben, document)) is Code.BAD_INVITE


def test_keys_of_newcomers_are_those_of_now(group: Group, anna: Insider, carl: Insider) -> None:
    group.office.befriend(anna, carl)
    outdated = msgspec.structs.replace(member_of(carl), archive_number=7)

    with pytest.raises(RefusedWithDetailsError) as caught:
        group.commit(anna, with_members(group.document, [outdated]))

    assert caught.value.code is Code.STALE
    assert caught.value.details == {"account": str(carl.account)}


def test_nobody_adds_an_account_that_is_none(group: Group, anna: Insider, ben: Insider) -> None:
    ghost = msgspec.structs.replace(member_of(ben), account=new_id())
    document = with_members(group.document, [ghost])

    assert code_of(lambda: group.commit(anna, document)) is Code.NOT_CONTACT


def test_a_member_with_another_root_writes_nothing_until_it_is_in_the_roster(
    group: Group, anna: Insider, ben: Insider
) -> None:
    reset_root(group.office, ben, bytes(range(32)))

    written, handshake = group.write(ben), group.handshake(ben)
    code = code_of(lambda: group.submit(ben, handshake))
    renewed = with_root(
        group.document,
        ben.account,
        bytes(range(32)),
        archive_number=ben.registration.archive_key.number,
        archive_key=ben.registration.archive_key.key,
    )
    group.commit(anna, renewed)

    assert refusal_of(written) is Code.FORBIDDEN
    assert code is Code.FORBIDDEN
    assert isinstance(group.write(ben), Accepted)


def reset_root(office: Office, who: Insider, root_key: bytes) -> None:
    from backend.store.tables import User
    from backend.store.unit import Unit

    def work(unit: Unit) -> None:
        user = unit.session.get(User, who.account)
        assert user is not None
        user.root_key = root_key
        office.services.log.forget_account(who.account)

    office.services.context.change(work)


def test_a_welcome_waits_for_each_device_and_is_kept_with_its_tree(
    group: Group, anna: Insider, carl: Insider
) -> None:
    group.office.befriend(anna, carl)
    ask = group.office.services.conversations
    welcome = group.welcome(carl.device)

    group.commit(
        anna, with_members(group.document, [member_of(carl)]), welcome=welcome, tree=b"tree"
    )
    for _ in range(5):
        group.commit(anna)

    found = ask.welcome(carl.account, carl.device, group.number)
    assert (found.sequence, found.welcome, found.tree) == (2, welcome.welcome, b"tree")
    assert EventKind.WELCOME_READY in events_of(group.office, carl.account)
    assert code_of(lambda: ask.welcome(anna.account, anna.device, group.number)) is Code.NOT_FOUND
    states = ask.group_infos(carl.account, group.number).states
    assert [(state.sequence, state.parent) for state in states] == [(7, 6), (6, 5), (5, 4)]
    ask.drop_welcome(carl.device, group.number)
    assert code_of(lambda: ask.welcome(carl.account, carl.device, group.number)) is Code.NOT_FOUND


@pytest.mark.parametrize("is_known", [True, False])
def test_a_welcome_is_for_devices_of_members(
    group: Group, anna: Insider, carl: Insider, is_known: bool
) -> None:
    welcome = group.welcome(carl.device if is_known else new_id())

    assert code_of(lambda: group.commit(anna, welcome=welcome)) is Code.MALFORMED
    assert group.sequences(anna, 0) == [1]


def test_records_are_for_members_and_one_for_each(
    group: Group, anna: Insider, ben: Insider, carl: Insider
) -> None:
    wrong = [group.records(carl), group.records(ben, ben)]

    codes = {code_of(lambda r=r: group.commit(anna, records=r)) for r in wrong}
    records = group.records(anna, ben)
    group.commit(anna, records=records)

    assert codes == {Code.MALFORMED}
    found = group.office.services.conversations.records(ben.account, group.number).records
    assert [(r.parent, r.by_device, r.record) for r in found] == [
        (2, anna.device, records[1].record)
    ]


def test_after_two_lost_races_the_others_wait_a_while(
    group: Group, anna: Insider, ben: Insider
) -> None:
    for _ in range(2):
        late = group.handshake(ben)
        group.commit(anna)
        assert code_of(lambda late=late: group.submit(ben, late)) is Code.STALE

    with pytest.raises(RefusedWithDetailsError) as caught:
        group.commit(anna)
    group.commit(ben)
    group.commit(anna)

    assert caught.value.code is Code.RATE_LIMITED
    assert caught.value.details == {"retry_after_ms": str(limits.COMMIT_HOLD_MS)}


def test_one_device_commits_so_often_and_no_more(tmp_path: Any) -> None:
    office = Office(tmp_path / "few", rate_limits=RateLimits(handshakes_per_device="2/hour"))
    anna, ben = office.join("anna"), office.join("ben")
    group = Group(office, anna, ben)
    group.commit(anna)
    group.commit(anna)

    code = code_of(lambda: group.commit(anna))
    group.commit(ben)

    office.close()
    assert code is Code.RATE_LIMITED


def test_a_barred_device_is_noted_in_the_document(
    group: Group, anna: Insider, ben: Insider
) -> None:
    group.commit(anna, with_barred(group.document, group.revoke(ben, 77)))

    assert group.document.barred_devices == (77,)


def test_after_a_refusal_nothing_of_it_is_kept(group: Group, anna: Insider, ben: Insider) -> None:
    document = without_member(group.document, ben.account)
    wrong = group.handshake(anna, document, welcome=group.welcome(new_id()))

    code_of(lambda: group.submit(anna, wrong))

    seen = group.office.services.conversations.conversation(ben.account, group.number)
    assert (seen.last, len(seen.members)) == (0, 2)
    assert (
        len(group.office.services.conversations.group_infos(ben.account, group.number).states) == 1
    )
