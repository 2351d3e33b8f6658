from __future__ import annotations

from desktop.events import FriendGroup
from desktop.models import friend_groups
from shared.identifiers import AccountId

ANNA, BEN, CLEO = AccountId(2), AccountId(3), AccountId(4)
GROUPS = (
    FriendGroup(name="Family", accounts=(ANNA, BEN)),
    FriendGroup(name="Work", accounts=(CLEO,)),
    FriendGroup(name="Chess"),
)


def names(groups: tuple[FriendGroup, ...]) -> list[str]:
    return [group.name for group in groups]


def test_a_friend_is_in_one_group_at_most() -> None:
    moved = friend_groups.moved(GROUPS, ANNA, "Work")

    assert friend_groups.as_command(moved) == (
        ("Family", (BEN,)),
        ("Work", (CLEO, ANNA)),
        ("Chess", ()),
    )
    assert friend_groups.moved(GROUPS, ANNA, "Family") == GROUPS
    assert friend_groups.moved(GROUPS, ANNA, None)[0].accounts == (BEN,)


def test_a_new_group_takes_friends_from_others() -> None:
    grown = friend_groups.added(GROUPS, "New", (BEN,))

    assert names(grown) == ["Family", "Work", "Chess", "New"]
    assert (grown[0].accounts, grown[3].accounts) == ((ANNA,), (BEN,))


def test_a_group_keeps_its_friends_under_another_name() -> None:
    renamed = friend_groups.renamed(GROUPS, "Family", "Home")

    assert renamed[0] == FriendGroup(name="Home", accounts=(ANNA, BEN))
    assert renamed[1:] == GROUPS[1:]


def test_a_removed_group_leaves_its_friends_in_none() -> None:
    assert friend_groups.removed(GROUPS, "Family") == GROUPS[1:]


def test_groups_move_up_and_down_and_stop_at_the_ends() -> None:
    assert names(friend_groups.shifted(GROUPS, "Chess", -1)) == ["Family", "Chess", "Work"]
    assert names(friend_groups.shifted(GROUPS, "Family", 1)) == ["Work", "Family", "Chess"]
    assert names(friend_groups.shifted(GROUPS, "Family", -1)) == names(GROUPS)
    assert names(friend_groups.shifted(GROUPS, "Chess", 1)) == names(GROUPS)
    assert friend_groups.shifted(GROUPS, "nothing", 1) == GROUPS
    assert names(friend_groups.reordered(GROUPS, "Chess", 0)) == ["Chess", "Family", "Work"]


def test_a_name_is_free_that_no_other_group_has() -> None:
    assert friend_groups.is_free(GROUPS, "School")
    assert not friend_groups.is_free(GROUPS, " work ")
    assert friend_groups.is_free(GROUPS, "WORK", but="Work")
    assert not friend_groups.is_free(GROUPS, " ")
    assert not friend_groups.is_free(GROUPS, "x" * 51)
