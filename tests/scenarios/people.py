"""People without a window: each has a real engine, and a trace of what it told and when."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from desktop.cli.session import Session
from desktop.commands import AcceptRequest, MarkRead, Register, RequestContact, SendText
from desktop.config import EngineConfig
from desktop.engine import Engine
from desktop.engine.context import Surroundings
from desktop.events import (
    ConversationRow,
    Event,
    MessageRow,
    MessageState,
    Queued,
    Registered,
)
from shared.identifiers import ConversationId
from shared.rest import Kdf

__all__ = ["FLOOR", "PATIENCE_S", "Person", "befriend", "befriended", "facts"]

FLOOR = Kdf(version=1, passes=1, memory_bytes=8 * 1024 * 1024)
PATIENCE_S = 60.0  # Far beyond what anything here takes; it only ends a run that hangs.
PASSWORD = "correct horse"


class Person:
    """Somebody with a profile of their own; the engine can be stopped and started again."""

    def __init__(
        self,
        name: str,
        *,
        url: str,
        folder: Path,
        wall_ms: Callable[[], int] | None = None,
    ) -> None:
        self.name = name
        self.home = folder / name
        self.trace: list[tuple[float, Event]] = []
        self.rows: dict[int, MessageRow] = {}
        self._config = EngineConfig(
            server_url=url, home=self.home, kdf_floor=FLOOR, uses_key_store=False
        )
        self._wall_ms = wall_ms
        self._engine: Engine | None = None
        self._session: Session | None = None

    @property
    def engine(self) -> Engine:
        assert self._engine is not None, f"{self.name} is away"
        return self._engine

    @property
    def session(self) -> Session:
        assert self._session is not None, f"{self.name} is away"
        return self._session

    async def start(self) -> None:
        """Open the profile and begin to connect."""
        if self._wall_ms is None:
            self._engine = Engine(self._config)
        else:
            self._engine = Engine(self._config, around=Surroundings(wall_ms=self._wall_ms))
        self._session = Session(self._engine)
        self._session.on_event(lambda event: self.trace.append((time.monotonic(), event)))
        self._session.on_row(self._note)
        await self._engine.start()

    async def stop(self) -> None:
        """Close the profile, as closing the app does."""
        if self._engine is not None:
            engine, self._engine, self._session = self._engine, None, None
            await engine.stop()

    async def register(self, *, nickname: str = "") -> str:
        """Make the account and catch up; return the recovery code."""
        command = Register(
            user_name=self.name, password=PASSWORD, nickname=nickname or self.name.title()
        )
        registered = await self.session.ask_for(Registered, command)
        await self.until(lambda: self.session.is_logged_in)
        await self.session.catch_up(seconds=PATIENCE_S)
        return registered.recovery_code

    async def until(self, is_so: Callable[[], bool]) -> None:
        """Wait until something is so; a test fails if it never is."""
        assert await self.session.wait_until(is_so, seconds=PATIENCE_S), (
            f"{self.name} waited in vain"
        )

    def conversation(self, other: Person) -> ConversationRow:
        row = self.session.conversation_with(other.name)
        assert row is not None, f"{self.name} has no conversation with {other.name}"
        return row

    def conversation_id(self, other: Person) -> ConversationId:
        return self.conversation(other).conversation_id

    async def say(self, other: Person, text: str) -> MessageRow:
        """Put a text into the outbox; return its row."""
        command = SendText(conversation_id=self.conversation_id(other), text=text)
        return (await self.session.ask_for(Queued, command)).row

    async def until_state(self, row: MessageRow, *states: MessageState) -> MessageRow:
        """Wait until an own message has one of these states."""
        await self.until(lambda: self.rows.get(row.local_id, row).state in states)
        return self.rows[row.local_id]

    async def until_heard(self, text: str) -> MessageRow:
        """Wait until a text of somebody else has arrived."""
        await self.until(lambda: self.heard(text) is not None)
        row = self.heard(text)
        assert row is not None, "rows stay"
        return row

    def heard(self, text: str) -> MessageRow | None:
        return next((r for r in self.rows.values() if not r.is_own and r.text == text), None)

    async def read(self, row: MessageRow) -> None:
        """Mark everything up to a message as read."""
        await self.session.ask(MarkRead(conversation_id=row.conversation_id, sequence=row.sequence))

    async def timeline(self, other: Person) -> list[MessageRow]:
        """The whole conversation, as this person has it."""
        return await self.session.rows(self.conversation_id(other), limit=1_000_000)

    def _note(self, row: MessageRow) -> None:
        self.rows[row.local_id] = row


def facts(rows: list[MessageRow]) -> list[tuple[int, str, int, str]]:
    """What both sides must agree on, in the order shown."""
    return [(row.sequence, row.message_id, row.sender, row.text) for row in rows]


async def befriend(asking: Person, asked: Person) -> None:
    """One asks, the other accepts; both get the conversation."""
    await asking.session.ask(RequestContact(user_name=asked.name, greeting="Hello"))
    await asked.until(lambda: asked.session.request(asking.name) is not None)
    request = asked.session.request(asking.name)
    assert request is not None, "requests stay until they are answered"
    await asked.session.ask(AcceptRequest(account=request.profile.account))
    await asking.until(lambda: asking.session.conversation_with(asked.name) is not None)
    await asked.until(lambda: asked.session.conversation_with(asking.name) is not None)


@asynccontextmanager
async def befriended(
    url: str,
    folder: Path,
    *,
    nicknames: tuple[str, str] = ("Anna", "Ben"),
    wall_ms: Callable[[], int] | None = None,
) -> AsyncIterator[tuple[Person, Person]]:
    """Two contacts, Anna and Ben; ``wall_ms`` is what Anna's clock shows."""
    anna = Person("anna", url=url, folder=folder, wall_ms=wall_ms)
    ben = Person("ben", url=url, folder=folder)
    try:
        for person, nickname in zip((anna, ben), nicknames, strict=True):
            await person.start()
            await person.register(nickname=nickname)
        await befriend(anna, ben)
        yield anna, ben
    finally:
        await asyncio.gather(anna.stop(), ben.stop())
