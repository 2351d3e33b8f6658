"""Work that asks the server and may have to be asked again: done one by one, in order.

The same chore waits once. One that the network stops is tried again before the next begins, so
what comes later may rely on what came before; one that a rule stops is dropped.
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

    def __init__(self) -> None:
        self._waiting: dict[tuple[str, int], Callable[[], Awaitable[None]]] = {}
        self._wake = asyncio.Event()

    @property
    def is_idle(self) -> bool:
        """Whether nothing waits, besides what is being done right now."""
        return not self._waiting

    def add(self, name: str, subject: int, work: Callable[[], Awaitable[None]]) -> None:
        """Queue a chore, unless the same one (name and subject) waits already."""
        if len(self._waiting) >= _CHORES_MAX:
            logger.warning("too many chores; dropped one: %s", name)
            return
        self._waiting.setdefault((name, subject), work)
        self._wake.set()

    async def run(self) -> None:
        """Work off what is queued, for ever."""
        while True:
            while self._waiting:
                key = next(iter(self._waiting))
                await self._do(key[0], self._waiting.pop(key))
            self._wake.clear()
            await self._wake.wait()

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
                logger.warning("chore %s is dropped: %s", name, type(error).__name__)
                return
            else:
                return
