from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from desktop.engine.errors import CommandFailedError, ServerRefusedError
from desktop.engine.http import HttpClient, check_address
from shared import limits
from shared.errors import Code, MimError, PeerError, TransportError
from shared.rest import UserProfile

PROFILE = b'{"account":4,"user_name":"anna","nickname":"Anna"}'


class CannedServer:
    """Answers every request with the same bytes, and keeps what was asked."""

    def __init__(self) -> None:
        self.answer = b""
        self.asked = b""
        self._server: asyncio.Server | None = None

    async def start(self) -> str:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def stop(self) -> None:
        assert self._server is not None
        self._server.close()
        await self._server.wait_closed()

    def say(self, status: str, body: bytes) -> None:
        head = f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        self.answer = head.encode() + body

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.asked = await reader.readuntil(b"\r\n\r\n")
        writer.write(self.answer)
        writer.close()


@pytest_asyncio.fixture
async def server() -> AsyncIterator[CannedServer]:
    made = CannedServer()
    yield made
    await made.stop()


@pytest_asyncio.fixture
async def client(server: CannedServer) -> AsyncIterator[HttpClient]:
    made = HttpClient(await server.start() + "/")
    yield made
    await made.close()


@pytest.mark.parametrize(
    "address",
    ["http://127.0.0.1:80", "http://localhost", "http://[::1]:9", "https://mim.example"],
)
def test_addresses_that_nobody_can_listen_to_are_accepted(address: str) -> None:
    check_address(address)


@pytest.mark.parametrize(
    "address",
    ["http://mim.example", "http://10.0.0.1", "ftp://127.0.0.1", "https://", "nonsense", ""],
)
def test_addresses_that_somebody_may_listen_to_are_refused(address: str) -> None:
    with pytest.raises(CommandFailedError) as failed:
        check_address(address)

    assert failed.value.code == "insecure_address"


@pytest.mark.asyncio
async def test_an_answer_becomes_its_type_and_the_session_is_named(
    server: CannedServer, client: HttpClient
) -> None:
    server.say("200 OK", PROFILE)
    client.token = "secret-token"

    profile = await client.get("/v1/me", UserProfile, prefix="ä b")

    assert profile.user_name == "anna"
    assert b"GET /v1/me?prefix=%C3%A4+b " in server.asked
    assert b"Authorization: Bearer secret-token" in server.asked


@pytest.mark.asyncio
async def test_a_call_without_an_answer_body_gives_none(
    server: CannedServer, client: HttpClient
) -> None:
    server.say("204 No Content", b"")

    answer: object = await client.send("DELETE", "/v1/sessions/current", type(None))

    assert answer is None


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("status", "body", "error", "code"),
    [
        (
            "404 X",
            b'{"error":{"code":"not_found","message":"No."}}',
            ServerRefusedError,
            "not_found",
        ),
        ("503 X", b'{"error":{"code":"overloaded","message":"No."}}', TransportError, None),
        ("500 X", b'{"error":{"code":"internal","message":"No."}}', TransportError, None),
        ("502 X", b"<html>", TransportError, None),
        ("404 X", b"<html>", PeerError, "malformed"),
        ("302 X", b"", PeerError, "malformed"),
        ("200 X", b"<html>", PeerError, "malformed"),
        ("200 X", b'{"account":0}', PeerError, "malformed"),
        ("200 X", b"\xff\xfe", PeerError, "malformed"),
    ],
)
async def test_other_answers_become_errors(
    server: CannedServer,
    client: HttpClient,
    status: str,
    body: bytes,
    error: type[MimError],
    code: str | None,
) -> None:
    server.say(status, body)

    with pytest.raises(error) as failed:
        await client.get("/v1/me", UserProfile)

    assert getattr(failed.value, "code", None) == code


@pytest.mark.asyncio
async def test_a_broken_answer_is_like_being_away(server: CannedServer, client: HttpClient) -> None:
    server.answer = b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{"

    with pytest.raises(TransportError):
        await client.get("/v1/me", UserProfile)


@pytest.mark.asyncio
async def test_an_endless_answer_is_not_read(
    server: CannedServer, client: HttpClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "HTTP_ANSWER_BYTES_MAX", 10)
    server.say("200 OK", PROFILE)

    with pytest.raises(PeerError) as failed:
        await client.get("/v1/me", UserProfile)

    assert failed.value.code is Code.TOO_LARGE
