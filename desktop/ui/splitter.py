"""A splitter whose handle is a hairline."""

from __future__ import annotations

from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSplitter, QSplitterHandle

from desktop.ui.theme import tokens

__all__ = ["ThinSplitter"]


class ThinHandle(QSplitterHandle):
    """A hairline that is wider for the mouse than for the eye."""

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        """Paint the line."""
        QPainter(self).fillRect(self.rect(), tokens().border)


class ThinSplitter(QSplitter):
    """A splitter with hairlines."""

    def createHandle(self) -> QSplitterHandle:  # noqa: N802
        """Make a hairline."""
        return ThinHandle(self.orientation(), self)
