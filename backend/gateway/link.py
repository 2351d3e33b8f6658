"""The shell around one link's engine (`shared.protocol.server_link`).

Two greenlets: the handler reads frames, asks services and lets the engine tick; the writer is
the only one that sends. What is announced elsewhere reaches the engine through `LinkShell.offer`
and `push`, which never block. A queue that grows over `limits.LINK_QUEUE_BYTES_MAX` belongs to a
slow reader; its link is closed.
"""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable

import gevent
from gevent.event import Event

from backend.gateway.live_links import LiveLinks, PushedEntry
from backend.gateway.transport import Transport
from backend.services.services import Services
from shared import limits
from shared.errors import Code, PeerError, RefusedError, TransportError
from shared.frames import (
    Accepted,
    Bye,
    Entries,
    Events,
    Pull,
    Refused,
    ServerFrame,
    decode_client_frame,
    encode_frame,
)
from shared.protocol.server_link import (
    ConfirmReceived,
    HelloReceived,
    MarkReceived,
    NeedEntries,
    PullReceived,
    ServerLink,
    ServerLinkClosed,
    ServerLinkEvent,
    SubmitReceived,
    TypingReceived,
)

__all__ = ["LinkShell"]

logger = logging.getLogger(__name__)

_DROP_FROM_BYTES = limits.LINK_QUEUE_BYTES_MAX // 4
_HELD_FRAMES_MAX = 10_000
_LAST_WORDS_MS = 2_000


class LinkShell:
    """One link of one device, from the handshake to its end."""

    def __init__(
        self,
        services: Services,
        links: LiveLinks,
        transport: Transport,
        *,
        account: int,
        device: int,
        link_id: str,
        now_ms: Callable[[], int] | None = None,
    ) -> None:
        self.account = account
        self.device = device
        self._services = services
        self._links = links
        self._transport = transport
        self._now_ms = now_ms or _now_ms
        self._engine = ServerLink(
            now_ms=self._now_ms(), account=account, device=device, link_id=link_id
        )
        self._log = logging.LoggerAdapter(logger, {"link_id": link_id, "device_id": device})
        self._name = f"{link_id} (device {device})"
        self._held: list[ServerFrame] = []  # Announced before the link is open.
        self._queue: deque[bytes | str] = deque()
        self._queued_bytes = 0  # Those in the queue and those the writer is sending.
        self._is_too_slow = False
        self._has_work = Event()
        self._is_ending = False
        self._waits_until_ms = 0
        self._end: ServerLinkClosed | None = None

    def run(self) -> None:
        """Serve the link until it is over."""
        writer = gevent.spawn(self._write)
        self.arrive()
        try:
            while not self.is_over:
                self.turn()
        finally:
            self.leave()
            self._finish(writer)

    def arrive(self) -> None:
        """The link is there: it hears announcements, and its account is online."""
        self._log.info("Link %s opened", self._name)
        self._links.add(self)
        self._services.presence.arrived(self.account)
        self._services.devices.note_seen(self.device)

    def turn(self) -> None:
        """Wait for one message or deadline, and do all that follows from it."""
        self._step()
        self._pump()

    @property
    def is_over(self) -> bool:
        """Whether there is nothing left to do but to leave."""
        return self._end is not None

    def leave(self) -> None:
        """The link has gone."""
        self._links.remove(self)
        self._services.presence.left(self.account)
        self._services.devices.note_seen(self.device)
        code = None if self._end is None else self._end.code
        self._log.info("Link %s closed: %s", self._name, code)

    def serve_from(self, conversation_id: int, after: int) -> None:
        """Serve a conversation from ``after + 1`` on: its account was added there."""
        self._engine.begin(conversation_id, after)

    def offer(self, pushed: PushedEntry) -> None:
        """Tell of a new entry; it is sent now if it is exactly next."""
        entry = pushed.stored.entry
        if entry.device == self.device and entry.sequence == 1:
            # Who has created a conversation has its first entry.
            self._engine.begin(entry.conversation_id, 1)
        elif self._engine.offer(entry.conversation_id, entry.sequence, now_ms=self._now_ms()):
            self._flush()
            self._enqueue(pushed.encoded(as_json=self._transport.is_json))
            self._wake_if_due()
        else:
            # It may have to be read from the log, which the handler does.
            self._transport.wake()

    def push(self, frame: ServerFrame, *, can_drop: bool = False) -> None:
        """Send a frame that needs no window."""
        if can_drop and (self._queued_bytes > _DROP_FROM_BYTES or not self._engine.is_open):
            return
        if self._engine.is_open:
            self._engine.send(frame, now_ms=self._now_ms())
            self._flush()
        elif not self._engine.is_closed:
            self._hold(frame)

    def shut(self, code: Code, message: str, *, retry_after_ms: int = 0) -> None:
        """Say bye and end."""
        self._engine.close(code, message, now_ms=self._now_ms(), retry_after_ms=retry_after_ms)
        self._flush()
        self._transport.wake()

    def _step(self) -> None:
        """Wait for the next message or deadline and hand it to the engine."""
        deadline_ms = self._engine.deadline_ms()
        # Without a deadline the link is over, and its last event is about to be handled.
        self._waits_until_ms = self._now_ms() if deadline_ms is None else deadline_ms
        wait_ms = max(0, self._waits_until_ms - self._now_ms())
        try:
            message = self._transport.receive(wait_ms)
            if message is None:
                self._engine.tick(now_ms=self._now_ms(), wall_ms=self._wall_ms())
                return
            if isinstance(message, str) is not self._transport.is_json:
                raise PeerError(Code.MALFORMED, "Text frames are for JSON, binary ones are not.")
            frame = decode_client_frame(message)
            self._engine.receive(frame, now_ms=self._now_ms(), wall_ms=self._wall_ms())
        except PeerError as error:
            self._log.warning("Link %s broke the protocol: %s", self._name, error)
            self._engine.fail(error, now_ms=self._now_ms())
        except TransportError:
            self._engine.cut()

    def _pump(self) -> None:
        """Do what the engine asks for, until it asks for nothing."""
        while events := self._engine.events_received():
            for event in events:
                self._handle(event)
        self._flush()

    def _handle(self, event: ServerLinkEvent) -> None:
        try:
            self._do(event)
        except (TransportError, RefusedError) as error:
            # The database or the writer is not there for us now: let the client come back.
            self._log.warning("Link %s could not be served: %s", self._name, error)
            self.shut(Code.OVERLOADED, "The server is busy.", retry_after_ms=2_000)

    def _do(self, event: ServerLinkEvent) -> None:
        services, account = self._services, self.account
        match event:
            case HelloReceived():
                self._greet(event)
            case SubmitReceived():
                services.log.submit(
                    account=account,
                    device=self.device,
                    submission=event.submission,
                    answer=self._answer,
                )
            case PullReceived():
                self._answer_pull(event.pull)
            case ConfirmReceived():
                services.marks.confirm(
                    account=account,
                    device=self.device,
                    conversation_id=event.conversation_id,
                    sequence=event.sequence,
                )
            case MarkReceived():
                mark = event.mark
                services.marks.mark_read(
                    account=account,
                    conversation_id=mark.conversation_id,
                    read=mark.read,
                    is_private=mark.is_private,
                )
            case TypingReceived():
                services.conversations.note_typing(account, event.typing)
            case NeedEntries():
                self._supply(event)
            case ServerLinkClosed():
                self._end = event

    def _greet(self, received: HelloReceived) -> None:
        missed = self._services.catch_up.missed(
            account=self.account, device=self.device, hello=received.hello
        )
        # No switch of greenlets below: what is announced meanwhile is held, then follows.
        now_ms = self._now_ms()
        self._engine.greet(now_ms=now_ms, wall_ms=self._wall_ms())
        if not self._engine.is_open:
            return
        frames: list[ServerFrame] = [*missed.events, *missed.receipts, *missed.presence]
        for frame in frames:
            self._engine.send(frame, now_ms=now_ms)
        self._engine.start_live(missed.heads, now_ms=now_ms)
        position = missed.position
        held, self._held = self._held, []
        for frame in held:
            if not isinstance(frame, Events) or frame.position > position:
                self._engine.send(frame, now_ms=now_ms)

    def _answer(self, answer: Accepted | Refused) -> None:
        now_ms = self._now_ms()
        if isinstance(answer, Accepted):
            self._engine.accept(answer, now_ms=now_ms)
        elif self._engine.is_open:
            self._engine.send(answer, now_ms=now_ms)
        self._flush()
        self._transport.wake()

    def _answer_pull(self, pull: Pull) -> None:
        try:
            entries = self._services.conversations.pull(
                self.account,
                pull.conversation_id,
                after=pull.after,
                limit=pull.limit,
                pull_id=pull.pull_id,
            )
        except RefusedError:
            # Of what is none of the client's business there are no entries.
            entries = Entries(pull.conversation_id, bytes(32), (), pull.pull_id)
        if self._engine.is_open:
            self._engine.send(entries, now_ms=self._now_ms())

    def _supply(self, need: NeedEntries) -> None:
        entries: Entries | None = None
        try:
            entries = self._services.conversations.pull(
                self.account, need.conversation_id, after=need.after, limit=need.limit
            )
        except RefusedError:
            self._engine.end(need.conversation_id)
        self._engine.supply(need, entries, now_ms=self._now_ms())

    def _hold(self, frame: ServerFrame) -> None:
        if len(self._held) >= _HELD_FRAMES_MAX:
            self.shut(Code.OVERLOADED, "Too much happened during hello.", retry_after_ms=1_000)
            return
        self._held.append(frame)

    def _flush(self) -> None:
        for frame in self._engine.frames_to_send():
            message = encode_frame(frame, as_json=self._transport.is_json)
            if isinstance(frame, Bye):
                self._put(message)  # However much waits, the last word has a place.
            else:
                self._enqueue(message)

    def _enqueue(self, message: bytes | str) -> None:
        if self._is_too_slow:
            return
        if self._queued_bytes > limits.LINK_QUEUE_BYTES_MAX:
            self._give_up()
        else:
            self._put(message)

    def _put(self, message: bytes | str) -> None:
        self._queue.append(message)
        self._queued_bytes += len(message)
        self._has_work.set()

    def _give_up(self) -> None:
        """Forget what waits and say so; it is in the log and comes with the next link."""
        self._is_too_slow = True
        # What is on its way already counts until the writer has sent it.
        self._queued_bytes -= sum(map(len, self._queue))
        self._queue.clear()
        self._log.warning("Link %s is read too slowly", self._name)
        self.shut(Code.SLOW_READER, "This link is read too slowly.")

    def _wake_if_due(self) -> None:
        """Let the handler look if it would sleep too long for what has changed."""
        deadline_ms = self._engine.deadline_ms()
        if deadline_ms is not None and deadline_ms < self._waits_until_ms:
            self._transport.wake()

    def _write(self) -> None:
        """Send what is queued, whole batches at a time, until the link ends."""
        while not (self._is_ending and not self._queue):
            self._has_work.wait()
            self._has_work.clear()
            batch, self._queue = list(self._queue), deque()
            try:
                if batch:
                    self._transport.send(batch)
            except TransportError:
                self._transport.wake()
                return
            self._queued_bytes -= sum(map(len, batch))

    def _finish(self, writer: gevent.Greenlet) -> None:
        """Let the last words out, then close the WebSocket."""
        self._engine.cut()
        self._is_ending = True
        self._has_work.set()
        writer.join(_LAST_WORDS_MS / 1000)
        if writer.ready():
            close_code = 1011 if self._end is None else self._end.close_code
            self._transport.close(close_code, "")
        else:
            writer.kill(block=False)
            self._transport.abort()

    def _wall_ms(self) -> int:
        return self._services.context.wall_ms()


def _now_ms() -> int:
    return time.monotonic_ns() // 1_000_000
