"""One real server, one proxy and four people for all attacks; each attack has a room of its own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from desktop.commands import RevokeDevice
from tests.desktop.engine.people import PASSWORD, Person, befriend
from tests.hostile.insider import identity_of
from tests.hostile.proxy import Proxy
from tests.hostile.stage import Room, Stage, until
from tests.server_process import CHEAP_KDF, ServerProcess


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    folder: Path = tmp_path_factory.mktemp("hostile")
    server = ServerProcess(folder / "server", *CHEAP_KDF).start()
    proxy = await Proxy(server.url, server.data).start()
    names = ("anna", "ben", "carol", "dave")
    people = [Person(name, folder, proxy.url if name == "ben" else server.url) for name in names]
    await asyncio.gather(*(person.start() for person in people))
    await asyncio.gather(*(person.register() for person in people))
    anna, ben, carol, dave = people
    await befriend(anna, ben)
    await befriend(anna, carol)
    await befriend(ben, dave)
    ended_device, ended_package = await end_device(proxy, dave, folder, server.url)
    yield Stage(proxy, anna, ben, carol, dave, ended_device, ended_package)
    await asyncio.gather(*(person.stop() for person in people))
    await proxy.stop()
    server.stop()


@pytest_asyncio.fixture(loop_scope="session")
async def room(stage: Stage) -> AsyncIterator[Room]:
    """A group in which all are settled; afterwards the server is honest again."""
    yield await stage.room()
    stage.proxy.be_honest()


async def end_device(proxy: Proxy, dave: Person, folder: Path, url: str) -> tuple[int, bytes]:
    """Let Dave log in on another device and end it; return it and a key package it published."""
    other = Person(dave.name, folder / "other", url)
    await other.start()
    await other.log_in()
    device = identity_of(other).device.device_id
    find = "SELECT package FROM key_packages WHERE device_id = ? AND NOT is_last_resort"
    await until(lambda: bool(proxy.rows(find, device)))
    package = proxy.rows(find, device)[0][0]
    assert isinstance(package, bytes)
    await dave.engine.ask(RevokeDevice(device_id=device, password=PASSWORD))
    await other.stop()
    return device, package
