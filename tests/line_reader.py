"""Lets a window of a test be told what to do, line by line through its standard input."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from io import FileIO

import msgspec
from PySide6.QtCore import QObject, Qt, Signal, Slot

__all__ = ["LineReader"]


class LineReader(QObject):
    """Answers each line of standard input with one of standard output, on the windows' thread.

    Args:
        answer: Makes the answer to a line.
    """

    arrived = Signal(bytes)

    def __init__(self, answer: Callable[[bytes], msgspec.Struct]) -> None:
        super().__init__()
        self._answer = answer
        self.arrived.connect(self._on_line, Qt.ConnectionType.QueuedConnection)
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        # Without a buffer there is no lock that this thread could hold while Python ends.
        for line in FileIO(0, closefd=False):
            self.arrived.emit(line)

    @Slot(bytes)
    def _on_line(self, line: bytes) -> None:
        sys.stdout.buffer.write(msgspec.json.encode(self._answer(line)) + b"\n")
        sys.stdout.buffer.flush()
