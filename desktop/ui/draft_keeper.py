"""Stores what is typed and not sent, soon after it is typed."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
from PySide6.QtCore import QObject, QTimer

from desktop.commands import SaveDraft
from desktop.models.port import Port
from shared import limits

__all__ = ["DRAFT_DELAY_MS", "DraftKeeper"]

DRAFT_DELAY_MS = 700  # From the first change that is not stored, however long one goes on typing.


class DraftKeeper(QObject):
    """Keeps one conversation's draft.

    Args:
        port: Where it goes.
        read: Says what is typed now.
        saved: What is stored already.
        parent: Owns this.
    """

    def __init__(
        self, port: Port, read: Callable[[], SaveDraft], saved: SaveDraft, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._port = port
        self._read = read
        self._saved = saved
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(DRAFT_DELAY_MS)
        self._timer.timeout.connect(self.flush)

    def note_change(self) -> None:
        """Something was typed."""
        if not self._timer.isActive():
            self._timer.start()

    def note_saved(self, draft: SaveDraft) -> None:
        """This is what is stored: it was loaded."""
        self._saved = _whole(draft)

    def flush(self) -> None:
        """Store what is typed, if it is not stored yet."""
        self._timer.stop()
        draft = _whole(self._read())
        if draft != self._saved:
            self._saved = draft
            self._port.send(draft)


def _whole(draft: SaveDraft) -> SaveDraft:
    """Return what is kept of it: blank texts are none."""
    text = draft.text[: limits.DRAFT_LENGTH_MAX]
    return msgspec.structs.replace(
        draft,
        text=text if text.strip() else "",
        edit_text=draft.edit_text[: limits.DRAFT_LENGTH_MAX],
    )
