"""What the tests of the launcher share: parts that only stand in, and waiting for a condition."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from launcher import demo, local_server, main_job

STAND_IN = "tests.launcher.stand_in"
Until = Callable[[Callable[[], bool]], None]


@pytest.fixture
def stand_ins(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the launcher start parts that only stand in."""
    monkeypatch.setattr(local_server, "SERVER_MODULE", STAND_IN)
    monkeypatch.setattr(local_server, "ECHO_MODULE", STAND_IN)
    monkeypatch.setattr(main_job, "APP_MODULE", STAND_IN)
    monkeypatch.setattr(demo, "DEMO_MODULE", STAND_IN)


@pytest.fixture
def until() -> Until:
    """Waits for a condition, and fails if it does not come about."""

    def wait(condition: Callable[[], bool]) -> None:
        deadline = time.monotonic() + 30
        while not condition():
            assert time.monotonic() < deadline
            time.sleep(0.01)

    return wait


@pytest.fixture
def pids() -> Callable[[Path], list[int]]:
    """Reads the process ids that a stand-in noted."""

    def read(file: Path) -> list[int]:
        return [int(line) for line in file.read_text().split()] if file.exists() else []

    return read


@pytest.fixture
def alive() -> Callable[[int], bool]:
    """Whether a process runs."""

    def look(pid: int) -> bool:
        try:
            return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
        except psutil.NoSuchProcess:
            return False

    return look
