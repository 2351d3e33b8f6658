from __future__ import annotations

import pytest

from backend.store import rosters
from backend.store.unit import Unit
from shared.roster import RosterDocument
from shared.roster_rules import with_members, without_member
from tests.backend.grouped import Group, member_of
from tests.backend.office import Insider, Office


@pytest.fixture
def anna(office: Office) -> Insider:
    return office.join("anna")


@pytest.fixture
def ben(office: Office) -> Insider:
    return office.join("ben")


@pytest.fixture
def group(office: Office, anna: Insider, ben: Insider) -> Group:
    return Group(office, anna, ben)


def set_members(
    group: Group, document: RosterDocument, *, sequence: int, parent: int
) -> tuple[frozenset[int], frozenset[int]]:
    def work(unit: Unit) -> tuple[frozenset[int], frozenset[int]]:
        return rosters.set_members(unit.session, document, sequence=sequence, parent=parent)

    return group.office.services.context.change(work)


def ranges(group: Group, who: Insider) -> list[tuple[int, int]]:
    return group.office.app.database.read(
        lambda session: rosters.ranges_of(session, group.number, who.account)
    )


def test_members_are_those_of_the_document(group: Group, anna: Insider, ben: Insider) -> None:
    alone = without_member(group.document, ben.account)

    gone = set_members(group, alone, sequence=4, parent=1)
    back = set_members(group, with_members(alone, [member_of(ben)]), sequence=9, parent=4)

    assert gone == (frozenset(), frozenset({ben.account}))
    assert back == (frozenset({ben.account}), frozenset())
    assert ranges(group, ben) == [(1, 4), (9, 0)]
    assert ranges(group, anna) == [(1, 0)]


def test_a_removal_that_does_not_count_leaves_no_gap(group: Group, ben: Insider) -> None:
    set_members(group, without_member(group.document, ben.account), sequence=4, parent=1)

    set_members(group, group.document, sequence=6, parent=1)

    assert ranges(group, ben) == [(1, 0)]


def test_the_range_of_an_entry_is_found() -> None:
    served = [(3, 5), (9, 0)]

    found = [rosters.range_of(served, sequence) for sequence in (2, 3, 5, 6, 9, 99)]

    assert found == [None, (3, 5), (3, 5), None, (9, 0), (9, 0)]


def test_who_has_gone_is_no_member(group: Group, ben: Insider) -> None:
    set_members(group, without_member(group.document, ben.account), sequence=4, parent=1)

    found = group.office.app.database.read(
        lambda session: rosters.find_member(session, group.number, ben.account)
    )

    assert found is None


def test_a_document_is_stored_once(group: Group) -> None:
    def work(unit: Unit) -> bytes | None:
        for content in (b"one", b"two"):
            rosters.add_document(
                unit.session, group.number, document_hash=bytes(32), content=content
            )
        return rosters.document_content(unit.session, group.number, bytes(32))

    assert group.office.services.context.change(work) == b"one"
