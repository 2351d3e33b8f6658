"""The Qt application: what the system asks of it becomes signals."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Signal
from PySide6.QtWidgets import QApplication

__all__ = ["Application"]


class Application(QApplication):
    """Does not end by itself: who listens stores everything first, then ends it."""

    quit_asked = Signal()  # By the system: log-out, the dock, a session manager.

    def event(self, event: QEvent) -> bool:
        """Turn the system's wish to end into a signal."""
        if event.type() is QEvent.Type.Quit:
            event.ignore()
            self.quit_asked.emit()
            return True
        return super().event(event)
