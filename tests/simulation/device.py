"""One device in the simulation: an engine with its own disk, clock and cable, that may die."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable, Coroutine
from pathlib import Path
from random import Random
from typing import Any, TypeVar

from desktop.commands import Command
from desktop.config import EngineConfig
from desktop.engine import CommandFailedError, Engine
from desktop.engine.context import Surroundings
from desktop.events import (
    AccountChanged,
    AnyAnswer,
    ContactsChanged,
    ConversationRow,
    ConversationsChanged,
    Event,
    LinkChanged,
    LinkState,
    Notice,
)
from desktop.storage.storage import Storage, open_storage
from tests.simulation.clock import Killed, Process, SimulatedLoop
from tests.simulation.network import Route, SimulatedNetwork
from tests.simulation.server import CHEAP_KDF, SimulatedServer

__all__ = ["PASSWORD", "Device"]

PASSWORD = "correct horse"
_LOOK_S = 0.05
_TO_DO = ("outbox", "intents", "pending_commits", "earlier")
_COUNT = {table: f"SELECT count(*) FROM {table}" for table in _TO_DO}
_COUNT["outbox"] = (
    "SELECT count(*) FROM outbox JOIN messages USING (local_id) WHERE sequence = 0 AND refusal = ''"
)
_COUNT["earlier"] = "SELECT count(*) FROM earlier WHERE is_complete = 0"
_BEHIND = "SELECT conversation_id, have, head FROM conversations WHERE have < head AND last = 0"
T = TypeVar("T")


class Device:
    """A profile of somebody, on a machine of its own.

    Attributes:
        rows: The newest row of each conversation that the present process has told.
        commits: How many transactions the present process has stored.
        dies_at_commit: The transaction that it is killed in place of, 0 for never.
    """

    def __init__(
        self, name: str, *, server: SimulatedServer, home: Path, chance: Random, user_name: str = ""
    ) -> None:
        self.name = name
        self.user_name = user_name or name
        self.home = home / name
        self.route = Route(server, chance)
        self.engine: Engine | None = None
        self.process: Process | None = None
        self.told: list[Event] = []
        self.rows: dict[int, ConversationRow] = {}
        self.account = 0
        self.commits = self.dies_at_commit = 0
        self.deaths = 0
        self._chance = chance
        self._storage: Storage | None = None
        loop = asyncio.get_running_loop()
        assert isinstance(loop, SimulatedLoop)
        self._loop = loop

    async def start(self, *, dies_at: int = 0, dies_at_commit: int = 0) -> Device:
        """Start the program, in a new process."""
        assert self.process is None
        self.process = process = Process(self.name)
        process.dies_at = dies_at
        self.commits, self.dies_at_commit = 0, dies_at_commit
        process.on_death.append(self._die)
        server = self.route.server
        around = Surroundings(
            now_ms=lambda: int(self._loop.time() * 1000),
            wall_ms=server._wall_ms,
            random=self._chance.randbytes,
            chance=self._chance.random,
            make_network=lambda: SimulatedNetwork(self.route),
            open_storage=self._open_storage,
        )
        config = EngineConfig(
            server_url="http://127.0.0.1:1",
            home=self.home,
            kdf_floor=CHEAP_KDF,
            client_name="simulation",
            uses_key_store=False,
        )
        self.told, self.rows = [], {}
        self.engine = engine = Engine(config, around=around)
        engine.listen(self._listen)
        await self._run(engine.start())
        return self

    async def stop(self) -> None:
        """End the program as a person would."""
        if self.engine is not None and self.process is not None:
            await self._run(self.engine.stop())
            self.process.on_death.remove(self._die)
            self.process.kill()
            self.engine = self.process = self._storage = None

    def kill(self) -> None:
        """End the program without a word."""
        if self.process is not None:
            self.process.kill()

    @property
    def is_running(self) -> bool:
        """Whether the program runs."""
        return self.process is not None

    @property
    def is_online(self) -> bool:
        """Whether the link is open and all is here."""
        last = next((each for each in reversed(self.told) if isinstance(each, LinkChanged)), None)
        return last is not None and last.state is LinkState.ONLINE and last.complete_up_to_ms == 0

    async def ask(self, command: Command) -> AnyAnswer:
        """Carry out a command; cancelled if the device dies meanwhile."""
        assert self.engine is not None
        answer = await self._run(_answer_or_refusal(self.engine, command))
        if isinstance(answer, CommandFailedError):
            raise answer
        return answer

    def last(self, kind: type[T]) -> T | None:
        """Return the newest event of a kind that was told by this process."""
        return next((each for each in reversed(self.told) if isinstance(each, kind)), None)

    def notices(self) -> list[Notice]:
        """Return the quiet lines of this process."""
        return [each for each in self.told if isinstance(each, Notice)]

    @property
    def contacts(self) -> dict[int, int]:
        """Return the contacts' accounts and their conversations (0: none yet)."""
        last = self.last(ContactsChanged)
        contacts = [] if last is None else last.contacts
        return {each.profile.account: each.conversation_id or 0 for each in contacts}

    async def until(self, find: Callable[[], bool], *, seconds: float = 120) -> None:
        """Wait, in simulated time, until something is so."""
        end_s = self._loop.time() + seconds
        while not find():
            if self._loop.time() > end_s:
                raise TimeoutError(f"{self.name}: it did not come about in {seconds} s.")
            await asyncio.sleep(_LOOK_S)

    @property
    def device_id(self) -> int:
        """Return the device's identifier, 0 before there is one."""
        kept = None if self._storage is None else self._storage.account.load()
        return 0 if kept is None else kept.device.device_id

    def unsettled(self) -> list[str]:
        """Return what this device has still to do, in words."""
        assert self._storage is not None
        rows = self._storage.database.rows
        late = [f"{count} {table}" for table in _TO_DO for (count,) in rows(_COUNT[table]) if count]
        late += [f"{c} has {have} of {head}" for c, have, head in rows(_BEHIND)]
        return late

    def epochs(self, conversation: int) -> frozenset[int]:
        """Return the handshakes for which this device holds an epoch record."""
        assert self._storage is not None
        found = self._storage.database.rows(
            "SELECT DISTINCT parent FROM records WHERE conversation_id = ?", conversation
        )
        return frozenset(parent for (parent,) in found)

    def save_copy(self) -> Path:
        """Copy the profile as it lies on the disk right now."""
        copy = self.home.with_name(self.home.name + ".copy")
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(self.home, copy)
        return copy

    def restore_copy(self, copy: Path) -> None:
        """Put an older copy in the profile's place; the program does not run."""
        assert self.process is None
        shutil.rmtree(self.home)
        shutil.copytree(copy, self.home)

    async def _run(self, work: Coroutine[Any, Any, T]) -> T:
        assert self.process is not None
        return await self._loop.run_process(self.process, work)

    def _open_storage(
        self, home: Path, *, uses_key_store: bool, key: bytes | None = None
    ) -> Storage:
        self._storage = storage = open_storage(home, uses_key_store=uses_key_store, key=key)
        storage.database._connection.set_commit_hook(self._note_commit)
        return storage

    def _note_commit(self) -> bool:
        process = self.process
        self.commits += 1
        if process is None or process.is_dead:
            raise Killed
        if self.commits == self.dies_at_commit:
            # What runs now goes on to its end, but stores and says nothing any more.
            self._loop.call_soon(process.kill)
            process.dies_at = process.steps + 1
            self.route.cut()
            raise Killed
        return False

    def _die(self) -> None:
        self.deaths += 1
        self.route.cut()
        self.engine = self.process = None
        storage, self._storage = self._storage, None
        if storage is not None:
            storage.close()

    def _listen(self, event: Event) -> None:
        self.told.append(event)
        if isinstance(event, ConversationsChanged):
            self.rows.update({row.conversation_id: row for row in event.rows})
        if isinstance(event, AccountChanged) and event.account is not None:
            self.account = event.account.profile.account


async def _answer_or_refusal(engine: Engine, command: Command) -> AnyAnswer | CommandFailedError:
    """Return a refusal as a value: one that comes when nobody waits any more is no fault."""
    try:
        return await engine.ask(command)
    except CommandFailedError as error:
        return error
