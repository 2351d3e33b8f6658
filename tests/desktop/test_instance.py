from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtNetwork import QLocalSocket
from pytestqt.qtbot import QtBot

from desktop.instance import Instance, _socket_name, show_running
from shared import limits

# A second start is another process, as it is for people.
VISIT = """
import os, sys
from pathlib import Path
from desktop.instance import Instance, show_running
assert not Instance(Path(sys.argv[1])).claim()
raise SystemExit(0 if show_running(Path(sys.argv[1])) else 3)
"""


class First:
    """The process that has the home."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.shown = 0
        self.instance = Instance(home)
        assert self.instance.claim()
        assert self.instance.listen(self._show)

    def _show(self) -> None:
        self.shown += 1


@pytest.fixture
def first(windows: None, tmp_path: Path) -> Iterator[First]:
    made = First(tmp_path / "home")
    yield made
    made.instance.release()


def visit(home: Path, qtbot: QtBot, **environ: str) -> int:
    process = subprocess.Popen([sys.executable, "-c", VISIT, str(home)], env=os.environ | environ)
    qtbot.waitUntil(lambda: process.poll() is not None, timeout=30_000)
    return process.returncode


def test_a_second_start_shows_the_windows_of_the_first(first: First, qtbot: QtBot) -> None:
    assert visit(first.home, qtbot) == 0
    assert visit(first.home, qtbot) == 0

    assert first.shown == 2


def test_a_token_to_come_to_the_front_is_handed_over(
    first: First, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_ACTIVATION_TOKEN", "old")

    visit(first.home, qtbot, XDG_ACTIVATION_TOKEN="token-7")

    assert os.environ["XDG_ACTIVATION_TOKEN"] == "token-7"


def test_a_home_of_another_name_is_another_app(first: First, tmp_path: Path) -> None:
    other = Instance(tmp_path / "other")

    assert other.claim()
    other.release()


def test_what_a_killed_process_left_behind_is_no_trouble(
    windows: None, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "INSTANCE_ANSWER_MS", 50)
    home = tmp_path / "home"
    home.mkdir()
    left = socket.socket(socket.AF_UNIX)
    left.bind(_socket_name(home))
    left.close()
    assert not show_running(home)

    first = First(home)

    assert visit(home, qtbot) == 0
    assert first.shown == 1
    first.instance.release()


def test_after_its_end_another_process_is_the_first(
    first: First, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "INSTANCE_ANSWER_MS", 50)
    first.instance.release()

    again = Instance(first.home)
    assert again.claim()
    assert not show_running(first.home)
    again.release()


def test_a_first_one_that_does_not_answer_is_said(
    windows: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "INSTANCE_ANSWER_MS", 50)
    home = tmp_path / "home"
    instance = Instance(home)
    assert instance.claim()
    deaf = socket.socket(socket.AF_UNIX)
    deaf.bind(_socket_name(home))
    deaf.listen(1)

    assert not show_running(home)

    deaf.close()
    instance.release()


@pytest.mark.parametrize("line", [b"hello\n", b"x" * 5_000, b"\xff\xfe\n"])
def test_other_words_are_not_answered(first: First, qtbot: QtBot, line: bytes) -> None:
    stranger = QLocalSocket()
    stranger.connectToServer(_socket_name(first.home))
    assert stranger.waitForConnected(1_000)

    stranger.write(line)

    qtbot.waitUntil(lambda: stranger.state() is QLocalSocket.LocalSocketState.UnconnectedState)
    assert first.shown == 0
    assert visit(first.home, qtbot) == 0


def test_a_long_path_gets_a_short_name(tmp_path: Path) -> None:
    deep = tmp_path / ("x" * 120)

    assert _socket_name(tmp_path / "a").endswith("mim.sock")
    assert _socket_name(deep).startswith("mim-")
    assert _socket_name(deep) != _socket_name(tmp_path / ("y" * 120))


def test_the_socket_is_its_owners(first: First) -> None:
    assert Path(_socket_name(first.home)).stat().st_mode & 0o077 == 0


def test_a_home_that_cannot_be_made_stops_nobody_here(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    instance = Instance(tmp_path / "file" / "home")

    assert instance.claim()
    instance.release()
