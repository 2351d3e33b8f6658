"""The WebSocket under a link: whole frames in, whole frames out.

`Transport` is the seam: whatever carries frames fills it. `SockTransport` does on flask-sock and
gevent, and keeps simple-websocket from its known ways to fail:

| left alone | here |
| --- | --- |
| writers tear each other's frames; a short write is not noticed | one lock, one `sendall` |
| the buffer of received frames grows without bound | reading stops while much waits |
| a frame grows without bound before anyone sees it | `PeerError` once it is too large |
| small frames wait 40 ms for the other side's acknowledgement | TCP_NODELAY |
"""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Sequence
from typing import Any, Protocol

import gevent
from gevent.event import Event
from gevent.lock import RLock
from simple_websocket import ConnectionClosed, Server
from wsproto.events import BytesMessage, TextMessage

from shared import limits
from shared.errors import Code, PeerError, TransportError
from shared.frames import SUBPROTOCOL_JSON, SUBPROTOCOL_MSGPACK

__all__ = ["LINK_MARK", "SOCK_SERVER_OPTIONS", "SockTransport", "Transport"]

LINK_MARK = "mim.link"  # In the WSGI environment of a request that has become a link.
_INPUT_BYTES_MAX = 1024 * 1024
_DRAIN_S = 2
_DRAIN_READS_MAX = 512
_INPUT_FRAMES_FREE = 64  # So few are not worth adding up.


class Transport(Protocol):
    """What a link needs of a WebSocket."""

    is_json: bool  # Text frames with JSON; else binary ones with MessagePack.

    def receive(self, timeout_ms: int | None) -> bytes | str | None:
        """Return the next message, or ``None`` after the timeout or a `wake`.

        Raises:
            PeerError: With ``too_large``.
            TransportError: If the connection has ended.
        """

    def wake(self) -> None:
        """Let `receive` return ``None`` at once."""

    def send(self, messages: Sequence[bytes | str]) -> None:
        """Send these messages whole and in order; waits while the receiver is full.

        Raises:
            TransportError: If the connection has ended.
        """

    def close(self, code: int, reason: str) -> None:
        """Say why and end the connection; whoever waits in it is let go."""

    def abort(self) -> None:
        """End the connection without a word."""


def _spawn_thread(target: Any) -> Any:
    """Return simple-websocket's receiver as a greenlet that looks like a thread to it."""
    return _Receiver(target)


class _Receiver:
    """A greenlet with the two things of a thread that simple-websocket uses."""

    def __init__(self, target: Any) -> None:
        self.name = "(_thread)"
        self._target = target

    def start(self) -> None:
        """Begin to receive."""
        gevent.spawn(self._target)


# No library pings: the heartbeat is our own. 64 KiB at once, or TLS would keep the rest.
SOCK_SERVER_OPTIONS: dict[str, Any] = {
    "receive_bytes": 65536,
    "thread_class": _spawn_thread,
    "event_class": Event,
    "subprotocols": [SUBPROTOCOL_MSGPACK, SUBPROTOCOL_JSON],
}


class SockTransport:
    """A flask-sock WebSocket on gevent."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self.is_json = server.subprotocol == SUBPROTOCOL_JSON
        self._socket = _GuardedSocket(server)
        # The receiver has not run yet (a greenlet starts when this one waits), so from its
        # first read it goes through the guard.
        server.sock = self._socket

    def receive(self, timeout_ms: int | None) -> bytes | str | None:
        """Return the next message (`Transport.receive`)."""
        server = self._server
        if not server.input_buffer and server.connected and not self._socket.is_too_large:
            server.event.wait(None if timeout_ms is None else timeout_ms / 1000)
            server.event.clear()
        if server.input_buffer:
            message: bytes | str = server.input_buffer.pop(0)
            self._socket.has_room.set()
            return message
        if self._socket.is_too_large:
            raise PeerError(Code.TOO_LARGE, f"A frame has at most {limits.FRAME_BYTES_MAX} bytes.")
        if not server.connected:
            raise TransportError("The connection has ended.")
        return None

    def wake(self) -> None:
        """Let `receive` return."""
        self._server.event.set()

    def send(self, messages: Sequence[bytes | str]) -> None:
        """Send whole messages with one write (`Transport.send`)."""
        if not self._server.connected:
            raise TransportError("The connection has ended.")
        encode = self._server.ws.send
        data = b"".join(
            encode(TextMessage(message) if isinstance(message, str) else BytesMessage(message))
            for message in messages
        )
        try:
            self._socket.send(data)
        except OSError as error:
            raise TransportError("The connection has ended.") from error

    def close(self, code: int, reason: str) -> None:
        """End the connection (`Transport.close`)."""
        try:
            self._server.close(code, reason)
        except (ConnectionClosed, OSError):
            # It had ended already, which is what was wanted.
            self._server.connected = False
        self.abort()

    def abort(self) -> None:
        """End the connection at once (`Transport.abort`)."""
        self._server.connected = False
        self._socket.shut()
        self._server.event.set()


class _GuardedSocket:
    """The socket as simple-websocket sees it."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._socket: socket.socket = server.sock
        self._lock = RLock()
        self.has_room = Event()
        self.is_too_large = False
        self._is_shut = Event()
        # The time-outs of requests are not those of links.
        self._socket.settimeout(None)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def send(self, data: bytes) -> int:
        """Send all of it, nobody in between."""
        with self._lock:
            self._socket.sendall(data)
        return len(data)

    def recv(self, size: int) -> bytes:
        """Read on once there is room for what may come."""
        if self._server.incoming_message_len > limits.FRAME_BYTES_MAX:
            self.is_too_large = True
            self._server.event.set()
            # Nothing more is read, and the socket stays open until bye is said.
            self._is_shut.wait()
            self._drain()
            return b""
        while self._server.connected and self._is_full():
            self.has_room.clear()
            self.has_room.wait()
        return self._socket.recv(size)

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()

    def shut(self) -> None:
        """Wake the receiver, which then closes the socket."""
        self._is_shut.set()
        self.has_room.set()
        # The other side may have been faster.
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_WR if self.is_too_large else socket.SHUT_RDWR)

    def _drain(self) -> None:
        """Read what is on its way still: closing over it resets the connection, and bye with it.

        RFC 1122, section 4.2.2.13; bounded, for a sender that never ends.
        """
        with contextlib.suppress(OSError), gevent.Timeout(_DRAIN_S, False):
            for _ in range(_DRAIN_READS_MAX):
                if not self._socket.recv(SOCK_SERVER_OPTIONS["receive_bytes"]):
                    break

    def _is_full(self) -> bool:
        waiting = self._server.input_buffer
        return len(waiting) > _INPUT_FRAMES_FREE and sum(map(len, waiting)) > _INPUT_BYTES_MAX
