"""Messages that arrive at a rate, over the real server and the real link.

Sealing takes a sender longer than opening takes a receiver, so live senders of 500 messages a
second would need more processors than there are. They write beforehand; between the server and the
app stands a process (``python -m tests.load.desktop.flood``) that keeps the pushed entries back
and then lets them go at the rate, one in a frame, while the senders are away.
"""

from __future__ import annotations

import argparse
import asyncio
import shutil
import subprocess
import sys
import time
from collections import deque
from pathlib import Path
from types import TracebackType

import aiohttp
import msgspec
from aiohttp import web

from desktop.commands import SendText
from desktop.events import MessageState
from shared.frames import Confirm, Entries, decode_server_frame, encode_frame
from shared.identifiers import ConversationId
from tests.hostile.proxy import Proxy
from tests.scenarios.people import Person, befriend
from tests.server_process import ROOT

__all__ = ["Dam", "Pair", "make_pair"]

STEP_S = 0.01
AHEAD_MAX = 64  # Texts on their way to the server at once.


class Pair(msgspec.Struct, frozen=True):
    """Two friends: the home of the one with a window, and the one who writes."""

    conversation: int
    home: Path
    folder: Path


async def make_pair(url: str, folder: Path) -> Pair:
    """Register two people and make them friends."""
    anna = Person("anna", url=url, folder=folder)
    ben = Person("ben", url=url, folder=folder)
    try:
        for person in (anna, ben):
            await person.start()
            await person.register()
        await befriend(anna, ben)
        conversation = anna.conversation_id(ben)
        for number in range(80):
            await ben.say(anna, f"before {number}")
        await anna.until(lambda: anna.heard("before 79") is not None)
    finally:
        await anna.stop()
        await ben.stop()
    home = folder / "home"
    shutil.copytree(anna.home, home / "profile-1")
    (home / "profile-1" / "windows.json").write_text('{"was_logged_in": true}', "utf-8")
    return Pair(conversation, home, folder)


async def write(url: str, pair: Pair, count: int) -> None:
    """Let the friend write so many messages, until the server has them all."""
    ben = Person("ben", url=url, folder=pair.folder)
    await ben.start()
    accepted = 0
    try:
        await ben.until(lambda: ConversationId(pair.conversation) in ben.session.conversations)
        for number in range(count):
            await ben.session.ask(
                SendText(
                    conversation_id=ConversationId(pair.conversation),
                    text=f"message {number} of somebody who writes and writes 消息 12:00",
                )
            )
            while number - accepted > AHEAD_MAX:
                await asyncio.sleep(STEP_S)
                accepted = _accepted(ben)
        await ben.until(lambda: _accepted(ben) >= count)
    finally:
        await ben.stop()


def _accepted(person: Person) -> int:
    states = (MessageState.ACCEPTED, MessageState.DELIVERED, MessageState.READ)
    return sum(row.is_own and row.state in states for row in person.rows.values())


class Dam:
    """The process between server and app; `release` lets messages go.

    Args:
        url: Of the server.
        data: The server's folder.
    """

    def __init__(self, url: str, data: Path) -> None:
        self._process = subprocess.Popen(
            [
                *(sys.executable, "-P", "-m", "tests.load.desktop.flood"),
                *("--server", url, "--data", str(data)),
            ],
            cwd=ROOT,
            env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        self.url = self._process.stdout.readline().strip()

    def release(self, rate: float) -> None:
        """Let so many messages a second go from now on; 0 lets none go."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{rate}\n")
        self._process.stdin.flush()

    def __enter__(self) -> Dam:
        """Use it."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End it."""
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                stream.close()


class _Gate(Proxy):
    """Keeps pushed entries and lets them go at a rate.

    It confirms them in the app's place: a server that hears nothing of what it has pushed stops
    pushing, and the app would read the rest from the log, all at once.
    """

    def __init__(self, url: str, data: Path) -> None:
        super().__init__(url, data)
        self._held: deque[Entries] = deque()
        self.rate = 0.0

    async def _down(
        self, upstream: aiohttp.ClientWebSocketResponse, link: web.WebSocketResponse
    ) -> None:
        async for message in upstream:
            if message.type is not aiohttp.WSMsgType.BINARY:
                return
            frame = decode_server_frame(message.data)
            if isinstance(frame, Entries) and frame.entries and not frame.pull_id:
                self._hold(frame)
                confirm = encode_frame(Confirm(frame.conversation_id, frame.entries[-1].sequence))
                assert isinstance(confirm, bytes)
                await upstream.send_bytes(confirm)
            else:
                await link.send_bytes(message.data)

    def _hold(self, frame: Entries) -> None:
        before = frame.chain_before
        for entry in frame.entries:
            self._held.append(Entries(frame.conversation_id, before, (entry,)))
            before = entry.chain

    async def run(self) -> None:
        """Let entries go."""
        due, last = 0.0, time.monotonic()
        while True:
            await asyncio.sleep(STEP_S)
            now = time.monotonic()
            due, last = min(due + (now - last) * self.rate, 100.0), now
            while due >= 1 and self._held:
                due -= 1
                await self.push(self._held.popleft())


async def stand_between(url: str, data: Path) -> None:
    """Run until the end of the input."""
    gate = _Gate(url, data)
    await gate.start()
    running = asyncio.create_task(gate.run())
    print(gate.url, flush=True)
    while line := await asyncio.to_thread(sys.stdin.readline):
        gate.rate = float(line)
    running.cancel()
    await gate.stop()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--server", required=True)
    parser.add_argument("--data", type=Path, required=True)
    options = parser.parse_args()
    asyncio.run(stand_between(options.server, options.data))


if __name__ == "__main__":
    main()
