"""A real server, and people with engines on it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.desktop.engine.people import Person
from tests.server_process import CHEAP_KDF, ServerProcess


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ServerProcess]:
    process = ServerProcess(tmp_path / "server", *CHEAP_KDF).start()
    yield process
    if process.is_running:
        process.stop()


@pytest_asyncio.fixture
async def anna(server: ServerProcess, tmp_path: Path) -> AsyncIterator[Person]:
    person = await Person("anna", tmp_path, server.url).start()
    yield person
    await person.stop()


@pytest_asyncio.fixture
async def ben(server: ServerProcess, tmp_path: Path) -> AsyncIterator[Person]:
    person = await Person("ben", tmp_path, server.url).start()
    yield person
    await person.stop()
