"""Messages that go: their time is over, the log has their recall, or the server dropped them.

Time runs out by the own clock, whether the server can be reached or not. What the server is to
drop is stored with the recall and asked for until it has answered. What it dropped of itself is
told once the log is whole here, and was for a while: until then the recall may be on its way.
"""

from __future__ import annotations

import asyncio
import logging

import msgspec

from desktop.engine.alarms import Alarms, Finding
from desktop.engine.chores import is_passing
from desktop.engine.contents import Contents
from desktop.engine.context import EngineContext
from desktop.storage.database import DatabaseFullError
from shared.errors import MimError
from shared.rest_groups import Blanking

__all__ = ["Fading"]

logger = logging.getLogger(__name__)

_WHOLE_FOR_MS = 10_000
_LOOK_MAX_MS = 5_000  # New messages may be over sooner than what was known at the last look.
_LOOK_MIN_MS = 50


class Fading:
    """Sees to messages that go; `run` from the engine's start to its end."""

    def __init__(self, context: EngineContext, contents: Contents, alarms: Alarms) -> None:
        self._context = context
        self._contents = contents
        self._alarms = alarms
        self._whole_since_ms: dict[int, int] = {}
        self._told: set[tuple[int, int]] = set()

    async def run(self) -> None:
        """Look again and again, for ever."""
        while True:
            try:
                self.look()
            except DatabaseFullError:
                logger.warning("the disk is full; messages whose time is over stay for now")
            await asyncio.sleep(self._pause_ms() / 1000)

    def look(self) -> None:
        """Forget what is over by now, and tell what has been gone for a while."""
        self._contents.expire()
        if self._context.identity is not None:
            self._tell_removed()

    async def ask_to_blank(self) -> None:
        """Ask the server to drop what was taken back; what it refuses is let be.

        Raises:
            MimError: If it is to be asked again later.
        """
        store = self._context.storage.contents
        for due in store.blankings():
            path = f"/v1/conversations/{due.conversation_id}/blank"
            body = msgspec.json.encode(
                Blanking(sequence=due.sequence, payload_hash=due.payload_hash)
            )
            try:
                await self._context.http.call("POST", path, body)
            except MimError as error:
                if is_passing(error):
                    raise
                logger.warning("a message stays on the server: %s", type(error).__name__)
            store.remove_blanking(due)

    def _pause_ms(self) -> int:
        next_ms = self._context.storage.contents.next_expiry_ms()
        if next_ms is None:
            return _LOOK_MAX_MS
        return min(_LOOK_MAX_MS, max(_LOOK_MIN_MS, next_ms - self._context.server_time().at_ms))

    def _tell_removed(self) -> None:
        removed = self._context.storage.contents.removed_by_server()
        for conversation_id in {each[0] for each in removed}:
            self._note_whole(conversation_id)
        now_ms = self._context.now_ms()
        for conversation_id, sequence, account in removed:
            since_ms = self._whole_since_ms.get(conversation_id)
            place = (conversation_id, sequence)
            if since_ms is None or now_ms - since_ms < _WHOLE_FOR_MS or place in self._told:
                continue
            self._told.add(place)
            self._alarms.raise_alarm(
                Finding.BLANKED_PAYLOAD,
                conversation_id=conversation_id,
                blamed="server",
                sequence=sequence,
                account=account,
                evidence=self._alarms.exhibits.noted(conversation_id, sequence),
            )

    def _note_whole(self, conversation_id: int) -> None:
        """Note since when all of a log is here and opened."""
        storage = self._context.storage
        conversation = storage.conversations.get(conversation_id)
        is_whole = (
            self._context.is_online
            and conversation is not None
            and conversation.have >= conversation.head
            and conversation.floor < max(1, conversation.first)
            and not storage.messages.has_unopened(conversation_id)
        )
        if is_whole:
            self._whole_since_ms.setdefault(conversation_id, self._context.now_ms())
        else:
            self._whole_since_ms.pop(conversation_id, None)
