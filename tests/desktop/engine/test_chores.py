from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
import pytest_asyncio

from desktop.engine import chores as module
from desktop.engine.chores import Chores, is_passing
from shared.errors import Code, LocalError, MimError, RefusedError, TransportError

pytestmark = pytest.mark.asyncio


@pytest_asyncio.fixture
async def chores(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Chores]:
    monkeypatch.setattr(module, "_RETRY_S", (0,))
    made = Chores()
    task = asyncio.create_task(made.run())
    yield made
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


class Log:
    """Notes what was done; the last thing ends the test."""

    def __init__(self) -> None:
        self.done: list[str] = []
        self.ended = asyncio.Event()

    def work(self, name: str, *errors: MimError) -> Callable[[], Awaitable[None]]:
        waiting = list(errors)

        async def do() -> None:
            self.done.append(name)
            if name == "last":
                self.ended.set()
            if waiting:
                raise waiting.pop(0)

        return do


async def test_chores_are_done_in_order_and_the_same_one_once(chores: Chores) -> None:
    log = Log()
    chores.add("a", 1, log.work("a1"))
    chores.add("a", 2, log.work("a2"))
    chores.add("a", 1, log.work("a1"))
    chores.add("b", 0, log.work("last"))

    await log.ended.wait()

    assert log.done == ["a1", "a2", "last"]


async def test_what_the_network_stops_is_tried_again_before_the_next(chores: Chores) -> None:
    log = Log()
    limited = RefusedError(Code.RATE_LIMITED, "slowly")
    chores.add("a", 0, log.work("a", TransportError("away"), limited))
    chores.add("b", 0, log.work("last"))

    await log.ended.wait()

    assert log.done == ["a", "a", "a", "last"]


@pytest.mark.logs_warnings
async def test_what_a_rule_stops_is_dropped(chores: Chores) -> None:
    log = Log()
    chores.add("a", 0, log.work("a", RefusedError(Code.NOT_FOUND, "gone")))
    chores.add("b", 0, log.work("last"))

    await log.ended.wait()

    assert log.done == ["a", "last"]


@pytest.mark.logs_warnings
async def test_there_is_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_CHORES_MAX", 1)
    log, chores = Log(), Chores()
    chores.add("a", 0, log.work("last"))
    chores.add("b", 0, log.work("b"))
    task = asyncio.create_task(chores.run())

    await log.ended.wait()

    task.cancel()
    assert log.done == ["last"]


async def test_only_what_may_heal_by_itself_is_passing() -> None:
    assert is_passing(TransportError("away"))
    assert is_passing(RefusedError(Code.OVERLOADED, "later"))
    assert not is_passing(RefusedError(Code.NOT_FOUND, "gone"))
    assert not is_passing(LocalError("bug"))


async def test_some_are_done_at_a_time_but_never_the_same_one_twice() -> None:
    ended, running, most = asyncio.Event(), set[int](), 0
    chores = Chores(width=2, on_done=ended.set)
    order: list[int] = []

    async def work(subject: int) -> None:
        nonlocal most
        assert subject not in running
        running.add(subject)
        most = max(most, len(running))
        if len(order) == 0:
            chores.add("a", subject, lambda: work(subject))  # While it is being done.
        order.append(subject)
        for _ in range(5):
            await asyncio.sleep(0)
        running.discard(subject)

    for number in (1, 2, 3):
        chores.add("a", number, lambda number=number: work(number))  # type: ignore[misc]
    task = asyncio.create_task(chores.run())

    await ended.wait()

    task.cancel()
    assert (sorted(order), most) == ([1, 1, 2, 3], 2)
    assert chores.is_done
    assert not chores.has("a", 1)


async def test_the_end_of_the_session_drops_chores_quietly(chores: Chores) -> None:
    log = Log()
    chores.add("a", 0, log.work("a", RefusedError(Code.UNAUTHENTICATED, "over")))
    chores.add("b", 0, log.work("last"))

    await log.ended.wait()

    assert log.done == ["a", "last"]
