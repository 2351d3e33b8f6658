"""Two people, two real windows in processes of their own, one real server that is restarted."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest

from tests.scenarios.window_process import Command, Said

WAIT_S = 30.0
POLL_S = 0.05


class Ready(msgspec.Struct):
    """The line a server prints when it listens."""

    url: str
    port: int


class Server:
    """A real server process that keeps its port over restarts."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.url = ""
        self._port = 0
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        arguments = ["run", "--data", str(self._folder), "--host", "127.0.0.1"]
        self._process = subprocess.Popen(
            [sys.executable, "-m", "backend.cli", *arguments, "--port", str(self._port)],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        assert self._process.stdout is not None
        ready = msgspec.json.decode(self._process.stdout.readline(), type=Ready)
        self.url, self._port = ready.url, ready.port

    def kill(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()


class Window:
    """One person's app."""

    def __init__(self, server: Server, home: Path) -> None:
        self._log = (home.parent / f"{home.name}.log").open("ab")
        self._process = subprocess.Popen(
            [
                *(sys.executable, "-m", "tests.scenarios.window_process"),
                *("--server", server.url, "--home", str(home)),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
        )

    def do(self, command: Command) -> list[str]:
        """Carry a command out, as soon as what it needs is on the screen."""
        said = self._ask(command)
        deadline = time.monotonic() + WAIT_S
        while said.trouble:
            assert time.monotonic() < deadline, f"{said.trouble}; on the screen: {self.read()}"
            time.sleep(POLL_S)
            said = self._ask(command)
        return said.texts

    def click(self, name: str) -> None:
        self.do(Command(do="click", name=name))

    def type(self, name: str, text: str) -> None:
        self.do(Command(do="type", name=name, text=text))

    def key(self, key: str) -> None:
        self.do(Command(do="key", key=key))

    def row(self, text: str) -> None:
        self.do(Command(do="row", text=text))

    def read(self) -> list[str]:
        return self._ask(Command(do="read")).texts

    def sees(self, *parts: str) -> None:
        """Wait until one text on the screen has all these parts."""
        self._await(lambda texts: any(all(part in text for part in parts) for text in texts), parts)

    def sees_no_more(self, part: str) -> None:
        self._await(lambda texts: not any(part in text for text in texts), (part,))

    def messages(self) -> list[str]:
        """Return who wrote what, as the timeline says it."""
        lines = [text for text in self.read() if text.startswith(("You: ", "Anna: ", "Ben: "))]
        return [line.split(", ")[0] for line in lines]

    def close(self) -> None:
        self._ask(Command(do="close"))
        assert self._process.wait(WAIT_S) == 0
        self._end_streams()

    def end(self) -> None:
        """End the process, whatever state it is in."""
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        self._end_streams()

    def register(self, user_name: str, nickname: str) -> None:
        self.click("New here? Register")
        self.type("User name", user_name)
        self.type("Nickname", nickname)
        self.type("Password", f"password of {user_name}")
        self.type("Password again", f"password of {user_name}")
        self.click("Register")
        self.click("I kept it in a safe place")
        self.click("Continue")
        self.sees(f"window: {nickname}")

    def write(self, text: str) -> None:
        self.type("Message", text)
        self.key("Return")

    def _ask(self, command: Command) -> Said:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(msgspec.json.encode(command) + b"\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, "the app has ended"
        return msgspec.json.decode(line, type=Said)

    def _await(self, holds: Callable[[list[str]], bool], wanted: tuple[str, ...]) -> None:
        deadline = time.monotonic() + WAIT_S
        while not holds(texts := self.read()):
            assert time.monotonic() < deadline, f"waited for {wanted}; on the screen: {texts}"
            time.sleep(POLL_S)

    def _end_streams(self) -> None:
        for stream in (self._process.stdin, self._process.stdout, self._log):
            if stream is not None and not stream.closed:
                stream.close()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    made = Server(tmp_path / "server")
    made.start()
    yield made
    made.kill()


@pytest.fixture
def open_window(server: Server, tmp_path: Path) -> Iterator[Callable[[str], Window]]:
    opened: list[Window] = []

    def open_one(name: str) -> Window:
        window = Window(server, tmp_path / name)
        opened.append(window)
        return window

    yield open_one
    for window in opened:
        window.end()


@pytest.mark.timeout(300)
def test_two_people_find_each_other_and_talk(
    server: Server, open_window: Callable[[str], Window]
) -> None:
    anna, ben = open_window("anna"), open_window("ben")
    anna.register("anna", "Anna")
    ben.register("ben", "Ben")

    # Anna asks, Ben accepts.
    anna.click("Contacts")
    anna.click("Add a contact")
    anna.type("User name", "ben")
    anna.type("Greeting", "Hello Ben")
    anna.click("Send request")
    anna.sees("Ben", "Waiting for an answer")
    ben.click("Contacts, 1 new request")
    ben.sees("Anna", "Hello Ben")
    ben.row("Hello Ben")
    ben.key("Return")
    ben.sees("Anna added.")
    ben.sees("Anna, online")
    anna.sees("Ben, online")

    # They write to each other.
    anna.row("Ben, online")
    ben.row("Anna, online")
    anna.write("hello")
    ben.sees("Anna: hello")
    anna.sees("You: hello", "read")
    ben.write("hi Anna")
    anna.sees("Ben: hi Anna")
    ben.sees("You: hi Anna", "read")

    # Ben goes; what Anna writes meanwhile arrives when he is back. What is open when he goes is
    # open, and so read, when he comes.
    ben.key("Escape")
    ben.sees("Choose a conversation")
    ben.close()
    anna.sees("Ben", "last seen")
    anna.write("are you there?")
    anna.sees("You: are you there?", ", sent")
    ben = open_window("ben")
    ben.sees("Anna", "1 unread")
    anna.sees("You: are you there?", "delivered")
    ben.row("are you there?")
    ben.sees("Anna: are you there?")
    anna.sees("You: are you there?", "read")

    # The server dies in the middle and comes back.
    server.kill()
    anna.sees("Offline.")
    anna.write("the server is gone")
    ben.sees("Offline.")
    ben.write("I see")
    anna.sees("You: the server is gone", "waiting")
    server.start()
    ben.sees("Anna: the server is gone")
    anna.sees("Ben: I see")
    anna.sees_no_more("Offline.")
    anna.sees("You: the server is gone", "read")

    seen_by_anna = [text.replace("You: ", "Anna: ") for text in anna.messages()]
    seen_by_ben = [text.replace("You: ", "Ben: ") for text in ben.messages()]
    assert seen_by_anna == seen_by_ben
    assert len(seen_by_anna) == 5
    anna.close()
    ben.close()
