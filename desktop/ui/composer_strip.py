"""The strip above the composer: which message is answered or edited, and the way out of it."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QFontMetricsF, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from desktop.ui.controls import IconButton, Pressable, paint_focus_ring
from desktop.ui.fonts import font
from desktop.ui.theme import theme, tokens
from desktop.ui.translate import translate

__all__ = ["ComposerStrip", "strip_height"]

HEIGHT = 48


def strip_height() -> int:
    """Return how high it is: two lines, also of larger letters."""
    return max(HEIGHT, 2 * QFontMetrics(font(13)).height() + 16)


class ComposerStrip(QWidget):
    """Shown while a message is answered or edited; a press on it leads to that message."""

    closed = Signal()
    pressed = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.resize(300, strip_height())
        self.quote = QuoteButton(self)
        self.close_button = IconButton("x", side=32, icon_side=18, parent=self)
        self.close_button.clicked.connect(self.closed)
        self.quote.clicked.connect(self.pressed)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(12, 4, 14, 2)
        layout.setSpacing(8)
        layout.addWidget(self.quote, 1)
        layout.addWidget(self.close_button)
        theme().changed.connect(self.update)
        self.retranslate()
        self.hide()

    def show_message(self, title: str, words: str) -> None:
        """Say what is being done, to which message."""
        self.quote.show_words(title, " ".join(words.split()))
        self.show()

    def retranslate(self) -> None:
        """Say everything in the language that holds now."""
        self.close_button.set_name(translate("composer.stop"))
        self.quote.setToolTip(translate("composer.jump"))


class QuoteButton(Pressable):
    """Title and words of a message behind the bar of a quote."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.title = ""
        self.words = ""
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def show_words(self, title: str, words: str) -> None:
        """Show another message."""
        self.title, self.words = title, words
        self.setAccessibleName(f"{title}: {words}" if words else title)
        self.update()

    def sizeHint(self) -> QSize:  # noqa: N802
        """As wide as it gets."""
        return QSize(120, strip_height() - 6)

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802
        """Words are cut where the width ends, whatever the letters are."""
        super().changeEvent(event)
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        """Paint ground, bar, title and words."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        rect = QRectF(self.rect())
        if self._is_hovered:
            painter.setBrush(tokens().hover)
            painter.drawRoundedRect(rect, 8, 8)
        painter.setBrush(tokens().accent)
        painter.drawRoundedRect(QRectF(6, 4, 3, rect.height() - 8), 1.5, 1.5)
        room = rect.adjusted(19, 3, -6, -3)
        flags = Qt.TextElideMode.ElideRight
        for weight, ink, text, side in (
            (600, tokens().accent, self.title, Qt.AlignmentFlag.AlignTop),
            (400, tokens().text_2, self.words, Qt.AlignmentFlag.AlignBottom),
        ):
            painter.setFont(font(13, weight))
            painter.setPen(ink)
            shown = QFontMetricsF(painter.font()).elidedText(text, flags, room.width())
            painter.drawText(room, side | Qt.TextFlag.TextSingleLine, shown)
        if self._shows_focus:
            paint_focus_ring(painter, rect, 8)
