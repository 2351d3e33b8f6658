from __future__ import annotations

import msgspec
import pytest

from desktop.events import (
    Contact,
    ContactsChanged,
    ConversationRow,
    FriendGroup,
    PresenceState,
    Request,
)
from desktop.models.contacts import ContactRole, ContactsModel, Section
from shared.identifiers import AccountId, ConversationId
from tests.desktop.fake_port import blank_row, profile


def contact(account: int, name: str, *, is_online: bool = False) -> Contact:
    presence = PresenceState.ONLINE if is_online else PresenceState.OFFLINE
    return Contact(profile=profile(account, name.lower(), name), presence=presence)


def request(account: int, name: str, *, is_own: bool) -> Request:
    person = profile(account, name.lower(), name)
    return Request(profile=person, greeting="hi", is_own=is_own, at_ms=account)


TOLD = ContactsChanged(
    contacts=[contact(2, "Zoe", is_online=True), contact(3, "anna"), contact(4, "Ben")],
    requests=[request(5, "Dana", is_own=False), request(6, "Emil", is_own=True)],
)
FAMILY = FriendGroup(name="Family", accounts=(AccountId(4), AccountId(2)))
WORK = FriendGroup(name="Work")


def group(number: int, title: str, *, waiting: int = 0, role: int = 1) -> ConversationRow:
    return blank_row(
        ConversationId(number),
        profile(0, "", ""),
        kind=2,
        title=title,
        own_role=role,
        join_requests=waiting,
    )


@pytest.fixture
def model(windows: None) -> ContactsModel:
    made = ContactsModel(lambda node, count: f"{node!r:.20} {count}")
    made.apply(TOLD)
    return made


def tree(model: ContactsModel) -> dict[Section | str, list[str]]:
    found: dict[Section | str, list[str]] = {}
    for place in range(model.rowCount()):
        branch = model.item(place)
        children = [branch.child(child).text() for child in range(branch.rowCount())]
        node = branch.data(ContactRole.NODE)
        found[node.name if isinstance(node, FriendGroup) else node] = children
    return found


def test_people_stand_in_their_sections_those_online_first(model: ContactsModel) -> None:
    assert tree(model) == {
        Section.RECEIVED: ["Dana"],
        Section.FRIENDS: ["Zoe", "anna", "Ben"],
        Section.SENT: ["Emil"],
    }
    assert model.received == 1


def test_empty_sections_are_not_shown_but_for_friends(model: ContactsModel) -> None:
    model.apply(ContactsChanged(contacts=[], requests=[]))

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


def test_who_hides_their_presence_was_never_seen(model: ContactsModel) -> None:
    model.apply_presence(AccountId(2), PresenceState.OFFLINE, 77)

    model.apply_presence(AccountId(2), PresenceState.OFFLINE, 0)

    found = model.find(AccountId(2))
    assert found is not None
    assert found.last_seen_ms == 0


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


def test_friends_stand_in_their_groups_and_the_rest_below(model: ContactsModel) -> None:
    model.apply(msgspec.structs.replace(TOLD, friend_groups=(FAMILY, WORK)))

    assert list(tree(model)) == [Section.RECEIVED, "Family", "Work", Section.FRIENDS, Section.SENT]
    assert tree(model)["Family"] == ["Zoe", "Ben"]
    assert tree(model)["Work"] == []
    assert tree(model)[Section.FRIENDS] == ["anna"]
    assert model.group_of(AccountId(4)) == "Family"
    assert model.group_of(AccountId(3)) is None
    assert model.branch_index("Work").row() == 2
    assert not model.branch_index("School").isValid()


def test_friends_in_no_group_have_no_branch_when_there_are_none(model: ContactsModel) -> None:
    everybody = FriendGroup(name="All", accounts=(AccountId(2), AccountId(3), AccountId(4)))

    model.apply(msgspec.structs.replace(TOLD, friend_groups=(everybody,)))

    assert Section.FRIENDS not in tree(model)


def test_own_names_are_shown_and_sorted_by(model: ContactsModel) -> None:
    renamed = msgspec.structs.replace(contact(4, "Ben"), remark="阿本")

    model.apply(msgspec.structs.replace(TOLD, contacts=[contact(3, "Bob"), renamed]))

    assert tree(model)[Section.FRIENDS] == ["阿本", "Bob"]


def test_names_are_found_by_remark_user_name_and_sound(model: ContactsModel) -> None:
    wang = msgspec.structs.replace(contact(2, "王芳"), remark="阿芳")
    model.apply(msgspec.structs.replace(TOLD, contacts=[wang, contact(3, "Anna")]))

    found = {}
    for text in ("wangf", "wf", "afang", "王", "anna", "zz"):
        model.narrow(text)
        found[text] = tree(model).get(Section.FRIENDS, [])

    assert found == {
        "wangf": ["阿芳"],
        "wf": ["阿芳"],
        "afang": ["阿芳"],
        "王": ["阿芳"],
        "anna": ["Anna"],
        "zz": [],
    }
    assert model.rowCount() == 0
    assert model.is_narrowed


def test_groups_stand_in_the_tree_and_those_who_want_in_among_requests(
    model: ContactsModel,
) -> None:
    heard: list[int] = []
    model.received_changed.connect(heard.append)

    model.apply_groups([group(70, "Chess", waiting=2), group(71, "Art"), group(72, "Left", role=0)])

    assert tree(model)[Section.GROUPS] == ["Art", "Chess"]
    assert tree(model)[Section.RECEIVED] == ["Dana", "Chess"]
    assert (model.received, heard) == (3, [3])
    assert model.index_of_group(ConversationId(71)).data() == "Art"
    model.apply_groups([group(70, "Chess")])
    assert tree(model)[Section.RECEIVED] == ["Dana"]
    model.apply_groups([group(71, "Art", role=0)])
    assert tree(model)[Section.GROUPS] == ["Chess"]


def test_what_is_not_shown_of_a_group_does_not_build_the_tree_anew(model: ContactsModel) -> None:
    model.apply_groups([group(70, "Chess")])
    heard: list[bool] = []
    model.rebuilt.connect(lambda: heard.append(True))

    model.apply_groups([msgspec.structs.replace(group(70, "Chess"), unread=5)])

    assert heard == []


def test_who_is_blocked_stands_among_the_blocked_alone(model: ContactsModel) -> None:
    stranger = profile(9, "eve", "Eve")

    model.apply(msgspec.structs.replace(TOLD, blocked=(stranger, contact(4, "Ben").profile)))

    assert tree(model)[Section.BLOCKED] == ["Ben", "Eve"]
    assert tree(model)[Section.FRIENDS] == ["Zoe", "anna"]
    assert model.find_blocked(AccountId(9)) == stranger
    assert model.find(AccountId(4)) is not None


def test_a_hidden_friend_is_gone_until_taken_back(model: ContactsModel) -> None:
    model.hide(AccountId(3))

    assert tree(model)[Section.FRIENDS] == ["Zoe", "Ben"]
    assert model.find(AccountId(3)) is None
    model.unhide(AccountId(3))
    assert tree(model)[Section.FRIENDS] == ["Zoe", "anna", "Ben"]


def test_a_friend_who_comes_moves_without_the_tree_being_emptied(model: ContactsModel) -> None:
    removed: list[int] = []
    model.rowsRemoved.connect(lambda _parent, first, _last: removed.append(first))

    model.apply_presence(AccountId(2), PresenceState.ONLINE, 0)
    assert removed == []
    model.apply_presence(AccountId(4), PresenceState.ONLINE, 0)

    assert removed == [2]
    assert tree(model)[Section.FRIENDS] == ["Ben", "Zoe", "anna"]
