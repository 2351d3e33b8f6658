"""A thin line that moves while something takes its time, and stands still if motion is reduced."""

from __future__ import annotations

from PySide6.QtCore import QElapsedTimer, QRectF, QTimer
from PySide6.QtGui import QHideEvent, QPainter, QPaintEvent, QShowEvent
from PySide6.QtWidgets import QWidget

from desktop.ui.motion import is_motion_reduced
from desktop.ui.theme import tokens

__all__ = ["BusyBar"]

HEIGHT = 3
SHOWN_AFTER_MS = 300  # What is quicker needs no bar.
TURN_MS = 1_400
FRAME_MS = 32
SHARE = 0.35


class BusyBar(QWidget):
    """Lies over the upper edge of a window; it takes no room and no clicks."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._clock = QElapsedTimer()
        self._delay = QTimer(self)
        self._delay.setSingleShot(True)
        self._delay.setInterval(SHOWN_AFTER_MS)
        self._delay.timeout.connect(self._appear)
        self._frames = QTimer(self)
        self._frames.setInterval(FRAME_MS)
        self._frames.timeout.connect(self._step)
        self.hide()

    def start(self) -> None:
        """Show it, if it is not stopped very soon."""
        if self.isHidden() and not self._delay.isActive():
            self._delay.start()

    def stop(self) -> None:
        """Take it away."""
        self._delay.stop()
        self.hide()

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802
        """Move while it is seen only."""
        super().showEvent(event)
        self._clock.start()
        if not is_motion_reduced():
            self._frames.start()

    def hideEvent(self, event: QHideEvent) -> None:  # noqa: N802
        """Nothing wakes up for what is not seen."""
        super().hideEvent(event)
        self._frames.stop()

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        """Paint the line and the part of it that is lit."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), tokens().field)
        width = self.width()
        if is_motion_reduced():
            painter.fillRect(self.rect(), tokens().accent)
            return
        turn = self._clock.elapsed() % TURN_MS / TURN_MS
        left = turn * (1 + SHARE) * width - SHARE * width
        painter.fillRect(QRectF(left, 0, SHARE * width, HEIGHT), tokens().accent)

    def _step(self) -> None:
        """Paint the next frame; it stands still at once when that is wanted meanwhile."""
        if is_motion_reduced():
            self._frames.stop()
        self.update()

    def _appear(self) -> None:
        parent = self.parentWidget()
        if parent is not None:
            self.setGeometry(0, 0, parent.width(), HEIGHT)
        self.raise_()
        self.show()
