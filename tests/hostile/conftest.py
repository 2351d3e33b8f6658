"""One real server, one proxy and four people for all attacks; each attack has a room of its own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.desktop.engine.people import Person, befriend
from tests.hostile.proxy import Proxy
from tests.hostile.stage import Room, Stage
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
    yield Stage(proxy, anna, ben, carol, dave)
    await asyncio.gather(*(person.stop() for person in people))
    await proxy.stop()
    server.stop()


@pytest_asyncio.fixture(loop_scope="session")
async def room(stage: Stage) -> AsyncIterator[Room]:
    """A group in which all are settled; afterwards the server is honest again."""
    yield await stage.room()
    stage.proxy.be_honest()
