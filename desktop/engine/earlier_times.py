"""What was said while this account was a member before: it left and came back.

The log that a link follows begins where the account came back. What it may read of earlier times
is fetched page by page, checked and kept beside it; a device that was there has most of it.
"""

from __future__ import annotations

import logging

from desktop.engine.changes import Changes
from desktop.engine.context import EngineContext
from desktop.engine.exhibits import Exhibits
from desktop.engine.timeline import Timeline
from shared.chain import is_linked
from shared.entries import Entry
from shared.errors import Code, PeerError
from shared.rest import EntryPage

__all__ = ["EarlierTimes"]

logger = logging.getLogger(__name__)

_PAGE = 100


class EarlierTimes:
    """Fetches what is missing of earlier times as a member."""

    def __init__(
        self, context: EngineContext, timeline: Timeline, changes: Changes, exhibits: Exhibits
    ) -> None:
        self._context = context
        self._exhibits = exhibits
        self._timeline = timeline
        self._changes = changes

    async def bring(self, conversation_id: int) -> bool:
        """Fetch a page; return whether there was one.

        Raises:
            MimError: If the server does not answer, or answers with something else.
        """
        storage = self._context.storage
        gap = storage.conversations.earlier_gap(conversation_id)
        if gap is None:
            return False
        first, last = gap
        path = f"/v1/conversations/{conversation_id}/entries"
        page = await self._context.http.get(path, EntryPage, after=first - 1, limit=_PAGE)
        entries = [each for each in page.entries if each.sequence <= last]
        if [each.sequence for each in entries] != list(range(first, first + len(entries))):
            raise PeerError(Code.MALFORMED, "These are not the entries that were asked for.")
        with storage.database.transaction():
            if not entries:
                logger.warning("conversation %d: the server withholds entries", conversation_id)
                storage.conversations.end_earlier(conversation_id, last)
                return False
            storage.messages.save_entries(entries)
            broken = self._broken_at(conversation_id, page.chain_before, entries)
            if broken:
                self._timeline.note_chain_broken(conversation_id, broken)
                storage.conversations.end_earlier(conversation_id, last)
            self._timeline.open(conversation_id, entries)
            storage.conversations.recount_unread(conversation_id)
        self._changes.conversation(conversation_id)
        return True

    def _broken_at(self, conversation_id: int, before: bytes, entries: list[Entry]) -> int:
        """Return the first entry that does not continue the chain, 0 if all do."""
        known = self._exhibits.chain_at(conversation_id, entries[0].sequence - 1)
        chain = before if known is None else known
        for entry in entries:
            if not is_linked(chain, entry):
                return entry.sequence
            chain = entry.chain
        return 0
