"""What stands where there is nothing yet: an icon, what is missing, and what to do."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from desktop.ui.controls import Button, ButtonKind, Ink, Label
from desktop.ui.fonts import fonts
from desktop.ui.icons import paint_icon
from desktop.ui.theme import theme, tokens
from desktop.ui.translate import language, translate

__all__ = ["EmptyState"]

WORDS_WIDTH_MIN, WORDS_WIDTH_MAX = 160, 320
MARGIN = 28


class EmptyState(QWidget):
    """An icon and two sentences in the middle, with a button if there is something to press.

    Args:
        key: Of the sentences: ``{key}.title``, ``{key}.words`` and, with a button,
            ``{key}.button``.
    """

    pressed = Signal()

    def __init__(
        self,
        key: str,
        icon_name: str,
        *,
        has_button: bool = False,
        ground: Ink = lambda colors: colors.list,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._key = key
        self._ground = ground
        self._picture = Picture(icon_name, self)
        self._title = Label(16, 600, wraps=True, parent=self)
        self._words = Label(13, ink=lambda colors: colors.text_2, wraps=True, parent=self)
        self.button = Button(ButtonKind.PRIMARY, parent=self)
        self.button.setVisible(has_button)
        self.button.clicked.connect(self.pressed)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(MARGIN, 20, MARGIN, 40)
        layout.setSpacing(8)
        layout.addStretch(1)
        center = Qt.AlignmentFlag.AlignHCenter
        layout.addWidget(self._picture, 0, center)
        layout.addSpacing(8)
        for sentence in (self._title, self._words):
            sentence.setAlignment(Qt.AlignmentFlag.AlignCenter)
            layout.addWidget(sentence, 0, center)
        layout.addSpacing(8)
        layout.addWidget(self.button, 0, center)
        layout.addStretch(1)
        # Else the width the sentences have now would keep the pane from getting narrower.
        self.setMinimumWidth(WORDS_WIDTH_MIN + 2 * MARGIN)
        theme().changed.connect(self.update)
        fonts().changed.connect(self._fit_words)
        language().changed.connect(self.retranslate)
        self.retranslate()

    def retranslate(self) -> None:
        """Say everything in the language that holds now."""
        self._title.setText(translate(f"{self._key}.title"))
        self._words.setText(translate(f"{self._key}.words"))
        if self.button.isVisibleTo(self):
            self.button.setText(translate(f"{self._key}.button"))
        self._fit_words()

    def resizeEvent(self, event) -> None:  # type: ignore[no-untyped-def]  # noqa: N802
        """Wrap the sentences anew."""
        super().resizeEvent(event)
        self._fit_words()

    def _fit_words(self) -> None:
        """Give the sentences the width there is, and the height they need then.

        A centred item of a layout gets its size hint, which knows nothing of wrapped lines.
        """
        width = min(WORDS_WIDTH_MAX, max(WORDS_WIDTH_MIN, self.width() - 2 * MARGIN))
        for sentence in (self._title, self._words):
            # A label measures no narrower than its minimum, which is the width from before.
            sentence.setMinimumWidth(0)
            sentence.setFixedSize(width, sentence.heightForWidth(width))

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        """Paint the ground."""
        QPainter(self).fillRect(self.rect(), self._ground(tokens()))


class Picture(QWidget):
    """An icon in a circle."""

    def __init__(self, icon_name: str, parent: QWidget) -> None:
        super().__init__(parent)
        self._icon_name = icon_name
        self.setFixedSize(72, 72)

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        """Paint the circle and the icon."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(tokens().selected)
        painter.drawEllipse(self.rect())
        paint_icon(painter, self._icon_name, QRectF(21, 21, 30, 30), tokens().accent)
