"""Echo as a process of its own: greets, answers within a second, and survives its own death."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from desktop.cli.bot import GREETING
from tests.scenarios.people import FLOOR, Person
from tests.server_process import CHEAP_KDF, ROOT, ServerProcess

ANSWERED_WITHIN_MS = 1_000


class EchoProcess:
    """``python -m desktop.cli.echo`` on a home of its own."""

    def __init__(self, url: str, home: Path) -> None:
        self.home = home
        self._url = url
        self._log = home.with_name(home.name + ".log")

    def start(self) -> dict[str, object]:
        """Start, wait for its line, and return it."""
        floor = f"{FLOOR.version}:{FLOOR.passes}:{FLOOR.memory_bytes}"
        command = [sys.executable, "-m", "desktop.cli.echo", "--server", self._url]
        command += ["--home", str(self.home), "--kdf-floor", floor]
        with self._log.open("a", encoding="utf-8") as log:
            self._process = subprocess.Popen(
                command, cwd=ROOT, stdout=subprocess.PIPE, stderr=log, text=True
            )
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, self._log.read_text(encoding="utf-8")
        ready: dict[str, object] = json.loads(line)
        return ready

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Send a signal and return the exit code."""
        if self._process.poll() is None:
            self._process.send_signal(number)
        code = self._process.wait(timeout=30)
        if self._process.stdout is not None:
            self._process.stdout.close()
        return code


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ServerProcess]:
    """A server on which everybody who registers gets Echo as a contact."""
    process = ServerProcess(tmp_path / "server", *CHEAP_KDF, "--echo", "Echo").start()
    try:
        yield process
    finally:
        process.stop()
    checked = process.check()
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert "Traceback" not in process.log_text()


@pytest.fixture
def echo(server: ServerProcess, tmp_path: Path) -> Iterator[EchoProcess]:
    process = EchoProcess(server.url, tmp_path / "echo")
    process.start()
    yield process
    process.stop()


async def newcomer(server: ServerProcess, folder: Path) -> tuple[Person, Person]:
    """Anna, just registered, and Echo as she sees it."""
    anna = Person("anna", url=server.url, folder=folder)
    await anna.start()
    await anna.register()
    return anna, Person("Echo", url=server.url, folder=folder)


@pytest.mark.asyncio
async def test_a_new_account_is_greeted_and_answered_within_a_second(
    server: ServerProcess, echo: EchoProcess, tmp_path: Path
) -> None:
    anna, bot = await newcomer(server, tmp_path)
    try:
        await anna.until_heard(GREETING)
        for text in ("hello", "你好 👋", "hello"):
            before = len([row for row in anna.rows.values() if not row.is_own])
            asked = await anna.say(bot, text)
            await anna.until(
                lambda before=before: (  # type: ignore[misc]  # Bound for this turn.
                    len([row for row in anna.rows.values() if not row.is_own]) > before
                )
            )
            rows = await anna.timeline(bot)
            asked = anna.rows[asked.local_id]
            assert rows[-1].text == text
            assert rows[-1].received_at_ms - asked.received_at_ms < ANSWERED_WITHIN_MS
    finally:
        await anna.stop()


@pytest.mark.asyncio
async def test_echo_killed_at_any_time_answers_each_message_exactly_once(
    server: ServerProcess, echo: EchoProcess, tmp_path: Path
) -> None:
    anna, bot = await newcomer(server, tmp_path)
    texts = [f"line {number}" for number in range(60)]
    try:
        await anna.until_heard(GREETING)
        for number, text in enumerate(texts):
            await anna.say(bot, text)
            if number % 20 == 10:
                # In the middle of answering: whatever it has stored by now is all it has.
                echo.stop(signal.SIGKILL)
                echo.start()
        await anna.until_heard(texts[-1])

        rows = await anna.timeline(bot)
        answers = [row.text for row in rows if not row.is_own]
        assert answers == [GREETING, *texts]
    finally:
        await anna.stop()


@pytest.mark.asyncio
async def test_echo_stops_when_asked_and_answers_what_came_meanwhile(
    server: ServerProcess, echo: EchoProcess, tmp_path: Path
) -> None:
    anna, bot = await newcomer(server, tmp_path)
    try:
        await anna.until_heard(GREETING)
        assert echo.stop(signal.SIGTERM) == 0
        await anna.say(bot, "are you there?")
        assert echo.start()["user_name"] == "Echo"

        await anna.until_heard("are you there?")

        assert [row.text for row in await anna.timeline(bot) if not row.is_own] == [
            GREETING,
            "are you there?",
        ]
    finally:
        await anna.stop()


def test_the_password_of_echo_is_for_its_owner_only(echo: EchoProcess) -> None:
    path = echo.home / "password"

    assert path.stat().st_mode & 0o077 == 0
    assert len(path.read_text()) >= 32
