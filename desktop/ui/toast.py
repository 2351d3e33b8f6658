"""A quiet line at the bottom of a window that goes by itself, perhaps with something to press."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, QRectF, Qt, QTimer
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from desktop.ui.controls import Label, WordButton
from desktop.ui.theme import theme, tokens

__all__ = ["Toast"]

SHOWN_MS = 5_000
ACTION_MS = 6_000  # Long enough to notice a slip and take it back.

_SIDE = 18
_GAP = 10


class Toast(QWidget):
    """Says one sentence over the window it belongs to."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self._on_action: Callable[[], None] | None = None
        self.label = Label(13, 500, ink=lambda colors: colors.on_service, wraps=True, parent=self)
        self.button = WordButton(lambda colors: colors.on_service, self)
        self.button.clicked.connect(self._act)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(_SIDE, 4, _SIDE, 4)
        layout.setSpacing(_GAP)
        layout.addWidget(self.label, 1)
        layout.addWidget(self.button)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.hide)
        theme().changed.connect(self.update)
        window.installEventFilter(self)
        self.hide()

    def say(
        self, sentence: str, *, action: str = "", on_action: Callable[[], None] | None = None
    ) -> None:
        """Show a sentence for a while, instead of the one before.

        Args:
            sentence: What is said, translated.
            action: Words of a button beside it, like "Undo"; empty for none.
            on_action: Called at most once, when the button is pressed. Once the sentence has
                gone, or another took its place, it is not called any more.
        """
        self._on_action = on_action if action else None
        self.label.setText(sentence)
        self.label.setAccessibleName(sentence)
        self.button.set_words(action)
        # A sentence alone is looked through: what lies under it can be pressed.
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents, not action)
        self._place()
        self.show()
        self.raise_()
        self._timer.start(ACTION_MS if action else SHOWN_MS)

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

    def _act(self) -> None:
        on_action, self._on_action = self._on_action, None
        self._timer.stop()
        self.hide()
        if on_action is not None:
            on_action()

    def _place(self) -> None:
        window = self._window
        advance = self.label.fontMetrics().horizontalAdvance(self.label.text())
        beside = self.button.sizeHint().width() + _GAP if self.button.text() else 0
        width = min(advance + 2 * _SIDE + 8 + beside, window.width() - 48, 520)
        self.setFixedWidth(width)
        height = max(40, self.label.heightForWidth(width - 2 * _SIDE - beside) + 20)
        self.setFixedHeight(height)
        self.move((window.width() - width) // 2, window.height() - height - 84)
