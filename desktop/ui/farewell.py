"""Deletes windows that nobody holds any more, once their own events are done.

A window that is closed by a control of its own is let go of while that control's handler runs;
were it the last to hold it, Python would destroy the window there and then. So it is held until
Qt has deleted it. (Windows that refer to themselves are `desktop.ui.collector`'s.)
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
