"""Counts how often widgets are painted, and how much of them."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QRect
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QWidget

__all__ = ["PaintCount"]


class PaintCount(QObject):
    """Watches a widget; `rects` are what was painted, in its coordinates."""

    def __init__(self, widget: QWidget) -> None:
        super().__init__(widget)
        self.rects: list[QRect] = []
        widget.installEventFilter(self)

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:  # noqa: N802
        """Note what is painted."""
        if isinstance(event, QPaintEvent):
            self.rects.append(event.rect())
        return False
