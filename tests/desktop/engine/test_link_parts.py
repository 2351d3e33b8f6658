from __future__ import annotations

import dataclasses
from collections.abc import Callable

import pytest

from desktop.engine.alarms import Alarms
from desktop.engine.changes import Changes
from desktop.engine.contents import Contents
from desktop.engine.context import EngineContext
from desktop.engine.following import Following
from desktop.engine.group_states import GroupStates
from desktop.engine.peer_keys import PeerKeys
from desktop.engine.prekeys import Prekeys
from tests.desktop.engine.small_server import Seat

pytestmark = pytest.mark.asyncio
Sit = Callable[..., Seat]


def held(part: object) -> list[object]:
    """Return what a part holds on to."""
    names = [*getattr(part, "__dict__", {}), *getattr(part, "__slots__", ())]
    return [getattr(part, name) for name in names if hasattr(part, name)]


async def test_all_parts_of_a_link_share_what_must_not_exist_twice(sit: Sit) -> None:
    parts = sit("anna").parts.connection._parts
    all_parts = [getattr(parts, each.name) for each in dataclasses.fields(parts)]
    # A second cache of groups would go on from an epoch that is over; a second keeper of keys
    # would not hear that a root has changed.
    kinds = (EngineContext, GroupStates, PeerKeys, Alarms, Changes, Contents, Following, Prekeys)

    for kind in kinds:
        found = [value for part in all_parts for value in held(part) if type(value) is kind]
        assert found, kind
        assert all(each is found[0] for each in found), kind
        own = [each for each in all_parts if type(each) is kind]
        assert all(each is found[0] for each in own), kind


async def test_what_was_confirmed_outlives_a_link(sit: Sit) -> None:
    anna, ben = await sit("anna").up(), await sit("ben").up()
    chat = await anna.direct(ben)
    await ben.say(chat, "hi")
    confirmed = anna.parts.connection._parts.confirmed

    await anna.down()
    await anna.up()

    assert anna.parts.connection._parts.confirmed is confirmed
    assert confirmed[chat] == len(anna.server.logs[chat].entries)
