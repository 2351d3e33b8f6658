from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from desktop.engine.errors import CommandFailedError
from desktop.engine.network import WebNetwork, check_address, longest_call_s
from shared import limits
from shared.errors import Code, MimError, PeerError, TransportError
from tests.desktop.engine.canned_server import CannedServer


@pytest_asyncio.fixture
async def server() -> AsyncIterator[CannedServer]:
    made = CannedServer()
    yield made
    await made.stop()


@pytest_asyncio.fixture
async def network() -> AsyncIterator[WebNetwork]:
    made = WebNetwork()
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


async def ask(network: WebNetwork, url: str) -> tuple[int, bytes]:
    return await network.request("GET", f"{url}/v1/me", data=None, headers={})


@pytest.mark.asyncio
async def test_an_answer_comes_back_as_it_is(server: CannedServer, network: WebNetwork) -> None:
    url = await server.start()
    server.say("404 X", b"no")

    assert await ask(network, url) == (404, b"no")


@pytest.mark.asyncio
async def test_nothing_is_sent_where_somebody_may_listen(
    server: CannedServer, network: WebNetwork
) -> None:
    await server.start()

    with pytest.raises(CommandFailedError):
        await network.open_link("http://mim.example/v1/link", headers={})


@pytest.mark.asyncio
async def test_a_broken_answer_is_like_being_away(
    server: CannedServer, network: WebNetwork
) -> None:
    url = await server.start()
    server.answer = b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{"

    with pytest.raises(TransportError):
        await ask(network, url)


@pytest.mark.asyncio
async def test_an_endless_answer_is_not_read(
    server: CannedServer, network: WebNetwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = await server.start()
    monkeypatch.setattr(limits, "HTTP_ANSWER_BYTES_MAX", 10)
    server.say("200 OK", b"12345678901")

    with pytest.raises(PeerError) as failed:
        await ask(network, url)

    assert failed.value.code is Code.TOO_LARGE


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("status", "error", "code"),
    [
        ("401 X", PeerError, Code.UNAUTHENTICATED),
        ("403 X", PeerError, Code.ORIGIN),
        ("426 X", PeerError, Code.CLIENT_TOO_OLD),
        ("503 X", TransportError, None),
        ("nonsense", TransportError, None),
    ],
)
async def test_a_link_that_is_not_opened_says_why(
    server: CannedServer,
    network: WebNetwork,
    status: str,
    error: type[MimError],
    code: Code | None,
) -> None:
    url = await server.start()
    server.say(status, b"")

    with pytest.raises(error) as failed:
        await network.open_link(f"{url}/v1/link", headers={})

    assert getattr(failed.value, "code", None) is code


def test_a_large_commit_gets_time_and_a_part_of_a_file_does_not() -> None:
    assert longest_call_s("POST", 1024**2) > longest_call_s("POST", 0) + 30
    assert longest_call_s("PUT", 1024**2) == longest_call_s("GET", 0)
