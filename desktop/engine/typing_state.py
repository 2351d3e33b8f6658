"""Who is typing: what is told to the others, spaced out, and what they told, ended by itself."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from desktop.engine.context import EngineContext
from desktop.events import TypingChanged
from shared import limits
from shared.frames import Typing
from shared.identifiers import AccountId, ConversationId

__all__ = ["TypingState"]

_SHOWN_MAX = 1_000  # More people typing at once are not shown.


class TypingState:
    """Typing, in and out; nothing of it is stored."""

    def __init__(self, context: EngineContext) -> None:
        self._context = context
        self._told_ms: dict[int, int] = {}  # Conversation → when it was told.
        self._shown: dict[tuple[int, int], asyncio.TimerHandle] = {}

    def set_own(
        self, conversation_id: int, *, is_typing: bool, send: Callable[[Typing], None]
    ) -> None:
        """Tell the others, at most every `limits.TYPING_REPEAT_MS`; stopping at once."""
        now_ms, told_ms = self._context.now_ms(), self._told_ms.get(conversation_id)
        if is_typing:
            if told_ms is None or now_ms - told_ms >= limits.TYPING_REPEAT_MS:
                self._told_ms[conversation_id] = now_ms
                send(Typing(conversation_id=conversation_id, is_typing=True))
        elif told_ms is not None:
            del self._told_ms[conversation_id]
            send(Typing(conversation_id=conversation_id, is_typing=False))

    def note_sent(self, conversation_id: int) -> None:
        """What was typed is sent: the message itself tells the others."""
        self._told_ms.pop(conversation_id, None)

    def note(self, frame: Typing) -> None:
        """Take what another member told."""
        if self._context.identity is None or frame.account == self._context.identity.account:
            return
        key = (frame.conversation_id, frame.account)
        if not frame.is_typing:
            self.stopped(*key)
            return
        timer = self._shown.pop(key, None)
        if timer is not None:
            timer.cancel()
        elif len(self._shown) >= _SHOWN_MAX:
            return
        else:
            self._tell(*key, is_typing=True)
        self._shown[key] = asyncio.get_running_loop().call_later(
            limits.TYPING_SHOWN_MS / 1000, self.stopped, *key
        )

    def stopped(self, conversation_id: int, account: int) -> None:
        """Somebody does not type any more: they said so, wrote, or fell silent."""
        timer = self._shown.pop((conversation_id, account), None)
        if timer is not None:
            timer.cancel()
            self._tell(conversation_id, account, is_typing=False)

    def forget(self) -> None:
        """Without a link nobody is known to type."""
        self._told_ms.clear()
        for key in list(self._shown):
            self.stopped(*key)

    def _tell(self, conversation_id: int, account: int, *, is_typing: bool) -> None:
        self._context.emit(
            TypingChanged(
                conversation_id=ConversationId(conversation_id),
                account=AccountId(account),
                is_typing=is_typing,
            )
        )
