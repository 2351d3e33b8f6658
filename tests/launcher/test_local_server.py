from __future__ import annotations

import os
import signal
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from launcher import local_server
from launcher.local_server import LocalServer, chosen_port
from launcher.trouble import SetupError

Until = Callable[[Callable[[], bool]], None]
Pids = Callable[[Path], list[int]]
Alive = Callable[[int], bool]


@pytest.fixture
def server(tmp_path: Path, stand_ins: None) -> Iterator[LocalServer]:
    server = LocalServer(tmp_path, stopping=lambda: False)
    yield server
    server.stop()


def test_the_port_is_chosen_once(tmp_path: Path) -> None:
    first = chosen_port(tmp_path)

    assert 1024 <= first <= 65535
    assert chosen_port(tmp_path) == first


def test_a_port_that_was_taken_meanwhile_is_said(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        (tmp_path / "port").write_text(f"{other.getsockname()[1]}\n")

        with pytest.raises(SetupError, match="taken by another program"):
            chosen_port(tmp_path)


def test_the_server_starts_on_the_kept_port_with_echo(
    server: LocalServer, tmp_path: Path, pids: Pids
) -> None:
    url = server.start()

    assert url == f"http://127.0.0.1:{chosen_port(tmp_path)}"
    assert len(pids(tmp_path / "echo" / "pids")) == 1


def test_stopping_leaves_nothing_running(
    server: LocalServer, tmp_path: Path, pids: Pids, alive: Alive
) -> None:
    server.start()

    server.stop()

    started = pids(tmp_path / "server" / "pids") + pids(tmp_path / "echo" / "pids")
    assert len(started) == 2
    assert not any(alive(pid) for pid in started)


@pytest.mark.parametrize("part", ["server", "echo"])
def test_a_killed_part_comes_back(
    part: str, server: LocalServer, tmp_path: Path, pids: Pids, alive: Alive, until: Until
) -> None:
    server.start()
    (killed,) = pids(tmp_path / part / "pids")

    os.kill(killed, signal.SIGKILL)
    until(lambda: not alive(killed))
    server.mend()

    until(lambda: len(pids(tmp_path / part / "pids")) == 2)


def test_a_part_that_dies_again_and_again_is_given_up(
    server: LocalServer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    until: Until,
    pids: Pids,
    alive: Alive,
) -> None:
    monkeypatch.setattr(local_server, "RESTARTS_MAX", 0)
    server.start()
    (killed,) = pids(tmp_path / "echo" / "pids")
    os.kill(killed, signal.SIGKILL)
    until(lambda: not alive(killed))

    with pytest.raises(SetupError, match="ends again and again"):
        server.mend()


def test_a_server_that_can_not_start_is_reported_with_its_log(
    server: LocalServer, tmp_path: Path
) -> None:
    (tmp_path / "server").mkdir()
    (tmp_path / "server" / "broken").touch()

    with pytest.raises(SetupError, match="the server is broken"):
        server.start()
