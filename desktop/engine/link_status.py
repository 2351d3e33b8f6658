"""What a link tells people of itself: that it is open, up to when all is here, a wrong clock."""

from __future__ import annotations

from collections.abc import Iterable

from desktop.engine.context import EngineContext
from desktop.events import LinkChanged, LinkState, Notice, NoticeKind
from shared.protocol.sync import ConversationSync

__all__ = ["LinkStatus"]


class LinkStatus:
    """Tells what has changed, each once."""

    def __init__(self, context: EngineContext) -> None:
        self._context = context
        self._is_current = False  # What happened outside logs meanwhile is here too.
        self._told = (-1, 0)  # Up to when all is here, and how many entries are not.

    def note_current(self) -> None:
        """Contacts and conversations are as the server has them."""
        self._is_current = True

    def tell_completeness(self, syncs: Iterable[ConversationSync], *, opening: set[int]) -> None:
        """Tell that the link is open, and up to when all is here, when that has changed.

        Args:
            syncs: How far the conversations are.
            opening: Those with entries that are here and to be opened yet.
        """
        if not self._is_current:
            return
        behind = [sync for sync in syncs if not sync.is_complete or sync.conversation_id in opening]
        up_to_ms = min((self._complete_ms(sync) for sync in behind), default=0)
        missing = sum(max(0, sync.head - sync.have) for sync in behind)
        if (up_to_ms, missing) != self._told:
            self._told = (up_to_ms, missing)
            self._context.emit(
                LinkChanged(state=LinkState.ONLINE, complete_up_to_ms=up_to_ms, missing=missing)
            )

    def tell_clock(self) -> None:
        """Tell once that this machine's clock is far off."""
        estimate = self._context.clock.estimate(
            now_ms=self._context.now_ms(), wall_ms=self._context.wall_ms()
        )
        if estimate is not None and estimate.is_worth_telling and not self._context.is_clock_told:
            self._context.is_clock_told = True
            minutes = str(round(abs(estimate.offset_ms) / 60_000))
            self._context.emit(Notice(kind=NoticeKind.CLOCK_OFF, detail=minutes))

    def _complete_ms(self, sync: ConversationSync) -> int:
        storage = self._context.storage
        conversation = storage.conversations.get(sync.conversation_id)
        if conversation is not None and conversation.broken_after_ms:
            return conversation.broken_after_ms
        entry = storage.messages.entry(sync.conversation_id, sync.have)
        return 1 if entry is None else entry.received_at_ms
