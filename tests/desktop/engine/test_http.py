from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from desktop.engine.errors import ServerRefusedError
from desktop.engine.http import HttpClient
from shared.errors import MimError, PeerError, TransportError
from shared.rest import UserProfile
from tests.desktop.engine.canned_server import CannedServer

PROFILE = b'{"account":4,"user_name":"anna","nickname":"Anna"}'


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
async def test_headers_of_a_call_travel_with_those_of_the_session(
    server: CannedServer, client: HttpClient
) -> None:
    server.say("206 Partial Content", b"some")
    client.token = "secret-token"

    data = await client.call("GET", "/v1/blobs/5", headers={"Range": "bytes=3-6"})

    assert data == b"some"
    assert b"Range: bytes=3-6" in server.asked
    assert b"Authorization: Bearer secret-token" in server.asked
