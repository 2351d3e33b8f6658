"""Engines for tests: one profile each, against a real server, with everything they told."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from desktop import commands, events
from desktop.engine import Engine, EngineConfig
from desktop.engine.http import HttpClient
from desktop.events import ConversationRow, Event, MessageRow
from desktop.storage.storage import open_storage
from shared.identifiers import AccountId, ConversationId
from shared.rest import Kdf

__all__ = ["CHEAP_FLOOR", "PASSWORD", "Person", "befriend"]

CHEAP_FLOOR = Kdf(version=1, passes=1, memory_bytes=8 * 1024 * 1024)
PASSWORD = "correct horse"
T = TypeVar("T")
E = TypeVar("E", bound=Event)

_WAIT_S = 30

_STEPS = (
    events.MessageState.ACCEPTED,
    events.MessageState.DELIVERED,
    events.MessageState.READ,
)


class Person:
    """Somebody with one profile; the engine may be stopped and started again."""

    def __init__(self, name: str, home: Path, server_url: str) -> None:
        self.name = name
        self.config = EngineConfig(
            server_url=server_url,
            home=home / name,
            kdf_floor=CHEAP_FLOOR,
            client_name="tests",
            uses_key_store=False,
        )
        self.told: list[Event] = []
        self.engine: Engine = None  # type: ignore[assignment]  # Made by `start`.
        self._changed = asyncio.Event()

    async def start(self) -> Person:
        self.engine = Engine(self.config)
        self.engine.listen(self._listen)
        await self.engine.start()
        return self

    async def stop(self) -> None:
        await self.engine.stop()

    async def end_session_elsewhere(self) -> None:
        """End the session on the server, as another device could, and leave all as it was."""
        storage = open_storage(self.config.home, uses_key_store=False)
        identity = storage.account.load()
        storage.close()
        assert identity is not None
        http = HttpClient(self.config.server_url)
        http.token = identity.token
        await http.call("DELETE", "/v1/sessions/current")
        await http.close()

    async def register(self) -> events.Registered:
        answer = await self.engine.ask(
            commands.Register(user_name=self.name, password=PASSWORD, nickname=self.name.title())
        )
        assert isinstance(answer, events.Registered)
        await self.online()
        return answer

    async def log_in(self) -> None:
        await self.engine.ask(commands.LogIn(user_name=self.name, password=PASSWORD))
        await self.online()

    async def until(self, find: Callable[[], T | None]) -> T:
        """Wait until ``find`` returns something; it is asked again after every event."""
        async with asyncio.timeout(_WAIT_S):
            while True:
                self._changed.clear()
                found = find()
                if found is not None and found is not False:
                    return found
                await self._changed.wait()

    def all_told(self, kind: type[E]) -> list[E]:
        return [event for event in self.told if isinstance(event, kind)]

    def last(self, kind: type[E]) -> E:
        return self.all_told(kind)[-1]

    async def online(self) -> None:
        def is_online() -> bool | None:
            links = self.all_told(events.LinkChanged)
            return bool(links) and links[-1].state is events.LinkState.ONLINE

        await self.until(is_online)

    async def offline(self) -> None:
        def is_offline() -> bool | None:
            links = self.all_told(events.LinkChanged)
            return bool(links) and links[-1].state is not events.LinkState.ONLINE

        await self.until(is_offline)

    @property
    def account(self) -> AccountId:
        changed = [each.account for each in self.all_told(events.AccountChanged)]
        accounts = [each for each in changed if each is not None]
        return accounts[-1].profile.account

    def conversations(self) -> dict[ConversationId, ConversationRow]:
        """Return the list as a window that applied all events would show it."""
        rows: dict[ConversationId, ConversationRow] = {}
        for event in self.all_told(events.ConversationsChanged):
            if event.is_snapshot:
                rows.clear()
            rows.update({row.conversation_id: row for row in event.rows})
        return rows

    def timeline(self, conversation_id: ConversationId) -> list[MessageRow]:
        """Return the rows as a window that applied all events would show them."""
        rows: dict[int, MessageRow] = {}
        for event in self.all_told(events.TimelineChanged):
            if event.conversation_id == conversation_id:
                rows.update({row.local_id: row for row in event.rows})
                for gone in event.removed:
                    rows.pop(gone, None)
        return sorted(rows.values(), key=lambda row: row.order)

    def texts(self, conversation_id: ConversationId) -> list[str]:
        return [row.text for row in self.timeline(conversation_id)]

    async def conversation_with(self, other: Person) -> ConversationId:
        def find() -> ConversationId | None:
            rows = self.conversations().values()
            found = (row.conversation_id for row in rows if row.peer.account == other.account)
            return next(found, None)

        return await self.until(find)

    async def send(self, conversation_id: ConversationId, text: str) -> MessageRow:
        answer = await self.engine.ask(
            commands.SendText(conversation_id=conversation_id, text=text)
        )
        assert isinstance(answer, events.Queued)
        return answer.row

    async def page(
        self, conversation_id: ConversationId, *, before: int | None = None, limit: int = 60
    ) -> events.TimelinePage:
        answer = await self.engine.ask(
            commands.LoadTimeline(conversation_id=conversation_id, before=before, limit=limit)
        )
        assert isinstance(answer, events.TimelinePage)
        return answer

    async def state(
        self, conversation_id: ConversationId, local_id: int, state: events.MessageState
    ) -> MessageRow:
        """Wait until a message is that far; two steps may be told as one."""
        reached = _STEPS[_STEPS.index(state) :] if state in _STEPS else (state,)

        def find() -> MessageRow | None:
            rows = (row for row in self.timeline(conversation_id) if row.local_id == local_id)
            return next((row for row in rows if row.state in reached), None)

        return await self.until(find)

    async def reads(self, conversation_id: ConversationId, texts: list[str]) -> None:
        """Wait until the timeline is exactly this."""
        await self.until(lambda: self.texts(conversation_id) == texts or None)

    def _listen(self, event: Event) -> None:
        self.told.append(event)
        self._changed.set()


async def befriend(anna: Person, ben: Person) -> ConversationId:
    """Let Anna ask and Ben accept; return their conversation once both have it."""
    await anna.engine.ask(commands.RequestContact(user_name=ben.name, greeting="Hi, it's Anna"))
    await ben.until(
        lambda: any(event.requests for event in ben.all_told(events.ContactsChanged)) or None
    )
    await ben.engine.ask(commands.AcceptRequest(account=anna.account))
    conversation_id = await ben.conversation_with(anna)
    assert await anna.conversation_with(ben) == conversation_id
    return conversation_id
