from __future__ import annotations

import pytest

from desktop.events import Contact, PresenceState, Request
from desktop.models.contacts import ContactRole, ContactsModel, Section
from shared.identifiers import AccountId
from tests.desktop.fake_port import profile


def contact(account: int, name: str, *, is_online: bool = False) -> Contact:
    presence = PresenceState.ONLINE if is_online else PresenceState.OFFLINE
    return Contact(profile=profile(account, name.lower(), name), presence=presence)


def request(account: int, name: str, *, is_own: bool) -> Request:
    person = profile(account, name.lower(), name)
    return Request(profile=person, greeting="hi", is_own=is_own, at_ms=account)


@pytest.fixture
def model(windows: None) -> ContactsModel:
    made = ContactsModel(lambda node, count: f"{node!r:.20} {count}")
    made.apply(
        [contact(2, "Zoe", is_online=True), contact(3, "anna"), contact(4, "Ben")],
        [request(5, "Dana", is_own=False), request(6, "Emil", is_own=True)],
    )
    return made


def tree(model: ContactsModel) -> dict[Section, list[str]]:
    found = {}
    for place in range(model.rowCount()):
        section = model.item(place)
        children = [section.child(child).text() for child in range(section.rowCount())]
        found[section.data(ContactRole.NODE)] = children
    return found


def test_people_stand_in_their_sections_those_online_first(model: ContactsModel) -> None:
    assert tree(model) == {
        Section.RECEIVED: ["Dana"],
        Section.FRIENDS: ["Zoe", "anna", "Ben"],
        Section.SENT: ["Emil"],
    }
    assert model.received == 1


def test_empty_sections_are_not_shown_but_for_friends(model: ContactsModel) -> None:
    model.apply([], [])

    assert tree(model) == {Section.FRIENDS: []}


def test_a_friend_who_comes_moves_up(model: ContactsModel) -> None:
    model.apply_presence(AccountId(4), PresenceState.ONLINE, 0)

    assert tree(model)[Section.FRIENDS] == ["Ben", "Zoe", "anna"]


def test_the_time_somebody_was_last_seen_is_kept(model: ContactsModel) -> None:
    model.apply_presence(AccountId(2), PresenceState.OFFLINE, 77)
    model.apply_presence(AccountId(2), PresenceState.ONLINE, 0)

    found = model.find(AccountId(2))
    assert found is not None
    assert found.last_seen_ms == 77


def test_presence_of_strangers_changes_nothing(model: ContactsModel) -> None:
    model.apply_presence(AccountId(99), PresenceState.ONLINE, 0)

    assert model.find(AccountId(99)) is None


def test_changed_names_are_shown(model: ContactsModel) -> None:
    model.apply_profile(profile(3, "anna", "Yara"))
    model.apply_profile(profile(5, "dana", "Dora"))

    assert tree(model)[Section.FRIENDS] == ["Zoe", "Ben", "Yara"]
    assert tree(model)[Section.RECEIVED] == ["Dora"]


def test_a_text_narrows_the_tree(model: ContactsModel) -> None:
    model.narrow("AN")

    assert tree(model) == {Section.RECEIVED: ["Dana"], Section.FRIENDS: ["anna"]}


def test_people_are_found_in_the_tree(model: ContactsModel) -> None:
    assert model.index_of(AccountId(6)).data() == "Emil"
    assert not model.index_of(AccountId(99)).isValid()
    assert model.find_request(AccountId(5)) is not None


def test_log_out_forgets_everybody(model: ContactsModel) -> None:
    model.clear()

    assert tree(model) == {Section.FRIENDS: []}
