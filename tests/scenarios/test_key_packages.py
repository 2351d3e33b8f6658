"""Coming into conversations when key packages and Welcomes go wrong, on a real server."""

from __future__ import annotations

import asyncio
import secrets
import sqlite3
from pathlib import Path

import pytest

from desktop.commands import CreateGroup, SendText
from desktop.engine import Engine
from desktop.engine.link_parts import LinkParts
from desktop.events import ConversationOpened, Queued
from desktop.storage.storage import open_storage
from shared import limits
from shared.identifiers import ConversationId
from shared.rest_devices import ClaimedKeyPackages, KeyPackageClaim, KeyPackageStock
from tests.scenarios.people import Person, befriend, befriended
from tests.server_process import ServerProcess

pytestmark = pytest.mark.asyncio


def parts_of(person: Person) -> LinkParts:
    assert isinstance(person.engine, Engine)
    assert person.engine._parts is not None
    return person.engine._parts.connection._parts


async def make_group(owner: Person, member: Person) -> ConversationId:
    account = owner.session.conversation_with(member.name)
    assert account is not None
    command = CreateGroup(name=f"{owner.name}'s", accounts=(account.peer.account,))
    return (await owner.session.ask_for(ConversationOpened, command)).conversation_id


async def say(person: Person, group: ConversationId, text: str, *listeners: Person) -> None:
    command = SendText(conversation_id=group, text=text)
    row = (await person.session.ask_for(Queued, command)).row
    await person.until(lambda: person.rows.get(row.local_id, row).sequence > 0)
    for listener in listeners:
        await listener.until_heard(text)


async def claim(person: Person, account: int, claim_id: bytes) -> ClaimedKeyPackages:
    """Take a package of an account's devices, as a program that adds them does."""
    http = parts_of(person).heads._context.http
    body = KeyPackageClaim(claim_id=claim_id, accounts=[account])
    return await http.send("POST", "/v1/key-packages/claims", ClaimedKeyPackages, body)


async def stock_of(person: Person) -> KeyPackageStock:
    return await parts_of(person).heads._context.http.get("/v1/key-packages", KeyPackageStock)


async def test_two_who_add_the_same_device_at_once_take_different_packages(
    server: ServerProcess, tmp_path: Path
) -> None:
    async with befriended(server.url, tmp_path) as (anna, ben):
        carol = Person("carol", url=server.url, folder=tmp_path)
        await carol.start()
        await carol.register()
        await befriend(carol, ben)
        await ben.stop()

        groups = await asyncio.gather(make_group(anna, ben), make_group(carol, ben))
        await ben.start()
        for owner, group in zip((anna, carol), groups, strict=True):
            await ben.until(lambda group=group: group in ben.session.conversations)  # type: ignore[misc]
            await say(ben, group, f"I am in {owner.name}'s", owner)
        await carol.stop()

    database = sqlite3.connect(server.data / "mim.sqlite")
    (taken,) = database.execute(
        "SELECT count(*) FROM key_packages WHERE taken_ms > 0 AND NOT is_last_resort"
    ).fetchone()
    database.close()
    assert taken >= 4, "two for the direct conversations, two for the groups"


async def test_the_same_claim_gets_the_same_package_and_takes_none_twice(
    server: ServerProcess, tmp_path: Path
) -> None:
    async with befriended(server.url, tmp_path) as (anna, ben):
        account, claim_id = ben.session.own().account, secrets.token_bytes(16)
        before = (await stock_of(ben)).count

        first = await claim(anna, account, claim_id)
        again = await asyncio.gather(*(claim(anna, account, claim_id) for _ in range(4)))

        assert all(each == first for each in again)
        assert (await stock_of(ben)).count == before - 1


async def test_with_the_pool_used_up_the_last_resort_lets_a_device_in(
    server: ServerProcess, tmp_path: Path
) -> None:
    async with befriended(server.url, tmp_path) as (anna, ben):
        account = ben.session.own().account
        await ben.stop()
        claimed = [
            await claim(anna, account, secrets.token_bytes(16))
            for _ in range(limits.KEY_PACKAGES_POOL + 2)
        ]
        group = await make_group(anna, ben)

        await ben.start()
        await ben.until(lambda: group in ben.session.conversations)
        await say(ben, group, "let in all the same", anna)

        packages = [each.packages[0] for each in claimed]
        fresh = {each.package for each in packages if not each.is_last_resort}
        assert len(fresh) == sum(not each.is_last_resort for each in packages)
        assert packages[-1].is_last_resort
        assert packages[-1] == packages[-2]
        await until_full(ben)


async def until_full(person: Person) -> None:
    """Wait until a device, told that its pool is empty, has filled it."""
    async with asyncio.timeout(30):
        while (await stock_of(person)).count < limits.KEY_PACKAGES_LOW:  # noqa: ASYNC110 - on the server.
            await asyncio.sleep(0.05)


async def test_a_welcome_that_got_lost_is_replaced_by_a_join_by_oneself(
    server: ServerProcess, tmp_path: Path
) -> None:
    async with befriended(server.url, tmp_path) as (anna, ben):
        await ben.stop()
        group = await make_group(anna, ben)
        database = sqlite3.connect(server.data / "mim.sqlite")
        gone = database.execute("DELETE FROM welcome_devices").rowcount
        database.commit()
        database.close()

        await ben.start()
        await ben.until(lambda: group in ben.session.conversations)
        await say(ben, group, "by myself", anna)
        await say(anna, group, "welcome", ben)

    assert gone == 1
    assert commits_of(server, group) == 2, "the creation, and Ben's own way in"


async def test_a_welcome_to_a_package_that_is_gone_is_replaced_by_a_join_by_oneself(
    server: ServerProcess, tmp_path: Path
) -> None:
    async with befriended(server.url, tmp_path) as (anna, ben):
        await ben.stop()
        group = await make_group(anna, ben)
        # As after the package's time: its private half is not kept any longer.
        storage = open_storage(ben.home, uses_key_store=False)
        storage.database.run("DELETE FROM prekeys")
        storage.close()

        await ben.start()
        await ben.until(lambda: group in ben.session.conversations)
        await say(ben, group, "by myself", anna)

    assert commits_of(server, group) == 2


def commits_of(server: ServerProcess, conversation_id: int) -> int:
    database = sqlite3.connect(server.data / "mim.sqlite")
    (count,) = database.execute(
        "SELECT count(*) FROM entries WHERE conversation_id = ? AND kind = 1", (conversation_id,)
    ).fetchone()
    database.close()
    return int(count)
