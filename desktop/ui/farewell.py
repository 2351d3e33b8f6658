"""Deletes windows that nobody holds any more, on the windows' own thread for certain.

Python collects what refers to itself on whichever thread allocates next, and engines have threads
of their own. A window destroyed there leaves its timers behind, and Qt's loop ends the app. So it
is held until Qt has deleted it.
"""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

__all__ = ["delete_later"]

_leaving: dict[int, QWidget] = {}


def delete_later(window: QWidget) -> None:
    """Delete a window once its own events are done."""
    key = id(window)
    _leaving[key] = window
    window.destroyed.connect(lambda: _leaving.pop(key, None))
    window.deleteLater()
