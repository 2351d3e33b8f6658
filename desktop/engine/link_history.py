"""Older entries: what a new device left out at first, fetched block by block."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Protocol

from shared import limits
from shared.protocol.sync import ConversationSync

__all__ = ["HistorySide", "LinkHistory"]

_HISTORY_PAUSE_S = 0.05
_OLDER_WAIT_S = limits.PULL_TIMEOUT_MS / 1000


class HistorySide(Protocol):
    """What the loading of older entries asks of its link."""

    @property
    def is_ready(self) -> bool:
        """Whether the link is open and all heads are known."""

    def sync(self, conversation_id: int) -> ConversationSync | None:
        """Return how far a conversation is."""

    def served_from(self, conversation_id: int) -> int:
        """Return the first sequence of a conversation that is served to this account."""

    def tracked(self) -> list[int]:
        """Return all conversations that are followed."""

    async def opened(self, conversation_id: int) -> bool:
        """Open what is here and waits; whether there was anything, and nothing is left."""

    async def earlier(self, conversation_id: int) -> bool:
        """Fetch a page from earlier times as a member; whether there was one."""

    def work_stored(self) -> None:
        """Carry out what the engines want, and store it."""


class LinkHistory:
    """The older entries of one link's conversations."""

    def __init__(self, side: HistorySide, now_ms: Callable[[], int]) -> None:
        self._side = side
        self._now_ms = now_ms
        self._changed: dict[int, asyncio.Event] = {}

    def note_answer(self, conversation_id: int) -> None:
        """A pull was answered, and what it brought is stored."""
        changed = self._changed.get(conversation_id)
        if changed is not None:
            changed.set()

    def end(self) -> None:
        """The link is over: whoever waits for it is let go."""
        for changed in self._changed.values():
            changed.set()

    async def bring_older(self, conversation_id: int, limit: int) -> bool:
        """Open older entries that are here, else load some; whether there may be more rows."""
        try:
            async with asyncio.timeout(_OLDER_WAIT_S):
                if await self._side.opened(conversation_id):
                    return True
        except TimeoutError:
            return False
        return await self.load_older(conversation_id, limit)

    async def load_older(self, conversation_id: int, limit: int) -> bool:
        """Pull whole blocks of older entries, then those of earlier times; whether any came."""
        sync = self._side.sync(conversation_id)
        if sync is None or not self._side.is_ready:
            return False
        if not self._has_older(conversation_id):
            return await self._side.earlier(conversation_id)
        floor = sync.floor
        wanted = max(0, floor - limit)
        count = min(floor - (wanted - wanted % limits.ORDER_BLOCK), limits.ENTRIES_PER_FRAME_MAX)
        # An answer that would be too large holds only the first of what was asked for, which
        # does not reach the floor: ask for less.
        while count and sync.floor == floor and self._side.is_ready:
            if not sync.pull_older(count, now_ms=self._now_ms()):
                return False
            if not await self._answered(conversation_id):
                return False
            count //= 2
        return sync.floor < floor

    async def load_all(self) -> None:
        """Complete what was left out, conversation by conversation, gently."""
        for conversation_id in self._side.tracked():
            while self._has_older(conversation_id):
                if not await self.load_older(conversation_id, limits.ORDER_BLOCK * 2):
                    break
                await asyncio.sleep(_HISTORY_PAUSE_S)

    def _has_older(self, conversation_id: int) -> bool:
        sync = self._side.sync(conversation_id)
        return sync is not None and sync.floor >= self._side.served_from(conversation_id)

    async def _answered(self, conversation_id: int) -> bool:
        """Send what was asked for; return whether an answer came in time."""
        self._side.work_stored()
        changed = self._changed.setdefault(conversation_id, asyncio.Event())
        changed.clear()
        try:
            async with asyncio.timeout(_OLDER_WAIT_S):
                await changed.wait()
        except TimeoutError:
            return False
        return True
