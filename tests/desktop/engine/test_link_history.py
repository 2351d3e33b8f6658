from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from desktop.engine import conversations, link_history
from desktop.engine.link_history import LinkHistory
from desktop.engine.link_run import LinkRun
from shared import limits
from shared.frames import Confirmed, Entries
from shared.identifiers import ConversationId
from tests.desktop.engine.small_server import Seat

pytestmark = pytest.mark.asyncio
Sit = Callable[..., Seat]

BLOCK = 8


@pytest.fixture(autouse=True)
def _small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a log of some forty entries be a long one."""
    monkeypatch.setattr(limits, "ORDER_BLOCK", BLOCK)
    monkeypatch.setattr(conversations, "_WHOLE_MAX", BLOCK)
    monkeypatch.setattr(conversations, "_FIRST_PART", 2 * BLOCK)


async def at_the_end(sit: Sit) -> tuple[Seat, ConversationId, LinkRun]:
    """Return a new device that has the end of a log of forty messages only."""
    anna, ben = await sit("anna").up(), await sit("ben").up()
    chat = await anna.direct(ben)
    for number in range(5 * BLOCK):
        anna.send(chat, f"line {number}")
    await anna.settle()
    desk = await sit("ben", "desk").up()
    assert desk.run is not None
    return desk, chat, desk.run


def floor(seat: Seat, chat: ConversationId) -> int:
    stored = seat.parts.context.storage.conversations.get(chat)
    assert stored is not None
    return stored.floor


def change_pulled(seat: Seat, change: Callable[[Entries], Any]) -> None:
    """Let the server answer pulls otherwise."""

    def twist(_seat: Seat, what: str, value: Any) -> Any:
        is_pulled = what == "frame" and isinstance(value, Entries) and value.pull_id
        return change(value) if is_pulled else value

    seat.server.twist = twist


async def test_older_entries_come_in_whole_blocks(sit: Sit) -> None:
    desk, chat, run = await at_the_end(sit)
    before = floor(desk, chat)
    assert before > BLOCK

    has_moved = await run.load_older(chat, 3)

    assert has_moved
    assert floor(desk, chat) < before
    assert floor(desk, chat) % BLOCK == 0


async def test_all_of_it_comes_by_itself(sit: Sit) -> None:
    desk, chat, run = await at_the_end(sit)

    history = asyncio.create_task(run.load_history())
    await desk.until(lambda: floor(desk, chat) == 0)
    await desk.settle()

    history.cancel()
    assert desk.texts(chat) == [f"line {number}" for number in range(5 * BLOCK)]


async def test_an_answer_that_holds_too_little_is_asked_for_again_with_less(sit: Sit) -> None:
    desk, chat, run = await at_the_end(sit)
    asked: list[int] = []

    def cut(frame: Entries) -> Entries:
        if frame.entries:
            asked.append(len(frame.entries))
        return msgspec.structs.replace(frame, entries=frame.entries[:4])

    change_pulled(desk, cut)

    has_moved = await run.load_older(chat, 2 * BLOCK)

    assert has_moved
    assert asked == sorted(asked, reverse=True)
    assert asked[-1] <= 4 < asked[0]


async def test_without_an_answer_the_asking_ends(sit: Sit, monkeypatch: pytest.MonkeyPatch) -> None:
    desk, chat, run = await at_the_end(sit)
    before = floor(desk, chat)
    monkeypatch.setattr(link_history, "_OLDER_WAIT_S", 0.01)
    change_pulled(desk, lambda _frame: Confirmed(1, 1))

    assert not await run.load_older(chat, BLOCK)
    await LinkHistory(run, desk.parts.context.now_ms).load_all()

    assert floor(desk, chat) == before


async def test_two_that_ask_at_once_share_one_answer(sit: Sit) -> None:
    desk, chat, run = await at_the_end(sit)
    pulls: list[Entries] = []

    def count(frame: Entries) -> Entries:
        if frame.entries:  # Asking for what is newer, which is nothing, is not meant.
            pulls.append(frame)
        return frame

    change_pulled(desk, count)

    first, second = await asyncio.gather(run.load_older(chat, BLOCK), run.load_older(chat, BLOCK))

    assert first
    assert second
    assert len(pulls) == 1


async def test_nothing_is_asked_without_a_link_or_a_conversation(sit: Sit) -> None:
    desk, chat, run = await at_the_end(sit)
    assert not await run.load_older(chat ^ 1, BLOCK)

    await desk.down()

    assert not await run.load_older(chat, BLOCK)


async def test_whoever_waits_is_let_go_when_the_link_ends(sit: Sit) -> None:
    desk, chat, run = await at_the_end(sit)
    change_pulled(desk, lambda _frame: Confirmed(1, 1))
    waiting = desk.parts.context.create_task(load(run, chat), name="older")
    await desk.until(lambda: bool(run._history._changed))

    run.end()

    await waiting


async def load(run: LinkRun, chat: ConversationId) -> None:
    assert not await run.load_older(chat, BLOCK)


async def test_what_is_here_is_opened_before_more_is_asked_for(sit: Sit) -> None:
    desk, chat, run = await at_the_end(sit)
    before = floor(desk, chat)
    database = desk.parts.context.storage.database
    database.run("DELETE FROM messages")
    database.run("UPDATE entries SET is_opened = 0")

    assert await run.bring_older(chat, BLOCK)

    assert floor(desk, chat) == before
    assert desk.texts(chat)[-1] == f"line {5 * BLOCK - 1}"
    assert await run.bring_older(chat, BLOCK)
    assert floor(desk, chat) < before


async def test_opening_that_takes_too_long_is_not_waited_for(
    sit: Sit, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk, chat, run = await at_the_end(sit)
    desk.parts.context.storage.database.run("DELETE FROM records")
    desk.parts.context.storage.database.run("DELETE FROM messages")
    desk.parts.context.storage.database.run("UPDATE entries SET is_opened = 0")
    monkeypatch.setattr(link_history, "_OLDER_WAIT_S", 0.01)
    desk.is_reachable = False

    assert not await run.bring_older(chat, BLOCK)
