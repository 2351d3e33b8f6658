from __future__ import annotations

import pytest

from backend.store.events import append_event, append_events, events_after
from backend.store.unit import Unit
from shared import limits
from shared.events import Event, EventKind
from tests.backend.office import Insider, Office


@pytest.fixture
def anna(office: Office) -> Insider:
    return office.join("anna")


def append(office: Office, anna: Insider, count: int) -> list[Event]:
    def work(unit: Unit) -> list[Event]:
        return [
            append_event(
                unit.session, to=anna.account, kind=EventKind.PROFILE_CHANGED, at_ms=5, account=7
            )
            for _ in range(count)
        ]

    return office.services.context.change(work)


def after(office: Office, anna: Insider, position: int) -> tuple[list[Event], int, bool]:
    return office.services.context.read(
        lambda session: events_after(session, anna.account, position)
    )


def test_positions_are_one_two_three(office: Office, anna: Insider) -> None:
    made = append(office, anna, 3)

    assert [event.position for event in made] == [1, 2, 3]


def test_events_after_a_position_are_found_as_they_were(office: Office, anna: Insider) -> None:
    made = append(office, anna, 5)

    assert after(office, anna, 2) == (made[2:], 5, False)
    assert after(office, anna, 5) == ([], 5, False)


@pytest.mark.parametrize("position", [0, 6])
def test_a_position_that_says_nothing_needs_a_snapshot(
    office: Office, anna: Insider, position: int
) -> None:
    append(office, anna, 5)

    assert after(office, anna, position) == ([], 5, True)


def test_old_events_are_dropped_and_then_need_a_snapshot(
    office: Office, anna: Insider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "EVENTS_KEPT_PER_USER", 10)
    append(office, anna, 512)

    assert after(office, anna, 100)[2]
    assert len(after(office, anna, 502)[0]) == 10


def test_many_are_told_the_same_in_one_go_each_once(office: Office) -> None:
    anna, ben = office.join("anna"), office.join("ben")

    def work(unit: Unit) -> list[tuple[int, Event]]:
        return append_events(
            unit.session,
            to=[ben.account, anna.account, ben.account],
            kind=EventKind.DEVICES_CHANGED,
            at_ms=7,
            account=anna.account,
        )

    told = office.services.context.change(work)

    assert [account for account, _ in told] == sorted([anna.account, ben.account])
    found = office.services.context.read(
        lambda session: events_after(session, ben.account, told[1][1].position - 1)
    )
    assert found[0] in ([], [told[1][1]])


def test_nobody_is_told_nothing(office: Office) -> None:
    told = office.services.context.change(
        lambda unit: append_events(unit.session, to=[], kind=EventKind.DEVICES_CHANGED, at_ms=7)
    )

    assert told == []
