"""The REST calls of `shared.rest`, over the engine's network."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar
from urllib.parse import urlencode

import msgspec

from desktop.engine.errors import ServerRefusedError
from desktop.engine.network import LinkSocket, Network, WebNetwork
from shared.errors import Code, PeerError, TransportError
from shared.rest import ErrorBody

__all__ = ["HttpClient", "decode_answer"]

T = TypeVar("T")


class HttpClient:
    """Calls the server; ``token`` is the session's, empty without one."""

    def __init__(self, server_url: str, network: Network | None = None) -> None:
        self.server_url = server_url.rstrip("/")
        self.token = ""
        self._network = network or WebNetwork()

    async def close(self) -> None:
        """Close all connections."""
        await self._network.close()

    async def open_link(self) -> LinkSocket:
        """Open a link; errors as in `Network.open_link`."""
        return await self._network.open_link(self.server_url + "/v1/link", headers=self._headers())

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
        headers: Mapping[str, str] | None = None,
    ) -> bytes:
        """Make one call and return the answer's bytes.

        Raises:
            ServerRefusedError: If the server says no.
            TransportError: If it cannot be reached, or is in trouble.
            PeerError: If it answers something else than this protocol.
            CommandFailedError: ``insecure_address``.
        """
        sent = self._headers() | dict(headers or {})
        if data is not None:
            sent["Content-Type"] = media_type
        answer = await self._network.request(
            method, self.server_url + path, data=data, headers=sent
        )
        if answer.status < 300:
            return answer.data
        raise _refusal(answer.status, answer.data)

    def _headers(self) -> dict[str, str]:
        """Return what names the session."""
        return {"Authorization": f"Bearer {self.token}"} if self.token else {}


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
