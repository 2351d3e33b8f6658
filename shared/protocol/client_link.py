"""The client's side of a link, without I/O: frames in, frames and events out.

The caller owns the WebSocket. It hands in every frame it decodes (`receive`), sends what
`frames_to_send` returns, calls `tick` at `deadline_ms`, and says when the WebSocket has ended
(`cut`). After a `Closed` event it sends what is left, closes the WebSocket with `close_code` and
lets go of the link.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from shared import limits
from shared.chain import hash_payload
from shared.clock_sync import RoundTrip
from shared.errors import Code, PeerError
from shared.frames import (
    Accepted,
    Bye,
    ClientFrame,
    Heads,
    Hello,
    Ping,
    Pong,
    Ready,
    ServerFrame,
    Submit,
    close_code_of,
)
from shared.protocol.heartbeat import Heartbeat, HeartbeatAction
from shared.protocol.transitions import LinkCommand, LinkPhase, Side, after, name_of

__all__ = ["ClientLink", "ClockSample", "Closed", "FrameReceived", "LinkEvent", "Opened"]

_SUBMITS_TIMED_MAX = 256  # Submits whose sending is remembered for the clock; more are not.


@dataclass(frozen=True, slots=True)
class Opened:
    """The link is open; catching up follows."""

    ready: Ready


@dataclass(frozen=True, slots=True)
class FrameReceived:
    """A frame for the parts above the link: none of ready, ping, pong and bye."""

    frame: ServerFrame


@dataclass(frozen=True, slots=True)
class ClockSample:
    """A round trip for `shared.clock_sync`."""

    sample: RoundTrip


@dataclass(frozen=True, slots=True)
class Closed:
    """The link is over: close the WebSocket. Always the last event, and told once.

    ``code`` is None if there was no word: the link was silent, or cut.
    """

    code: Code | None
    message: str
    retry_after_ms: int = 0

    @property
    def close_code(self) -> int:
        """The WebSocket close code to use, if the other side has not closed."""
        return close_code_of(self.code)


LinkEvent: TypeAlias = Opened | FrameReceived | ClockSample | Closed


class ClientLink:
    """One link, from hello to bye; ``now_ms`` is monotonic, ``wall_ms`` the wall clock."""

    def __init__(
        self,
        *,
        now_ms: int,
        wall_ms: int,
        event_position: int,
        marks_since_ms: int,
        client: str = "",
        idle_ms: int = limits.IDLE_START_MS,
    ) -> None:
        """Begin with hello.

        Args:
            now_ms: When the WebSocket was up.
            wall_ms: The same by the wall clock.
            event_position: Newest event applied.
            marks_since_ms: Newest receipt stored.
            client: Name and version of the program.
            idle_ms: `idle_ms` of the link before this one.
        """
        self.phase = LinkPhase.CONNECTING
        self._heartbeat = Heartbeat(now_ms, idle_ms=idle_ms)
        self._greet_by_ms = now_ms + limits.HELLO_WAIT_MS  # Put off by each frame until heads.
        self._has_heads = False
        self._frames: list[ClientFrame] = []
        self._events: list[LinkEvent] = []
        self._hello_ms = now_ms
        self._pings: dict[int, int] = {}  # sent_ms of a ping → monotonic time.
        self._submits: dict[bytes, int] = {}  # payload_hash → monotonic time.
        hello = Hello(
            version=limits.PROTOCOL_VERSION,
            client_sent_ms=wall_ms,
            event_position=event_position,
            marks_since_ms=marks_since_ms,
            client=client,
        )
        self._queue(hello, now_ms)

    @property
    def is_open(self) -> bool:
        """Whether frames other than hello and bye may be sent."""
        return self.phase is LinkPhase.OPEN

    @property
    def is_closed(self) -> bool:
        """Whether the link is over (a bye may still have to be sent)."""
        return self.phase in (LinkPhase.CLOSING, LinkPhase.CLOSED)

    @property
    def idle_ms(self) -> int:
        """How long this path may be idle, for the next link."""
        return self._heartbeat.idle_ms

    def send(self, frame: ClientFrame, *, now_ms: int) -> None:
        """Queue a frame; a closed link drops it.

        Raises:
            LocalError: If this frame may not be sent in this phase.
        """
        if self.is_closed:
            return
        if isinstance(frame, Submit) and len(self._submits) < _SUBMITS_TIMED_MAX:
            self._submits.setdefault(hash_payload(frame.submission.payload), now_ms)
        self._queue(frame, now_ms)

    def receive(self, frame: ServerFrame, *, now_ms: int, wall_ms: int) -> None:
        """Take a frame of the server; a breach of the protocol closes the link."""
        if self.is_closed:
            return
        self._heartbeat.noted_in(now_ms)
        self._greet_by_ms = now_ms + limits.HELLO_WAIT_MS
        try:
            self.phase = after(self.phase, name_of(frame), by=Side.SERVER, is_own=False)
        except PeerError as error:
            self.fail(error, now_ms=now_ms)
            return
        match frame:
            case Ready():
                self._open(frame, now_ms)
            case Ping():
                self._answer(frame, now_ms=now_ms, wall_ms=wall_ms)
            case Pong():
                self._take_pong(frame, now_ms)
            case Bye():
                self._events.append(Closed(frame.code, frame.message, frame.retry_after_ms))
            case _:
                if isinstance(frame, Accepted):
                    self._time_accepted(frame, now_ms)
                if isinstance(frame, Heads):
                    self._has_heads = self._has_heads or frame.is_last
                self._events.append(FrameReceived(frame))

    def fail(self, error: PeerError, *, now_ms: int) -> None:
        """Close because the server broke the protocol, for instance by bytes that are no frame."""
        self.close(error.code, error.message, now_ms=now_ms)

    def close(self, code: Code, message: str, *, now_ms: int) -> None:
        """Say bye and close; nothing happens if the link is over."""
        if not self.is_closed:
            self._queue(Bye(code=code, message=message), now_ms)
            self._events.append(Closed(code, message))

    def cut(self) -> None:
        """The WebSocket has ended."""
        if not self.is_closed:
            self._events.append(Closed(None, "The connection has ended."))
        if self.phase is not LinkPhase.CLOSED:
            self.phase = after(self.phase, LinkCommand.CUT, by=Side.CLIENT, is_own=True)

    def tick(self, *, now_ms: int, wall_ms: int) -> None:
        """Do what is due: ping, or give up."""
        if self.is_closed:
            return
        if not self._has_heads and now_ms >= self._greet_by_ms:
            self._time_out("The server did not answer in time.")
        if not self.is_open:
            return
        match self._heartbeat.tick(now_ms):
            case HeartbeatAction.NOTHING:
                pass
            case HeartbeatAction.PING:
                self._pings[wall_ms] = now_ms
                self._queue(Ping(sent_ms=wall_ms), now_ms)
            case HeartbeatAction.CLOSE:
                self._time_out("The connection is silent.")

    def frames_to_send(self) -> list[ClientFrame]:
        """Return what is queued, in order; it counts as sent."""
        frames, self._frames = self._frames, []
        return frames

    def events_received(self) -> list[LinkEvent]:
        """Return what has happened, in order, each once."""
        events, self._events = self._events, []
        return events

    def deadline_ms(self) -> int | None:
        """Return when to call `tick`, or None if the link is over."""
        if self.is_closed:
            return None
        if not self.is_open:
            return self._greet_by_ms
        beat_ms = self._heartbeat.deadline_ms()
        return beat_ms if self._has_heads else min(beat_ms, self._greet_by_ms)

    def _queue(self, frame: ClientFrame, now_ms: int) -> None:
        self.phase = after(self.phase, name_of(frame), by=Side.CLIENT, is_own=True)
        self._frames.append(frame)
        self._heartbeat.noted_out(now_ms)

    def _open(self, ready: Ready, now_ms: int) -> None:
        if ready.version != limits.PROTOCOL_VERSION:
            self.close(Code.SERVER_TOO_OLD, "The server speaks another version.", now_ms=now_ms)
            return
        self._events.append(Opened(ready))
        self._add_sample(self._hello_ms, ready.received_ms, ready.sent_ms, now_ms)

    def _answer(self, ping: Ping, *, now_ms: int, wall_ms: int) -> None:
        pong = Pong(ping_sent_ms=ping.sent_ms, received_ms=wall_ms, sent_ms=wall_ms)
        self._queue(pong, now_ms)

    def _take_pong(self, pong: Pong, now_ms: int) -> None:
        sent_ms = self._pings.pop(pong.ping_sent_ms, None)
        if sent_ms is not None:
            self._pings.clear()
            self._add_sample(sent_ms, pong.received_ms, pong.sent_ms, now_ms)

    def _time_accepted(self, accepted: Accepted, now_ms: int) -> None:
        sent_ms = self._submits.pop(accepted.payload_hash, None)
        # A repeat carries the time of the first submit, which says nothing about this one.
        if sent_ms is not None and not accepted.is_repeat:
            received_ms = accepted.received_at_ms
            self._add_sample(sent_ms, received_ms, received_ms, now_ms)

    def _add_sample(self, sent_ms: int, received_ms: int, answered_ms: int, now_ms: int) -> None:
        sample = RoundTrip(
            client_sent_ms=sent_ms,
            server_received_ms=received_ms,
            server_sent_ms=answered_ms,
            client_received_ms=now_ms,
        )
        self._events.append(ClockSample(sample))

    def _time_out(self, message: str) -> None:
        self.phase = after(self.phase, LinkCommand.TIMEOUT, by=Side.CLIENT, is_own=True)
        self._events.append(Closed(None, message))
