"""The strip above the composer: which message is answered or edited, and the way out of it."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from desktop.ui.controls import IconButton, Label
from desktop.ui.theme import theme, tokens
from desktop.ui.translate import translate

__all__ = ["HEIGHT", "ComposerStrip"]

HEIGHT = 48


class ComposerStrip(QWidget):
    """Shown while a message is answered or edited."""

    closed = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setFixedHeight(HEIGHT)
        self.title = Label(13, 600, ink=lambda colors: colors.accent, parent=self)
        self.words = Label(13, ink=lambda colors: colors.text_2, parent=self)
        self.close_button = IconButton("x", side=32, icon_side=18, parent=self)
        self.close_button.clicked.connect(self.closed)
        lines = QVBoxLayout()
        lines.setContentsMargins(0, 7, 0, 5)
        lines.setSpacing(1)
        lines.addWidget(self.title)
        lines.addWidget(self.words)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(31, 0, 12, 0)
        layout.addLayout(lines, 1)
        layout.addWidget(self.close_button)
        theme().changed.connect(self.update)
        self.retranslate()
        self.hide()

    def show_message(self, title: str, words: str) -> None:
        """Say what is being done, to which message."""
        self.title.setText(title)
        self.words.setText(words.replace("\n", " "))
        self.show()

    def retranslate(self) -> None:
        """Say everything in the language that holds now."""
        self.close_button.set_name(translate("composer.stop"))

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        """Paint the bar of a quote at the left."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(tokens().accent)
        painter.setBrush(tokens().accent)
        painter.drawRoundedRect(18, 8, 2, HEIGHT - 14, 1, 1)
