"""A WebSocket of a real socket pair, with the server's transport at one of its ends."""

from __future__ import annotations

import gevent.socket
from simple_websocket import Server
from wsproto import ConnectionType, WSConnection
from wsproto.events import BytesMessage, Request

from backend.gateway.transport import SOCK_SERVER_OPTIONS, SockTransport
from shared.frames import SUBPROTOCOL_MSGPACK

__all__ = ["Wire"]


class Wire:
    """The two ends of a WebSocket on a real socket pair."""

    def __init__(self) -> None:
        listener = gevent.socket.socket()
        listener.bind(("127.0.0.1", 0))
        listener.listen(1)
        self.socket = gevent.socket.create_connection(listener.getsockname())
        accepted, _ = listener.accept()
        listener.close()
        self.client = WSConnection(ConnectionType.CLIENT)
        request = self.client.send(
            Request(host="x", target="/v1/link", subprotocols=[SUBPROTOCOL_MSGPACK])
        )
        headers = dict(line.split(": ", 1) for line in request.decode().split("\r\n")[1:] if line)
        environ = {
            f"HTTP_{name.upper().replace('-', '_')}": value for name, value in headers.items()
        }
        environ["werkzeug.socket"] = accepted
        self.transport = SockTransport(Server(environ, **SOCK_SERVER_OPTIONS))
        self.read()

    def write(self, *messages: bytes) -> None:
        self.socket.sendall(b"".join(self.client.send(BytesMessage(data)) for data in messages))

    def take(self) -> bytes | str:
        """Return the next message the server's side has; wakes without one are passed over."""
        while (message := self.transport.receive(20_000)) is None:
            pass
        return message

    def send_until_it_breaks(self) -> None:
        while True:
            self.transport.send([bytes(1_000_000)])

    def read(self) -> list[object]:
        self.client.receive_data(self.socket.recv(1 << 20) or None)
        return list(self.client.events())
