"""``python3 run.py`` with all its real parts: server, Echo and two windows painted into memory."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

ROOT = Path(__file__).resolve().parents[2]
WAIT_S = 60.0


class Start:
    """One ``python3 run.py --data DIR``, as a person types it."""

    def __init__(self, data: Path, log: Path) -> None:
        self.data = data
        self.log = log
        with log.open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-P", "-m", "launcher.main_job", "--data", str(data)],
                stdout=output,
                stderr=output,
                env=os.environ | {"PYTHONPATH": str(ROOT), "QT_QPA_PLATFORM": "offscreen"},
            )
        self.seen: set[psutil.Process] = set()

    def parts(self) -> list[psutil.Process]:
        """All processes below this start."""
        try:
            parts = psutil.Process(self.process.pid).children(recursive=True)
        except psutil.NoSuchProcess:
            return []
        self.seen.update(parts)
        return parts

    def part(self, module: str) -> psutil.Process:
        """Wait for the process that runs a module."""
        found: list[psutil.Process] = []

        def look() -> bool:
            found.extend(p for p in self.parts() if module in command_of(p))
            return bool(found)

        until(look, self)
        return found[0]

    def has_window(self) -> bool:
        """Whether the app has come so far that it holds a profile."""
        return any("desktop.app" in command_of(p) and holds_a_profile(p) for p in self.parts())

    def wait(self) -> int:
        """Wait until it has ended; all that it started must have ended then."""
        self.parts()
        status = self.process.wait(WAIT_S)
        _, alive = psutil.wait_procs(list(self.seen), timeout=WAIT_S)
        assert not alive
        return status


def command_of(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:  # It ended while we looked.
        return []


def holds_a_profile(process: psutil.Process) -> bool:
    try:
        return any("profile.lock" in file.path for file in process.open_files())
    except psutil.Error:  # It ended while we looked.
        return False


def until(condition: Callable[[], bool], start: Start) -> None:
    deadline = time.monotonic() + WAIT_S
    while not condition():
        assert time.monotonic() < deadline, start.log.read_text(encoding="utf-8")
        time.sleep(0.05)


Run = Callable[[], Start]


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Run]:
    starts: list[Start] = []

    def start() -> Start:
        made = Start(tmp_path / "data", tmp_path / f"run-{len(starts)}.log")
        starts.append(made)
        return made

    yield start
    for made in starts:
        if made.process.poll() is None:
            made.process.terminate()
            made.process.wait(WAIT_S)


def cli(start: Start, *arguments: str) -> list[dict[str, object]]:
    """Run ``mim-cli`` for a person on the server of a start."""
    port = (start.data / "port").read_text(encoding="utf-8").strip()
    result = subprocess.run(
        [
            *(sys.executable, "-P", "-m", "desktop.cli"),
            *("--server", f"http://127.0.0.1:{port}", "--home", str(start.data.parent / "anna")),
            *("--json", *arguments),
        ],
        env=os.environ | {"PYTHONPATH": str(ROOT), "MIM_PASSWORD": "four cats in a row"},
        capture_output=True,
        text=True,
        timeout=WAIT_S,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_two_starts_share_a_server_until_the_last_window_closes(run: Run) -> None:
    first = run()
    until(first.has_window, first)
    second = run()
    until(second.has_window, second)

    assert [p for p in second.parts() if "backend.cli" in command_of(p)] == []

    first.part("desktop.app").send_signal(signal.SIGTERM)
    until(
        lambda: not any("desktop.app" in command_of(p) for p in first.parts()),
        first,
    )
    assert first.process.poll() is None
    assert first.part("backend.cli").is_running()

    second.part("desktop.app").send_signal(signal.SIGTERM)

    assert second.wait() == 0
    assert first.wait() == 0


def test_ctrl_c_ends_everything_and_the_next_start_finds_it_again(run: Run) -> None:
    first = run()
    until(first.has_window, first)
    port = (first.data / "port").read_text(encoding="utf-8")
    cli(first, "register", "anna")
    cli(first, "send", "echo", "Are you still there?", "--wait", "read")

    first.process.send_signal(signal.SIGINT)

    assert first.wait() == 0
    again = run()
    until(again.has_window, again)
    assert (again.data / "port").read_text(encoding="utf-8") == port
    # Echo answers once it is back; what was written before is there at once.
    texts: list[object] = []

    def has_answers() -> bool:
        texts[:] = [line["text"] for line in cli(again, "history", "echo") if line.get("text")]
        return texts.count("Are you still there?") == 2

    until(has_answers, again)
    assert len(texts) == 3
    again.process.send_signal(signal.SIGTERM)
    assert again.wait() == 0


def test_killed_parts_come_back(run: Run) -> None:
    start = run()
    until(start.has_window, start)
    cli(start, "register", "anna")
    server, echo = start.part("backend.cli"), start.part("desktop.cli.echo")

    server.kill()
    echo.kill()

    until(lambda: not server.is_running() and not echo.is_running(), start)
    start.part("backend.cli")
    cli(start, "send", "echo", "And now?", "--wait", "read")
    start.process.terminate()
    assert start.wait() == 0
