from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from desktop import commands, events
from desktop.events import MessageState
from tests.desktop.engine.people import Person, befriend
from tests.server_process import ServerProcess

pytestmark = pytest.mark.asyncio


async def test_two_people_write_to_each_other_and_see_how_far_it_came(
    anna: Person, ben: Person
) -> None:
    await anna.register()
    await ben.register()
    conversation_id = await befriend(anna, ben)

    sent = await anna.send(conversation_id, "你好 Ben 👋")
    await ben.reads(conversation_id, ["你好 Ben 👋"])
    await anna.state(conversation_id, sent.local_id, MessageState.DELIVERED)
    received = ben.timeline(conversation_id)[-1]
    await ben.engine.ask(
        commands.MarkRead(conversation_id=conversation_id, sequence=received.sequence)
    )
    read = await anna.state(conversation_id, sent.local_id, MessageState.READ)
    await ben.send(conversation_id, "hello")
    await anna.reads(conversation_id, ["你好 Ben 👋", "hello"])

    assert read.delivered_at_ms > 0
    assert read.read_at_ms >= read.delivered_at_ms
    assert received.message_id == read.message_id
    assert ben.conversations()[conversation_id].unread == 0
    assert anna.conversations()[conversation_id].unread == 1


async def test_messages_typed_without_a_server_go_out_when_it_is_back(
    anna: Person, ben: Person, server: ServerProcess
) -> None:
    await anna.register()
    await ben.register()
    conversation_id = await befriend(anna, ben)

    server.kill()
    await anna.offline()
    typed = [f"line {number}" for number in range(20)]
    rows = [await anna.send(conversation_id, text) for text in typed]
    assert all(row.state is MessageState.WAITING for row in rows)
    await anna.stop()
    await anna.start()
    server.start()
    await ben.reads(conversation_id, typed)
    await anna.state(conversation_id, rows[-1].local_id, MessageState.DELIVERED)

    page = await anna.page(conversation_id)
    assert [row.text for row in page.rows] == typed
    assert server.check().returncode == 0
    assert isinstance(anna.last(events.LinkChanged), events.LinkChanged)


async def test_a_new_device_gets_the_oldest_messages_without_being_asked(
    anna: Person, server: ServerProcess, tmp_path: Path
) -> None:
    await anna.register()
    phone = await Person(anna.name, tmp_path / "phone", server.url).start()
    opened = await anna.engine.ask(commands.OpenNotes())
    assert isinstance(opened, events.ConversationOpened)
    rows = [await anna.send(opened.conversation_id, f"note{number}") for number in range(200)]
    await anna.state(opened.conversation_id, rows[-1].local_id, MessageState.ACCEPTED)

    await phone.log_in()

    async def finds(text: str) -> bool:
        found = await phone.engine.ask(commands.SearchMessages(text=text))
        assert isinstance(found, events.MessagesFound)
        return bool(found.rows)

    async with asyncio.timeout(60):
        while not await finds("note0"):  # noqa: ASYNC110 - no event tells of old messages.
            await asyncio.sleep(0.05)
    await phone.stop()


async def test_what_is_decided_about_people_just_before_the_end_is_carried_out(
    anna: Person, ben: Person
) -> None:
    await anna.register()
    await ben.register()
    await befriend(anna, ben)

    anna.engine.submit(commands.RemoveContact(account=ben.account))
    await anna.stop()

    await ben.until(lambda: not ben.last(events.ContactsChanged).contacts or None)
    await anna.start()
