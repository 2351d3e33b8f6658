"""What the parts of one engine share: disk, server, clocks, and who this profile is."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from pathlib import Path
from random import random as any_number
from typing import Protocol

from desktop.config import EngineConfig
from desktop.engine.errors import CommandFailedError
from desktop.engine.http import HttpClient
from desktop.engine.network import Network, WebNetwork
from desktop.events import Event
from desktop.storage.account_store import Identity
from desktop.storage.storage import Storage, open_storage
from shared.clock_sync import ClockSync, ServerTime
from shared.entries import Entry

__all__ = ["EngineContext", "Surroundings", "monotonic_ms", "wall_ms"]


def monotonic_ms() -> int:
    """Return the monotonic clock, in ms."""
    return time.monotonic_ns() // 1_000_000


def wall_ms() -> int:
    """Return the wall clock, in ms since 1970-01-01 UTC."""
    return time.time_ns() // 1_000_000


class OpenStorage(Protocol):
    """Opens a profile (`desktop.storage.storage.open_storage`)."""

    def __call__(self, home: Path, *, uses_key_store: bool, key: bytes | None = None) -> Storage:
        """Open it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What an engine has around it: clocks, chance, network and disk.

    Attributes:
        now_ms: A clock that never steps, in ms.
        wall_ms: The computer's clock, in ms since 1970-01-01 UTC; it may be wrong.
        random: Random bytes, fit for secrets.
        chance: A number in [0, 1), for jitter.
        make_network: The way to the server.
        open_storage: The way to the disk.
    """

    now_ms: Callable[[], int] = monotonic_ms
    wall_ms: Callable[[], int] = wall_ms
    random: Callable[[int], bytes] = os.urandom
    chance: Callable[[], float] = any_number
    make_network: Callable[[], Network] = WebNetwork
    open_storage: OpenStorage = open_storage


@dataclass(slots=True, repr=False)
class EngineContext:
    """The shared state of one engine; only its thread touches it.

    ``identity`` is ``None`` before there is an account, and while logged out with data kept.
    ``is_online`` is whether the link is open.
    """

    config: EngineConfig
    storage: Storage
    http: HttpClient
    emit: Callable[[Event], None]
    now_ms: Callable[[], int] = monotonic_ms
    wall_ms: Callable[[], int] = wall_ms
    random: Callable[[int], bytes] = os.urandom
    chance: Callable[[], float] = any_number
    identity: Identity | None = None
    is_online: bool = False
    is_clock_told: bool = False
    clock: ClockSync = field(init=False)
    tasks: set[asyncio.Task[None]] = field(default_factory=set)

    def __post_init__(self) -> None:
        """Start the clock estimate."""
        self.clock = ClockSync(now_ms=self.now_ms(), wall_ms=self.wall_ms())

    def me(self) -> Identity:
        """Return the account that is logged in.

        Raises:
            CommandFailedError: ``not_logged_in``.
        """
        if self.identity is None:
            raise CommandFailedError("not_logged_in", "Log in first.")
        return self.identity

    def is_own(self, entry: Entry) -> bool:
        """Whether this device has sent an entry; errors as in `me`."""
        me = self.me()
        return (entry.account, entry.device) == (me.account, me.device.device_id)

    def server_time(self, *, typed_ms: int | None = None) -> ServerTime:
        """Return the server's time now, or when something was typed (monotonic)."""
        return self.clock.server_time(
            now_ms=self.now_ms(), wall_ms=self.wall_ms(), typed_ms=typed_ms
        )

    def new_id(self) -> int:
        """Return a random identifier, 1 … 2^63 - 1."""
        return int.from_bytes(self.random(8), "big") >> 1 or 1

    def create_task(self, work: Coroutine[None, None, None], *, name: str) -> asyncio.Task[None]:
        """Start a task that is awaited when the engine stops."""
        task = asyncio.get_running_loop().create_task(work, name=name)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)
        return task
