from __future__ import annotations

import msgspec
import pytest

from backend.bus import EventStored
from shared import limits
from shared.errors import Code
from shared.events import EventKind
from shared.frames import Accepted, Refused
from shared.rest_groups import JoinRequest, Leaving, WarrantList
from shared.roster import Role, Warrant
from shared.roster_rules import (
    with_archive,
    with_barred,
    with_members,
    with_role,
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


def told(office: Office, kind: EventKind) -> list[int]:
    return [
        event.account
        for event in office.heard
        if isinstance(event, EventStored) and event.event.kind == kind
    ]


def refusal_of(answer: Accepted | Refused) -> Code:
    assert isinstance(answer, Refused)
    return answer.code


def test_who_leaves_writes_no_more_and_is_removed_before_others_write(
    group: Group, anna: Insider, ben: Insider
) -> None:
    groups = group.office.services.groups
    warrant = group.leave(ben)
    groups.leave(ben.account, group.number, Leaving(warrant=warrant))
    groups.leave(ben.account, group.number, Leaving(warrant=warrant))  # Again is no error.

    codes = (refusal_of(group.write(ben)), refusal_of(group.write(anna)))
    waiting = groups.warrants(anna.account, group.number).warrants
    seen = group.office.services.conversations.conversation(ben.account, group.number)
    group.commit(anna, without_member(group.document, ben.account, warrants=waiting))

    assert codes == (Code.CLOSED, Code.REMOVAL_DUE)
    assert waiting == [warrant]
    assert not seen.can_write
    assert told(group.office, EventKind.REMOVAL_DUE) == [anna.account]
    assert isinstance(group.write(anna), Accepted)
    assert groups.warrants(anna.account, group.number).warrants == []


def test_any_member_may_carry_out_a_wish_to_leave(
    office: Office, anna: Insider, ben: Insider, carl: Insider
) -> None:
    group = Group(office, anna, ben, carl)
    warrant = group.leave(anna)
    office.services.groups.leave(anna.account, group.number, Leaving(warrant=warrant))

    group.commit(ben, without_member(group.document, anna.account, warrants=[warrant]))

    assert group.document.members[0].role is Role.OWNER
    assert group.sequences(anna, 0) == [1, 2]


def test_when_all_have_left_the_log_is_closed(group: Group, anna: Insider, ben: Insider) -> None:
    for who in (ben, anna):
        group.office.services.groups.leave(
            who.account, group.number, Leaving(warrant=group.leave(who))
        )

    assert refusal_of(group.write(anna)) is Code.CLOSED
    assert code_of(lambda: group.commit(anna)) is Code.CLOSED
    assert group.sequences(anna, 0) == [1]


def test_a_wish_to_leave_is_ones_own_and_signed(
    group: Group, anna: Insider, ben: Insider, carl: Insider
) -> None:
    groups = group.office.services.groups
    own = group.leave(ben)
    forged = msgspec.structs.replace(own, signature=bytes(64))

    def leave(who: Insider, warrant: object, number: int = group.number) -> Code:
        return code_of(lambda: groups.leave(who.account, number, Leaving(warrant=warrant)))  # type: ignore[arg-type] # Wrong ones, too.

    assert leave(anna, own) is Code.MALFORMED
    assert leave(ben, group.revoke(ben, 5)) is Code.MALFORMED
    assert leave(ben, forged) is Code.FORBIDDEN
    assert leave(ben, own, new_id()) is Code.NOT_FOUND
    assert leave(carl, group.leave(carl)) is Code.NOT_FOUND


def test_two_people_stay_two(office: Office, anna: Insider, ben: Insider) -> None:
    group = Group(office, anna)
    group.number = office.converse(anna, ben)

    code = code_of(
        lambda: office.services.groups.leave(
            anna.account, group.number, Leaving(warrant=group.leave(anna))
        )
    )

    assert code is Code.FORBIDDEN


def test_revocations_and_archive_keys_wait_until_a_commit_has_them(
    group: Group, anna: Insider, ben: Insider
) -> None:
    groups = group.office.services.groups
    revoke, archive = group.revoke(ben, 77), group.archive(ben, 2)

    groups.add_warrants(ben.account, group.number, WarrantList(warrants=[revoke, archive]))
    waiting = groups.warrants(anna.account, group.number).warrants
    group.commit(anna, with_barred(group.document, revoke))
    after_one = groups.warrants(anna.account, group.number).warrants
    group.commit(anna, with_archive(group.document, archive))

    assert sorted(waiting, key=str) == sorted([revoke, archive], key=str)
    assert after_one == [archive]
    assert groups.warrants(anna.account, group.number).warrants == []
    assert isinstance(group.write(anna), Accepted)  # Only leaving holds messages up.
    groups.add_warrants(ben.account, group.number, WarrantList(warrants=[revoke, archive]))
    assert groups.warrants(anna.account, group.number).warrants == []


def test_warrants_are_of_the_own_account_and_signed(
    group: Group, anna: Insider, ben: Insider, carl: Insider
) -> None:
    groups = group.office.services.groups
    revoke = group.revoke(ben, 77)
    forged = msgspec.structs.replace(revoke, signature=bytes(64))

    def add(who: Insider, warrant: object) -> Code:
        listed = WarrantList(warrants=[warrant])  # type: ignore[list-item] # Wrong ones, too.
        return code_of(lambda: groups.add_warrants(who.account, group.number, listed))

    assert add(anna, revoke) is Code.FORBIDDEN
    assert add(ben, forged) is Code.FORBIDDEN
    assert add(ben, group.leave(ben)) is Code.FORBIDDEN
    assert add(carl, group.revoke(carl, 5)) is Code.NOT_FOUND
    assert code_of(lambda: groups.warrants(carl.account, group.number)) is Code.NOT_FOUND


def test_so_many_warrants_wait_and_no_more(group: Group, ben: Insider) -> None:
    groups = group.office.services.groups
    many: list[Warrant] = [
        group.revoke(ben, number + 1) for number in range(limits.JOIN_REQUESTS_MAX)
    ]
    groups.add_warrants(ben.account, group.number, WarrantList(warrants=many))
    more = WarrantList(warrants=[group.revoke(ben, 5000)])

    code = code_of(lambda: groups.add_warrants(ben.account, group.number, more))

    assert code is Code.OVERLOADED


def test_admins_hear_of_a_request_and_add_who_asks(
    group: Group, anna: Insider, ben: Insider, carl: Insider
) -> None:
    groups = group.office.services.groups
    request = JoinRequest(root_key=carl.root.key, greeting=b"sealed")

    groups.request_join(carl.account, group.number, request)
    groups.request_join(carl.account, group.number, request)  # Again is no error.

    (found,) = groups.join_requests(anna.account, group.number).requests
    assert (found.profile.account, found.root_key, found.greeting) == (
        carl.account,
        carl.root.key,
        b"sealed",
    )
    assert groups.join_requests(ben.account, group.number).requests == []
    assert told(group.office, EventKind.JOIN_REQUESTED) == [anna.account]
    group.commit(anna, with_members(group.document, [member_of(carl)]))
    assert groups.join_requests(anna.account, group.number).requests == []
    assert code_of(lambda: groups.request_join(carl.account, group.number, request)) is Code.EXISTS


def test_all_members_hear_of_a_request_by_invitation(
    group: Group, anna: Insider, ben: Insider, carl: Insider
) -> None:
    groups = group.office.services.groups
    invite = group.invite(anna, carl)

    groups.request_join(
        carl.account, group.number, JoinRequest(root_key=carl.root.key, invite=invite)
    )

    (found,) = groups.join_requests(ben.account, group.number).requests
    assert found.invite == invite
    assert set(told(group.office, EventKind.JOIN_REQUESTED)) == {anna.account, ben.account}


def test_an_invitation_follows_a_plain_request_but_not_another_one(
    group: Group, anna: Insider, carl: Insider
) -> None:
    groups = group.office.services.groups
    plain = JoinRequest(root_key=carl.root.key)
    invited = JoinRequest(root_key=carl.root.key, invite=group.invite(anna, carl))

    groups.request_join(carl.account, group.number, plain)
    groups.request_join(carl.account, group.number, invited)

    code = code_of(lambda: groups.request_join(carl.account, group.number, plain))
    assert code is Code.ALREADY_REQUESTED
    assert len(groups.join_requests(anna.account, group.number).requests) == 1


def test_what_is_no_way_in(
    group: Group, office: Office, anna: Insider, ben: Insider, carl: Insider
) -> None:
    dora = office.join("dora")
    direct = office.converse(anna, carl)

    def ask(who: Insider, number: int, **fields: object) -> Code:
        request = JoinRequest(**{"root_key": who.root.key, **fields})  # type: ignore[arg-type] # Wrong ones, too.
        return code_of(lambda: office.services.groups.request_join(who.account, number, request))

    expired = group.invite(anna, carl, lasts_ms=-1)
    by_member = group.invite(ben, carl)
    assert ask(carl, new_id()) is Code.NOT_FOUND
    assert ask(dora, direct) is Code.NOT_FOUND
    assert ask(ben, group.number) is Code.EXISTS
    assert ask(carl, group.number, root_key=bytes(32)) is Code.STALE
    assert ask(dora, group.number, invite=group.invite(anna, carl)) is Code.BAD_INVITE
    assert ask(carl, group.number, invite=group.leave(carl)) is Code.BAD_INVITE
    assert ask(carl, group.number, invite=expired) is Code.BAD_INVITE
    assert ask(carl, group.number, invite=by_member) is Code.BAD_INVITE


def test_nobody_comes_into_a_closed_group(group: Group, anna: Insider, ben: Insider) -> None:
    carl = group.office.join("carl")
    groups = group.office.services.groups
    for who in (anna, ben):
        groups.leave(who.account, group.number, Leaving(warrant=group.leave(who)))

    request = JoinRequest(root_key=carl.root.key)
    code = code_of(lambda: groups.request_join(carl.account, group.number, request))

    assert code is Code.CLOSED


def test_a_request_is_withdrawn_or_declined(
    group: Group, anna: Insider, ben: Insider, carl: Insider
) -> None:
    groups = group.office.services.groups
    request = JoinRequest(root_key=carl.root.key)

    def drop(who: Insider) -> None:
        groups.drop_join_request(who.account, group.number, carl.account)

    assert code_of(lambda: drop(anna)) is Code.NO_REQUEST
    groups.request_join(carl.account, group.number, request)
    stranger = group.office.join("stranger")
    assert code_of(lambda: drop(stranger)) is Code.NO_REQUEST
    assert code_of(lambda: drop(ben)) is Code.FORBIDDEN
    drop(carl)
    groups.request_join(carl.account, group.number, request)
    drop(anna)

    assert groups.join_requests(anna.account, group.number).requests == []
    assert told(group.office, EventKind.CONVERSATION_CHANGED) == [carl.account]


def test_an_admin_declines_too(group: Group, anna: Insider, ben: Insider, carl: Insider) -> None:
    groups = group.office.services.groups
    group.commit(anna, with_role(group.document, ben.account, Role.ADMIN))
    groups.request_join(carl.account, group.number, JoinRequest(root_key=carl.root.key))

    groups.drop_join_request(ben.account, group.number, carl.account)

    assert groups.join_requests(ben.account, group.number).requests == []


def test_so_many_ask_and_no_more(
    group: Group, carl: Insider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "JOIN_REQUESTS_MAX", 0)

    request = JoinRequest(root_key=carl.root.key)
    groups = group.office.services.groups

    assert (
        code_of(lambda: groups.request_join(carl.account, group.number, request)) is Code.OVERLOADED
    )
