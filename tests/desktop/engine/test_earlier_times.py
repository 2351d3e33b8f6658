from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from desktop import commands
from desktop.events import Notice, NoticeKind
from shared.identifiers import ConversationId
from shared.rest import EntryPage
from tests.desktop.engine.small_server import Seat

pytestmark = pytest.mark.asyncio
Sit = Callable[..., Seat]


async def came_back(sit: Sit, *, at: str) -> tuple[Seat, ConversationId]:
    """Return somebody who was offline while they were removed and added again.

    Args:
        sit: Makes seats.
        at: Whether they hear of it "in between" too, or only "at the end".
    """
    anna, ben, carol = [await sit(name).up() for name in ("anna", "ben", "carol")]
    club = await anna.group("club", ben, carol)
    await anna.say(club, "one")
    await carol.down()
    await anna.say(club, "two")
    await anna.do(commands.RemoveMember(conversation_id=club, account=carol.account))
    if at == "in between":
        await carol.up()
        await carol.down()
    await anna.say(club, "behind their back")
    await anna.do(commands.AddMembers(conversation_id=club, accounts=(carol.account,)))
    await anna.say(club, "four")
    return carol, club


def said(seat: Seat, chat: int) -> list[str]:
    return [text for text in seat.texts(chat) if not text.startswith("<")]


@pytest.mark.parametrize("at", ["in between", "at the end"])
async def test_who_missed_the_end_of_an_earlier_time_gets_it(sit: Sit, at: str) -> None:
    carol, club = await came_back(sit, at=at)

    await carol.up()
    await carol.settle()

    assert said(carol, club) == ["one", "two", "four"]
    assert carol.parts.context.storage.conversations.lacking_earlier() == []


async def test_a_new_device_gets_all_times(sit: Sit) -> None:
    _, club = await came_back(sit, at="in between")

    laptop = await sit("carol", "laptop").up()
    await laptop.settle()

    assert said(laptop, club) == ["one", "two", "four"]
    stored = laptop.parts.context.storage.conversations.get(club)
    assert stored is not None
    page = laptop.parts.timeline.page(stored, before=None, after=None, around=None, limit=100)
    assert not page.has_older


@pytest.mark.logs_warnings
async def test_a_server_that_withholds_an_earlier_time_is_not_asked_for_ever(sit: Sit) -> None:
    carol, club = await came_back(sit, at="at the end")
    carol.server.twist = lambda _seat, what, value: (
        EntryPage(chain_before=value.chain_before, entries=[])
        if what.endswith("/entries")
        else value
    )

    await carol.up()
    await carol.settle()

    assert said(carol, club) == ["one", "four"]
    assert sum("/entries" in call for call in carol.calls) == 1


@pytest.mark.logs_warnings
async def test_an_earlier_time_with_another_chain_is_told(sit: Sit) -> None:
    carol, _ = await came_back(sit, at="at the end")

    def twist(_seat: Seat, what: str, value: Any) -> Any:
        if not what.endswith("/entries"):
            return value
        first, *rest = value.entries
        first = msgspec.structs.replace(first, received_at_ms=first.received_at_ms + 1)
        return msgspec.structs.replace(value, entries=[first, *rest])

    carol.server.twist = twist

    await carol.up()
    await carol.settle()

    notices = [each.kind for each in carol.told if isinstance(each, Notice)]
    assert NoticeKind.CHAIN_BROKEN in notices
