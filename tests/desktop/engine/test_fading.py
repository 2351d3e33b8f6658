from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress

import msgspec
import pytest

from desktop import commands
from desktop.engine.errors import ServerRefusedError
from desktop.events import Alarm, TimelineChanged
from desktop.storage.database import DatabaseFullError
from shared import limits
from shared.errors import Code, TransportError
from shared.identifiers import ConversationId
from tests.desktop.engine.small_server import Seat

pytestmark = pytest.mark.asyncio
Sit = Callable[..., Seat]


async def timed_chat(anna: Seat, ben: Seat) -> ConversationId:
    """Let two talk, with messages that are over after a minute."""
    chat = await anna.direct(ben)
    await anna.ask(commands.SetTimer(conversation_id=chat, seconds=60))
    await anna.say(chat, "soon gone")
    return chat


def alarms(seat: Seat) -> list[tuple[str, str, int]]:
    told = [each for each in seat.told if isinstance(each, Alarm)]
    return [(each.kind, each.blamed, each.sequence) for each in told]


def blank(seat: Seat, conversation_id: ConversationId, sequence: int) -> None:
    entries = seat.server.logs[conversation_id].entries
    entries[sequence - 1] = msgspec.structs.replace(entries[sequence - 1], payload=b"")


async def test_a_message_goes_at_its_time_though_the_server_is_away(sit: Sit) -> None:
    anna, ben = await sit("anna").up(), await sit("ben").up()
    chat = await timed_chat(anna, ben)
    row = ben.rows(chat)[-1]
    await ben.ask(commands.React(conversation_id=chat, message_id=row.message_id, emoji="👍"))
    await ben.wake_after(30_000)
    ben.parts.fading.look()
    halfway = ben.texts(chat)

    await ben.wake_after(40_000)
    ben.parts.fading.look()
    ben.parts.changes.tell()

    storage = ben.parts.context.storage
    kept = storage.messages.entry(chat, row.sequence)
    stored = storage.conversations.get(chat)
    assert halfway == ["<timer_changed>", "soon gone"]
    assert ben.texts(chat) == ["<timer_changed>"]
    assert storage.messages.search("soon", None, 9) == []
    assert storage.contents.effects(chat, target=bytes.fromhex(row.message_id)) == []
    assert kept is not None
    assert kept.payload == b""
    assert stored is not None
    assert stored.unread == 0
    removed = [each.removed for each in ben.told if isinstance(each, TimelineChanged)]
    assert row.local_id in removed[-1]


async def test_what_is_over_before_it_is_opened_is_never_shown(sit: Sit) -> None:
    anna, ben = await sit("anna").up(), await sit("ben").up()
    chat = await anna.direct(ben)
    await ben.down()
    await anna.ask(commands.SetTimer(conversation_id=chat, seconds=60))
    await anna.say(chat, "soon gone")
    await anna.say(chat, "soon gone and blank")
    blank(anna, chat, 4)

    await ben.wake_after(70_000)
    await ben.up()

    assert ben.texts(chat) == ["<timer_changed>"]
    assert not ben.parts.context.storage.messages.has_unopened(chat)


async def test_an_edit_goes_with_its_message(sit: Sit) -> None:
    anna, ben = await sit("anna").up(), await sit("ben").up()
    chat = await timed_chat(anna, ben)
    row = anna.rows(chat)[-1]

    await anna.ask(
        commands.EditMessage(conversation_id=chat, message_id=row.message_id, text="gone too")
    )

    entries = anna.server.logs[chat].entries
    assert entries[-1].expires_at_ms == entries[-2].expires_at_ms == row.expires_at_ms


async def test_a_change_that_is_over_first_is_undone(
    sit: Sit, monkeypatch: pytest.MonkeyPatch
) -> None:
    anna, ben = await sit("anna").up(), await sit("ben").up()
    chat = await anna.direct(ben)
    await anna.say(chat, "tea")
    row = anna.rows(chat)[-1]
    monkeypatch.setattr(
        anna.parts.contents, "expires_at_ms", lambda _item, sent_at_ms: sent_at_ms + 60_000
    )
    await anna.ask(
        commands.EditMessage(conversation_id=chat, message_id=row.message_id, text="coffee")
    )
    edited = ben.texts(chat)

    await ben.wake_after(70_000)
    ben.parts.fading.look()

    assert edited == ["coffee"]
    assert [(each.text, each.is_edited) for each in ben.rows(chat)] == [("tea", False)]


async def test_a_message_typed_offline_lives_as_long_as_any_other(sit: Sit) -> None:
    anna, ben = await sit("anna").up(), await sit("ben").up()
    chat = await timed_chat(anna, ben)
    await anna.down()
    anna.send(chat, "typed long ago")

    await anna.wake_after(3_600_000)
    await anna.up()

    entry = anna.server.logs[chat].entries[-1]
    assert 50_000 < entry.expires_at_ms - entry.received_at_ms < 70_000


async def test_the_server_is_asked_to_drop_a_payload_until_it_answers(sit: Sit) -> None:
    anna, ben = await sit("anna").up(), await sit("ben").up()
    chat = await anna.direct(ben)
    await anna.say(chat, "regretted")
    row = anna.rows(chat)[-1]
    anna.refuses = "/blank"
    answer = anna.parts.messages.carry_out(
        commands.RecallMessage(conversation_id=chat, message_id=row.message_id)
    )
    await answer
    await anna.until(lambda: len(anna.server.logs[chat].entries) == 3)
    await ben.until(lambda: ben.texts(chat) == ["<recalled>"])
    await anna.until(lambda: bool(anna.parts.context.storage.contents.blankings()))
    kept = anna.server.logs[chat].entries[1].payload

    await anna.die()
    anna.refuses = ""
    anna.open()
    await anna.up()

    assert kept
    assert anna.server.logs[chat].entries[1].payload == b""
    assert anna.parts.context.storage.contents.blankings() == []


@pytest.mark.logs_warnings
async def test_what_the_server_refuses_to_drop_is_let_be(sit: Sit) -> None:
    anna, ben = await sit("anna").up(), await sit("ben").up()
    chat = await anna.direct(ben)
    await anna.say(chat, "regretted")
    row = anna.rows(chat)[-1]

    def refuse(_seat: Seat, what: str, value: object) -> object:
        if what.endswith("/blank"):
            raise ServerRefusedError(Code.FORBIDDEN, "no", {})
        return value

    anna.server.twist = refuse
    await anna.ask(commands.RecallMessage(conversation_id=chat, message_id=row.message_id))

    assert anna.parts.context.storage.contents.blankings() == []
    assert anna.texts(chat) == ["<recalled>"]


async def test_without_the_server_dropping_is_tried_again_later(sit: Sit) -> None:
    anna, ben = await sit("anna").up(), await sit("ben").up()
    chat = await anna.direct(ben)
    await anna.say(chat, "regretted")
    row = anna.rows(chat)[-1]
    anna.refuses = "/blank"
    await anna.parts.messages.carry_out(
        commands.RecallMessage(conversation_id=chat, message_id=row.message_id)
    )
    await anna.until(lambda: bool(anna.parts.context.storage.contents.blankings()))

    with pytest.raises(TransportError):
        await anna.parts.fading.ask_to_blank()

    assert len(anna.parts.context.storage.contents.blankings()) == 1


@pytest.mark.logs_warnings
async def test_what_the_server_dropped_of_itself_is_told_once_the_log_was_whole_for_a_while(
    sit: Sit,
) -> None:
    anna, ben = await sit("anna").up(), await sit("ben").up()
    chat = await anna.direct(ben)
    await anna.say(chat, "dropped")
    blank(anna, chat, 2)
    desk = await sit("ben", "desk").up()
    now_ms = desk.parts.context.now_ms()
    desk.parts.context.now_ms = lambda: now_ms
    desk.parts.fading.look()
    now_ms += 9_999
    desk.parts.fading.look()
    early = alarms(desk)

    now_ms += 1
    for _ in range(2):
        desk.parts.fading.look()

    assert desk.texts(chat) == ["<removed>"]
    assert early == []
    assert alarms(desk) == [("blanked_payload", "server", 2)]


async def test_nothing_is_told_while_a_recall_may_be_on_its_way(sit: Sit) -> None:
    anna, ben = await sit("anna").up(), await sit("ben").up()
    chat = await anna.direct(ben)
    await anna.say(chat, "dropped")
    blank(anna, chat, 2)
    desk = await sit("ben", "desk").up()
    now_ms = desk.parts.context.now_ms()
    desk.parts.context.now_ms = lambda: now_ms
    desk.parts.fading.look()
    now_ms += 20_000
    desk.parts.context.is_online = False

    desk.parts.fading.look()

    assert alarms(desk) == []


@pytest.mark.logs_warnings
async def test_a_full_disk_ends_nothing(sit: Sit, monkeypatch: pytest.MonkeyPatch) -> None:
    anna = await sit("anna").up()
    looks: list[int] = []

    def fail() -> None:
        looks.append(1)
        raise DatabaseFullError("full")

    monkeypatch.setattr(anna.parts.contents, "expire", fail)
    monkeypatch.setattr(anna.parts.fading, "_pause_ms", lambda: 1)
    task = asyncio.create_task(anna.parts.fading.run())
    await anna.until(lambda: len(looks) > 1)

    task.cancel()
    with suppress(asyncio.CancelledError):
        await task

    assert len(looks) > 1


async def test_the_next_look_is_when_the_next_message_goes(sit: Sit) -> None:
    anna, ben = await sit("anna").up(), await sit("ben").up()
    none = anna.parts.fading._pause_ms()
    await timed_chat(anna, ben)
    far = anna.parts.fading._pause_ms()

    await anna.wake_after(58_000)
    near = anna.parts.fading._pause_ms()
    await anna.wake_after(limits.TIMER_S_MAX * 1000)
    due = anna.parts.fading._pause_ms()

    assert none == far == 5_000
    assert 50 <= near < 5_000
    assert due == 50
