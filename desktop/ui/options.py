"""Check boxes and radio buttons in the colours of the theme."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QCheckBox, QRadioButton, QWidget

from desktop.ui.controls import paint_focus_ring
from desktop.ui.fonts import scaled, use_font
from desktop.ui.icons import paint_icon
from desktop.ui.theme import tokens

__all__ = ["CheckOption", "RadioOption"]

SIDE = 18
HEIGHT = 32


class CheckOption(QCheckBox):
    """A statement to agree with."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        use_font(self, 14, 500)
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    def sizeHint(self) -> QSize:  # noqa: N802
        """The box, the words, and room for a finger."""
        return QSize(self.fontMetrics().horizontalAdvance(self.text()) + SIDE + 18, scaled(HEIGHT))

    def hitButton(self, pos) -> bool:  # type: ignore[no-untyped-def]  # noqa: N802
        """All of it can be pressed, not the box alone."""
        return bool(self.rect().contains(pos))

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        """Paint box and words."""
        painter = QPainter(self)
        box = _paint_words(painter, self, self.text())
        colors = tokens()
        painter.setPen(Qt.PenStyle.NoPen if self.isChecked() else QPen(colors.text_3, 1.5))
        painter.setBrush(colors.accent if self.isChecked() else colors.field)
        painter.drawRoundedRect(box, 5, 5)
        if self.isChecked():
            paint_icon(painter, "check", box.adjusted(2, 2, -2, -2), colors.on_accent)
        if self.hasFocus():
            paint_focus_ring(painter, box.adjusted(-3, -3, 3, 3), 7)


class RadioOption(QRadioButton):
    """One of several answers."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        use_font(self, 14, 500)
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    def sizeHint(self) -> QSize:  # noqa: N802
        """The circle, the words, and room for a finger."""
        return QSize(self.fontMetrics().horizontalAdvance(self.text()) + SIDE + 18, scaled(HEIGHT))

    def hitButton(self, pos) -> bool:  # type: ignore[no-untyped-def]  # noqa: N802
        """All of it can be pressed, not the circle alone."""
        return bool(self.rect().contains(pos))

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        """Paint circle and words."""
        painter = QPainter(self)
        box = _paint_words(painter, self, self.text())
        colors = tokens()
        ink = colors.accent if self.isChecked() else colors.text_3
        painter.setPen(QPen(ink, 5.5 if self.isChecked() else 1.5))
        painter.setBrush(colors.list if self.isChecked() else colors.field)
        inset = 2.75 if self.isChecked() else 0.75
        painter.drawEllipse(box.adjusted(inset, inset, -inset, -inset))
        if self.hasFocus():
            paint_focus_ring(painter, box.adjusted(-3, -3, 3, 3), SIDE / 2 + 2)


def _paint_words(painter: QPainter, widget: QWidget, text: str) -> QRectF:
    """Paint the words; return where the sign before them goes."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setFont(widget.font())
    painter.setPen(tokens().text)
    rect = QRectF(widget.rect())
    words = rect.adjusted(SIDE + 14, 0, 0, 0)
    painter.drawText(words, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, text)
    return QRectF(4, rect.center().y() - SIDE / 2, SIDE, SIDE)
