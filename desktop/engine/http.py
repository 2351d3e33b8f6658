"""The REST calls of `shared.rest`, over one aiohttp session that the link uses too."""

from __future__ import annotations

import ipaddress
import ssl
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlencode, urlsplit

import msgspec

from desktop.engine.errors import CommandFailedError, ServerRefusedError
from shared import limits
from shared.errors import Code, PeerError, TransportError
from shared.rest import ErrorBody

if TYPE_CHECKING:
    import aiohttp

__all__ = ["HttpClient", "check_address", "decode_answer"]

T = TypeVar("T")

_CALL_TIMEOUT_S = 15
_CONNECT_TIMEOUT_S = 5
_CONNECTIONS_MAX = 6


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


class HttpClient:
    """Calls the server; ``token`` is the session's, empty without one."""

    def __init__(self, server_url: str) -> None:
        self.server_url = server_url.rstrip("/")
        self.token = ""
        self._session: aiohttp.ClientSession | None = None

    def session(self) -> aiohttp.ClientSession:
        """Return the session, made at first use.

        Raises:
            CommandFailedError: ``insecure_address``.
        """
        check_address(self.server_url)
        if self._session is None:
            # Imported here: it takes 0.3 s, and the window shows local data before that.
            import aiohttp

            timeout = aiohttp.ClientTimeout(total=_CALL_TIMEOUT_S, connect=_CONNECT_TIMEOUT_S)
            connector = aiohttp.TCPConnector(limit=_CONNECTIONS_MAX)
            self._session = aiohttp.ClientSession(timeout=timeout, connector=connector)
        return self._session

    def headers(self) -> dict[str, str]:
        """Return what names the session."""
        return {"Authorization": f"Bearer {self.token}"} if self.token else {}

    async def close(self) -> None:
        """Close all connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def get(self, path: str, answer: type[T], **query: str | int) -> T:
        """Ask for something; errors as in `call`."""
        target = f"{path}?{urlencode(query)}" if query else path
        return decode_answer(await self.call("GET", target), answer)

    async def send(
        self, method: str, path: str, answer: type[T], body: msgspec.Struct | None = None
    ) -> T:
        """Send a body and return the answer; errors as in `call`."""
        data = None if body is None else msgspec.json.encode(body)
        return decode_answer(await self.call(method, path, data), answer)

    async def call(
        self,
        method: str,
        path: str,
        data: bytes | None = None,
        *,
        media_type: str = "application/json",
    ) -> bytes:
        """Make one call and return the answer's bytes.

        Raises:
            ServerRefusedError: If the server says no.
            TransportError: If it cannot be reached, or is in trouble.
            PeerError: If it answers something else than this protocol.
            CommandFailedError: ``insecure_address``.
        """
        session = self.session()
        import aiohttp  # As in `session`.

        headers = self.headers()
        if data is not None:
            headers["Content-Type"] = media_type
        try:
            async with session.request(
                method, self.server_url + path, data=data, headers=headers, allow_redirects=False
            ) as response:
                answer = await _read(response)
                status = response.status
        except (TimeoutError, aiohttp.ClientError, ssl.SSLError, OSError) as error:
            raise TransportError("The server cannot be reached.") from error
        if status < 300:
            return answer
        raise _refusal(status, answer)


def decode_answer(data: bytes, answer: type[T]) -> T:
    """Return the answer as its type.

    Raises:
        PeerError: If it is something else; nothing of it is in the text.
    """
    if answer is type(None):
        return None
    try:
        return msgspec.json.decode(data, type=answer)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise PeerError(Code.MALFORMED, "The server's answer cannot be read.") from error


async def _read(response: aiohttp.ClientResponse) -> bytes:
    data = await response.content.read(limits.HTTP_ANSWER_BYTES_MAX + 1)
    while len(data) <= limits.HTTP_ANSWER_BYTES_MAX and not response.content.at_eof():
        data += await response.content.read(limits.HTTP_ANSWER_BYTES_MAX + 1 - len(data))
    if len(data) > limits.HTTP_ANSWER_BYTES_MAX:
        raise PeerError(Code.TOO_LARGE, "The server's answer is too large.")
    return data


def _refusal(status: int, answer: bytes) -> Exception:
    try:
        error = msgspec.json.decode(answer, type=ErrorBody).error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        if status >= 500:
            return TransportError("The server is in trouble.")
        return PeerError(Code.MALFORMED, "The server's answer cannot be read.")
    if error.code in (Code.INTERNAL, Code.OVERLOADED):
        return TransportError("The server is in trouble.")
    return ServerRefusedError(error.code, error.message, error.details)
