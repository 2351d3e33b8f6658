from __future__ import annotations

import pytest

from backend.bus import PresenceChanged
from shared.frames import Hello
from shared.rest import Privacy
from tests.backend.office import Insider, Office

HIDDEN, SHOWN = Privacy(shares_presence=False), Privacy(shares_presence=True)


@pytest.fixture
def friends(office: Office) -> tuple[Insider, Insider]:
    anna, ben = office.join("anna"), office.join("ben")
    office.befriend(anna, ben)
    for insider in (anna, ben):
        office.services.presence.arrived(insider.account)
    office.heard.clear()
    return anna, ben


def heard(office: Office) -> list[tuple[int, bool, tuple[int, ...]]]:
    found = [
        (item.presence.account, item.presence.is_online, item.contacts)
        for item in office.heard
        if isinstance(item, PresenceChanged) and item.contacts
    ]
    office.heard.clear()
    return sorted(found)


def test_everybody_is_shown_at_first(office: Office, friends: tuple[Insider, Insider]) -> None:
    assert office.services.privacy.load(friends[0].account) == SHOWN


def test_who_hides_goes_offline_for_others_and_they_for_them(
    office: Office, friends: tuple[Insider, Insider]
) -> None:
    anna, ben = friends

    answer = office.services.privacy.change(anna.account, HIDDEN)

    assert answer == HIDDEN
    assert heard(office) == sorted(
        [(anna.account, False, (ben.account,)), (ben.account, False, (anna.account,))]
    )
    office.services.privacy.change(anna.account, HIDDEN)
    assert heard(office) == []
    office.services.privacy.change(anna.account, SHOWN)
    assert heard(office) == sorted(
        [(anna.account, True, (ben.account,)), (ben.account, True, (anna.account,))]
    )


def test_nothing_that_is_asked_for_tells_of_who_hides(
    office: Office, friends: tuple[Insider, Insider]
) -> None:
    anna, ben = friends
    office.services.privacy.change(anna.account, HIDDEN)

    for one, other in ((anna, ben), (ben, anna)):
        contact = office.services.contacts.listing(one.account).contacts[0]
        missed = office.services.catch_up.missed(
            account=one.account, device=one.device, hello=Hello(1, 1, 0, 0)
        )
        told = missed.presence[0]
        assert (contact.profile.account, told.account) == (other.account, other.account)
        assert (contact.is_online, contact.last_seen_ms) == (False, 0)
        assert (told.is_online, told.last_seen_ms) == (False, 0)


def test_comings_and_goings_of_who_hides_are_told_to_nobody(
    office: Office, friends: tuple[Insider, Insider]
) -> None:
    anna, _ben = friends
    office.services.privacy.change(anna.account, HIDDEN)
    carl = office.join("carl")
    office.befriend(anna, carl)
    office.heard.clear()

    office.services.presence.arrived(carl.account)
    office.services.presence.arrived(anna.account)

    assert heard(office) == []
