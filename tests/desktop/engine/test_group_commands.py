"""Groups of real engines on a real server."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
import pytest_asyncio

from desktop import commands, events
from desktop.engine.errors import ServerRefusedError
from shared.errors import Code
from shared.identifiers import ConversationId
from tests.desktop.engine.people import Person, befriend
from tests.desktop.engine.small_server import Seat
from tests.server_process import ServerProcess

pytestmark = pytest.mark.asyncio


@pytest_asyncio.fixture
async def carol(server: ServerProcess, tmp_path: Path) -> AsyncIterator[Person]:
    person = await Person(f"carol{tmp_path.name[-6:]}", tmp_path, server.url).start()
    yield person
    await person.stop()


async def found(person: Person, conversation_id: ConversationId) -> events.ConversationRow:
    return await person.until(lambda: person.conversations().get(conversation_id))


async def create(person: Person, name: str, *others: Person) -> ConversationId:
    command = commands.CreateGroup(name=name, accounts=tuple(each.account for each in others))
    answer = await person.engine.ask(command)
    assert isinstance(answer, events.ConversationOpened)
    for other in others:
        await found(other, answer.conversation_id)
    return answer.conversation_id


def said(person: Person, conversation_id: ConversationId) -> list[str]:
    rows = person.timeline(conversation_id)
    return [row.text for row in rows if row.system is None]


async def has_said(person: Person, conversation_id: ConversationId, *texts: str) -> None:
    await person.until(lambda: said(person, conversation_id) == list(texts) or None)


async def test_a_group_from_its_making_to_its_leaving(
    anna: Person, ben: Person, carol: Person
) -> None:
    for person in (anna, ben, carol):
        await person.register()
    await befriend(anna, ben)
    await befriend(anna, carol)
    club = await create(anna, "Chess club", ben)
    await ben.send(club, "first")
    await has_said(anna, club, "first")

    await anna.engine.ask(commands.AddMembers(conversation_id=club, accounts=(carol.account,)))
    await found(carol, club)
    await carol.send(club, "second")
    for person in (anna, ben):
        await has_said(person, club, "first", "second")
    await carol.until(lambda: carol.conversations()[club].title == "Chess club" or None)
    await anna.engine.ask(commands.RemoveMember(conversation_id=club, account=ben.account))
    await ben.until(lambda: not ben.conversations()[club].can_send or None)
    await carol.engine.ask(commands.LeaveGroup(conversation_id=club))
    await anna.send(club, "alone")

    await has_said(anna, club, "first", "second", "alone")
    await anna.until(lambda: anna.conversations()[club].member_count == 1 or None)
    assert said(ben, club) == ["first", "second"]
    assert not [each for each in anna.told if isinstance(each, events.Alarm)]


async def test_who_was_removed_reads_what_was_said_before_and_writes_no_more(
    anna: Person, ben: Person, server: ServerProcess, tmp_path: Path
) -> None:
    await anna.register()
    await ben.register()
    await befriend(anna, ben)
    club = await create(anna, "Chess club", ben)
    await anna.send(club, "before")
    await has_said(ben, club, "before")
    await anna.engine.ask(commands.RemoveMember(conversation_id=club, account=ben.account))
    await ben.until(lambda: not ben.conversations()[club].can_send or None)
    await anna.send(club, "behind his back")

    row = await ben.send(club, "why?")
    refused = await ben.state(club, row.local_id, events.MessageState.REFUSED)
    desk = await Person(ben.name, tmp_path / "desk", server.url).start()
    try:
        await desk.log_in()
        await found(desk, club)
        await has_said(desk, club, "before")
    finally:
        await desk.stop()

    assert (refused.text, refused.refusal) == ("why?", "not_member")


async def test_a_code_lets_in(anna: Person, ben: Person) -> None:
    await anna.register()
    await ben.register()
    club = await create(anna, "Chess club")
    made = await anna.engine.ask(commands.MakeInvite(conversation_id=club))
    assert isinstance(made, events.InviteMade)

    started = await ben.engine.ask(commands.JoinGroup(code=made.code))
    await found(ben, club)
    await ben.send(club, "I am in")

    assert isinstance(started, events.JoinStarted)
    await anna.until(lambda: said(anna, club) == ["I am in"] or None)


async def test_notes_are_for_oneself(anna: Person) -> None:
    await anna.register()

    first = await anna.engine.ask(commands.OpenNotes())
    again = await anna.engine.ask(commands.OpenNotes())

    assert isinstance(first, events.ConversationOpened)
    assert first == again
    row = await anna.send(first.conversation_id, "remember")
    await anna.state(first.conversation_id, row.local_id, events.MessageState.ACCEPTED)


def refuse_requests(seat: Seat, code: Code) -> None:
    def twist(_seat: Seat, what: str, value: object) -> object:
        if what.endswith("join-requests"):
            raise ServerRefusedError(code, "no", {})
        return value

    seat.server.twist = twist


async def test_who_was_removed_a_moment_ago_lets_nobody_in(sit: Callable[..., Seat]) -> None:
    anna = await sit("anna").up()
    club = await anna.group("club")
    refuse_requests(anna, Code.NOT_FOUND)

    await anna.parts.groups.admit_invited(club)

    assert anna.parts.context.storage.intents.of(club) == []


async def test_letting_in_is_tried_again_when_the_server_is_busy(sit: Callable[..., Seat]) -> None:
    anna = await sit("anna").up()
    club = await anna.group("club")
    refuse_requests(anna, Code.RATE_LIMITED)

    with pytest.raises(ServerRefusedError):
        await anna.parts.groups.admit_invited(club)
