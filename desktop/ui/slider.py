"""A slider in the colours of the theme."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSlider, QWidget

from desktop.ui.controls import paint_focus_ring
from desktop.ui.theme import tokens

__all__ = ["Slider"]

KNOB, GROOVE, HEIGHT = 18, 4, 32


class Slider(QSlider):
    """Horizontal; a press on the groove brings the knob there."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumHeight(HEIGHT)

    def sizeHint(self) -> QSize:  # noqa: N802
        """High enough for a finger."""
        return QSize(160, HEIGHT)

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Take the knob, or bring it here."""
        if event.button() is Qt.MouseButton.LeftButton:
            self.setSliderDown(True)
            self._follow(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Draw the knob along."""
        if self.isSliderDown():
            self._follow(event)

    def mouseReleaseEvent(self, _event: QMouseEvent) -> None:  # noqa: N802
        """Let go."""
        self.setSliderDown(False)

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        """Paint groove and knob."""
        painter, colors = QPainter(self), tokens()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        middle, at = self.height() / 2, self._knob_center()
        groove = QRectF(KNOB / 2, middle - GROOVE / 2, self.width() - KNOB, GROOVE)
        painter.setBrush(colors.text_3)
        painter.setOpacity(0.45)
        painter.drawRoundedRect(groove, GROOVE / 2, GROOVE / 2)
        painter.setOpacity(1)
        ink = colors.accent if self.isEnabled() else colors.text_3
        painter.setBrush(ink)
        painter.drawRoundedRect(
            QRectF(groove.topLeft(), groove.bottomLeft()).adjusted(0, 0, at - groove.left(), 0),
            GROOVE / 2,
            GROOVE / 2,
        )
        knob = QRectF(at - KNOB / 2, middle - KNOB / 2, KNOB, KNOB)
        painter.drawEllipse(knob)
        if self.hasFocus():
            paint_focus_ring(painter, knob.adjusted(-4, -4, 4, 4), KNOB / 2 + 4)

    def _knob_center(self) -> float:
        span = self.maximum() - self.minimum()
        share = (self.value() - self.minimum()) / span if span else 0.0
        return KNOB / 2 + share * (self.width() - KNOB)

    def _follow(self, event: QMouseEvent) -> None:
        share = (event.position().x() - KNOB / 2) / max(1, self.width() - KNOB)
        span = self.maximum() - self.minimum()
        self.setValue(self.minimum() + round(min(1.0, max(0.0, share)) * span))
