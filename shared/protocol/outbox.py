"""What a device has yet to get accepted: one queue per conversation, in the order typed.

A message is stored by the caller before it is added. It is sealed when it enters the window of
its conversation (`limits.OUTBOX_WINDOW`) and all before it are sealed, gets the next
``device_counter``, is submitted, and submitted again, the same bytes, until it is answered.
Answers are matched by ``payload_hash``:

| answer | what follows |
| --- | --- |
| accepted, payload of a waiting message | `StoreAccepted` |
| accepted, a payload sealed earlier under that counter | `StoreAccepted` for that message; the one that has the counter now is sealed again with the next |
| accepted, a payload never sealed here, under a counter not settled | `CopiedProfile`; the conversation stops until `open` |
| refused, ``out_of_turn`` | go back: submit again from the counter the server names |
| refused, ``stale``, ``removal_due`` | `CatchUp`; after `caught_up` all that wait are sealed again |
| refused, ``overloaded``, ``rate_limited``, ``internal`` | submit again later |
| refused, any other code | `StoreRefused`; those behind it are sealed again |

A message may be taken out again with `cancel`, also one that is sealed and in doubt: it is not
sent again, and if it turns out accepted, `StoreAccepted` says so. What comes after it takes its
counter, alone, until the answer says which of the two has it.

Without an answer in 1, 2, 4 … 30 s (full jitter, at least half a second) a conversation goes
back to its first unanswered submit. Nothing is ever given up.
"""  # noqa: E501

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TypeAlias

from shared import limits
from shared.chain import hash_payload
from shared.entries import Entry, Submission
from shared.errors import Code, LocalError, RefusedError
from shared.frames import Accepted, Refused

__all__ = [
    "CatchUp",
    "CopiedProfile",
    "Outbox",
    "OutboxCommand",
    "Seal",
    "Sealed",
    "StoreAccepted",
    "StoreRefused",
    "Transmit",
]

_RETRY_FLOOR_MS = limits.SUBMIT_RETRY_MIN_MS // 2
_ATTEMPTS_MAX = 16  # The doubling ends long before.
_BEHIND = frozenset({Code.STALE, Code.REMOVAL_DUE})
_LATER = frozenset({Code.OVERLOADED, Code.RATE_LIMITED, Code.INTERNAL})


@dataclass(frozen=True, slots=True)
class Seal:
    """Seal this message under this counter, store it, then call `Outbox.sealed`.

    It may come again for the same message with another counter; the last one counts.
    """

    conversation_id: int
    local_id: int
    device_counter: int


@dataclass(frozen=True, slots=True)
class Transmit:
    """Submit this over whichever transport is up."""

    submission: Submission


@dataclass(frozen=True, slots=True)
class StoreAccepted:
    """This message is in the log for good: store it."""

    conversation_id: int
    local_id: int
    accepted: Accepted


@dataclass(frozen=True, slots=True)
class StoreRefused:
    """A rule says no to this message: store and show it."""

    conversation_id: int
    local_id: int
    code: Code


@dataclass(frozen=True, slots=True)
class CatchUp:
    """The roster has changed: bring the conversation up to date, then call `caught_up`."""

    conversation_id: int


@dataclass(frozen=True, slots=True)
class CopiedProfile:
    """The server has entries of this device that were never sealed here."""

    conversation_id: int
    own_counter: int  # The highest counter seen; `open` goes on after the server's newest.


OutboxCommand: TypeAlias = Seal | Transmit | StoreAccepted | StoreRefused | CatchUp | CopiedProfile


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed:
    """A payload sealed earlier, for starting again: stored with every seal."""

    local_id: int
    device_counter: int
    payload_hash: bytes


@dataclass(slots=True)
class _Item:
    """A message that waits."""

    local_id: int
    submission: Submission | None = None
    payload_hash: bytes = b""
    is_sealing: bool = False  # A `Seal` is out.
    is_sent: bool = False  # On this connection, since the queue last went back.
    is_probe: bool = False  # Its counter may have been taken by another message.
    is_cancelled: bool = False  # Goes once no answer can come on this connection.


@dataclass(slots=True)
class _Queue:
    """One conversation; the item at index i has the counter ``settled + 1 + i``."""

    settled: int  # Newest device_counter that the log has.
    newest: int  # Newest device_counter ever sealed.
    items: list[_Item] = field(default_factory=list)
    past: deque[Sealed] = field(default_factory=lambda: deque(maxlen=8 * limits.OUTBOX_WINDOW))
    is_paused: bool = False
    is_closing: bool = False  # Nothing more is sealed, until nothing is in doubt.
    is_catching_up: bool = False
    is_copied: bool = False
    attempts: int = 0
    answer_due_ms: int | None = None  # Something is sent and unanswered: go back then.
    hold_until_ms: int | None = None  # Nothing is sent before.

    @property
    def is_stopped(self) -> bool:
        return self.is_paused or self.is_catching_up or self.is_copied

    @property
    def sealed_count(self) -> int:
        """How many messages at the front are sealed under the counters they go out with."""
        count = 0
        for item in self.items:
            counter = self.settled + 1 + count
            if item.submission is None or item.submission.device_counter != counter:
                break
            count += 1
        return count


class Outbox:
    """All conversations' queues; ``now_ms`` is monotonic.

    ``draw`` returns a number in [0, 1) for jitter.
    """

    def __init__(self, draw: Callable[[], float]) -> None:
        self._draw = draw
        self._queues: dict[int, _Queue] = {}
        self._commands: list[OutboxCommand] = []
        self._is_up = False
        self._now_ms = 0

    def open(self, conversation_id: int, *, own_counter: int, past: Iterable[Sealed] = ()) -> None:
        """Make a conversation known, before anything is added; again to go on after a copy.

        Args:
            conversation_id: Which one.
            own_counter: Newest device_counter of this device that the log has.
            past: Payloads sealed earlier that the log may hold, oldest first.
        """
        queue = self._queues.get(conversation_id)
        if queue is None:
            queue = self._queues[conversation_id] = _Queue(own_counter, own_counter)
            queue.past.extend(past)
            queue.newest = max([own_counter, *(sealed.device_counter for sealed in queue.past)])
            return
        queue.is_copied = False
        queue.settled = max(queue.settled, own_counter)
        queue.newest = max(queue.newest, own_counter)
        self._seal_again(conversation_id, queue, 0)

    def add(
        self, conversation_id: int, local_id: int, *, submission: Submission | None = None
    ) -> None:
        """Add a message that is stored, after all others of its conversation.

        Args:
            conversation_id: A conversation that is open here.
            local_id: The caller's name for it.
            submission: What it was sealed to, if it was (when starting again).

        Raises:
            LocalError: If the conversation is not known, or the message already is.
            RefusedError: With `Code.OVERLOADED` beyond `limits.OUTBOX_QUEUE_MAX`.
        """
        queue = self._queue(conversation_id)
        if any(item.local_id == local_id for item in queue.items):
            raise LocalError(f"Message {local_id} is already in the outbox.")
        if len(queue.items) >= limits.OUTBOX_QUEUE_MAX:
            raise RefusedError(Code.OVERLOADED, "Too many messages wait to be sent.")
        item = _Item(local_id)
        queue.items.append(item)
        if submission is not None:
            self._take_sealed(queue, item, submission)
        self._work(conversation_id, queue)

    def cancel(self, conversation_id: int, local_id: int) -> bool:
        """Take a message out; whether it can no longer be accepted.

        One that was sealed may be in the log already, or be on its way there: it is never
        submitted again, and an answer or an echo that comes is told as `StoreAccepted`.
        """
        queue = self._queue(conversation_id)
        item = next((item for item in queue.items if item.local_id == local_id), None)
        was_sealed = any(sealed.local_id == local_id for sealed in queue.past)
        if item is None:
            return False
        if item.is_sent:
            item.is_cancelled = True  # Its answer is on its way, and those behind it wait for it.
            return False
        in_doubt = was_sealed or item.submission is not None or item.is_sealing
        self._forget_seal(queue, item)
        queue.items.remove(item)
        self._work(conversation_id, queue)
        return not in_doubt

    def link_up(self, *, now_ms: int) -> None:
        """There is a connection: what is sealed is submitted again, the rest sealed."""
        self._now_ms = now_ms
        self._is_up = True
        for conversation_id, queue in self._queues.items():
            self._go_back(queue)
            queue.hold_until_ms = None
            self._work(conversation_id, queue)

    def link_down(self) -> None:
        """There is no connection: nothing is sent until `link_up`."""
        self._is_up = False
        for queue in self._queues.values():
            self._go_back(queue)

    def note_head(self, conversation_id: int, own_counter: int) -> None:
        """Compare with the newest counter of this device that the server has."""
        queue = self._queues.get(conversation_id)
        if queue is not None and own_counter > queue.newest:
            self._note_copy(conversation_id, queue, own_counter)

    def pause(self, conversation_id: int) -> bool:
        """Seal and send nothing, for a handshake; whether nothing is in doubt any more.

        If not, ask again after the next answer: what is sealed already still goes out, and
        nothing more is sealed. What was refused as stale is not in doubt: it is sealed again. Nor
        is what waits behind a message that is not sealed: nothing would ever send it.
        """
        queue = self._queue(conversation_id)
        self._forget_seals(queue, 0 if queue.is_catching_up else queue.sealed_count)
        in_doubt = any(item.submission or item.is_sealing for item in queue.items)
        queue.is_paused = not in_doubt
        queue.is_closing = in_doubt
        return not in_doubt

    def note_sealed(self, conversation_id: int, sealed: Sealed) -> None:
        """Note a handshake of this device, which takes a counter too, before it is sent."""
        queue = self._queue(conversation_id)
        queue.past.append(sealed)
        queue.newest = max(queue.newest, sealed.device_counter)

    def own_counter(self, conversation_id: int) -> int:
        """Return the newest device_counter of this device that the log is known to have."""
        return self._queue(conversation_id).settled

    def resume(self, conversation_id: int, *, own_counter: int, now_ms: int) -> None:
        """Go on after `pause`; ``own_counter`` counts the handshake if it was accepted."""
        self._now_ms = now_ms
        queue = self._queue(conversation_id)
        queue.settled = max(queue.settled, own_counter)
        queue.newest = max(queue.newest, own_counter)
        if queue.is_paused or queue.is_closing:
            queue.is_paused = queue.is_closing = False
            queue.hold_until_ms = None
            self._seal_again(conversation_id, queue, 0)

    def sealed(
        self, conversation_id: int, local_id: int, submission: Submission, *, now_ms: int
    ) -> None:
        """Take what a `Seal` made; it is stored by now."""
        self._now_ms = now_ms
        queue = self._queue(conversation_id)
        item = next((item for item in queue.items if item.local_id == local_id), None)
        if item is None:
            return
        item.is_sealing = False
        self._take_sealed(queue, item, submission)
        self._work(conversation_id, queue)

    def not_sealed(self, conversation_id: int, local_id: int, *, now_ms: int) -> None:
        """Sealing was not possible now: it is asked for again later."""
        self._now_ms = now_ms
        queue = self._queue(conversation_id)
        for item in queue.items:
            if item.local_id == local_id:
                item.is_sealing = False
                self._hold(queue)

    def give_up(self, conversation_id: int, local_id: int, code: Code, *, now_ms: int) -> None:
        """A `Seal` can never be done: the message is refused, as if the server had said so."""
        self._now_ms = now_ms
        queue = self._queue(conversation_id)
        item = next((item for item in queue.items if item.local_id == local_id), None)
        if item is not None:
            self._refuse(conversation_id, queue, item, code)

    def wake(self, conversation_id: int, *, now_ms: int) -> None:
        """End the wait of a conversation: what kept it from sealing may have gone."""
        self._now_ms = now_ms
        queue = self._queue(conversation_id)
        queue.hold_until_ms = None
        self._work(conversation_id, queue)

    def accepted(self, accepted: Accepted, *, now_ms: int) -> None:
        """Take an answer, or the same learnt otherwise."""
        self._now_ms = now_ms
        conversation_id = accepted.conversation_id
        queue = self._queues.get(conversation_id)
        if queue is None or accepted.device_counter <= queue.settled:
            return  # Said before.
        local_id = self._local_id(queue, accepted.payload_hash, accepted.device_counter)
        if local_id is None:
            self._note_copy(conversation_id, queue, accepted.device_counter)
        elif accepted.device_counter != queue.settled + 1:
            # Those before it are in the log too, their answers are not here: ask again.
            self._go_back(queue)
            self._hold(queue)
        else:
            self._commands.append(StoreAccepted(conversation_id, local_id, accepted))
            self._settle(conversation_id, queue, accepted, local_id)

    def echoed(self, entry: Entry, *, now_ms: int) -> None:
        """Take an entry of this device that came from the log."""
        accepted = Accepted(
            conversation_id=entry.conversation_id,
            device_counter=entry.device_counter,
            payload_hash=entry.payload_hash,
            sequence=entry.sequence,
            entry_id=entry.entry_id,
            received_at_ms=entry.received_at_ms,
            chain=entry.chain,
            is_repeat=True,
        )
        self.accepted(accepted, now_ms=now_ms)

    def refused(self, refused: Refused, *, now_ms: int) -> None:
        """Take an answer that says no; one to a payload that was sealed anew since is over."""
        self._now_ms = now_ms
        conversation_id = refused.conversation_id
        queue = self._queues.get(conversation_id)
        item = None if queue is None else self._item(queue, refused.payload_hash)
        if queue is None or item is None:
            return
        if refused.own_counter > queue.newest:
            self._note_copy(conversation_id, queue, refused.own_counter)
        elif refused.code is Code.OUT_OF_TURN or refused.code in _LATER:
            self._go_back(queue)
            self._hold(queue)
        elif refused.code in _BEHIND:
            self._start_catching_up(conversation_id, queue)
        else:
            self._refuse(conversation_id, queue, item, refused.code)

    def caught_up(self, conversation_id: int, *, now_ms: int) -> None:
        """A conversation is up to date after `CatchUp`."""
        self._now_ms = now_ms
        queue = self._queue(conversation_id)
        if queue.is_catching_up:
            queue.is_catching_up = False
            self._seal_again(conversation_id, queue, 0)

    def tick(self, *, now_ms: int) -> None:
        """Do what is due: go back where an answer is overdue, end what was held."""
        self._now_ms = now_ms
        for conversation_id, queue in self._queues.items():
            if queue.answer_due_ms is not None and now_ms >= queue.answer_due_ms:
                self._go_back(queue)
                queue.attempts = min(queue.attempts + 1, _ATTEMPTS_MAX)
            if queue.hold_until_ms is not None and now_ms >= queue.hold_until_ms:
                queue.hold_until_ms = None
            self._work(conversation_id, queue)

    def commands(self) -> list[OutboxCommand]:
        """Return what is to be done, in order, each once."""
        commands, self._commands = self._commands, []
        return commands

    def deadline_ms(self) -> int | None:
        """Return when to call `tick`, or None if nothing is due by itself."""
        if not self._is_up:
            return None
        dues = [
            due
            for queue in self._queues.values()
            if queue.items and not queue.is_stopped
            for due in (queue.answer_due_ms, queue.hold_until_ms)
            if due is not None
        ]
        return min(dues, default=None)

    def has(self, conversation_id: int, local_id: int) -> bool:
        """Whether a message waits here."""
        queue = self._queues.get(conversation_id)
        return queue is not None and any(item.local_id == local_id for item in queue.items)

    def waiting(self, conversation_id: int) -> int:
        """Return how many messages of a conversation wait."""
        queue = self._queues.get(conversation_id)
        return len(queue.items) if queue else 0

    def in_flight(self) -> int:
        """Return how many submits are sent and unanswered on this connection."""
        return sum(item.is_sent for queue in self._queues.values() for item in queue.items)

    def _queue(self, conversation_id: int) -> _Queue:
        queue = self._queues.get(conversation_id)
        if queue is None:
            raise LocalError(f"Conversation {conversation_id} is not open in the outbox.")
        return queue

    def _work(self, conversation_id: int, queue: _Queue) -> None:
        """Send what is sealed, then have the next one sealed, if the window has room for it.

        One at a time: what is sealed behind a message that can not be sealed would be stuck. And
        nothing behind a message whose counter may have been taken by another one: if it was, that
        message takes a later counter than those behind it would have.
        """
        is_held = queue.hold_until_ms is not None
        if not self._is_up or queue.is_stopped or is_held:
            return
        count = queue.sealed_count
        for item in queue.items[: min(count, limits.OUTBOX_WINDOW)]:
            if item.submission is not None and not item.is_sent:
                item.is_sent = True
                self._commands.append(Transmit(item.submission))
                if queue.answer_due_ms is None:
                    queue.answer_due_ms = self._now_ms + self._retry_ms(queue)
            if item.is_probe:
                return
        if count == len(queue.items) or count >= limits.OUTBOX_WINDOW or queue.is_closing:
            return
        item = queue.items[count]
        if not item.is_sealing:
            item.is_sealing = True
            counter = queue.settled + 1 + count
            self._commands.append(Seal(conversation_id, item.local_id, counter))

    def _take_sealed(self, queue: _Queue, item: _Item, submission: Submission) -> None:
        self._forget_seal(queue, item)
        item.submission = submission
        item.payload_hash = hash_payload(submission.payload)
        item.is_sent = False
        item.is_probe = any(
            sealed.device_counter == submission.device_counter and sealed.local_id != item.local_id
            for sealed in queue.past
        )
        queue.newest = max(queue.newest, submission.device_counter)

    @staticmethod
    def _forget_seal(queue: _Queue, item: _Item) -> None:
        """Keep the name of a payload that may be accepted though it was replaced."""
        if item.submission is not None:
            counter = item.submission.device_counter
            queue.past.append(
                Sealed(
                    local_id=item.local_id,
                    device_counter=counter,
                    payload_hash=item.payload_hash,
                )
            )
            item.submission = None
            item.is_sent = False

    def _seal_again(self, conversation_id: int, queue: _Queue, start: int) -> None:
        self._forget_seals(queue, start)
        self._work(conversation_id, queue)

    def _forget_seals(self, queue: _Queue, start: int) -> None:
        for item in queue.items[start:]:
            self._forget_seal(queue, item)
        self._drop_cancelled(queue)
        if not any(item.is_sent for item in queue.items):
            queue.answer_due_ms = None

    def _settle(
        self, conversation_id: int, queue: _Queue, accepted: Accepted, local_id: int
    ) -> None:
        """Move on to the counter after an accepted one; `_work` seals what has the wrong one."""
        queue.settled = accepted.device_counter
        queue.newest = max(queue.newest, queue.settled)
        queue.attempts = 0
        queue.hold_until_ms = None
        queue.answer_due_ms = None
        for item in queue.items:
            if item.local_id == local_id:
                self._forget_seal(queue, item)
                queue.items.remove(item)
                break
        if any(item.is_sent for item in queue.items):
            queue.answer_due_ms = self._now_ms + self._retry_ms(queue)
        self._work(conversation_id, queue)

    def _refuse(self, conversation_id: int, queue: _Queue, item: _Item, code: Code) -> None:
        index = queue.items.index(item)
        self._forget_seal(queue, item)
        del queue.items[index]
        self._commands.append(StoreRefused(conversation_id, item.local_id, code))
        self._seal_again(conversation_id, queue, index)

    def _start_catching_up(self, conversation_id: int, queue: _Queue) -> None:
        self._go_back(queue)
        if not queue.is_catching_up:
            queue.is_catching_up = True
            self._commands.append(CatchUp(conversation_id))

    def _note_copy(self, conversation_id: int, queue: _Queue, own_counter: int) -> None:
        if not queue.is_copied:
            queue.is_copied = True
            self._go_back(queue)
            self._commands.append(CopiedProfile(conversation_id, own_counter))

    @staticmethod
    def _item(queue: _Queue, payload_hash: bytes) -> _Item | None:
        window = queue.items[: limits.OUTBOX_WINDOW]
        sealed = (item for item in window if item.submission is not None)
        return next((item for item in sealed if item.payload_hash == payload_hash), None)

    def _local_id(self, queue: _Queue, payload_hash: bytes, counter: int) -> int | None:
        """Return whose payload this is, among those that wait and those sealed earlier."""
        item = self._item(queue, payload_hash)
        if item is not None:
            return item.local_id
        for sealed in reversed(queue.past):
            if sealed.payload_hash == payload_hash and sealed.device_counter == counter:
                return sealed.local_id
        return None

    def _go_back(self, queue: _Queue) -> None:
        for item in queue.items[: limits.OUTBOX_WINDOW]:
            item.is_sent = False
        queue.answer_due_ms = None
        self._drop_cancelled(queue)

    def _drop_cancelled(self, queue: _Queue) -> None:
        """Take out what was cancelled and is not on its way any more."""
        for item in [item for item in queue.items if item.is_cancelled and not item.is_sent]:
            self._forget_seal(queue, item)
            queue.items.remove(item)

    def _hold(self, queue: _Queue) -> None:
        if queue.hold_until_ms is None:
            queue.hold_until_ms = self._now_ms + self._retry_ms(queue)
            queue.attempts = min(queue.attempts + 1, _ATTEMPTS_MAX)

    def _retry_ms(self, queue: _Queue) -> int:
        step_ms = limits.SUBMIT_RETRY_MIN_MS << queue.attempts
        jittered_ms = int(min(step_ms, limits.SUBMIT_RETRY_MAX_MS) * self._draw())
        return max(_RETRY_FLOOR_MS, jittered_ms)
