from __future__ import annotations

import threading
from pathlib import Path

import pytest

from backend.bus import Announcement, PresenceChanged
from backend.store.accounts import find_user
from backend.store.database import Session
from shared import limits
from tests.backend.office import Insider, Office


@pytest.fixture
def friends(office: Office) -> tuple[Insider, Insider]:
    anna, ben = office.join("anna"), office.join("ben")
    office.befriend(anna, ben)
    office.heard.clear()
    return anna, ben


def told(office: Office) -> list[tuple[int, bool, tuple[int, ...]]]:
    return [
        (item.presence.account, item.presence.is_online, item.contacts)
        for item in office.heard
        if isinstance(item, PresenceChanged)
    ]


def wait_until_offline(office: Office) -> None:
    gone = threading.Event()

    def listen(announcement: Announcement) -> None:
        if isinstance(announcement, PresenceChanged) and not announcement.presence.is_online:
            gone.set()

    office.services.context.bus.listen(listen)
    assert gone.wait(20)


def test_who_comes_is_told_to_contacts_once(
    office: Office, friends: tuple[Insider, Insider]
) -> None:
    anna, ben = friends

    office.services.presence.arrived(anna.account)
    office.services.presence.arrived(anna.account)

    assert told(office) == [(anna.account, True, (ben.account,))]
    assert office.services.presence.is_online(anna.account)


def test_who_goes_is_told_after_a_grace_and_last_seen_is_stored(
    office: Office, friends: tuple[Insider, Insider]
) -> None:
    anna, ben = friends
    office.services.presence.arrived(anna.account)

    office.services.presence.left(anna.account)
    still_online = office.services.presence.is_online(anna.account)
    wait_until_offline(office)
    office.settle()

    def last_seen(session: Session) -> int:
        user = find_user(session, anna.account)
        assert user is not None
        return user.last_seen_ms

    assert still_online
    assert told(office)[-1] == (anna.account, False, (ben.account,))
    assert office.services.context.read(last_seen) == office.clock.now_ms


def test_who_comes_back_in_time_never_left(
    office: Office, friends: tuple[Insider, Insider], monkeypatch: pytest.MonkeyPatch
) -> None:
    anna, ben = friends
    monkeypatch.setattr(limits, "PRESENCE_OFFLINE_GRACE_MS", 30)
    office.services.presence.arrived(anna.account)
    office.services.presence.left(anna.account)
    office.services.presence.arrived(anna.account)
    monkeypatch.setattr(limits, "PRESENCE_OFFLINE_GRACE_MS", 60)
    office.services.presence.arrived(ben.account)

    office.services.presence.left(ben.account)
    wait_until_offline(office)

    assert [(account, is_online) for account, is_online, _ in told(office)] == [
        (anna.account, True),
        (ben.account, True),
        (ben.account, False),
    ]


def test_a_stop_stores_when_everybody_was_last_seen(tmp_path: Path) -> None:
    office = Office(tmp_path / "data")
    anna = office.join("anna")
    office.services.presence.arrived(anna.account)
    office.close()

    again = Office(tmp_path / "data")
    user = again.services.context.read(lambda session: find_user(session, anna.account))
    again.close()

    assert user is not None
    assert user.last_seen_ms == office.clock.now_ms


@pytest.mark.logs_warnings
def test_presence_is_best_effort(office: Office, friends: tuple[Insider, Insider]) -> None:
    anna, _ = friends
    with office.app.database.engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE contacts")

    office.services.presence.arrived(anna.account)

    assert office.services.presence.is_online(anna.account)
    assert told(office) == []
