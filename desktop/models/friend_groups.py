"""Sorting friends into groups: pure steps from all groups to all groups, for `SetFriendGroups`."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from desktop.events import FriendGroup
from shared import limits
from shared.identifiers import AccountId

__all__ = ["added", "as_command", "is_free", "moved", "removed", "renamed", "reordered", "shifted"]

Groups = tuple[FriendGroup, ...]


def as_command(groups: Groups) -> tuple[tuple[str, tuple[AccountId, ...]], ...]:
    """Return the groups as `desktop.commands.SetFriendGroups` has them."""
    return tuple((group.name, group.accounts) for group in groups)


def is_free(groups: Sequence[FriendGroup], name: str, *, but: str = "") -> bool:
    """Whether a group may be called so: no other one but ``but`` is."""
    taken = {group.name.casefold() for group in groups if group.name != but}
    is_short = 0 < len(name.strip()) <= limits.FRIEND_GROUP_NAME_LENGTH_MAX
    return is_short and name.strip().casefold() not in taken


def added(groups: Groups, name: str, accounts: tuple[AccountId, ...] = ()) -> Groups:
    """Return the groups with a new one at their end, that friends move into."""
    grown = (*groups, FriendGroup(name=name))
    for account in accounts:
        grown = moved(grown, account, name)
    return grown


def renamed(groups: Groups, name: str, new_name: str) -> Groups:
    """Return the groups, one of them called otherwise."""
    return tuple(
        msgspec.structs.replace(group, name=new_name) if group.name == name else group
        for group in groups
    )


def removed(groups: Groups, name: str) -> Groups:
    """Return the groups without one; its friends are in none."""
    return tuple(group for group in groups if group.name != name)


def moved(groups: Groups, account: AccountId, name: str | None) -> Groups:
    """Return the groups with a friend in another one, or in none (``None``)."""
    result = []
    for group in groups:
        if group.name == name and account not in group.accounts:
            accounts = (*group.accounts, account)
        elif group.name == name:
            accounts = group.accounts
        else:
            accounts = tuple(each for each in group.accounts if each != account)
        result.append(msgspec.structs.replace(group, accounts=accounts))
    return tuple(result)


def shifted(groups: Groups, name: str, by: int) -> Groups:
    """Return the groups, one of them so many places further down; it stops at the ends."""
    place = next((place for place, group in enumerate(groups) if group.name == name), None)
    return groups if place is None else reordered(groups, name, max(0, place + by))


def reordered(groups: Groups, name: str, place: int) -> Groups:
    """Return the groups, one of them at this place among all."""
    others = [group for group in groups if group.name != name]
    moving = [group for group in groups if group.name == name]
    return (*others[:place], *moving, *others[place:])
