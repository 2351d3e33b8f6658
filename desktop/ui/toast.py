"""A quiet line at the bottom of a window that goes by itself."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QRectF, Qt, QTimer
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from desktop.ui.controls import Label
from desktop.ui.theme import tokens

__all__ = ["Toast"]

SHOWN_MS = 5_000


class Toast(QWidget):
    """Says one sentence over the window it belongs to."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.label = Label(13, 500, ink=lambda colors: colors.on_service, wraps=True, parent=self)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(18, 10, 18, 10)
        layout.addWidget(self.label)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(SHOWN_MS)
        self._timer.timeout.connect(self.hide)
        window.installEventFilter(self)
        self.hide()

    def say(self, sentence: str) -> None:
        """Show a sentence for a while."""
        self.label.setText(sentence)
        self.label.setAccessibleName(sentence)
        self._place()
        self.show()
        self.raise_()
        self._timer.start()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        """Stay in the middle when the window changes its size."""
        if event.type() is QEvent.Type.Resize:
            self._place()
        return super().eventFilter(watched, event)

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        """Paint the ground."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(tokens().service)
        painter.drawRoundedRect(QRectF(self.rect()), 12, 12)

    def _place(self) -> None:
        window = self._window
        advance = self.label.fontMetrics().horizontalAdvance(self.label.text())
        width = min(advance + 44, window.width() - 48, 520)
        self.setFixedWidth(width)
        height = max(40, self.label.heightForWidth(width - 36) + 20)
        self.setFixedHeight(height)
        self.move((window.width() - width) // 2, window.height() - height - 84)
