"""The server's side of a link, without I/O: frames in, frames and events out.

The caller owns the WebSocket, the log and the clocks. It hands in every frame it decodes
(`receive`), does what `events_received` says, sends what `frames_to_send` returns and calls
`tick` at `deadline_ms`. An entry that `offer` says is next, it sends itself from the bytes it
encoded once for all links, after what `frames_to_send` holds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from shared import limits
from shared.entries import Head, Submission
from shared.errors import Code, PeerError
from shared.frames import (
    Accepted,
    Bye,
    ClientFrame,
    Confirm,
    Confirmed,
    Entries,
    Heads,
    Hello,
    Mark,
    Ping,
    Pong,
    Pull,
    Ready,
    ServerFrame,
    Submit,
    Typing,
    close_code_of,
)
from shared.protocol.delivery import Delivery, NeedEntries
from shared.protocol.heartbeat import Heartbeat, HeartbeatAction
from shared.protocol.transitions import LinkCommand, LinkPhase, Side, after, name_of

__all__ = [
    "ConfirmReceived",
    "HelloReceived",
    "MarkReceived",
    "NeedEntries",
    "PullReceived",
    "ServerLink",
    "ServerLinkClosed",
    "ServerLinkEvent",
    "SubmitReceived",
    "TypingReceived",
]

_BURST_SECONDS = 10
_RATE_RETRY_MS = 5_000


@dataclass(frozen=True, slots=True)
class HelloReceived:
    """Look up what the client has missed, then call `ServerLink.greet`."""

    hello: Hello


@dataclass(frozen=True, slots=True)
class SubmitReceived:
    """Judge it; answer with accepted (`ServerLink.accept`) or refused (`send`)."""

    submission: Submission


@dataclass(frozen=True, slots=True)
class PullReceived:
    """Answer with entries of this ``pull_id`` (`ServerLink.send`)."""

    pull: Pull


@dataclass(frozen=True, slots=True)
class ConfirmReceived:
    """Note the cursor of the device; ``confirmed`` is already queued."""

    conversation_id: int
    sequence: int


@dataclass(frozen=True, slots=True)
class MarkReceived:
    """Note the mark and send receipts if it has moved."""

    mark: Mark


@dataclass(frozen=True, slots=True)
class TypingReceived:
    """Pass it on to the other members."""

    typing: Typing


@dataclass(frozen=True, slots=True)
class ServerLinkClosed:
    """The link is over: close the WebSocket. Always the last event, and told once.

    ``code`` is None if there was no word: the link was silent, or cut.
    """

    code: Code | None
    message: str

    @property
    def close_code(self) -> int:
        """The WebSocket close code to use, if the other side has not closed."""
        return close_code_of(self.code)


ServerLinkEvent: TypeAlias = (
    HelloReceived
    | SubmitReceived
    | PullReceived
    | ConfirmReceived
    | MarkReceived
    | TypingReceived
    | NeedEntries
    | ServerLinkClosed
)


class ServerLink:
    """One link of one device; ``now_ms`` is monotonic, ``wall_ms`` the server's clock."""

    def __init__(self, *, now_ms: int, account: int, device: int, link_id: str) -> None:
        self.phase = LinkPhase.CONNECTING
        self.account = account
        self.device = device
        self.link_id = link_id
        self._heartbeat = Heartbeat(now_ms)
        self._delivery = Delivery()
        self._budget = _Budget(now_ms)
        self._greet_by_ms = now_ms + limits.HELLO_WAIT_MS
        self._hello: Hello | None = None
        self._hello_ms = 0
        self._frames: list[ServerFrame] = []
        self._events: list[ServerLinkEvent] = []

    @property
    def is_open(self) -> bool:
        """Whether frames other than ready and bye may be sent."""
        return self.phase is LinkPhase.OPEN

    @property
    def is_closed(self) -> bool:
        """Whether the link is over (a bye may still have to be sent)."""
        return self.phase in (LinkPhase.CLOSING, LinkPhase.CLOSED)

    def receive(self, frame: ClientFrame, *, now_ms: int, wall_ms: int) -> None:
        """Take a frame of the client; a breach of the protocol or its budget closes the link."""
        if self.is_closed:
            return
        if not self._budget.take(now_ms):
            message = f"More than {limits.FRAMES_PER_SECOND_MAX} frames a second."
            self.close(Code.RATE_LIMITED, message, now_ms=now_ms, retry_after_ms=_RATE_RETRY_MS)
            return
        self._heartbeat.noted_in(now_ms)
        try:
            self.phase = after(self.phase, name_of(frame), by=Side.CLIENT, is_own=False)
        except PeerError as error:
            self.fail(error, now_ms=now_ms)
            return
        self._take(frame, now_ms=now_ms, wall_ms=wall_ms)

    def greet(self, *, now_ms: int, wall_ms: int) -> None:
        """Answer hello with ready; events, receipts, presence and heads follow by `send`."""
        if self.is_closed or self._hello is None:
            return
        ready = Ready(
            version=limits.PROTOCOL_VERSION,
            link_id=self.link_id,
            client_sent_ms=self._hello.client_sent_ms,
            received_ms=self._hello_ms,
            sent_ms=wall_ms,
            account=self.account,
            device=self.device,
        )
        self._queue(ready, now_ms)

    def start_live(self, heads: Sequence[Head], *, now_ms: int) -> None:
        """Queue the heads of all conversations; from here on entries are pushed.

        Entries that are offered between reading the heads and this call are not lost: they are
        behind, and read from the log.
        """
        pages = range(0, max(len(heads), 1), limits.HEADS_PER_FRAME_MAX)
        for start in pages:
            page = tuple(heads[start : start + limits.HEADS_PER_FRAME_MAX])
            is_last = start + limits.HEADS_PER_FRAME_MAX >= len(heads)
            self.send(Heads(heads=page, is_last=is_last), now_ms=now_ms)
        self._delivery.start_live(heads)
        self._note_needs()

    def begin(self, conversation_id: int, after: int = 0) -> None:
        """Serve a conversation that is new to this device from ``after + 1`` on."""
        self._delivery.begin(conversation_id, after)

    def end(self, conversation_id: int) -> None:
        """Serve a conversation no longer: the account has left it."""
        self._delivery.end(conversation_id)
        self._note_needs()

    def offer(self, conversation_id: int, sequence: int, *, now_ms: int) -> bool:
        """Tell of a new entry of somebody else.

        Returns:
            Whether the caller sends it now, as `Entries` of one. If not, it is read from the
            log when its turn comes, or the link is over.
        """
        if self.is_closed:
            return False
        is_next = self._delivery.offer(conversation_id, sequence, now_ms=now_ms)
        if is_next:
            self._heartbeat.noted_out(now_ms)
        self._note_needs()
        return is_next

    def accept(self, accepted: Accepted, *, now_ms: int) -> None:
        """Queue the answer to a submit; the entry itself need not be offered to this link."""
        if not self.is_closed:
            sequence = accepted.sequence
            self._delivery.note_accepted(accepted.conversation_id, sequence, now_ms=now_ms)
            self._queue(accepted, now_ms)
            self._note_needs()

    def supply(self, need: NeedEntries, entries: Entries | None, *, now_ms: int) -> None:
        """Queue what was read from the log; None or no entries if there were none."""
        if self.is_closed:
            return
        last = entries.entries[-1].sequence if entries and entries.entries else None
        if self._delivery.supply(need, last=last, now_ms=now_ms) and entries is not None:
            self._queue(entries, now_ms)
        self._note_needs()

    def send(self, frame: ServerFrame, *, now_ms: int) -> None:
        """Queue a frame; a link that is over drops it.

        Raises:
            LocalError: If this frame may not be sent in this phase.
        """
        if not self.is_closed:
            self._queue(frame, now_ms)

    def fail(self, error: PeerError, *, now_ms: int) -> None:
        """Close because the client broke the protocol, for instance by bytes that are no frame."""
        self.close(error.code, error.message, now_ms=now_ms)

    def close(self, code: Code, message: str, *, now_ms: int, retry_after_ms: int = 0) -> None:
        """Say bye and close; nothing happens if the link is over."""
        if not self.is_closed:
            self._queue(Bye(code, message, retry_after_ms), now_ms)
            self._events.append(ServerLinkClosed(code, message))

    def cut(self) -> None:
        """The WebSocket has ended."""
        if not self.is_closed:
            self._events.append(ServerLinkClosed(None, "The connection has ended."))
        if self.phase is not LinkPhase.CLOSED:
            self.phase = after(self.phase, LinkCommand.CUT, by=Side.SERVER, is_own=True)

    def tick(self, *, now_ms: int, wall_ms: int) -> None:
        """Do what is due: push again, ping, or give up."""
        if self.is_closed:
            return
        if self.phase is not LinkPhase.OPEN:
            if now_ms >= self._greet_by_ms:
                self._time_out("There was no hello in time.")
            return
        if self._delivery.rewind_overdue(now_ms):
            self._heartbeat.ask_now()
            self._note_needs()
        match self._heartbeat.tick(now_ms):
            case HeartbeatAction.NOTHING:
                pass
            case HeartbeatAction.PING:
                self._queue(Ping(sent_ms=wall_ms), now_ms)
            case HeartbeatAction.CLOSE:
                self._time_out("The link is silent.")

    def frames_to_send(self) -> list[ServerFrame]:
        """Return what is queued, in order; it counts as sent."""
        frames, self._frames = self._frames, []
        return frames

    def events_received(self) -> list[ServerLinkEvent]:
        """Return what has happened, in order, each once."""
        events, self._events = self._events, []
        return events

    def deadline_ms(self) -> int | None:
        """Return when to call `tick`, or None if the link is over."""
        if self.is_closed:
            return None
        if not self.is_open:
            return self._greet_by_ms
        confirm_ms = self._delivery.deadline_ms()
        beat_ms = self._heartbeat.deadline_ms()
        return beat_ms if confirm_ms is None else min(beat_ms, confirm_ms)

    def _take(self, frame: ClientFrame, *, now_ms: int, wall_ms: int) -> None:
        match frame:
            case Hello():
                self._take_hello(frame, now_ms=now_ms, wall_ms=wall_ms)
            case Submit():
                self._events.append(SubmitReceived(frame.submission))
            case Pull():
                self._events.append(PullReceived(frame))
            case Confirm():
                self._take_confirm(frame, now_ms)
            case Mark():
                self._events.append(MarkReceived(frame))
            case Typing():
                self._events.append(TypingReceived(frame))
            case Ping():
                pong = Pong(ping_sent_ms=frame.sent_ms, received_ms=wall_ms, sent_ms=wall_ms)
                self._queue(pong, now_ms)
            case Pong():
                pass  # That it came is all it says; the heartbeat has noted it.
            case Bye():
                self._events.append(ServerLinkClosed(frame.code, frame.message))

    def _take_hello(self, hello: Hello, *, now_ms: int, wall_ms: int) -> None:
        if hello.version < limits.PROTOCOL_VERSION:
            self.close(Code.CLIENT_TOO_OLD, "This server needs a newer client.", now_ms=now_ms)
        elif hello.version > limits.PROTOCOL_VERSION:
            self.close(Code.SERVER_TOO_OLD, "This client needs a newer server.", now_ms=now_ms)
        else:
            self._hello, self._hello_ms = hello, wall_ms
            self._events.append(HelloReceived(hello))

    def _take_confirm(self, confirm: Confirm, now_ms: int) -> None:
        self._delivery.confirm(confirm.conversation_id, confirm.sequence, now_ms=now_ms)
        self._events.append(ConfirmReceived(confirm.conversation_id, confirm.sequence))
        self._queue(Confirmed(confirm.conversation_id, confirm.sequence), now_ms)
        self._note_needs()

    def _queue(self, frame: ServerFrame, now_ms: int) -> None:
        self.phase = after(self.phase, name_of(frame), by=Side.SERVER, is_own=True)
        self._frames.append(frame)
        self._heartbeat.noted_out(now_ms)

    def _note_needs(self) -> None:
        self._events.extend(self._delivery.needs())

    def _time_out(self, message: str) -> None:
        self.phase = after(self.phase, LinkCommand.TIMEOUT, by=Side.SERVER, is_own=True)
        self._events.append(ServerLinkClosed(None, message))


class _Budget:
    """A bucket of frames that fills at the sustained rate; whole thousandths, no floats."""

    _FULL = limits.FRAMES_PER_SECOND_MAX * _BURST_SECONDS * 1000

    def __init__(self, now_ms: int) -> None:
        self._left = self._FULL
        self._filled_ms = now_ms

    def take(self, now_ms: int) -> bool:
        """Take one frame out; whether there was one."""
        gained = max(0, now_ms - self._filled_ms) * limits.FRAMES_PER_SECOND_MAX
        self._left = min(self._FULL, self._left + gained)
        self._filled_ms = max(self._filled_ms, now_ms)
        if self._left < 1000:
            return False
        self._left -= 1000
        return True
