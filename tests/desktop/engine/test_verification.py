"""Comparing safety numbers, and a root that changes, at a real server."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from desktop import commands, events
from desktop.engine import CommandFailedError
from desktop.events import MessageState
from shared.identifiers import ConversationId
from tests.desktop.engine.people import PASSWORD, Person, befriend
from tests.server_process import ROOT, ServerProcess

pytestmark = pytest.mark.asyncio
NEW_PASSWORD = "battery staple"


@pytest_asyncio.fixture
async def second(server: ServerProcess, tmp_path: Path, ben: Person) -> AsyncIterator[Person]:
    """Return another profile for Ben, empty."""
    person = Person(ben.name, tmp_path / "second", server.url)
    await person.start()
    yield person
    await person.stop()


async def safety(person: Person, other: Person) -> events.SafetyLoaded:
    answer = await person.engine.ask(commands.LoadSafety(account=other.account))
    assert isinstance(answer, events.SafetyLoaded)
    return answer


async def verify(person: Person, other: Person, *, is_verified: bool = True) -> None:
    await person.engine.ask(commands.SetVerified(account=other.account, is_verified=is_verified))


def reset_token(server: ServerProcess, name: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "backend.cli", "reset-account", name, "--data", str(server.data)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return done.stdout.strip()


async def reset(second: Person, server: ServerProcess) -> None:
    """Let Ben lose everything, and begin anew on another device."""
    token = reset_token(server, second.name)
    await second.engine.ask(
        commands.ResetAccount(user_name=second.name, reset_token=token, new_password=NEW_PASSWORD)
    )
    await second.online()


def is_root_changed(notice: events.Notice) -> bool:
    return notice.kind is events.NoticeKind.ROOT_CHANGED


async def test_both_see_the_same_number_and_mark_it(anna: Person, ben: Person) -> None:
    await anna.register()
    await ben.register()
    await befriend(anna, ben)

    numbers = {(await safety(anna, ben)).number, (await safety(ben, anna)).number}
    await verify(anna, ben)

    assert len(numbers) == 1
    assert len(numbers.pop().split()) == 12
    assert (await safety(anna, ben)).is_verified
    assert not (await safety(ben, anna)).is_verified
    await verify(anna, ben, is_verified=False)
    assert not (await safety(anna, ben)).is_verified


async def test_a_new_device_knows_who_was_compared(
    anna: Person, ben: Person, server: ServerProcess, tmp_path: Path
) -> None:
    await anna.register()
    await ben.register()
    await befriend(anna, ben)
    await verify(anna, ben)
    phone = await Person(anna.name, tmp_path / "phone", server.url).start()

    await phone.log_in()

    assert (await safety(phone, ben)).is_verified
    await verify(phone, ben, is_verified=False)
    assert anna.engine._parts is not None
    store = anna.engine._parts.context.storage.keys
    for _ in range(1_000):
        pin = store.pin(ben.account)
        if pin is not None and not pin.is_verified:
            break
        await safety(anna, ben)
    assert not (await safety(anna, ben)).is_verified
    await phone.stop()


@pytest.mark.logs_warnings
async def test_a_changed_root_is_told_and_the_conversation_goes_on(
    anna: Person, ben: Person, second: Person, server: ServerProcess
) -> None:
    await anna.register()
    await ben.register()
    conversation_id = await befriend(anna, ben)
    club = await anna.engine.ask(commands.CreateGroup(name="Club", accounts=(ben.account,)))
    assert isinstance(club, events.ConversationOpened)
    before = (await safety(anna, ben)).number
    await ben.stop()

    await reset(second, server)

    await anna.until(lambda: any(map(is_root_changed, anna.all_told(events.Notice))) or None)
    loaded = await safety(anna, ben)
    assert loaded.has_changed
    assert loaded.number != before
    sent = await anna.send(conversation_id, "is it you?")
    await anna.state(conversation_id, sent.local_id, MessageState.DELIVERED)
    assert "is it you?" in await until_read(second, conversation_id)
    await anna.engine.ask(commands.AcknowledgeRoot(account=ben.account))
    assert not (await safety(anna, ben)).has_changed
    # What the group is called was said before, to the root that is gone.
    await second.until(lambda: second.conversations()[club.conversation_id].title == "Club" or None)
    await ben.start()


async def until_read(person: Person, conversation_id: ConversationId) -> list[str]:
    return await person.until(
        lambda: texts if "is it you?" in (texts := person.texts(conversation_id)) else None
    )


@pytest.mark.logs_warnings
async def test_a_compared_root_that_changes_blocks_sending_until_looked_at(
    anna: Person, ben: Person, second: Person, server: ServerProcess
) -> None:
    await anna.register()
    await ben.register()
    conversation_id = await befriend(anna, ben)
    await verify(anna, ben)
    await ben.stop()
    await reset(second, server)
    await anna.until(lambda: anna.conversations()[conversation_id].is_blocked or None)

    sent = await anna.send(conversation_id, "is it you?")
    loaded = await safety(anna, ben)
    assert (loaded.is_verified, loaded.has_changed) == (False, True)
    assert anna.engine.in_flight() == 0

    await anna.engine.ask(commands.AcknowledgeRoot(account=ben.account))

    await anna.state(conversation_id, sent.local_id, MessageState.DELIVERED)
    assert "is it you?" in await until_read(second, conversation_id)
    assert not (await safety(anna, ben)).is_verified
    await ben.start()


async def test_somebody_unknown_cannot_be_marked(anna: Person) -> None:
    await anna.register()

    with pytest.raises(CommandFailedError) as failed:
        await anna.engine.ask(commands.AcknowledgeRoot(account=anna.account))

    assert failed.value.code == "not_found"


async def test_a_reset_needs_the_right_token(anna: Person) -> None:
    with pytest.raises(CommandFailedError) as failed:
        await anna.engine.ask(
            commands.ResetAccount(user_name=anna.name, reset_token="wrong", new_password=PASSWORD)
        )

    assert failed.value.code == "wrong_credentials"
