"""The server and Echo as ``run.py`` runs them: on this machine alone, for who sits at it."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Callable
from pathlib import Path

from launcher.processes import Child
from launcher.trouble import SetupError

ECHO = "echo"
SERVER_MODULE = "backend.cli"
ECHO_MODULE = "desktop.cli.echo"
READY_S = 60.0
RESTARTS_MAX = 5
RESTARTS_WITHIN_S = 60.0


def chosen_port(data: Path) -> int:
    """The loopback port of a data directory: chosen at the first start, then kept.

    Raises:
        SetupError: If another program took it meanwhile.
    """
    file = data / "port"
    if file.exists():
        port = int(file.read_text(encoding="utf-8"))
        if not _is_free(port):
            raise SetupError(
                f"Port {port} of this machine, which Mim uses, is taken by another program. End "
                f"that program, or remove {file} to let Mim choose another port."
            )
        return port
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    file.write_text(f"{port}\n", encoding="utf-8")
    return port


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        # A port that rests after a closed connection counts as free, as it does for the server.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


class LocalServer:
    """The server with Echo beside it; brings them back if they die."""

    def __init__(self, data: Path, *, stopping: Callable[[], bool]) -> None:
        """Prepare the parts.

        Args:
            data: Directory of everything; the server and Echo get a folder each.
            stopping: Whether the person wants to end already.
        """
        self._data = data
        self._stopping = stopping
        self._server: Child | None = None
        self._echo: Child | None = None
        self._restarts: list[float] = []
        self.url = ""

    def start(self) -> str:
        """Start both and return the server's address once it answers.

        Raises:
            SetupError: If one of them does not start.
        """
        self._server = Child(
            SERVER_MODULE,
            [
                *("run", "--data", str(self._data / "server"), "--echo", ECHO),
                *("--host", "127.0.0.1", "--port", str(chosen_port(self._data))),
            ],
            log=self._data / "logs" / "server.log",
        )
        self._server.start()
        ready = self._server.wait_ready(READY_S, stopping=self._stopping)
        self.url = str(json.loads(ready)["url"])
        home = self._data / "echo"
        is_first_start = not home.exists()
        self._echo = Child(
            ECHO_MODULE,
            ["--server", self.url, "--home", str(home)],
            log=self._data / "logs" / "echo.log",
        )
        self._echo.start()
        if is_first_start:
            # Echo registers now; who registers before it would not find it among the contacts.
            self._echo.wait_ready(READY_S, stopping=self._stopping)
        return self.url

    def mend(self) -> None:
        """Start again what died, within reason.

        Raises:
            SetupError: If it dies again and again.
        """
        for child in (self._server, self._echo):
            if child is None or child.poll() is None:
                continue
            now = time.monotonic()
            self._restarts = [t for t in self._restarts if now - t < RESTARTS_WITHIN_S]
            if len(self._restarts) >= RESTARTS_MAX:
                raise SetupError(f"{child.module} ends again and again.{child.tail()}")
            self._restarts.append(now)
            child.start()
            if child is self._server:
                child.wait_ready(READY_S, stopping=self._stopping)

    def stop(self) -> None:
        """End Echo, then the server."""
        for child in (self._echo, self._server):
            if child is not None:
                child.stop()
