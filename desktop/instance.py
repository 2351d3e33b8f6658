"""One process per home: a second start brings the windows of the first to the front.

The first one holds a lock on the home and listens on a local socket; a socket that was left behind
by a process that was killed is recognised by the free lock. On POSIX the socket lies in the home,
which only its owner can enter, or, where that name would be too long, in the system's folder for
temporary files under a name of the home and the user.

What is said: ``show`` and perhaps a token that lets a window come to the front (Wayland), one line;
answered by ``shown``.
"""

from __future__ import annotations

import getpass
import hashlib
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from desktop.storage.profile_lock import ProfileInUseError, ProfileLock
from shared import limits

if TYPE_CHECKING:
    from PySide6.QtNetwork import QLocalServer, QLocalSocket

__all__ = ["Instance", "show_running"]

_SOCKET_PATH_MAX = 100  # Bytes; systems allow about 104.
_AGAIN_S = 0.05
_SHOW, _SHOWN = b"show", b"shown\n"


class Instance(QObject):
    """The first process of a home.

    Args:
        home: The folder of the profiles.
    """

    def __init__(self, home: Path) -> None:
        super().__init__()
        self._home = home
        self._lock = ProfileLock(home)
        self._server: QLocalServer | None = None
        self._on_show: Callable[[], None] = lambda: None

    def claim(self) -> bool:
        """Be the first; False if another process is.

        A home that cannot be written to is nobody's; the engine says what is wrong with it.
        """
        try:
            self._lock.acquire()
        except ProfileInUseError:
            return False
        except OSError:
            return True
        return True

    def listen(self, on_show: Callable[[], None]) -> bool:
        """Call back when a later start asks for the windows; return whether it can."""
        # Imported here: the first window is on the screen by now, and need not wait for it.
        from PySide6.QtNetwork import QLocalServer

        self._on_show = on_show
        name = _socket_name(self._home)
        # The lock is ours, so nobody listens there any more.
        QLocalServer.removeServer(name)
        self._server = server = QLocalServer(self)
        server.setSocketOptions(QLocalServer.SocketOption.UserAccessOption)
        server.newConnection.connect(self._on_connection)
        return server.listen(name)

    def release(self) -> None:
        """Let another process be the first."""
        if self._server is not None:
            self._server.close()
            self._server = None
        self._lock.release()

    def _on_connection(self) -> None:
        assert self._server is not None
        while (socket := self._server.nextPendingConnection()) is not None:
            socket.disconnected.connect(socket.deleteLater)
            socket.readyRead.connect(lambda visitor=socket: self._answer(visitor))
            self._answer(socket)

    def _answer(self, socket: QLocalSocket) -> None:
        if socket.bytesAvailable() > limits.INSTANCE_LINE_BYTES_MAX:
            socket.abort()
            return
        if not socket.canReadLine():
            return
        word, _, token = bytes(socket.readLine().data()).strip().partition(b" ")
        if word != _SHOW:
            socket.abort()
            return
        if token:
            # Qt takes it from here when the window is activated.
            os.environ["XDG_ACTIVATION_TOKEN"] = token.decode("ascii", "replace")
        self._on_show()
        socket.write(_SHOWN)
        socket.flush()
        socket.disconnectFromServer()


def show_running(home: Path) -> bool:
    """Ask the process that has this home to show its windows; return whether it did.

    Waits up to `limits.INSTANCE_ANSWER_MS`, before there is any window of one's own.
    """
    from PySide6.QtNetwork import QLocalSocket

    socket = QLocalSocket()
    deadline = time.monotonic() + limits.INSTANCE_ANSWER_MS / 1000
    socket.connectToServer(_socket_name(home))
    while not socket.waitForConnected(limits.INSTANCE_ANSWER_MS):
        # The first one listens a moment after its window is there.
        if time.monotonic() > deadline:
            return False
        time.sleep(_AGAIN_S)
        socket.connectToServer(_socket_name(home))
    token = os.environ.get("XDG_ACTIVATION_TOKEN", "")
    line = f"{_SHOW.decode()} {token}".strip().encode("ascii", "replace")
    socket.write(line[: limits.INSTANCE_LINE_BYTES_MAX - 1] + b"\n")
    socket.waitForBytesWritten(limits.INSTANCE_ANSWER_MS)
    answer = b""
    while not answer.endswith(b"\n") and socket.waitForReadyRead(limits.INSTANCE_ANSWER_MS):
        answer += bytes(socket.readAll().data())
    socket.abort()
    return answer == _SHOWN


def _socket_name(home: Path) -> str:
    path = str(home.absolute() / "mim.sock")
    if sys.platform != "win32" and len(os.fsencode(path)) <= _SOCKET_PATH_MAX:
        return path
    who = f"{getpass.getuser()}\0{home.absolute()}".encode()
    return f"mim-{hashlib.blake2b(who, digest_size=12).hexdigest()}"
