"""How the engine reaches its server: one call, or one link.

`Network` is the seam: whatever carries bytes to a server fills it. `WebNetwork` does with aiohttp,
one session for calls and links. Addresses are checked here, so that nothing leaves in clear.
"""

from __future__ import annotations

import asyncio
import ipaddress
import ssl
from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple, Protocol
from urllib.parse import urlsplit

from desktop.engine.errors import CommandFailedError
from shared import limits
from shared.errors import Code, PeerError, TransportError
from shared.frames import SUBPROTOCOL_MSGPACK

if TYPE_CHECKING:
    import aiohttp

__all__ = ["LinkSocket", "Network", "RawAnswer", "WebNetwork", "check_address"]

_CALL_TIMEOUT_S = 15
_SLOW_BYTES_PER_S = 16 * 1024  # A body adds to the time that a call may take.
_CONNECT_TIMEOUT_S = 5
_HANDSHAKE_S = 10
_CONNECTIONS_MAX = 6
_STATUS_CODES = {401: Code.UNAUTHENTICATED, 403: Code.ORIGIN, 426: Code.CLIENT_TOO_OLD}


class RawAnswer(NamedTuple):
    """What came back from a call."""

    status: int
    data: bytes


class LinkSocket(Protocol):
    """One WebSocket, whole messages at a time."""

    async def receive(self) -> bytes | str | None:
        """Return the next message, ``None`` once the socket has ended."""

    async def send(self, data: bytes) -> None:
        """Send one message.

        Raises:
            TransportError: If the socket has ended.
        """

    async def close(self, code: int) -> None:
        """Say why and end it; never raises."""


class Network(Protocol):
    """The way to servers; used by one engine, on its loop."""

    async def request(
        self, method: str, url: str, *, data: bytes | None, headers: Mapping[str, str]
    ) -> RawAnswer:
        """Make one call.

        Raises:
            TransportError: If no answer came.
            PeerError: With ``too_large``.
            CommandFailedError: ``insecure_address``.
        """

    async def open_link(self, url: str, *, headers: Mapping[str, str]) -> LinkSocket:
        """Open a link at ``url`` (http or https).

        Raises:
            TransportError: If the server cannot be reached.
            PeerError: If it does not accept this session or client.
            CommandFailedError: ``insecure_address``.
        """

    async def close(self) -> None:
        """Close all connections."""


def check_address(server_url: str) -> None:
    """Check that what is said to this server cannot be overheard on the way.

    Raises:
        CommandFailedError: ``insecure_address``: plain http, and not to this very machine.
    """
    parts = urlsplit(server_url)
    if parts.scheme == "https" and parts.hostname:
        return
    if parts.scheme == "http" and _is_loopback(parts.hostname or ""):
        return
    raise CommandFailedError(
        "insecure_address", "Without https, Mim only talks to a server on this machine."
    )


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def longest_call_s(method: str, length: int) -> float:
    """Return how long a call with a body of so many bytes may take.

    A commit to hundreds of devices is a large body, and takes the server a while too. Parts of
    files, which are PUT, do not get longer: on a slow path they become smaller instead.
    """
    return _CALL_TIMEOUT_S + (length / _SLOW_BYTES_PER_S if method == "POST" else 0)


class WebNetwork:
    """HTTP and WebSockets, over one aiohttp session that is made at first use."""

    def __init__(self) -> None:
        self._session: aiohttp.ClientSession | None = None

    async def request(
        self, method: str, url: str, *, data: bytes | None, headers: Mapping[str, str]
    ) -> RawAnswer:
        """Make one call (`Network.request`)."""
        session = self._open_session(url)
        import aiohttp  # As in `_open_session`.

        longest_s = longest_call_s(method, len(data or b""))
        timeout = aiohttp.ClientTimeout(total=longest_s, connect=_CONNECT_TIMEOUT_S)
        try:
            async with session.request(
                method, url, data=data, headers=headers, allow_redirects=False, timeout=timeout
            ) as response:
                return RawAnswer(status=response.status, data=await _read(response))
        except (TimeoutError, aiohttp.ClientError, ssl.SSLError, OSError) as error:
            raise TransportError("The server cannot be reached.") from error

    async def open_link(self, url: str, *, headers: Mapping[str, str]) -> LinkSocket:
        """Open a link (`Network.open_link`)."""
        session = self._open_session(url)
        import aiohttp  # As in `_open_session`.

        try:
            async with asyncio.timeout(_HANDSHAKE_S):
                socket = await session.ws_connect(
                    "ws" + url.removeprefix("http"),
                    protocols=[SUBPROTOCOL_MSGPACK],
                    headers=headers,
                    max_msg_size=limits.FRAME_BYTES_MAX + 1,
                    timeout=aiohttp.ClientWSTimeout(ws_close=1),
                    autoping=True,
                )
        except aiohttp.WSServerHandshakeError as error:
            code = _STATUS_CODES.get(error.status)
            if code is not None:
                raise PeerError(code, "The server does not accept this session.") from error
            raise TransportError("The server cannot be reached.") from error
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise TransportError("The server cannot be reached.") from error
        return _WebSocket(socket)

    async def close(self) -> None:
        """Close all connections (`Network.close`)."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    def _open_session(self, url: str) -> aiohttp.ClientSession:
        check_address(url)
        if self._session is None:
            # Imported here: it takes 0.3 s, and the window shows local data before that.
            import aiohttp

            timeout = aiohttp.ClientTimeout(total=_CALL_TIMEOUT_S, connect=_CONNECT_TIMEOUT_S)
            connector = aiohttp.TCPConnector(limit=_CONNECTIONS_MAX)
            self._session = aiohttp.ClientSession(timeout=timeout, connector=connector)
        return self._session


class _WebSocket:
    """A link's WebSocket."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket

    async def receive(self) -> bytes | str | None:
        import aiohttp  # Loaded by now.

        message = await self._socket.receive()
        if message.type not in (aiohttp.WSMsgType.BINARY, aiohttp.WSMsgType.TEXT):
            return None
        data: bytes | str = message.data
        return data

    async def send(self, data: bytes) -> None:
        try:
            await self._socket.send_bytes(data)
        except (ConnectionError, RuntimeError) as error:
            raise TransportError("The connection has ended.") from error

    async def close(self, code: int) -> None:
        try:
            await self._socket.close(code=code)
        except Exception:  # noqa: BLE001 # It had ended already, which is what was wanted.
            return


async def _read(response: aiohttp.ClientResponse) -> bytes:
    data = await response.content.read(limits.HTTP_ANSWER_BYTES_MAX + 1)
    while len(data) <= limits.HTTP_ANSWER_BYTES_MAX and not response.content.at_eof():
        data += await response.content.read(limits.HTTP_ANSWER_BYTES_MAX + 1 - len(data))
    if len(data) > limits.HTTP_ANSWER_BYTES_MAX:
        raise PeerError(Code.TOO_LARGE, "The server's answer is too large.")
    return data
