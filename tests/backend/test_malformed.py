"""Malformed input of every kind, against a real server: the documented code, and it lives on.

Each row of the tables is one case: what is sent, and which code comes back.
"""

from __future__ import annotations

import contextlib
import random
import socket
from typing import NamedTuple

import msgspec
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from shared import limits
from shared.errors import Code
from shared.frames import SUBPROTOCOL_MSGPACK, Hello, Ping, Pong, encode_frame
from shared.rest import STATUS
from tests.backend.conftest import MakePerson
from tests.backend.people import Person, call, registration
from tests.server_process import ServerProcess

JSON = {"Content-Type": "application/json"}
PNG = {"Content-Type": "image/png"}


class Case(NamedTuple):
    """One request; ``{me}`` in the path is the asking account."""

    method: str
    path: str
    body: bytes | None
    headers: dict[str, str]
    code: Code
    has_session: bool = True


def good_registration(**changes: object) -> bytes:
    fields = msgspec.to_builtins(registration("someone"))
    fields.update(changes)
    return msgspec.json.encode(fields)


CASES = {
    "no such place": Case("GET", "/v1/nothing", None, {}, Code.NOT_FOUND),
    "outside of v1": Case("GET", "/", None, {}, Code.NOT_FOUND),
    "another method": Case("DELETE", "/v1/server", None, {}, Code.METHOD_NOT_ALLOWED),
    "no session": Case("GET", "/v1/me", None, {}, Code.UNAUTHENTICATED, False),
    "a wrong token": Case(
        "GET", "/v1/me", None, {"Authorization": "Bearer x"}, Code.UNAUTHENTICATED, False
    ),
    "another scheme": Case(
        "GET", "/v1/me", None, {"Authorization": "Basic eDp4"}, Code.UNAUTHENTICATED, False
    ),
    "a foreign site": Case("GET", "/v1/me", None, {"Origin": "http://evil.example"}, Code.ORIGIN),
    "a site without a name": Case("GET", "/v1/me", None, {"Origin": "null"}, Code.ORIGIN),
    "no body": Case("POST", "/v1/accounts", None, {}, Code.UNSUPPORTED_MEDIA),
    "an empty body": Case("POST", "/v1/accounts", b"", JSON, Code.MALFORMED),
    "a form": Case(
        "POST",
        "/v1/accounts",
        b"a=b",
        {"Content-Type": "application/x-www-form-urlencoded"},
        Code.UNSUPPORTED_MEDIA,
    ),
    "a form of parts": Case(
        "POST",
        "/v1/accounts",
        b"--x--",
        {"Content-Type": "multipart/form-data; boundary=x"},
        Code.UNSUPPORTED_MEDIA,
    ),
    "text": Case(
        "POST", "/v1/accounts", b"{}", {"Content-Type": "text/plain"}, Code.UNSUPPORTED_MEDIA
    ),
    "no JSON": Case("POST", "/v1/accounts", b"{", JSON, Code.MALFORMED),
    "null": Case("POST", "/v1/accounts", b"null", JSON, Code.MALFORMED),
    "a list": Case("POST", "/v1/accounts", b"[]", JSON, Code.MALFORMED),
    "fields missing": Case("POST", "/v1/accounts", b"{}", JSON, Code.MALFORMED),
    "no UTF-8": Case("POST", "/v1/accounts", b'{"user_name":"\xff"}', JSON, Code.MALFORMED),
    "half a surrogate": Case(
        "POST", "/v1/vault", b'{"user_name":"\\ud800","auth_key":""}', JSON, Code.MALFORMED
    ),
    "nested too deep": Case("POST", "/v1/accounts", b"[" * 100_000, JSON, Code.MALFORMED),
    "a number for a text": Case(
        "POST", "/v1/accounts", good_registration(user_name=5), JSON, Code.MALFORMED
    ),
    "a text for a number": Case(
        "POST", "/v1/accounts", good_registration(kdf_version="1"), JSON, Code.MALFORMED
    ),
    "a key of another size": Case(
        "POST", "/v1/accounts", good_registration(auth_key="AAAA"), JSON, Code.MALFORMED
    ),
    "no base64": Case(
        "POST", "/v1/accounts", good_registration(auth_key="!" * 44), JSON, Code.MALFORMED
    ),
    "a vault too large": Case(
        "POST", "/v1/accounts", good_registration(vault="A" * 30_000), JSON, Code.MALFORMED
    ),
    "a bad user name": Case(
        "POST", "/v1/accounts", good_registration(user_name="a b c"), JSON, Code.BAD_USER_NAME
    ),
    "a user name of zeros": Case(
        "POST", "/v1/accounts", good_registration(user_name="abc\0"), JSON, Code.BAD_USER_NAME
    ),
    "a bad nickname": Case(
        "POST", "/v1/accounts", good_registration(nickname="\u202e"), JSON, Code.BAD_NICKNAME
    ),
    "a body too large": Case(
        "POST", "/v1/accounts", b" " * (limits.REST_BODY_BYTES_MAX + 1), JSON, Code.TOO_LARGE
    ),
    "an identifier too large": Case(
        "POST", "/v1/contact-requests", b'{"account": 9223372036854775808}', JSON, Code.MALFORMED
    ),
    "an identifier of zero": Case(
        "POST", "/v1/contact-requests", b'{"account": 0}', JSON, Code.MALFORMED
    ),
    "an identifier of words": Case("GET", "/v1/users/abc", None, {}, Code.NOT_FOUND),
    "a negative identifier": Case("GET", "/v1/users/-1", None, {}, Code.NOT_FOUND),
    "a huge identifier": Case("GET", "/v1/users/" + "9" * 400, None, {}, Code.NOT_FOUND),
    "digits of another script": Case(
        "GET", "/v1/users/%D9%A1%D9%A2/keys", None, {}, Code.NOT_FOUND
    ),
    "nobody's keys": Case("GET", "/v1/users/5/keys", None, {}, Code.NOT_FOUND),
    "a registration without an entry": Case(
        "POST", "/v1/accounts", good_registration(entry=None), JSON, Code.MALFORMED
    ),
    "an entry of number zero": Case(
        "POST",
        "/v1/accounts",
        good_registration(entry={"number": 0, "signature": "A" * 86 + "=="}),
        JSON,
        Code.MALFORMED,
    ),
    "an entry nobody signed": Case(
        "POST",
        "/v1/accounts",
        good_registration(root_key="A" * 43 + "="),
        JSON,
        Code.BAD_CERTIFICATE,
    ),
    "a device of words": Case(
        "PUT", "/v1/devices/x/name", b'{"sealed_name": ""}', JSON, Code.NOT_FOUND
    ),
    "a name too long": Case(
        "PUT",
        "/v1/devices/5/name",
        b'{"sealed_name": "' + b"A" * 4_000 + b'"}',
        JSON,
        Code.MALFORMED,
    ),
    "a revocation of nothing": Case(
        "POST", "/v1/devices/revocations", b'{"entries": []}', JSON, Code.MALFORMED
    ),
    "a password of half a key": Case(
        "PUT", "/v1/password", b'{"auth_key": "AAAA"}', JSON, Code.MALFORMED
    ),
    "a recovery of nobody": Case(
        "POST",
        "/v1/recovery",
        msgspec.json.encode({"user_name": "nobody", "recovery_auth_key": bytes(32)}),
        JSON,
        Code.WRONG_CREDENTIALS,
        False,
    ),
    "a reset with nothing": Case(
        "POST", "/v1/accounts/reset", b'{"reset_token": ""}', JSON, Code.MALFORMED, False
    ),
    "a document of the past": Case(
        "PUT", "/v1/account-document", b'{"version": 0, "sealed": "AA=="}', JSON, Code.CONFLICT
    ),
    "a document of a negative version": Case(
        "PUT", "/v1/account-document", b'{"version": -1}', JSON, Code.MALFORMED
    ),
    "a document too large": Case(
        "PUT",
        "/v1/account-document",
        b'{"version": 1, "sealed": "' + b"A" * (limits.ACCOUNT_DOCUMENT_BYTES_MAX * 3 // 2) + b'"}',
        JSON,
        Code.MALFORMED,
    ),
    "too many key packages": Case(
        "POST",
        "/v1/key-packages",
        msgspec.json.encode({"packages": ["AAAA"] * (limits.KEY_PACKAGES_POOL + 1)}),
        JSON,
        Code.MALFORMED,
    ),
    "an empty key package": Case(
        "POST", "/v1/key-packages", b'{"packages": [""]}', JSON, Code.MALFORMED
    ),
    "a key package too large": Case(
        "POST",
        "/v1/key-packages",
        msgspec.json.encode({"packages": [bytes(limits.KEY_PACKAGE_BYTES_MAX + 1)]}),
        JSON,
        Code.MALFORMED,
    ),
    "a claim without a name": Case(
        "POST",
        "/v1/key-packages/claims",
        b'{"claim_id": "", "accounts": [5]}',
        JSON,
        Code.MALFORMED,
    ),
    "a claim of nobody": Case(
        "POST",
        "/v1/key-packages/claims",
        msgspec.json.encode({"claim_id": bytes(16), "accounts": []}),
        JSON,
        Code.MALFORMED,
    ),
    "a claim of a stranger": Case(
        "POST",
        "/v1/key-packages/claims",
        msgspec.json.encode({"claim_id": bytes(16), "accounts": [5]}),
        JSON,
        Code.NOT_FOUND,
    ),
    "heads of nothing": Case(
        "POST", "/v1/heads", b'{"conversation_ids": []}', JSON, Code.MALFORMED
    ),
    "too many heads": Case(
        "POST",
        "/v1/heads",
        msgspec.json.encode({"conversation_ids": [5] * 201}),
        JSON,
        Code.MALFORMED,
    ),
    "no contact": Case("DELETE", "/v1/contacts/abc", None, {}, Code.NOT_CONTACT),
    "no request": Case("POST", "/v1/contact-requests/x/accept", None, {}, Code.NO_REQUEST),
    "a conversation of words": Case("GET", "/v1/conversations/x/entries", None, {}, Code.NOT_FOUND),
    "a run of nothing": Case(
        "GET", "/v1/conversations/5/entries?limit=0", None, {}, Code.MALFORMED
    ),
    "a run too long": Case(
        "GET", "/v1/conversations/5/entries?limit=100000", None, {}, Code.MALFORMED
    ),
    "a run from words": Case(
        "GET", "/v1/conversations/5/entries?after=x", None, {}, Code.MALFORMED
    ),
    "a hash of words": Case("GET", "/v1/conversations/5/documents/xyz", None, {}, Code.NOT_FOUND),
    "a hash with blanks": Case(
        "GET", "/v1/conversations/5/documents/" + "0%20" * 32, None, {}, Code.NOT_FOUND
    ),
    "a path out of the pictures": Case(
        "GET", "/v1/avatars/..%2f..%2fmim.sqlite", None, {}, Code.NOT_FOUND
    ),
    "no such picture": Case("GET", "/v1/avatars/" + "0" * 64, None, {}, Code.NOT_FOUND),
    "a picture of text": Case("PUT", "/v1/me/avatar", b"hello", PNG, Code.UNSUPPORTED_MEDIA),
    "a picture of another kind": Case(
        "PUT", "/v1/me/avatar", b"GIF89a", {"Content-Type": "image/gif"}, Code.UNSUPPORTED_MEDIA
    ),
    "a picture too large": Case(
        "PUT", "/v1/me/avatar", b"\x89PNG\r\n\x1a\n" + bytes(200_000), PNG, Code.TOO_LARGE
    ),
    "a query without sense": Case(
        "DELETE", "/v1/sessions/current?forget_device=maybe", None, {}, Code.MALFORMED
    ),
    "a signature too long": Case(
        "PATCH", "/v1/me", b'{"signature": "' + b"x" * 201 + b'"}', JSON, Code.MALFORMED
    ),
    "a creation without sense": Case("POST", "/v1/conversations", b"{}", JSON, Code.MALFORMED),
    "a commit without sense": Case(
        "POST", "/v1/conversations/5/handshakes", b"{}", JSON, Code.MALFORMED
    ),
    "a commit to words": Case(
        "POST", "/v1/conversations/x/handshakes", b"{}", JSON, Code.MALFORMED
    ),
    "group infos of nothing": Case(
        "GET", "/v1/conversations/5/group-infos", None, {}, Code.NOT_FOUND
    ),
    "a Welcome of nothing": Case("GET", "/v1/conversations/5/welcome", None, {}, Code.NOT_FOUND),
    "records before words": Case(
        "GET", "/v1/conversations/5/records?before=x", None, {}, Code.MALFORMED
    ),
    "a record without sense": Case(
        "POST", "/v1/conversations/5/records", b'{"parent": -1}', JSON, Code.MALFORMED
    ),
    "a record of nothing": Case(
        "POST", "/v1/conversations/5/records", b'{"parent": 1, "record": ""}', JSON, Code.NOT_FOUND
    ),
    "a record too large": Case(
        "POST",
        "/v1/conversations/5/records",
        b'{"parent": 1, "record": "' + b"A" * 2000 + b'"}',
        JSON,
        Code.MALFORMED,
    ),
    "blanking without a hash": Case(
        "POST", "/v1/conversations/5/blank", b'{"sequence": 1}', JSON, Code.MALFORMED
    ),
    "leaving without a warrant": Case(
        "POST", "/v1/conversations/5/leave", b"{}", JSON, Code.MALFORMED
    ),
    "a warrant of no kind": Case(
        "POST",
        "/v1/conversations/5/warrants",
        b'{"warrants": [["dance", 5]]}',
        JSON,
        Code.MALFORMED,
    ),
    "warrants of nothing": Case("GET", "/v1/conversations/5/warrants", None, {}, Code.NOT_FOUND),
    "no warrants for nothing": Case(
        "POST", "/v1/conversations/5/warrants", b'{"warrants": []}', JSON, Code.NOT_FOUND
    ),
    "asking to come in without a root": Case(
        "POST", "/v1/conversations/5/join-requests", b"{}", JSON, Code.MALFORMED
    ),
    "requests of nothing": Case(
        "GET", "/v1/conversations/5/join-requests", None, {}, Code.NOT_FOUND
    ),
    "a request of words": Case(
        "DELETE", "/v1/conversations/5/join-requests/x", None, {}, Code.NO_REQUEST
    ),
    "a link without an upgrade": Case("GET", "/v1/link", None, {}, Code.MALFORMED),
    "a link without a key": Case(
        "GET",
        "/v1/link",
        None,
        {
            "Connection": "Upgrade",
            "Upgrade": "websocket",
            "Sec-WebSocket-Protocol": SUBPROTOCOL_MSGPACK,
        },
        Code.MALFORMED,
    ),
}

UPGRADES = {
    "no token": ({}, SUBPROTOCOL_MSGPACK, 401),
    "a wrong token": ({"Authorization": "Bearer abc"}, SUBPROTOCOL_MSGPACK, 401),
    "a foreign site": ({"Origin": "https://evil.example"}, SUBPROTOCOL_MSGPACK, 403),
    "no subprotocol of ours": ({}, "mim.v0", 400),
}

HELLO = encode_frame(Hello(1, 1, 0, 0))

FRAMES: dict[str, tuple[bytes | str, int]] = {
    "nothing": (b"", 4400),
    "no frame": (b"\xc1", 4400),
    "a number": (b"\x05", 4400),
    "an unknown kind": (msgspec.msgpack.encode(["dance", 1]), 4400),
    "a huge unknown kind": (msgspec.msgpack.encode(["x" * 100_000]), 4400),
    "too few fields": (msgspec.msgpack.encode(["submit"]), 4400),
    "text where bytes are agreed": ('["ping",1]', 4400),
    "a frame of the server": (msgspec.msgpack.encode(["confirmed", 5, 5]), 4400),
    "a second hello": (HELLO if isinstance(HELLO, bytes) else b"", 4400),
    "a negative number": (msgspec.msgpack.encode(["confirm", 5, -1]), 4400),
    "a number too large": (msgspec.msgpack.encode(["confirm", 5, 2**60]), 4400),
    "a pull of too much": (msgspec.msgpack.encode(["pull", 1, 5, 0, 100_000]), 4400),
    "nested too deep": (b"\x91" * 100_000, 4400),
    "a frame too large": (bytes(limits.FRAME_BYTES_MAX + 1), 4413),
    "a frame far too large": (bytes(8 * limits.FRAME_BYTES_MAX), 4413),
}


@pytest.fixture
def anna(person: MakePerson) -> Person:
    return person("anna")


def is_alive(server: ServerProcess) -> bool:
    return server.is_running and call(server.port, "GET", "/v1/server").status == 200


@pytest.mark.parametrize("name", CASES)
def test_a_request_is_answered_with_its_code(
    server: ServerProcess, anna: Person, name: str
) -> None:
    case = CASES[name]
    token = anna.token if case.has_session else None

    answer = call(server.port, case.method, case.path, case.body, token=token, headers=case.headers)

    assert (answer.code, answer.status) == (case.code, STATUS.get(case.code, 400))
    assert len(answer.body) < 1000
    assert is_alive(server)


@pytest.mark.parametrize("name", UPGRADES)
def test_a_link_is_refused_before_it_opens(server: ServerProcess, anna: Person, name: str) -> None:
    headers, subprotocol, status = UPGRADES[name]
    if status != 401:
        headers = {"Authorization": f"Bearer {anna.token}", **headers}

    with (
        pytest.raises(InvalidStatus) as caught,
        connect(
            f"ws://127.0.0.1:{server.port}/v1/link",
            additional_headers=headers,
            subprotocols=[subprotocol],  # type: ignore[list-item] # A NewType of str.
            proxy=None,
        ),
    ):
        pass

    assert caught.value.response.status_code == status
    assert is_alive(server)


@pytest.mark.parametrize("name", FRAMES)
def test_a_frame_closes_the_link_with_its_code(
    server: ServerProcess, anna: Person, name: str
) -> None:
    data, code = FRAMES[name]
    link = anna.online()

    # It may be closed while much is still on its way.
    with contextlib.suppress(ConnectionClosed):
        link.send_raw(data)
    closed = link.wait_closed()

    link.close()
    assert closed == code
    assert is_alive(server)


def test_a_frame_before_hello_closes_the_link(server: ServerProcess, anna: Person) -> None:
    link = anna.link()

    link.send(Ping(1))

    assert link.wait_closed() == 4400
    link.close()


def test_a_compressed_bomb_is_no_way_in(server: ServerProcess, anna: Person) -> None:
    """Compression is offered by the client and not taken."""
    with connect(
        f"ws://127.0.0.1:{server.port}/v1/link",
        additional_headers={"Authorization": f"Bearer {anna.token}"},
        subprotocols=[SUBPROTOCOL_MSGPACK],  # type: ignore[list-item] # A NewType of str.
        compression="deflate",
        proxy=None,
    ) as opened:
        extensions = opened.protocol.extensions

    assert list(extensions) == []


@pytest.mark.parametrize("seed", range(20))
def test_noise_on_the_socket_kills_nothing(server: ServerProcess, anna: Person, seed: int) -> None:
    chance = random.Random(seed)
    link = anna.online()

    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as plain:
        plain.sendall(chance.randbytes(chance.randrange(1, 2000)) + b"\r\n\r\n")
    link.send_raw(chance.randbytes(chance.randrange(1, 300)))

    assert link.wait_closed() in (4400, 4413)
    link.close()
    assert is_alive(server)


@pytest.mark.parametrize("seed", range(20))
def test_broken_websocket_frames_kill_nothing(
    server: ServerProcess, anna: Person, seed: int
) -> None:
    chance = random.Random(seed)
    other = anna.online()
    upgrade = (
        "GET /v1/link HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\n"
        "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
        f"Sec-WebSocket-Protocol: {SUBPROTOCOL_MSGPACK}\r\n"
        f"Authorization: Bearer {anna.token}\r\n\r\n"
    )

    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as raw:
        raw.sendall(upgrade.encode())
        assert b"101" in raw.recv(100)
        raw.sendall(chance.randbytes(chance.randrange(1, 500)))
        raw.shutdown(socket.SHUT_WR)
        while raw.recv(4096):
            pass  # Until the server has closed.

    other.close()
    assert is_alive(server)


def test_a_body_that_never_comes_holds_up_nobody(server: ServerProcess, anna: Person) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as slow:
        slow.sendall(
            b"POST /v1/accounts HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
            b"Content-Length: 1000\r\n\r\n{"
        )

        link = anna.online()
        link.send(Ping(1))
        answer = link.receive()

    link.close()
    assert isinstance(answer, Pong)
    assert is_alive(server)


def test_a_chunked_body_has_the_same_bound(server: ServerProcess) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as chunked:
        chunked.sendall(
            b"POST /v1/accounts HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
            b"Transfer-Encoding: chunked\r\n\r\n"
        )
        chunk = b"10000\r\n" + b" " * 0x10000 + b"\r\n"
        try:
            for _ in range(limits.REST_BODY_BYTES_MAX // 0x10000 + 2):
                chunked.sendall(chunk)
            chunked.sendall(b"0\r\n\r\n")
            status = chunked.recv(100)
        except OSError:
            status = b" 413 "  # Closed before it had read everything.

    assert b" 413 " in status or b" 400 " in status
    assert is_alive(server)
