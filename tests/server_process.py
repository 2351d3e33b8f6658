"""A real server in its own process, for tests of the server and of the whole system."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

__all__ = ["CHEAP_KDF", "ServerProcess"]

ROOT = Path(__file__).parents[1]
# Cheap keys from passwords: what a password costs is not what these tests are about.
CHEAP_KDF = ("--kdf-passes", "1", "--kdf-memory", str(8 * 1024 * 1024))


class ServerProcess:
    """``mim-server run`` on a data folder; may be stopped, killed and started again."""

    def __init__(self, data: Path, *arguments: str, port: int = 0) -> None:
        """Prepare; `start` runs it. The port of the first start is kept."""
        self.data = data
        self.port = port
        self.log = data.with_name(data.name + ".log")
        self._arguments = arguments
        self._process: subprocess.Popen[str] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def start(self) -> ServerProcess:
        """Start and wait until it is ready."""
        command = [sys.executable, "-m", "backend.cli", "run", "--data", str(self.data)]
        command += ["--port", str(self.port), *self._arguments]
        with self.log.open("a", encoding="utf-8") as log:
            self._process = subprocess.Popen(
                command, cwd=ROOT, stdout=subprocess.PIPE, stderr=log, text=True
            )
        assert self._process.stdout is not None
        watchdog = threading.Timer(60, self._process.kill)
        watchdog.start()
        line = self._process.stdout.readline()
        watchdog.cancel()
        assert line, f"the server did not start:\n{self.log.read_text(encoding='utf-8')}"
        self.port = json.loads(line)["port"]
        return self

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Stop it cleanly and return its exit code."""
        assert self._process is not None
        if self._process.poll() is None:
            self._process.send_signal(number)
        code = self._process.wait(timeout=30)
        if self._process.stdout is not None:
            self._process.stdout.close()
        return code

    def kill(self) -> None:
        """Kill it as the system would: nothing can be finished."""
        assert self._process is not None
        os.kill(self._process.pid, signal.SIGKILL)
        self.stop()

    def check(self) -> subprocess.CompletedProcess[str]:
        """Run ``mim-server check`` on its data."""
        return self.command("check")

    def command(self, name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run another command of ``mim-server`` on its data."""
        return subprocess.run(
            [sys.executable, "-m", "backend.cli", name, *arguments, "--data", str(self.data)],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def log_text(self) -> str:
        """Return what it has logged."""
        return self.log.read_text(encoding="utf-8")
