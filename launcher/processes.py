"""Mim's parts as child processes: started, awaited until ready, ended for certain."""

from __future__ import annotations

import ctypes
import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO

from launcher.places import ROOT
from launcher.trouble import SetupError

LOG_BYTES_MAX = 2_000_000
POLL_S = 0.05
STOP_S = 10.0
TAIL_LINES = 8
PR_SET_PDEATHSIG = 1


class Child:
    """One part of Mim, run as ``python -m MODULE`` in a process group of its own.

    A terminal's Ctrl-C thus reaches only the launcher, which then ends its parts in order. On Linux
    the system ends them even if the launcher is killed.
    """

    def __init__(self, module: str, arguments: Sequence[str], *, log: Path | None) -> None:
        """Describe a part.

        Args:
            module: What Python runs.
            arguments: Its arguments.
            log: Where its output goes; None leaves it on the terminal.
        """
        self.module = module
        self._arguments = list(arguments)
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None
        self._ready: queue.SimpleQueue[str] = queue.SimpleQueue()

    @property
    def pid(self) -> int:
        """The process id of the running part."""
        return self._running().pid

    def start(self) -> None:
        """Start the part, again too."""
        self._ready = queue.SimpleQueue()
        command = [sys.executable, "-P", "-m", self.module, *self._arguments]
        environ = os.environ | {"PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
        if self._log is None:
            self._process = _popen(command, environ, None, None)
            return
        self._log.parent.mkdir(parents=True, exist_ok=True)
        if self._log.exists() and self._log.stat().st_size > LOG_BYTES_MAX:
            self._log.replace(self._log.with_suffix(".old.log"))
        with self._log.open("ab") as log:
            self._process = _popen(command, environ, subprocess.PIPE, log)
        threading.Thread(
            target=self._copy_output, args=(self._process, self._ready), daemon=True
        ).start()

    def _copy_output(self, process: subprocess.Popen[bytes], ready: queue.SimpleQueue[str]) -> None:
        """Copy standard output into the log and hand over its first line of JSON."""
        assert process.stdout is not None
        assert self._log is not None
        announced = False
        with process.stdout as output, self._log.open("ab") as log:
            for line in output:
                if not announced and (text := _json_object(line)) is not None:
                    announced = True
                    ready.put(text)
                log.write(line)
                log.flush()

    def wait_ready(self, seconds: float, *, stopping: Callable[[], bool]) -> str:
        """Wait for the line of JSON with which a part says that it is ready.

        Returns:
            That line.

        Raises:
            SetupError: If it ends or stays silent; the text holds the end of its log.
        """
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and not stopping():
            try:
                return self._ready.get(timeout=POLL_S)
            except queue.Empty:
                if self.poll() is not None and self._ready.empty():
                    raise SetupError(f"{self.module} ended at once.{self.tail()}") from None
        if stopping():
            raise KeyboardInterrupt
        raise SetupError(f"{self.module} was not ready within {seconds:.0f} s.{self.tail()}")

    def poll(self) -> int | None:
        """The exit status, or None while it runs."""
        return self._running().poll()

    def wait(self) -> int:
        """Wait until the part ends of itself."""
        return self._running().wait()

    def stop(self, seconds: float = STOP_S) -> None:
        """End the part and whatever it started: asked first, then forced."""
        process = self._process
        if process is None:
            return
        if process.poll() is None:
            _ask_to_end(process)
            try:
                process.wait(seconds)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        if sys.platform != "win32":
            with suppress(ProcessLookupError):  # It left nothing behind.
                os.killpg(process.pid, signal.SIGKILL)

    def tail(self) -> str:
        """The last lines of the log, to be put behind a sentence; empty if there are none."""
        if self._log is None or not self._log.exists():
            return ""
        lines = self._log.read_text(encoding="utf-8", errors="replace").splitlines()[-TAIL_LINES:]
        return "".join(f"\n    {line}" for line in [f"From {self._log}:", *lines])

    def _running(self) -> subprocess.Popen[bytes]:
        assert self._process is not None, "start() comes first"
        return self._process


def _json_object(line: bytes) -> str | None:
    try:
        value = json.loads(line)
    except ValueError:
        return None
    return line.decode().strip() if isinstance(value, dict) else None


def _popen(
    command: Sequence[str], environ: dict[str, str], stdout: int | None, stderr: IO[bytes] | None
) -> subprocess.Popen[bytes]:
    if sys.platform == "win32":
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=stderr,
            env=environ,
            creationflags=subprocess.CREATE_NEW_PROCESS_GROUP,
        )
    return subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=stderr,
        env=environ,
        start_new_session=True,
        preexec_fn=_die_with_parent(),
    )


def _die_with_parent() -> Callable[[], None] | None:
    """A step between fork and exec that ties a child's life to the launcher's, on Linux."""
    if sys.platform != "linux":
        return None
    libc = ctypes.CDLL(None)
    parent = os.getpid()

    def tie() -> None:
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:
            # It died before the line above; nobody would ever tell us.
            os._exit(1)

    return tie


def _ask_to_end(process: subprocess.Popen[bytes]) -> None:
    if sys.platform == "win32":
        process.send_signal(signal.CTRL_BREAK_EVENT)
    else:
        process.terminate()
