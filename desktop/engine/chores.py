"""Work that asks the server and may have to be asked again: done in order.

The same chore waits once, and is never done twice at a time. One that the network stops is tried
again before the next begins, so where chores are done one by one, what comes later may rely on
what came before; one that a rule stops is dropped.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from shared.errors import Code, MimError, RefusedError, TransportError

__all__ = ["Chores", "is_passing"]

logger = logging.getLogger(__name__)

_CHORES_MAX = 20_000  # More cannot be distinct work of one account; they are dropped.
_RETRY_S = (0.5, 1, 2, 4, 8, 15)


def is_passing(error: MimError) -> bool:
    """Whether the same may succeed later without anybody doing anything."""
    if isinstance(error, RefusedError):
        return error.code in (Code.RATE_LIMITED, Code.OVERLOADED)
    return isinstance(error, TransportError)


class Chores:
    """A queue of chores, by name; `run` works them off until it is cancelled."""

    def __init__(self, *, width: int = 1, on_done: Callable[[], None] = lambda: None) -> None:
        """Make a queue of which up to ``width`` chores are done at a time.

        ``on_done`` is called whenever the last one is done.
        """
        self._width = width
        self._on_done = on_done
        self._running: set[tuple[str, int]] = set()
        self._waiting: dict[tuple[str, int], Callable[[], Awaitable[None]]] = {}
        self._wake = asyncio.Event()

    @property
    def is_idle(self) -> bool:
        """Whether nothing waits, besides what is being done right now."""
        return not self._waiting

    @property
    def is_done(self) -> bool:
        """Whether nothing waits and nothing is being done."""
        return not self._waiting and not self._running

    def has(self, name: str, subject: int) -> bool:
        """Whether a chore waits or is being done."""
        return (name, subject) in self._waiting or (name, subject) in self._running

    def add(self, name: str, subject: int, work: Callable[[], Awaitable[None]]) -> None:
        """Queue a chore, unless the same one (name and subject) waits already."""
        if len(self._waiting) >= _CHORES_MAX:
            logger.warning("too many chores; dropped one: %s", name)
            return
        self._waiting.setdefault((name, subject), work)
        self._wake.set()

    async def run(self) -> None:
        """Work off what is queued, for ever."""
        async with asyncio.TaskGroup() as group:
            for number in range(self._width):
                group.create_task(self._work_off(), name=f"chores {number}")

    async def _work_off(self) -> None:
        while True:
            while (key := self._next()) is not None:
                self._running.add(key)
                try:
                    await self._do(key[0], self._waiting.pop(key))
                finally:
                    self._running.discard(key)
                self._wake.set()  # The same may wait again, for whoever is free.
                if self.is_done:
                    self._on_done()
            self._wake.clear()
            await self._wake.wait()

    def _next(self) -> tuple[str, int] | None:
        return next((key for key in self._waiting if key not in self._running), None)

    async def _do(self, name: str, work: Callable[[], Awaitable[None]]) -> None:
        attempt = 0
        while True:
            try:
                await work()
            except MimError as error:
                if is_passing(error):
                    logger.info("chore %s waits: %s", name, type(error).__name__)
                    await asyncio.sleep(_RETRY_S[min(attempt, len(_RETRY_S) - 1)])
                    attempt += 1
                    continue
                # That the session is over, the link is told too, and says so.
                is_over = isinstance(error, RefusedError) and error.code is Code.UNAUTHENTICATED
                level = logging.INFO if is_over else logging.WARNING
                logger.log(level, "chore %s is dropped: %s", name, type(error).__name__)
                return
            else:
                return
