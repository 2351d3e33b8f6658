from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from desktop import commands, events
from desktop.events import MessageState, NoticeKind
from shared.identifiers import ConversationId
from tests.desktop.engine.people import Person, befriend
from tests.server_process import ServerProcess

pytestmark = pytest.mark.asyncio


async def write(person: Person, conversation_id: ConversationId, texts: list[str]) -> None:
    """Send texts and wait until all are accepted."""
    rows = [await person.send(conversation_id, text) for text in texts]

    def all_accepted() -> bool | None:
        shown = {row.local_id: row.sequence for row in person.timeline(conversation_id)}
        return all(shown.get(row.local_id) for row in rows) or None

    await person.until(all_accepted)


async def test_a_copied_profile_goes_on_behind_what_the_server_has(
    anna: Person, ben: Person
) -> None:
    await anna.register()
    await ben.register()
    conversation_id = await befriend(anna, ben)
    await write(anna, conversation_id, ["one"])
    await anna.stop()
    copy = anna.config.home.with_name("copy")
    shutil.copytree(anna.config.home, copy)
    await anna.start()
    await anna.online()
    await write(anna, conversation_id, ["two", "three"])
    await anna.stop()
    shutil.rmtree(anna.config.home)
    copy.rename(anna.config.home)

    anna.told.clear()
    await anna.start()
    await anna.send(conversation_id, "four")

    await ben.reads(conversation_id, ["one", "two", "three", "four"])
    await anna.until(
        lambda: (
            [notice.kind for notice in anna.all_told(events.Notice)]
            == [NoticeKind.PROFILE_ROLLED_BACK]
            or None
        )
    )
    page = await anna.page(conversation_id)
    assert [row.text for row in page.rows] == ["one", "two", "three", "four"]


async def test_a_new_device_shows_the_newest_first_and_completes_the_rest(
    anna: Person, ben: Person
) -> None:
    await anna.register()
    await ben.register()
    conversation_id = await befriend(anna, ben)
    texts = [f"line {number}" for number in range(300)]
    await write(anna, conversation_id, texts)
    await ben.reads(conversation_id, texts)
    await ben.engine.ask(commands.LogOut(wipe=True))
    ben.told.clear()

    await ben.log_in()

    await ben.until(lambda: ben.texts(conversation_id)[-1:] == texts[-1:] or None)
    page = await ben.page(conversation_id, limit=60)
    assert [row.text for row in page.rows] == texts[-60:]
    assert page.has_older
    shown = [row.text for row in page.rows]
    while page.has_older:
        page = await ben.page(conversation_id, before=page.rows[0].order, limit=60)
        shown = [row.text for row in page.rows] + shown
    assert shown == texts
    await ben.reads(conversation_id, texts)
    assert ben.conversations()[conversation_id].unread == 300
    assert not [
        each for each in ben.all_told(events.Notice) if each.kind is not NoticeKind.KEY_FILE
    ]


async def test_reading_and_drafts_without_a_server_are_kept_and_told_later(
    anna: Person, ben: Person, server: ServerProcess
) -> None:
    await anna.register()
    await ben.register()
    conversation_id = await befriend(anna, ben)
    sent = await anna.send(conversation_id, "read me 北京")
    await ben.reads(conversation_id, ["read me 北京"])
    server.kill()
    await ben.offline()

    await ben.engine.ask(commands.MarkRead(conversation_id=conversation_id, sequence=99))
    await ben.engine.ask(commands.SaveDraft(conversation_id=conversation_id, text="I was ab"))
    found = await ben.engine.ask(commands.SearchMessages(text="北京"))
    await ben.stop()
    ben.told.clear()
    await ben.start()
    row = ben.conversations()[conversation_id]
    server.start()

    await anna.state(conversation_id, sent.local_id, MessageState.READ)
    assert (row.draft, row.unread) == ("I was ab", 0)
    assert isinstance(found, events.MessagesFound)
    assert [each.text for each in found.rows] == ["read me 北京"]


async def test_killing_the_server_under_way_loses_and_repeats_nothing(
    anna: Person, ben: Person, server: ServerProcess
) -> None:
    await anna.register()
    await ben.register()
    conversation_id = await befriend(anna, ben)
    texts = [f"line {number}" for number in range(120)]
    in_flight = []

    for number, text in enumerate(texts):
        await anna.send(conversation_id, text)
        if number % 40 == 20:
            await anna.until(lambda: anna.engine.in_flight() > 0 or None)
            in_flight.append(anna.engine.in_flight())
            server.kill()
            server.start()
            await anna.online()
    await ben.reads(conversation_id, texts)
    await anna.until(lambda: anna.conversations()[conversation_id].head >= 121 or None)

    mine, theirs = (
        await anna.page(conversation_id, limit=240),
        await ben.page(conversation_id, limit=240),
    )
    assert [row.message_id for row in mine.rows] == [row.message_id for row in theirs.rows]
    assert all(count > 0 for count in in_flight)
    assert server.check().returncode == 0


async def test_typing_is_told_and_ends_with_the_message(anna: Person, ben: Person) -> None:
    await anna.register()
    await ben.register()
    conversation_id = await befriend(anna, ben)

    await anna.engine.ask(commands.SetTyping(conversation_id=conversation_id, is_typing=True))
    await ben.until(lambda: ben.all_told(events.TypingChanged) or None)
    await anna.send(conversation_id, "done")
    await ben.reads(conversation_id, ["done"])
    await ben.until(lambda: len(ben.all_told(events.TypingChanged)) == 2 or None)

    told = ben.all_told(events.TypingChanged)
    assert [each.is_typing for each in told] == [True, False]
    assert told[0].account == anna.account


async def test_an_interrupted_acceptance_still_makes_the_conversation(
    anna: Person, ben: Person, tmp_path: Path
) -> None:
    await anna.register()
    await ben.register()
    await anna.engine.ask(commands.RequestContact(user_name=ben.name))
    await ben.until(lambda: ben.last(events.ContactsChanged).requests or None)
    assert ben.engine._parts is not None
    http = ben.engine._parts.context.http
    await http.call("POST", f"/v1/contact-requests/{anna.account}/accept")

    conversation_id = await anna.conversation_with(ben)

    await anna.send(conversation_id, "hello")
    await ben.reads(conversation_id, ["hello"])
