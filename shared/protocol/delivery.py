"""What one link has been sent of each conversation: live and catching up are one path.

Per conversation three numbers: ``sent`` and ``confirmed`` on this link, and ``head``, the newest
sequence heard of. The entry that is exactly next goes out from memory while the window of
unconfirmed entries is open. Anything else leaves the conversation *behind*: it is read from the
log, one batch at a time, the next one when the last is confirmed, and at most
`limits.LOG_READS_PER_LINK_MAX` conversations at a time. So a slow reader harms only itself, and
nothing is kept in memory for it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from shared import limits
from shared.entries import Head

__all__ = ["Delivery", "NeedEntries"]

_BACKOFF_MAX = 6  # Doublings: a reader that never confirms is served every 10 minutes.


@dataclass(frozen=True, slots=True)
class NeedEntries:
    """Read these from the log and hand them to `Delivery.supply`."""

    conversation_id: int
    after: int
    limit: int


@dataclass(slots=True)
class _Window:
    """One conversation on one link."""

    sent: int
    confirmed: int
    head: int
    need: NeedEntries | None = None  # What is being read from the log.
    head_asked: int = 0  # ``head`` when that was asked for.
    is_reading: bool = False  # ``need`` is out, or its entries wait for their confirm.
    own: set[int] = field(default_factory=set)  # Accepted ones: safe without a confirm.
    unconfirmed_since_ms: int = 0
    rewinds: int = 0

    @property
    def is_behind(self) -> bool:
        return self.head > self.sent

    @property
    def is_waiting(self) -> bool:
        return self.sent > self.confirmed

    @property
    def is_full(self) -> bool:
        return self.sent - self.confirmed >= limits.UNCONFIRMED_PER_CONVERSATION_MAX


class Delivery:
    """The windows of one link; ``now_ms`` is monotonic."""

    def __init__(self) -> None:
        self._windows: dict[int, _Window] = {}
        self._waiting: dict[int, None] = {}  # Conversations with unconfirmed entries.
        self._behind: dict[int, None] = {}  # To be read, in the order in which they fell behind.
        self._reading: set[int] = set()
        self._needs: list[NeedEntries] = []
        self._is_live = False

    def start_live(self, heads: Iterable[Head]) -> None:
        """Push what comes after ``heads``; until then nothing is pushed. May be called in pages."""
        self._is_live = True
        for head in heads:
            known = self._windows.get(head.conversation_id)
            newest = max(head.head, known.head if known else 0)
            self._windows[head.conversation_id] = _Window(head.head, head.head, newest)
            if newest > head.head:
                self._fall_behind(head.conversation_id)
        # What began since the heads were read is in none of them.
        for conversation_id, window in self._windows.items():
            if window.is_behind and not window.is_reading:
                self._fall_behind(conversation_id)

    def begin(self, conversation_id: int, after: int) -> None:
        """Serve a conversation from ``after + 1`` on: it is new to this link, or was left."""
        known = self._windows.get(conversation_id)
        if known is not None and known.sent >= after:
            return
        if known is not None:
            self.end(conversation_id)
        self._windows[conversation_id] = _Window(after, after, after)

    def end(self, conversation_id: int) -> None:
        """Serve this conversation no longer."""
        self._windows.pop(conversation_id, None)
        self._waiting.pop(conversation_id, None)
        self._behind.pop(conversation_id, None)
        self._reading.discard(conversation_id)
        self._start_reading()

    def offer(self, conversation_id: int, sequence: int, *, now_ms: int) -> bool:
        """Tell of a new entry.

        Returns:
            Whether the caller sends it now, from memory. If not, it comes by `supply`, or is
            already with the client.
        """
        window = self._window(conversation_id)
        is_next = sequence == window.sent + 1 and not window.is_behind
        window.head = max(window.head, sequence)
        if not self._is_live:
            return False
        if is_next and not window.is_full and not window.is_reading:
            self._note_sent(conversation_id, window, sequence, now_ms)
            return True
        if window.is_behind:
            self._fall_behind(conversation_id)
        return False

    def note_accepted(self, conversation_id: int, sequence: int, *, now_ms: int) -> None:
        """Tell of an entry of this device, which gets ``accepted`` instead of the entry.

        It needs no confirm: if ``accepted`` is lost, the device submits again.
        """
        window = self._window(conversation_id)
        if sequence != window.sent + 1 or window.is_behind or window.is_reading:
            self.offer(conversation_id, sequence, now_ms=now_ms)
            return
        window.sent = window.head = sequence
        window.own.add(sequence)
        self._settle(conversation_id, window)

    def supply(self, need: NeedEntries, *, last: int | None, now_ms: int) -> bool:
        """Take what was read from the log.

        Args:
            need: What was asked for.
            last: Sequence of the last entry of the batch, or None if the log had none.
            now_ms: Monotonic time.

        Returns:
            Whether the caller sends the batch; False if it is no longer wanted.
        """
        window = self._windows.get(need.conversation_id)
        if window is None or window.need is not need:
            return False
        window.need = None
        if last is None or last <= window.sent:
            # What was offered while the log was read may be there by now: asked for again.
            if window.head <= window.head_asked:
                window.head = window.sent
            self._stop_reading(need.conversation_id, window)
            return False
        window.head = max(window.head, last)
        self._note_sent(need.conversation_id, window, last, now_ms)
        if not window.is_behind:
            self._stop_reading(need.conversation_id, window)
        return True

    def confirm(self, conversation_id: int, sequence: int, *, now_ms: int) -> None:
        """Take a confirm, cumulative; what was pulled may be confirmed before it is pushed."""
        window = self._windows.get(conversation_id)
        if window is None or sequence <= window.confirmed:
            return
        window.confirmed = sequence
        window.sent = max(window.sent, sequence)
        window.head = max(window.head, sequence)
        window.unconfirmed_since_ms = now_ms
        window.rewinds = 0
        self._settle(conversation_id, window)

    def rewind_overdue(self, now_ms: int) -> bool:
        """Go back to what is confirmed where a confirm is overdue.

        Returns:
            Whether there was one: the link is to be pinged.
        """
        overdue = [
            conversation_id
            for conversation_id in self._waiting
            if self._due_ms(self._windows[conversation_id]) <= now_ms
        ]
        for conversation_id in overdue:
            window = self._windows[conversation_id]
            window.sent = window.confirmed
            window.own.clear()
            window.need = None
            window.rewinds = min(window.rewinds + 1, _BACKOFF_MAX)
            window.unconfirmed_since_ms = now_ms
            del self._waiting[conversation_id]
            self._stop_reading(conversation_id, window)
        return bool(overdue)

    def deadline_ms(self) -> int | None:
        """Return when the next confirm is overdue, or None if nothing waits for one."""
        waiting = (self._windows[conversation_id] for conversation_id in self._waiting)
        return min(map(self._due_ms, waiting), default=None)

    def needs(self) -> list[NeedEntries]:
        """Return what is to be read from the log, each once."""
        needs, self._needs = self._needs, []
        return needs

    def _window(self, conversation_id: int) -> _Window:
        """One that this link has not heard of is new: served from its first entry."""
        return self._windows.setdefault(conversation_id, _Window(0, 0, 0))

    def _note_sent(self, conversation_id: int, window: _Window, last: int, now_ms: int) -> None:
        if not window.is_waiting:
            window.unconfirmed_since_ms = now_ms
        window.sent = last
        self._waiting[conversation_id] = None

    def _settle(self, conversation_id: int, window: _Window) -> None:
        """Move on after a confirm: own entries, the window, the next batch."""
        while window.confirmed + 1 in window.own:
            window.confirmed += 1
        window.own = {sequence for sequence in window.own if sequence > window.confirmed}
        if not window.is_waiting:
            self._waiting.pop(conversation_id, None)
            if window.need is None:
                self._stop_reading(conversation_id, window)
        elif window.is_behind:
            self._fall_behind(conversation_id)

    def _fall_behind(self, conversation_id: int) -> None:
        window = self._windows[conversation_id]
        if not window.is_reading and not window.is_full:
            self._behind[conversation_id] = None
            self._start_reading()

    def _stop_reading(self, conversation_id: int, window: _Window) -> None:
        window.is_reading = False
        self._reading.discard(conversation_id)
        if window.is_behind and self._is_live:
            self._behind[conversation_id] = None
        self._start_reading()

    def _start_reading(self) -> None:
        while self._behind and len(self._reading) < limits.LOG_READS_PER_LINK_MAX:
            conversation_id = next(iter(self._behind))
            del self._behind[conversation_id]
            window = self._windows[conversation_id]
            window.is_reading = True
            self._reading.add(conversation_id)
            room = limits.UNCONFIRMED_PER_CONVERSATION_MAX - (window.sent - window.confirmed)
            limit = min(room, limits.ENTRIES_PER_FRAME_MAX)
            window.need = NeedEntries(conversation_id, window.sent, limit)
            window.head_asked = window.head
            self._needs.append(window.need)

    @staticmethod
    def _due_ms(window: _Window) -> int:
        return window.unconfirmed_since_ms + (limits.CONFIRM_DUE_MS << window.rewinds)
