"""Two people without a window: they register, become contacts and write ten messages each way.

    python -m desktop.cli.demo --server URL --home DIR

Prints both timelines with states and times. Exit code 0 only if both are equal and all is read.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import secrets
import sys
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

from desktop.cli.arguments import kdf_floor
from desktop.cli.outcome import exit_code_of
from desktop.cli.program import use_utf8
from desktop.cli.session import Session, open_session
from desktop.cli.timeline_table import timeline_table
from desktop.commands import AcceptRequest, MarkRead, Register, RequestContact, SendText
from desktop.config import EngineConfig
from desktop.engine import CommandFailedError, Engine
from desktop.events import MessageRow, MessageState, Queued
from desktop.version import version
from shared.e2ee.account import STANDARD_KDF
from shared.identifiers import ConversationId
from shared.rest import Kdf

__all__ = ["are_equal", "is_all_read", "main", "run_demo"]

MESSAGES_EACH = 10
_WAIT_S = 30.0
_GREETING = "Hello, shall we try Mim?"

_LINES = (
    ("Have you tried Mim yet?", "Just now, and you?"),
    ("Nobody in between can read this.", "Not even the server?"),
    ("Not even the server.", "Then how does it find me?"),
    ("It knows who writes to whom, and when.", "But not what."),
    ("午饭吃什么？", "面条 🍜"),
    ("One tick: safe on the server.", "Two: safe on your device."),
    ("And when you have seen it?", "Then I have read it."),
    ("What if I lose the link?", "It waits and goes out by itself."),
    ("Twice?", "Never twice."),
    ("See you tomorrow!", "See you! 👋"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoArguments:
    """The command line of the demo."""

    server: str
    home: Path
    kdf_floor: Kdf = STANDARD_KDF


class _Person:
    """One of the two, with a headless client of their own."""

    def __init__(self, name: str, session: Session) -> None:
        self.name = name
        self.session = session
        self.conversation_id = ConversationId(0)
        self.arrived: dict[str, int] = {}  # Sequences of others' messages, by message id.
        self.states: dict[str, MessageState] = {}  # Of own messages, by message id.
        session.on_row(self._note)

    def _note(self, row: MessageRow) -> None:
        if row.is_own:
            self.states[row.message_id] = row.state
        else:
            self.arrived[row.message_id] = row.sequence

    async def enter_conversation(self, other: str) -> None:
        """Wait until the conversation with the other person is there."""
        await self.wait_for(
            "the conversation", lambda: self.session.conversation_with(other) is not None
        )
        row = self.session.conversation_with(other)
        assert row is not None, "conversations stay"
        self.conversation_id = row.conversation_id

    async def rows(self) -> list[MessageRow]:
        return await self.session.rows(self.conversation_id, limit=10 * MESSAGES_EACH)

    async def wait_for(self, what: str, is_so: Callable[[], bool]) -> None:
        if not await self.session.wait_until(is_so, seconds=_WAIT_S):
            raise CommandFailedError("offline", f"{self.name} waited in vain for {what}.")


def main(argv: list[str] | None = None) -> int:
    """Run the demo; return 0 if both timelines are equal and all is read."""
    use_utf8()
    logging.basicConfig(level=logging.ERROR, format="%(name)s: %(message)s")
    arguments = _parse(argv)
    try:
        return asyncio.run(run_demo(arguments))
    except CommandFailedError as error:
        print(f"demo: {error.code}: {error.message}", file=sys.stderr)
        return exit_code_of(error)
    except KeyboardInterrupt:
        return 130


async def run_demo(arguments: DemoArguments) -> int:
    """Let two people talk, print what each has, and compare.

    Raises:
        CommandFailedError: If the server refuses a step or can not be reached.
    """
    run = secrets.token_hex(3)  # The same server may have seen earlier demos.
    async with AsyncExitStack() as stack:
        anna, ben = [
            await _register(stack, arguments, name=f"{name}-{run}") for name in ("anna", "ben")
        ]
        await _befriend(anna, ben)
        print(f"{anna.name} and {ben.name} are contacts.", flush=True)
        await _talk(anna, ben)
        return await _compare(anna, ben)


def are_equal(ours: Sequence[MessageRow], theirs: Sequence[MessageRow]) -> bool:
    """Whether two timelines hold the same messages in the same order."""

    def facts(rows: Sequence[MessageRow]) -> list[tuple[int, str, int, str, int]]:
        return [(r.sequence, r.message_id, r.sender, r.text, r.shown_at_ms) for r in rows]

    return facts(ours) == facts(theirs)


def is_all_read(rows: Sequence[MessageRow]) -> bool:
    """Whether the other side has read every message of one's own."""
    return all(row.state is MessageState.READ for row in rows if row.is_own)


async def _register(stack: AsyncExitStack, arguments: DemoArguments, *, name: str) -> _Person:
    engine = Engine(
        EngineConfig(
            server_url=arguments.server,
            home=arguments.home / name,
            kdf_floor=arguments.kdf_floor,
            client_name=f"mim-demo {version()}",
            uses_key_store=False,
        )
    )
    session = await stack.enter_async_context(open_session(engine))
    password = secrets.token_urlsafe(12)
    await session.ask(Register(user_name=name, password=password, nickname=name.split("-")[0]))
    await session.wait_until(lambda: session.is_logged_in, seconds=_WAIT_S)
    await session.catch_up()
    print(f"{name} is registered.", flush=True)
    return _Person(name, session)


async def _befriend(anna: _Person, ben: _Person) -> None:
    """Anna asks, Ben accepts, both get the conversation."""
    await anna.session.ask(RequestContact(user_name=ben.name, greeting=_GREETING))
    await ben.wait_for("the request", lambda: ben.session.request(anna.name) is not None)
    request = ben.session.request(anna.name)
    assert request is not None, "it was just there, and only Ben takes it away"
    print(f"{ben.name} reads a request: {request.greeting}", flush=True)
    await ben.session.ask(AcceptRequest(account=request.profile.account))
    for person, other in ((anna, ben), (ben, anna)):
        await person.enter_conversation(other.name)


async def _talk(anna: _Person, ben: _Person) -> None:
    """Each line is written once the one before has arrived and been read."""
    for of_anna, of_ben in _LINES:
        await _say(anna, ben, of_anna)
        await _say(ben, anna, of_ben)


async def _say(speaker: _Person, listener: _Person, text: str) -> None:
    queued = await speaker.session.ask_for(
        Queued, SendText(conversation_id=speaker.conversation_id, text=text)
    )
    name = queued.row.message_id
    await listener.wait_for("a message", lambda: name in listener.arrived)
    await listener.session.ask(
        MarkRead(conversation_id=listener.conversation_id, sequence=listener.arrived[name])
    )
    await speaker.wait_for(
        "the read receipt", lambda: speaker.states.get(name) is MessageState.READ
    )


async def _compare(anna: _Person, ben: _Person) -> int:
    timelines = [await person.rows() for person in (anna, ben)]
    names = {person.session.own().account: person.session.own().nickname for person in (anna, ben)}
    for person, rows in zip((anna, ben), timelines, strict=True):
        print()
        print(timeline_table(f"What {person.name} has", rows, names=names))
    is_equal = are_equal(*timelines)
    is_read = all(map(is_all_read, timelines))
    has_all = len(timelines[0]) == 2 * MESSAGES_EACH
    print()
    print("Both timelines are equal." if is_equal else "The timelines DIFFER.")
    print("All messages are read." if is_read else "Some messages are NOT read.")
    if not has_all:
        print(f"There are {len(timelines[0])} messages and not {2 * MESSAGES_EACH}.")
    return 0 if is_equal and is_read and has_all else 1


def _parse(argv: list[str] | None) -> DemoArguments:
    parser = argparse.ArgumentParser(prog="mim-demo", description=__doc__, allow_abbrev=False)
    parser.add_argument("--server", required=True, metavar="URL")
    parser.add_argument("--home", required=True, type=Path, metavar="DIR")
    parser.add_argument("--kdf-floor", type=kdf_floor, default=STANDARD_KDF, help=argparse.SUPPRESS)
    return DemoArguments(**vars(parser.parse_args(argv)))


if __name__ == "__main__":
    sys.exit(main())
