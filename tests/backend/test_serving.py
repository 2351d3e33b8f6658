"""A server process from start to end: clean stops, kills, restarts, ports."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from backend.serving import _listen
from shared.errors import Code
from shared.frames import Accepted, Bye, Submit
from shared.rest import Conversation, EntryPage
from tests.backend.people import Person, call, message
from tests.server_process import CHEAP_KDF, ROOT, ServerProcess


@pytest.fixture
def server(tmp_path: Path) -> ServerProcess:
    return ServerProcess(tmp_path / "data", *CHEAP_KDF)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_says_bye_and_ends_cleanly(server: ServerProcess, number: int) -> None:
    server.start()
    link = Person(server.port, "anna").online()

    codes: list[int] = []
    thread = threading.Thread(target=lambda: codes.append(server.stop(number)))
    thread.start()
    bye = link.expect(Bye)
    closed = link.wait_closed()
    thread.join()

    link.close()
    assert (bye.code, closed) == (Code.OVERLOADED, 4503)
    assert bye.retry_after_ms > 0
    assert codes == [0]
    assert "Traceback" not in server.log_text()


def test_a_restart_finds_all_as_it_was_on_the_same_port(server: ServerProcess) -> None:
    server.start()
    anna, ben = Person(server.port, "anna"), Person(server.port, "ben")
    chat = anna.converse(ben)
    link = anna.online()
    link.submit(message(chat, 2))
    link.close()
    port = server.port
    server.stop()

    server.start()
    found = ben.call("GET", f"/v1/conversations/{chat}").read(Conversation)
    server.stop()

    assert server.port == port
    assert found.head == 2


def test_killed_between_commit_and_answer_nothing_is_lost_or_twice(tmp_path: Path) -> None:
    server = ServerProcess(tmp_path / "data", *CHEAP_KDF).start()
    anna, ben = Person(server.port, "anna"), Person(server.port, "ben")
    chat = anna.converse(ben)
    server.stop()
    server = ServerProcess(
        tmp_path / "data", *CHEAP_KDF, "--pause-after-commit-ms", "60000", port=server.port
    ).start()
    submission = message(chat, 2)
    link = anna.online()
    link.send(Submit(submission))
    while anna.call("GET", f"/v1/conversations/{chat}").read(Conversation).head < 2:
        pass  # Committed is visible; the answer is a minute away.
    server.kill()
    link.close()

    server = ServerProcess(tmp_path / "data", *CHEAP_KDF, port=server.port).start()
    link = anna.online()
    answer = link.submit(submission)
    link.close()
    page = ben.call("GET", f"/v1/conversations/{chat}/entries").read(EntryPage)
    checked = server.check()
    server.stop()

    assert isinstance(answer, Accepted)
    assert (answer.sequence, answer.is_repeat) == (2, True)
    assert [entry.sequence for entry in page.entries] == [1, 2]
    assert checked.stdout == "All is well.\n"


def run_once(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "backend.cli", "run", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_busy_port_is_a_sentence(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        result = run_once("--data", str(tmp_path / "data"), "--port", str(port))

    assert result.returncode == 1
    assert f"cannot listen on 127.0.0.1 port {port}" in result.stderr
    assert "Traceback" not in result.stderr


def test_a_folder_in_use_is_a_sentence(server: ServerProcess) -> None:
    server.start()

    result = run_once("--data", str(server.data))

    server.stop()
    assert result.returncode == 1
    assert "Another server is using" in result.stderr


def test_the_first_line_says_where_it_is(server: ServerProcess) -> None:
    server.start()

    info = json.loads(call(server.port, "GET", "/v1/server").body)

    server.stop()
    assert info["protocol_min"] == 1
    assert server.url == f"http://127.0.0.1:{server.port}"


def test_the_second_piece_of_an_answer_waits_for_nobody() -> None:
    listener = _listen("127.0.0.1", 0)
    with listener, socket.create_connection(listener.getsockname()):
        accepted, _ = listener.accept()

        is_set = accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)

        accepted.close()
    assert is_set
