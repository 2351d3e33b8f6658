"""A real server process for each test module that asks for one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.backend.office import Office
from tests.backend.people import Person
from tests.server_process import CHEAP_KDF, ServerProcess

MakePerson = Callable[[str], Person]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    running = ServerProcess(tmp_path_factory.mktemp("server") / "data", *CHEAP_KDF).start()
    yield running
    assert running.stop() == 0
    assert "Traceback" not in running.log_text()


@pytest.fixture
def person(server: ServerProcess, request: pytest.FixtureRequest) -> MakePerson:
    """Register people; their names are made unique by the test's."""
    made: list[Person] = []

    def make(name: str) -> Person:
        import secrets

        made.append(Person(server.port, f"{name}-{secrets.token_hex(4)}"))
        return made[-1]

    return make


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    opened = Office(tmp_path / "data")
    yield opened
    opened.close()
