from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from launcher import door
from launcher.door import Door, Visit, claim, knock

URL = "http://127.0.0.1:4711"


@contextmanager
def open_door(data: Path) -> Iterator[Door]:
    """A door served by a thread, as the first start's main loop would."""
    opened = Door(data, URL)
    ending = threading.Event()

    def serve() -> None:
        while not ending.is_set():
            opened.serve(0.02)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield opened
    finally:
        ending.set()
        thread.join()
        opened.close()


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def visit_of(data: Path) -> Visit:
    visit = knock(data)
    assert visit is not None
    return visit


def port_of(data: Path) -> int:
    return int(json.loads((data / "door.json").read_text())["port"])


def test_a_data_directory_has_one_first_start(tmp_path: Path) -> None:
    first = claim(tmp_path)

    assert first is not None
    assert claim(tmp_path) is None

    first.close()
    again = claim(tmp_path)
    assert again is not None
    again.close()


def test_a_later_start_learns_the_address(tmp_path: Path) -> None:
    with open_door(tmp_path):
        visit = visit_of(tmp_path)

        assert visit.url == URL
        assert not visit.has_ended(0.01)
        visit.leave()


def test_a_closed_window_is_noticed(tmp_path: Path) -> None:
    with open_door(tmp_path) as opened:
        visit = visit_of(tmp_path)
        until(lambda: opened.guests == 1)

        visit.leave()

        until(lambda: opened.guests == 0)


def test_guests_hear_when_the_first_start_ends(tmp_path: Path) -> None:
    with open_door(tmp_path):
        visit = visit_of(tmp_path)

    assert visit.has_ended(20)
    visit.leave()


def test_nobody_is_at_a_door_that_was_left_behind(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    (tmp_path / "door.json").write_text(json.dumps({"port": port, "secret": "x"}))

    assert knock(tmp_path) is None


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"port": "x"}'])
def test_a_broken_door_counts_as_none(text: str, tmp_path: Path) -> None:
    (tmp_path / "door.json").write_text(text)

    assert knock(tmp_path) is None


@pytest.mark.parametrize("answer", [b"", b"SSH-2.0\n", b"[]\n"])
def test_another_program_behind_the_door_is_not_taken_for_mim(
    answer: bytes, tmp_path: Path
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        (tmp_path / "door.json").write_text(
            json.dumps({"port": other.getsockname()[1], "secret": "x"})
        )

        def reply() -> None:
            connection, _ = other.accept()
            with connection:
                connection.recv(100)
                connection.sendall(answer)

        thread = threading.Thread(target=reply)
        thread.start()

        assert knock(tmp_path) is None
        thread.join()


@pytest.mark.parametrize("line", [b"wrong\n", b"\n", b"x" * 300])
def test_who_does_not_know_the_secret_is_shown_out(line: bytes, tmp_path: Path) -> None:
    with open_door(tmp_path) as opened:
        with socket.create_connection(("127.0.0.1", port_of(tmp_path)), 20) as stranger:
            stranger.sendall(line)

            assert stranger.recv(10) == b""
        assert opened.guests == 0


def test_a_stranger_who_hangs_up_rudely_does_no_harm(tmp_path: Path) -> None:
    with open_door(tmp_path):
        stranger = socket.create_connection(("127.0.0.1", port_of(tmp_path)), 20)
        # Lingering for zero seconds turns the close into a reset.
        stranger.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        stranger.sendall(b"half a li")
        stranger.close()

        visit_of(tmp_path).leave()


def test_a_full_house_lets_nobody_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door, "GUESTS_MAX", 1)
    with open_door(tmp_path) as opened:
        visit = visit_of(tmp_path)
        until(lambda: opened.guests == 1)

        assert knock(tmp_path) is None
        visit.leave()


def test_the_secret_is_for_its_owner_only(tmp_path: Path) -> None:
    with open_door(tmp_path):
        assert (tmp_path / "door.json").stat().st_mode & 0o077 == 0


def test_a_connection_that_breaks_counts_as_ended(tmp_path: Path) -> None:
    ours, theirs = socket.socketpair()
    visit = Visit(ours, URL)
    ours.close()

    assert visit.has_ended(1)
    theirs.close()
