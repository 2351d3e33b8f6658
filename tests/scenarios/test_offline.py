"""Somebody is away, the server is away, everything restarts: nothing is lost, all arrives."""

from __future__ import annotations

from pathlib import Path

import pytest

from desktop.commands import SaveDraft
from desktop.events import MessageState
from tests.scenarios.people import befriended, facts
from tests.server_process import ServerProcess

SENT = (MessageState.ACCEPTED, MessageState.DELIVERED, MessageState.READ)


@pytest.mark.asyncio
async def test_messages_to_someone_offline_arrive_when_they_return(
    server: ServerProcess, tmp_path: Path
) -> None:
    async with befriended(server.url, tmp_path) as (anna, ben):
        await ben.stop()
        sent = [await anna.say(ben, f"while you were away {n}") for n in range(30)]
        for row in sent:
            await anna.until_state(row, *SENT)

        await ben.start()
        await ben.until_heard("while you were away 29")
        await anna.until_state(sent[-1], MessageState.DELIVERED)

        assert facts(await ben.timeline(anna)) == facts(await anna.timeline(ben))
        assert ben.conversation(anna).unread == 30


@pytest.mark.asyncio
async def test_what_is_written_while_the_server_is_away_waits_and_arrives(
    server: ServerProcess, tmp_path: Path
) -> None:
    async with befriended(server.url, tmp_path) as (anna, ben):
        server.stop()
        await anna.until(lambda: not anna.session.is_online)
        waiting = [await anna.say(ben, f"written offline {n}") for n in range(5)]
        assert {row.state for row in await anna.timeline(ben)} == {MessageState.WAITING}

        server.start()
        await ben.until_heard("written offline 4")
        await anna.until_state(waiting[-1], MessageState.DELIVERED)

        assert facts(await ben.timeline(anna)) == facts(await anna.timeline(ben))


@pytest.mark.asyncio
async def test_restarting_server_and_apps_loses_nothing(
    server: ServerProcess, tmp_path: Path
) -> None:
    async with befriended(server.url, tmp_path) as (anna, ben):
        for n in range(10):
            last = await anna.say(ben, f"from anna {n}")
            await ben.say(anna, f"from ben {n}")
        await ben.until_heard("from anna 9")
        await anna.until_heard("from ben 9")
        await anna.until_state(last, *SENT)
        await ben.session.ask(
            SaveDraft(conversation_id=ben.conversation_id(anna), text="half a sent")
        )
        before = facts(await anna.timeline(ben))

        server.stop()
        queued = await anna.say(ben, "typed before closing")
        await anna.stop()
        await ben.stop()
        server.start()
        await anna.start()
        await ben.start()
        assert ben.conversation(anna).draft == "half a sent"
        assert facts(await ben.timeline(anna))[:20] == before  # From its disk, at once.

        await ben.until_heard("typed before closing")
        await anna.until_state(queued, MessageState.DELIVERED, MessageState.READ)
        assert facts(await ben.timeline(anna)) == facts(await anna.timeline(ben))
        assert facts(await anna.timeline(ben))[:20] == before


@pytest.mark.asyncio
async def test_reading_after_a_return_reaches_the_sender(
    server: ServerProcess, tmp_path: Path
) -> None:
    async with befriended(server.url, tmp_path) as (anna, ben):
        sent = await anna.say(ben, "read me")
        heard = await ben.until_heard("read me")
        await anna.stop()
        await ben.read(heard)
        await ben.until(lambda: ben.conversation(anna).unread == 0)

        await anna.start()

        shown = await anna.until_state(sent, MessageState.READ)
        assert shown.read_at_ms >= shown.delivered_at_ms > 0
