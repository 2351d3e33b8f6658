from __future__ import annotations

import itertools
from collections.abc import Callable

import pytest

from desktop.engine.link_status import LinkStatus
from desktop.events import LinkChanged, Notice, NoticeKind
from shared.chain import START
from shared.clock_sync import RoundTrip
from shared.identifiers import ConversationId
from shared.protocol.sync import ConversationSync
from tests.desktop.engine.small_server import Seat

pytestmark = pytest.mark.asyncio
Sit = Callable[..., Seat]

HALF_HOUR_MS = 1_800_000


async def talking(sit: Sit) -> tuple[Seat, ConversationId]:
    """Return a seat that is offline, and a conversation of its whose log is all here."""
    anna, ben = await sit("anna").up(), await sit("ben").up()
    chat = await anna.direct(ben)
    await anna.say(chat, "hello")
    await anna.down()
    anna.told.clear()
    return anna, chat


def sync_of(seat: Seat, chat: ConversationId, *, have: int, head: int) -> ConversationSync:
    sync = ConversationSync(
        chat,
        now_ms=0,
        pull_ids=itertools.count(1),
        floor=0,
        floor_chain=START,
        have=have,
        have_chain=START,
        confirmed=0,
        is_broken=False,
    )
    sync.link_up(head=head, now_ms=0)
    return sync


def told(seat: Seat) -> list[int]:
    return [each.complete_up_to_ms for each in seat.told if isinstance(each, LinkChanged)]


async def test_nothing_is_called_complete_before_all_is_as_the_server_has_it(sit: Sit) -> None:
    anna, _ = await talking(sit)
    status = LinkStatus(anna.parts.context)

    status.tell_completeness([], opening=set())
    assert told(anna) == []
    status.note_current()
    status.tell_completeness([], opening=set())

    assert told(anna) == [0]


async def test_only_changes_are_told(sit: Sit) -> None:
    anna, chat = await talking(sit)
    status = LinkStatus(anna.parts.context)
    status.note_current()
    behind, here = sync_of(anna, chat, have=2, head=5), sync_of(anna, chat, have=2, head=2)

    for sync in (behind, behind, here, here):
        status.tell_completeness([sync], opening=set())

    received_at_ms = anna.server.logs[chat].entries[1].received_at_ms
    assert told(anna) == [received_at_ms, 0]


async def test_how_many_entries_are_not_here_yet_is_told(sit: Sit) -> None:
    anna, chat = await talking(sit)
    status = LinkStatus(anna.parts.context)
    status.note_current()

    for have in (2, 4, 5):
        status.tell_completeness([sync_of(anna, chat, have=have, head=5)], opening=set())

    links = [each for each in anna.told if isinstance(each, LinkChanged)]
    assert [each.missing for each in links] == [3, 1, 0]


async def test_a_log_of_which_nothing_is_here_is_complete_up_to_nothing(sit: Sit) -> None:
    anna, chat = await talking(sit)
    status = LinkStatus(anna.parts.context)
    status.note_current()

    status.tell_completeness([sync_of(anna, chat, have=0, head=5)], opening=set())

    assert told(anna) == [1]


async def test_a_broken_chain_is_complete_up_to_where_it_held_for_good(sit: Sit) -> None:
    anna, chat = await talking(sit)
    anna.parts.context.storage.conversations.set_broken(chat, after_ms=77)
    status = LinkStatus(anna.parts.context)
    status.note_current()
    sync = sync_of(anna, chat, have=2, head=2)
    sync.is_broken = True

    status.tell_completeness([sync], opening=set())

    assert told(anna) == [77]


@pytest.mark.parametrize(("off_ms", "detail"), [(HALF_HOUR_MS, ["30"]), (1_000, [])])
async def test_a_clock_that_is_far_off_is_told_once(
    sit: Sit, off_ms: int, detail: list[str]
) -> None:
    anna, _ = await talking(sit)
    context = anna.parts.context
    now_ms, server_ms = context.now_ms(), context.wall_ms() + off_ms
    context.clock.add(
        RoundTrip(
            client_sent_ms=now_ms,
            server_received_ms=server_ms,
            server_sent_ms=server_ms,
            client_received_ms=now_ms,
        )
    )

    for _ in range(2):
        LinkStatus(context).tell_clock()

    notices = [each for each in anna.told if isinstance(each, Notice)]
    assert [each.detail for each in notices if each.kind is NoticeKind.CLOCK_OFF] == detail


async def test_what_is_here_and_not_opened_yet_is_not_complete(sit: Sit) -> None:
    anna, chat = await talking(sit)
    status = LinkStatus(anna.parts.context)
    status.note_current()
    here = sync_of(anna, chat, have=2, head=2)

    status.tell_completeness([here], opening={chat})
    status.tell_completeness([here], opening=set())

    received_at_ms = anna.server.logs[chat].entries[1].received_at_ms
    assert told(anna) == [received_at_ms, 0]
