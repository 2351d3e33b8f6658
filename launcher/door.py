"""How a second ``run.py`` on the same data finds the first, and how both notice an end.

The first start holds a lock on the data directory and listens on a loopback port; ``door.json``
names the port and a secret. A later start connects, shows the secret and stays connected for as
long as its window is open. So a window that is killed has left, a launcher that is killed leaves
no lock behind, and an old ``door.json`` does no harm: nobody answers there.
"""

from __future__ import annotations

import hmac
import json
import secrets
import selectors
import socket
import sys
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

LINE_BYTES_MAX = 256
GUESTS_MAX = 64
ANSWER_S = 5.0


def claim(data: Path) -> BinaryIO | None:
    """Take the lock of a data directory; None if another start holds it.

    The lock is free again when the returned file is closed, by whatever end of the process.
    """
    file = (data / "mim.lock").open("ab")
    try:
        _lock(file)
    except OSError:
        file.close()
        return None
    return file


def _lock(file: BinaryIO) -> None:
    if sys.platform == "win32":
        import msvcrt

        file.seek(0)
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
    else:
        import fcntl

        fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)


class Door:
    """The first start's side: lets later starts in and counts who is there."""

    def __init__(self, data: Path, url: str) -> None:
        self._file = data / "door.json"
        self._url = url
        self._secret = secrets.token_hex(16)
        self._selector = selectors.DefaultSelector()
        self._waiting: dict[socket.socket, bytes] = {}
        self._guests: set[socket.socket] = set()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.setblocking(False)
        self._selector.register(self._listener, selectors.EVENT_READ)
        self._write()

    @property
    def guests(self) -> int:
        """How many later starts have a window open."""
        return len(self._guests)

    def _write(self) -> None:
        new = self._file.with_suffix(".new")
        new.touch(mode=0o600)
        port = self._listener.getsockname()[1]
        new.write_text(json.dumps({"port": port, "secret": self._secret}), encoding="utf-8")
        new.replace(self._file)

    def serve(self, seconds: float) -> None:
        """Handle who comes and goes, for at most this long."""
        for key, _ in self._selector.select(seconds):
            if key.fileobj is self._listener:
                self._let_in()
            else:
                assert isinstance(key.fileobj, socket.socket)
                self._listen_to(key.fileobj)

    def _let_in(self) -> None:
        connection, _ = self._listener.accept()
        if len(self._waiting) + len(self._guests) >= GUESTS_MAX:
            connection.close()
            return
        connection.setblocking(False)
        self._waiting[connection] = b""
        self._selector.register(connection, selectors.EVENT_READ)

    def _listen_to(self, connection: socket.socket) -> None:
        try:
            received = connection.recv(LINE_BYTES_MAX)
        except OSError:
            received = b""
        if not received or connection in self._guests:
            self._show_out(connection)
            return
        line = self._waiting[connection] + received
        self._waiting[connection] = line
        if not line.endswith(b"\n"):
            if len(line) > LINE_BYTES_MAX:
                self._show_out(connection)
            return
        if not hmac.compare_digest(line.strip(), self._secret.encode()):
            self._show_out(connection)
            return
        del self._waiting[connection]
        self._guests.add(connection)
        with suppress(OSError):  # It left while we answered; the next read says so.
            connection.send(json.dumps({"url": self._url}).encode() + b"\n")

    def _show_out(self, connection: socket.socket) -> None:
        self._selector.unregister(connection)
        self._waiting.pop(connection, None)
        self._guests.discard(connection)
        connection.close()

    def close(self) -> None:
        """Let nobody in any more and tell all guests, by hanging up, to end."""
        self._file.unlink(missing_ok=True)
        for connection in [*self._guests, *self._waiting]:
            self._show_out(connection)
        self._selector.unregister(self._listener)
        self._listener.close()
        self._selector.close()


class Visit:
    """A later start's side of the door."""

    def __init__(self, connection: socket.socket, url: str) -> None:
        self._connection = connection
        self.url = url

    def has_ended(self, seconds: float) -> bool:
        """Wait at most this long and say whether the first start is gone."""
        try:
            self._connection.settimeout(seconds)
            return self._connection.recv(1) == b""
        except TimeoutError:
            return False
        except OSError:
            return True

    def leave(self) -> None:
        """Say that this start's window is closed."""
        self._connection.close()


def knock(data: Path) -> Visit | None:
    """Visit the start that holds the lock of a data directory; None if it does not answer (yet)."""
    try:
        raw = json.loads((data / "door.json").read_text(encoding="utf-8"))
        connection = socket.create_connection(("127.0.0.1", int(raw["port"])), ANSWER_S)
    except (OSError, ValueError, KeyError, TypeError):
        return None
    try:
        connection.sendall(f"{raw['secret']}\n".encode())
        answer = b""
        while not answer.endswith(b"\n"):
            received = connection.recv(4096)
            if not received:
                break
            answer += received
        return Visit(connection, str(json.loads(answer)["url"]))
    except (OSError, ValueError, KeyError, TypeError):
        # Another program may have got an old door's port.
        connection.close()
        return None
