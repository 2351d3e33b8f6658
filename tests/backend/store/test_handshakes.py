from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import pytest

from backend.store import handshakes as store
from backend.store.database import Session
from backend.store.unit import Unit
from shared import limits
from shared.rest import SealedRecord
from shared.rest_groups import PublicState
from tests.backend.grouped import Group
from tests.backend.office import Insider, Office

T = TypeVar("T")


@pytest.fixture
def anna(office: Office) -> Insider:
    return office.join("anna")


@pytest.fixture
def group(office: Office, anna: Insider) -> Group:
    return Group(office, anna)


def change(group: Group, work: Callable[[Session], T]) -> T:
    def run(unit: Unit) -> T:
        return work(unit.session)

    return group.office.services.context.change(run)


def add_states(group: Group, *sequences: int) -> None:
    for sequence in sequences:
        state = PublicState(
            sequence=sequence,
            parent=sequence - 1,
            document_hash=bytes(32),
            group_info=b"i",
            tree=b"t%d" % sequence,
        )
        change(group, lambda session, state=state: store.add_state(session, group.number, state))  # type: ignore[misc] # A default binds it.


def sequences(group: Group) -> list[int]:
    return change(
        group, lambda session: [s.sequence for s in store.newest_states(session, group.number)]
    )


def welcome(group: Group, sequence: int, devices: dict[int, int]) -> None:
    change(
        group,
        lambda session: store.add_welcome(
            session, group.number, sequence=sequence, welcome=b"w%d" % sequence, devices=devices
        ),
    )


def prune(group: Group) -> None:
    change(group, lambda session: store.prune_states(session, group.number))


def test_the_newest_states_are_kept(group: Group) -> None:
    add_states(group, 2, 3, 4, 5)

    prune(group)

    assert sequences(group) == [5, 4, 3]
    assert len(sequences(group)) == limits.GROUP_INFOS_KEPT


def test_a_state_stays_while_a_welcome_needs_its_tree(group: Group) -> None:
    add_states(group, 2, 3, 4, 5, 6)
    welcome(group, 2, {77: 1, 78: 1})

    prune(group)
    found = change(group, lambda session: store.welcome_for(session, group.number, 77))
    for device in (77, 78):
        change(group, lambda session, d=device: store.drop_welcome(session, group.number, d))  # type: ignore[misc] # A default binds it.
    prune(group)
    gone = change(group, lambda session: store.welcome_for(session, group.number, 77))

    assert found is not None
    assert (found.sequence, found.welcome, found.tree) == (2, b"w2", b"t2")
    assert gone is None


def test_the_newest_welcome_of_a_device_counts(group: Group) -> None:
    add_states(group, 2, 3)
    welcome(group, 2, {77: 1})
    welcome(group, 3, {77: 1})

    found = change(group, lambda session: store.welcome_for(session, group.number, 77))

    assert found is not None
    assert found.sequence == 3


def test_welcomes_of_those_who_have_gone_are_dropped(group: Group) -> None:
    add_states(group, 2)
    welcome(group, 2, {77: 1, 78: 2})

    change(group, lambda session: store.drop_welcomes_of_others(session, group.number, [2]))

    kept = [
        change(group, lambda session, d=device: store.welcome_for(session, group.number, d))  # type: ignore[misc] # A default binds it.
        for device in (77, 78)
    ]
    assert [found is not None for found in kept] == [False, True]


def test_records_of_an_epoch_are_not_torn_apart(group: Group, anna: Insider) -> None:
    records = [SealedRecord(account=anna.account, record=b"r")] * 3
    for parent in (2, 3):
        change(
            group,
            lambda session, parent=parent: store.add_records(  # type: ignore[misc] # A default binds it.
                session, group.number, records, parent=parent, device=5
            ),
        )

    def page(before: int, limit: int) -> list[int]:
        return change(
            group,
            lambda session: [
                record.parent
                for record in store.records_of(
                    session, group.number, account=anna.account, before=before, limit=limit
                )
            ],
        )

    assert page(0, 1) == [3, 3, 3]
    assert page(0, 4) == [3, 3, 3, 2, 2, 2]
    assert page(3, 200) == [2, 2, 2]
    assert page(2, 200) == []


def test_devices_have_accounts(group: Group, anna: Insider) -> None:
    found = change(group, lambda session: store.accounts_of_devices(session, [anna.device, 5]))

    assert found == {anna.device: anna.account}
