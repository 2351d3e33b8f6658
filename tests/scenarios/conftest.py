"""A real server process for each scenario, whose data is checked when the scenario is over."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.server_process import CHEAP_KDF, ServerProcess


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ServerProcess]:
    """A running server; afterwards every chain and sequence of its data must be whole."""
    process = ServerProcess(tmp_path / "server", *CHEAP_KDF).start()
    try:
        yield process
    finally:
        process.stop()
    checked = process.check()
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert "Traceback" not in process.log_text()


@pytest.fixture
def strict_server(tmp_path: Path) -> Iterator[ServerProcess]:
    """A server whose keys from passwords cost what the app demands."""
    server = ServerProcess(tmp_path / "server").start()
    yield server
    server.stop()
