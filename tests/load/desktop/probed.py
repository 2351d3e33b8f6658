"""Asks the app that measures itself (`tests.load.desktop.probe`)."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from types import TracebackType

import msgspec

from tests.load.desktop.probe import Answer, Question
from tests.screen import Screen
from tests.server_process import ROOT

__all__ = ["NOBODY", "Probed"]

NOBODY = "http://127.0.0.1:9"  # Where no server is.


class Probed:
    """A running app on a screen."""

    def __init__(self, screen: Screen, home: Path, *, server: str = NOBODY) -> None:
        environ = screen.environ() | {
            "PYTHONPATH": str(ROOT),
            "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
        }
        command = [sys.executable, "-P", "-m", "tests.load.desktop.probe"]
        self._process = subprocess.Popen(
            [*command, "--server", server, "--home", str(home)],
            env=environ,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )

    @property
    def pid(self) -> int:
        """Of the process."""
        return self._process.pid

    def ask(self, do: str, *, conversation: int = 0, text: str = "", count: int = 0) -> Answer:
        """Ask one question.

        Raises:
            RuntimeError: If it can not be answered.
        """
        question = Question(do=do, conversation=conversation, text=text, count=count)
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(msgspec.json.encode(question) + b"\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("the app has ended")
        answer = msgspec.json.decode(line, type=Answer)
        if answer.trouble:
            raise RuntimeError(f"{do}: {answer.trouble}")
        return answer

    def __enter__(self) -> Probed:
        """Use it."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End it."""
        if self._process.poll() is None:
            try:
                if kind is None:
                    self.ask("close")
                    self._process.wait(20)
            except (RuntimeError, subprocess.TimeoutExpired):
                pass
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                stream.close()
