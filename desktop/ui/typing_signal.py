"""Tells the other side that somebody types, now and then, and that they have stopped."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer

from desktop.commands import SetTyping
from desktop.models.port import Port
from shared import limits
from shared.identifiers import ConversationId

__all__ = ["TypingSignal"]

TYPING_END_MS = 5_000  # Without a key.


class TypingSignal(QObject):
    """Of one conversation."""

    def __init__(self, conversation_id: ConversationId, port: Port, parent: QObject) -> None:
        super().__init__(parent)
        self._conversation_id = conversation_id
        self._port = port
        self._is_typing = False
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(limits.TYPING_REPEAT_MS)
        self._end = QTimer(self)
        self._end.setSingleShot(True)
        self._end.setInterval(TYPING_END_MS)
        self._end.timeout.connect(self.stop)

    def note_key(self) -> None:
        """Something was typed."""
        self._end.start()
        if not self._pause.isActive():
            self._pause.start()
            self._is_typing = True
            self._tell()

    def stop(self) -> None:
        """Nothing is typed any more."""
        self._end.stop()
        self._pause.stop()
        if self._is_typing:
            self._is_typing = False
            self._tell()

    def _tell(self) -> None:
        command = SetTyping(conversation_id=self._conversation_id, is_typing=self._is_typing)
        self._port.send(command)
