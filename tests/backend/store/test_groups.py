from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import msgspec
import pytest

from backend.store import groups as store
from backend.store.database import Session
from backend.store.tables import JoinRequestRow
from backend.store.unit import Unit
from shared.roster import Warrant
from shared.roster_rules import with_archive, with_barred, with_members, without_member
from tests.backend.grouped import Group, member_of
from tests.backend.office import Insider, Office

T = TypeVar("T")


@pytest.fixture
def anna(office: Office) -> Insider:
    return office.join("anna")


@pytest.fixture
def ben(office: Office) -> Insider:
    return office.join("ben")


@pytest.fixture
def group(office: Office, anna: Insider, ben: Insider) -> Group:
    return Group(office, anna, ben)


def change(group: Group, work: Callable[[Session], T]) -> T:
    def run(unit: Unit) -> T:
        return work(unit.session)

    return group.office.services.context.change(run)


def keep(group: Group, who: Insider, *warrants: Warrant) -> None:
    for at_ms, warrant in enumerate(warrants):
        change(
            group,
            lambda session, w=warrant, t=at_ms: store.add_warrant(  # type: ignore[misc] # Defaults bind them.
                session, group.number, who.account, w, at_ms=t
            ),
        )


def waiting(group: Group) -> list[Warrant]:
    return change(group, lambda session: store.warrants_of(session, group.number))


def test_warrants_are_kept_as_they_are(group: Group, anna: Insider, ben: Insider) -> None:
    kinds: list[Warrant] = [
        group.leave(ben),
        group.revoke(ben, 5),
        group.revoke(ben, 6),
        group.archive(ben, 2),
        group.invite(anna, ben),
    ]

    keep(group, ben, *kinds)
    keep(group, ben, kinds[1])

    assert sorted(waiting(group), key=str) == sorted(kinds, key=str)
    assert change(group, lambda session: store.count_warrants(session, group.number)) == 5


def test_what_a_document_has_done_is_forgotten(group: Group, anna: Insider, ben: Insider) -> None:
    revoke, archive = group.revoke(ben, 5), group.archive(ben, 2)
    keep(group, ben, revoke, archive, group.leave(ben), group.invite(anna, ben))

    change(group, lambda session: store.settle(session, with_barred(group.document, revoke)))
    after_one = waiting(group)
    change(group, lambda session: store.settle(session, with_archive(group.document, archive)))
    after_two = waiting(group)
    gone = without_member(group.document, ben.account)
    change(group, lambda session: store.settle(session, gone))

    assert {type(warrant).__name__ for warrant in after_one} == {"ArchiveWarrant", "LeaveWarrant"}
    assert {type(warrant).__name__ for warrant in after_two} == {"LeaveWarrant"}
    assert waiting(group) == []


def test_a_wish_to_leave_ends_when_one_is_added_anew(group: Group, ben: Insider) -> None:
    keep(group, ben, group.leave(ben))
    gone = without_member(group.document, ben.account)
    back = with_members(gone, [member_of(ben)])

    change(group, lambda session: store.settle(session, back))

    assert waiting(group) == []


def test_requests_are_listed_and_end_with_the_document(
    group: Group, office: Office, anna: Insider
) -> None:
    carl, dora = office.join("carl"), office.join("dora")
    for at_ms, (who, invite) in enumerate([(carl, None), (dora, b"invite")]):
        row = JoinRequestRow(
            conversation_id=group.number,
            account=who.account,
            root_key=who.root.key,
            greeting=b"",
            invite=invite,
            at_ms=at_ms,
        )
        change(group, lambda session, row=row: store.add_join_request(session, row))  # type: ignore[misc] # A default binds it.

    def listed(all_of_them: bool) -> list[int]:
        return change(
            group,
            lambda session: [
                row.account
                for row, _ in store.join_requests(session, group.number, all_of_them=all_of_them)
            ],
        )

    assert (listed(True), listed(False)) == ([carl.account, dora.account], [dora.account])
    assert change(group, lambda session: store.count_join_requests(session, group.number)) == 2
    with_carl = with_members(group.document, [member_of(carl)])
    change(group, lambda session: store.settle(session, with_carl))
    assert listed(True) == [dora.account]


def test_warrants_survive_their_own_bytes(group: Group, ben: Insider) -> None:
    warrant = group.leave(ben)

    again = store.decode_warrant(store.encode_warrant(warrant))

    assert again == warrant
    assert msgspec.msgpack.encode(warrant)[1:7] == b"\xa5leave"
