from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
import pytest_asyncio

from desktop import commands
from desktop.events import Alarm
from tests.desktop.engine.small_server import Account, Seat, SmallServer

pytestmark = pytest.mark.asyncio


@pytest_asyncio.fixture
async def seats(tmp_path: Path) -> AsyncIterator[Callable[..., Seat]]:
    server = SmallServer()
    made: dict[str, Account] = {}

    def sit(name: str, device: str = "phone") -> Seat:
        account = made.get(name) or made.setdefault(name, server.account(name))
        return Seat(server, account, tmp_path / f"{name}-{device}")

    yield sit
    for seat in server.seats:
        await seat.close()


async def direct(anna: Seat, ben: Seat) -> int:
    stored = await anna.parts.conversations.open_with(ben.account)
    assert anna.run is not None
    anna.run.track(stored)
    await anna.settle()
    return stored.conversation_id


async def test_two_people_talk(seats: Callable[..., Seat]) -> None:
    anna, ben = await seats("anna").up(), await seats("ben").up()

    conversation_id = await direct(anna, ben)
    anna.send(conversation_id, "hello")
    await anna.settle()
    ben.send(conversation_id, "hi")
    await anna.settle()

    assert anna.texts(conversation_id) == ["hello", "hi"]
    assert ben.texts(conversation_id) == ["hello", "hi"]
    assert ben.is_live(conversation_id)
    assert not [event for seat in (anna, ben) for event in seat.told if isinstance(event, Alarm)]


async def test_a_group_lives(seats: Callable[..., Seat]) -> None:
    anna, ben, carol = [await seats(name).up() for name in ("anna", "ben", "carol")]
    command = commands.CreateGroup(name="club", accounts=(ben.account,))
    stored = await anna.parts.groups.create(command)
    group = stored.conversation_id
    assert anna.run is not None
    anna.run.track(stored)
    await anna.settle()
    ben.send(group, "one")
    await anna.settle()

    await anna.parts.groups.carry_out(
        commands.AddMembers(conversation_id=group, accounts=(carol.account,))
    )
    await anna.settle()
    carol.send(group, "two")
    await anna.settle()

    assert anna.texts(group) == ["<created>", "<renamed>", "one", "<added>", "<renamed>", "two"]
    assert ben.texts(group) == anna.texts(group)
    assert carol.texts(group)[-2:] == ["<renamed>", "two"]
    assert "one" not in carol.texts(group)
