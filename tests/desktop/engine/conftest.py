"""A real server for all tests here, and people with engines on it, new ones for each test."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from shared import limits
from tests.desktop.engine.office import Office
from tests.desktop.engine.people import Person
from tests.desktop.engine.small_server import Account, Seat, SmallServer
from tests.server_process import CHEAP_KDF, ServerProcess

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def shared_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    process = ServerProcess(tmp_path_factory.mktemp("server") / "data", *CHEAP_KDF).start()
    yield process
    if process.is_running:
        process.stop()


@pytest.fixture
def server(shared_server: ServerProcess) -> ServerProcess:
    """Return the server, running; a test may stop and kill it."""
    return shared_server if shared_server.is_running else shared_server.start()


@pytest_asyncio.fixture
async def anna(server: ServerProcess, tmp_path: Path) -> AsyncIterator[Person]:
    person = await Person(f"anna{next(_numbers)}", tmp_path, server.url).start()
    yield person
    await person.stop()


@pytest_asyncio.fixture
async def ben(server: ServerProcess, tmp_path: Path) -> AsyncIterator[Person]:
    person = await Person(f"ben{next(_numbers)}", tmp_path, server.url).start()
    yield person
    await person.stop()


@pytest_asyncio.fixture
async def anna_again(anna: Person, server: ServerProcess, tmp_path: Path) -> AsyncIterator[Person]:
    """Anna's second device; she is to log in on it."""
    person = await Person(anna.name, tmp_path / "second", server.url).start()
    yield person
    await person.stop()


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    made = Office(tmp_path / "home")
    yield made
    made.close()


@pytest_asyncio.fixture
async def sit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Callable[..., Seat]]:
    """Return a function that gives somebody's device a seat at a server in memory.

    Each publishes few key packages: making the whole pool is most of what a short test costs.
    """
    monkeypatch.setattr(limits, "KEY_PACKAGES_POOL", 6)
    monkeypatch.setattr(limits, "KEY_PACKAGES_LOW", 3)
    server = SmallServer()
    made: dict[str, Account] = {}

    def take(name: str, device: str = "phone") -> Seat:
        account = made.get(name) or made.setdefault(name, server.account(name))
        return Seat(server, account, tmp_path / f"{name}-{device}")

    yield take
    for seat in server.seats:
        await seat.close()
