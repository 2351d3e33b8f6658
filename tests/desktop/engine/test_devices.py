"""Several devices of one person, and ending one of them, at a real server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from desktop import commands, events
from desktop.engine import CommandFailedError
from desktop.storage.storage import Storage
from tests.desktop.engine.people import PASSWORD, Person, befriend
from tests.server_process import ServerProcess

pytestmark = pytest.mark.asyncio


@pytest_asyncio.fixture
async def phone(anna: Person, server: ServerProcess, tmp_path: Path) -> AsyncIterator[Person]:
    """Return another profile of Anna's, logged out."""
    person = Person(anna.name, tmp_path / "phone", server.url)
    await person.start()
    yield person
    await person.stop()


async def devices_of(person: Person) -> list[events.DeviceRow]:
    answer = await person.engine.ask(commands.LoadDevices())
    assert isinstance(answer, events.DevicesLoaded)
    return answer.devices


async def other_device(person: Person) -> int:
    return next(row.device_id for row in await devices_of(person) if not row.is_current)


def storage_of(person: Person) -> Storage:
    assert person.engine._parts is not None
    return person.engine._parts.context.storage


async def refusal(person: Person, command: commands.Command) -> str:
    with pytest.raises(CommandFailedError) as failed:
        await person.engine.ask(command)
    return failed.value.code


async def test_a_new_device_needs_the_password_alone_and_is_told_of(
    anna: Person, phone: Person
) -> None:
    await anna.register()

    await phone.log_in()

    rows = await devices_of(anna)
    assert [row.is_current for row in rows] == [True, False]
    assert all(row.name and row.has_session for row in rows)
    told = await anna.until(
        lambda: next((each for each in anna.all_told(events.Notice) if is_added(each)), None)
    )
    assert told.detail == rows[1].name


def is_added(notice: events.Notice) -> bool:
    return notice.kind is events.NoticeKind.DEVICE_ADDED


async def test_a_device_gets_the_name_it_is_given(anna: Person, phone: Person) -> None:
    await anna.register()
    await phone.log_in()

    await anna.engine.ask(commands.RenameDevice(device_id=await other_device(anna), name="Phone"))

    assert [row.name for row in await devices_of(phone) if row.is_current] == ["Phone"]


async def test_an_ended_device_learns_it_and_keeps_what_it_has(
    anna: Person, ben: Person, phone: Person
) -> None:
    await anna.register()
    await ben.register()
    conversation_id = await befriend(anna, ben)
    await phone.log_in()
    await ben.send(conversation_id, "before")
    await phone.reads(conversation_id, ["before"])

    await anna.engine.ask(
        commands.RevokeDevice(device_id=await other_device(anna), password=PASSWORD)
    )

    await phone.until(lambda: any(map(is_revoked, phone.all_told(events.Notice))) or None)
    assert phone.last(events.LinkChanged).state is events.LinkState.REFUSED
    assert [row.text for row in (await phone.page(conversation_id)).rows] == ["before"]
    assert [row.is_revoked for row in await devices_of(anna)] == [False, True]
    await phone.stop()
    phone.told.clear()
    await phone.start()
    assert phone.last(events.LinkChanged).state is events.LinkState.REFUSED
    assert [row.text for row in (await phone.page(conversation_id)).rows] == ["before"]
    code = await refusal(phone, commands.LogIn(user_name=anna.name, password=PASSWORD))
    assert code == "revoked"
    await phone.engine.ask(commands.LogOut(wipe=True))
    phone.told.clear()
    await phone.log_in()


def is_revoked(notice: events.Notice) -> bool:
    return notice.kind is events.NoticeKind.REVOKED


async def test_conversations_bar_an_ended_device_and_take_the_new_archive_key(
    anna: Person, ben: Person, phone: Person
) -> None:
    await anna.register()
    await ben.register()
    conversation_id = await befriend(anna, ben)
    await phone.log_in()
    ended = await other_device(anna)

    await anna.engine.ask(commands.RevokeDevice(device_id=ended, password=PASSWORD))

    assert ben.engine._parts is not None
    states = ben.engine._parts.states

    def bars_it() -> bool | None:
        roster = states.roster(conversation_id)
        assert roster is not None
        numbers = {each.account: each.archive_number for each in roster.members}
        return (ended in roster.barred_devices and numbers[anna.account] == 2) or None

    await ben.until(bars_it)


async def test_the_other_devices_take_the_new_archive_key(
    anna: Person, phone: Person, server: ServerProcess, tmp_path: Path
) -> None:
    await anna.register()
    await phone.log_in()
    tablet = await Person(anna.name, tmp_path / "tablet", server.url).start()
    await tablet.log_in()
    ended = next(row.device_id for row in await devices_of(tablet) if row.is_current)

    await anna.engine.ask(commands.RevokeDevice(device_id=ended, password=PASSWORD))

    assert phone.engine._parts is not None
    context = phone.engine._parts.context
    async with asyncio.timeout(20):
        while context.me().archives[-1][0] != 2:
            await devices_of(phone)
    kept = storage_of(phone).account.load()
    assert kept is not None
    assert [number for number, _ in kept.archives] == [1, 2]
    await tablet.stop()


async def test_what_cannot_be_ended_is_refused(anna: Person, phone: Person) -> None:
    await anna.register()
    await phone.log_in()
    own = next(row.device_id for row in await devices_of(anna) if row.is_current)
    other = await other_device(anna)

    codes = [
        await refusal(anna, commands.RevokeDevice(device_id=own, password=PASSWORD)),
        await refusal(anna, commands.RevokeDevice(device_id=12345, password=PASSWORD)),
        await refusal(anna, commands.RevokeDevice(device_id=other, password="wrong password")),
        await refusal(anna, commands.RenameDevice(device_id=other, name=" ")),
    ]

    assert codes == ["local", "not_found", "wrong_credentials", "malformed"]
