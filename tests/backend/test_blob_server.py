"""Attachments on a real server: what a kill leaves, and what a slow reader costs."""

from __future__ import annotations

import hashlib
import http.client
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from shared import limits
from shared.errors import Code
from shared.frames import Accepted
from shared.rest_blobs import BlobStatus
from tests.backend.people import Person, message
from tests.backend.uploads import begin_at, put
from tests.server_process import CHEAP_KDF, ServerProcess


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[ServerProcess]:
    server = ServerProcess(tmp_path / "data", *CHEAP_KDF)
    yield server
    if server.is_running:
        server.stop()


def status(person: Person, blob_id: int) -> BlobStatus:
    return person.call("GET", f"/v1/blobs/{blob_id}/upload").read(BlobStatus)


def finish(person: Person, blob_id: int) -> None:
    answer = person.call("POST", f"/v1/blobs/{blob_id}/finish")
    assert answer.read(BlobStatus).is_complete


def test_a_killed_server_goes_on_with_an_upload(own_server: ServerProcess) -> None:
    own_server.start()
    anna, ben = Person(own_server.port, "anna"), Person(own_server.port, "ben")
    chat = anna.converse(ben)
    data = os.urandom(3_000_000)
    blob_id = begin_at(anna, data)
    put(anna, blob_id, data[:1_000_000])

    own_server.kill()
    own_server.start()
    before = status(anna, blob_id)
    half = anna.call("GET", f"/v1/blobs/{blob_id}")
    put(anna, blob_id, data[1_000_000:], offset=1_000_000)
    own_server.kill()
    own_server.start()
    finish(anna, blob_id)
    own_server.kill()
    own_server.start()
    link = anna.online()
    accepted = link.submit(message(chat, 2, blob_ids=(blob_id,)))
    link.close()
    own_server.kill()
    own_server.start()
    fetched = ben.call("GET", f"/v1/blobs/{blob_id}", Range="bytes=2000000-")
    check = own_server.check()
    own_server.stop()

    assert (before.received, before.is_complete) == (1_000_000, False)
    assert half.code is Code.NOT_FOUND
    assert isinstance(accepted, Accepted)
    assert fetched.body == data[2_000_000:]
    assert check.returncode == 0, check.stdout


def test_a_part_that_is_cut_off_changes_nothing(own_server: ServerProcess) -> None:
    own_server.start()
    anna = Person(own_server.port, "anna")
    data = os.urandom(500_000)
    blob_id = begin_at(anna, data)

    with socket.create_connection(("127.0.0.1", own_server.port)) as connection:
        head = (
            f"PUT /v1/blobs/{blob_id}/upload?offset=0 HTTP/1.1\r\nHost: x\r\n"
            f"Authorization: Bearer {anna.token}\r\nContent-Type: application/octet-stream\r\n"
            f"Content-Length: {len(data)}\r\n\r\n"
        )
        connection.sendall(head.encode() + data[:100_000])
    # The cut is noticed while this is served, or it is not; neither counts the half part.
    put(anna, blob_id, data)
    finish(anna, blob_id)
    fetched = anna.call("GET", f"/v1/blobs/{blob_id}")
    own_server.stop()

    assert fetched.body == data


def test_damage_is_found_by_check(own_server: ServerProcess) -> None:
    own_server.start()
    anna = Person(own_server.port, "anna")
    blob_id = begin_at(anna, b"data")
    put(anna, blob_id, b"data")
    finish(anna, blob_id)
    own_server.stop()
    path = next(path for path in (own_server.data / "blobs").rglob("*") if path.is_file())
    path.write_bytes(b"dat")

    check = own_server.check()

    assert check.returncode == 1
    assert f"Attachment {blob_id}: 3 bytes are there, not 4." in check.stdout


def test_slow_readers_cost_no_memory_and_harm_nobody(own_server: ServerProcess) -> None:
    own_server.start()
    anna = Person(own_server.port, "anna")
    part = os.urandom(limits.BLOB_PART_BYTES_MAX)
    blob_id = begin_at(anna, part * 12)
    for number in range(12):
        put(anna, blob_id, part, offset=number * len(part))
    finish(anna, blob_id)
    process = psutil.Process(own_server.pid)
    before = process.memory_info().rss

    connections = [http.client.HTTPConnection("127.0.0.1", own_server.port) for _ in range(8)]
    for connection in connections:
        headers = {"Authorization": f"Bearer {anna.token}"}
        connection.request("GET", f"/v1/blobs/{blob_id}", headers=headers)
    answers = [connection.getresponse() for connection in connections]
    grown = process.memory_info().rss - before
    digest = hashlib.blake2b()
    while piece := answers[0].read(1 << 20):
        digest.update(piece)
    for connection in connections:
        connection.close()
    own_server.stop()

    # Eight times 48 MiB would not fit.
    assert grown < 48 * 1024 * 1024
    assert digest.digest() == hashlib.blake2b(part * 12).digest()
    assert "Traceback" not in own_server.log_text()
