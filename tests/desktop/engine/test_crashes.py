"""Every await and every commit of creating, committing, joining and rejoining: killed there.

A seat is killed at the n-th point, its profile is opened as it lies on disk, and all must heal
without a hand; n counts up until the scenario ends before it is reached.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from desktop import commands
from desktop.storage.database import Database
from desktop.storage.intent_store import Join, Rotate
from tests.desktop.engine.small_server import Seat, SmallServer

pytestmark = [pytest.mark.asyncio, pytest.mark.logs_warnings]

_STRIDE = 8  # The ordinary run meets every eighth point; start at 1 … 7 for the others.


class KilledError(BaseException):
    """The process is gone."""


class Killer:
    """Kills a seat at its n-th point."""

    def __init__(self, seat: Seat, at: int, monkeypatch: pytest.MonkeyPatch) -> None:
        self.left, self.has_killed, self._is_armed = at, False, False
        self._database: Database | None = seat.parts.context.storage.database
        call, transaction = seat.parts.context.http.call, Database.transaction

        async def calling(*arguments: object, **more: object) -> bytes:
            self.point()
            answer: bytes = await call(*arguments, **more)  # type: ignore[arg-type]
            self.point()
            return answer

        killer = self

        @contextmanager
        def storing(database: Database) -> Iterator[None]:
            is_outer = database is killer._database and not database._is_inside
            if is_outer:
                killer.point()
            with transaction(database):
                yield
            if is_outer:
                killer.point()

        monkeypatch.setattr(seat.parts.context.http, "call", calling)
        monkeypatch.setattr(Database, "transaction", storing)

    def arm(self) -> None:
        self._is_armed = True

    def disarm(self) -> None:
        self._is_armed, self._database = False, None

    def point(self) -> None:
        if not self._is_armed:
            return
        if self.has_killed:
            raise KilledError
        self.left -= 1
        if self.left < 0:
            self.has_killed = True
            raise KilledError


Scenario = Callable[[list[Seat]], Awaitable[None]]


async def create(seats: list[Seat]) -> None:
    anna, ben, _ = seats
    await anna.parts.conversations.open_with(ben.account)


async def add(seats: list[Seat]) -> None:
    anna, _, carol = seats
    club = group_of(anna)
    await anna.parts.groups.carry_out(
        commands.AddMembers(conversation_id=club, accounts=(carol.account,))  # type: ignore[arg-type]
    )


async def rotate(seats: list[Seat]) -> None:
    anna = seats[0]
    await anna.parts.memberships.carry_out(group_of(anna), Rotate(after=1))


async def rejoin(seats: list[Seat]) -> None:
    anna = seats[0]
    anna.parts.connection._parts.following.lose(group_of(anna))
    await anna.parts.memberships.carry_out(group_of(anna), Join())


async def talk(seats: list[Seat]) -> None:
    anna = seats[0]
    anna.send(group_of(anna), "said")  # type: ignore[arg-type]
    await anna.until(lambda: not anna.parts.context.storage.outbox.count())


def group_of(seat: Seat) -> int:
    return next(number for number, log in seat.server.logs.items() if not log.pair)


async def killed(seat: Seat, scenario: Awaitable[None], killer: Killer) -> bool:
    """Run until the scenario ends or the seat is killed; return whether it was."""
    killer.arm()
    task = asyncio.ensure_future(scenario)
    async with asyncio.timeout(30):
        while not task.done() and not killer.has_killed:  # noqa: ASYNC110 - either may end it.
            await asyncio.sleep(0.001)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    was_killed = killer.has_killed
    killer.disarm()
    await seat.die()
    return was_killed


@pytest.mark.parametrize("start", [3])
@pytest.mark.parametrize("scenario", [create, add, rotate, rejoin, talk])
async def test_killed_anywhere_it_heals(
    scenario: Scenario, start: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for at in range(start, 200, _STRIDE):
        with monkeypatch.context() as patched:
            if not await _once(scenario, at, tmp_path / f"{at}", patched):
                assert at >= _STRIDE
                return
    raise AssertionError("the scenario never ends")


async def _once(scenario: Scenario, at: int, home: Path, monkeypatch: pytest.MonkeyPatch) -> bool:
    server = SmallServer()
    seats = [Seat(server, server.account(name), home / name) for name in ("anna", "ben", "carol")]
    for seat in seats:
        await seat.up()
    anna, ben, _ = seats
    club = await anna.group("club", ben)
    killer = Killer(anna, at, monkeypatch)

    was_killed = await killed(anna, scenario(seats), killer)
    anna.open()
    await anna.up()
    await anna.settle()

    await ben.say(club, "to anna")
    await anna.say(club, "to ben")
    chat = await anna.direct(ben)
    await ben.say(chat, "to anna alone")
    assert anna.texts(club)[-2:] == ben.texts(club)[-2:] == ["to anna", "to ben"], at
    assert anna.texts(chat) == ["to anna alone"], at
    assert len([log for log in server.logs.values() if log.pair]) == 1
    assert "<unreadable>" not in anna.texts(club) + ben.texts(club), at
    for seat in seats:
        await seat.close()
    return was_killed
