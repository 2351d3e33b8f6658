"""Which conversations are pulled when: the newest first, a few at a time.

A new device has all of every log to get. If it asked for everything at once, what it can read
first would wait behind what it needs last, here and on the server.
"""

from __future__ import annotations

from collections.abc import Callable

from shared.protocol.sync import ConversationSync

__all__ = ["LinkPulls"]

_AT_ONCE = 6


class LinkPulls:
    """The conversations of one link that lie behind their heads."""

    def __init__(
        self,
        *,
        sync: Callable[[int], ConversationSync | None],
        will_open: Callable[[int], bool],
        now_ms: Callable[[], int],
    ) -> None:
        """Begin with nothing.

        Args:
            sync: How far a conversation is.
            will_open: Whether the newest of what came of a conversation is still to be opened.
            now_ms: Monotonic time.
        """
        self._sync = sync
        self._will_open = will_open
        self._now_ms = now_ms
        self._waiting: dict[int, None] = {}  # Conversations, the newest first.
        self._asked: set[int] = set()
        self._unopened: set[int] = set()  # Here; their newest messages are not open yet.

    @property
    def is_done(self) -> bool:
        """Whether every conversation was asked for, and the answers are here."""
        return not (self._waiting or self._asked)

    @property
    def has_waiting(self) -> bool:
        """Whether a conversation has not had its turn."""
        return bool(self._waiting)

    def bring_up(self, conversation_id: int, head: int) -> None:
        """Pull what is missing up to ``head``, when it is this conversation's turn."""
        sync = self._sync(conversation_id)
        assert sync is not None
        if sync.have >= head:
            sync.link_up(head=head, now_ms=self._now_ms())
            return
        sync.note_head(head, now_ms=self._now_ms())
        self._waiting[conversation_id] = None
        self.go_on()

    def note_answer(self, conversation_id: int) -> None:
        """A pull was answered, and what it brought is stored."""
        self._asked.discard(conversation_id)
        self._unopened.add(conversation_id)
        self.go_on()

    def note_opened(self, conversation_id: int) -> None:
        """The newest of a conversation was opened."""
        self._unopened.discard(conversation_id)

    def go_on(self) -> None:
        """Pull the next ones, as far as what was pulled is open."""
        self._unopened = {each for each in self._unopened if self._will_open(each)}
        while self._waiting and len(self._asked | self._unopened) < _AT_ONCE:
            conversation_id = next(iter(self._waiting))
            del self._waiting[conversation_id]
            sync = self._sync(conversation_id)
            if sync is None:
                continue
            if sync.have < sync.head:  # It may have been pushed meanwhile.
                self._asked.add(conversation_id)
            sync.link_up(head=sync.head, now_ms=self._now_ms())
