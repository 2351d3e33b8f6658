"""A field of several lines."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QRectF, QSize, Qt
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QFrame, QPlainTextEdit, QWidget

from desktop.ui.controls import ScrollBar, color_field, paint_focus_ring
from desktop.ui.fonts import fonts, scaled, use_font
from desktop.ui.theme import theme, tokens

__all__ = ["TextArea"]


class TextArea(QPlainTextEdit):
    """Plain text of some lines; Tab goes on to the next control.

    Args:
        parent: The dialog.
        lines: How many are seen at a time.
        length_max: What is typed or pasted beyond it does not come in; 0: no bound.
    """

    def __init__(
        self, parent: QWidget | None = None, *, lines: int = 3, length_max: int = 0
    ) -> None:
        super().__init__(parent)
        self._lines = lines
        self._length_max = length_max
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setTabChangesFocus(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        bar = ScrollBar(Qt.Orientation.Vertical, self)
        bar.set_ground(lambda colors: colors.field)
        self.setVerticalScrollBar(bar)
        self.setViewportMargins(6, 6, 4, 6)
        self.viewport().setAutoFillBackground(False)
        use_font(self, 14)
        self.textChanged.connect(self._bound)
        fonts().changed.connect(self._resize)
        theme().changed.connect(self._recolor)
        self._resize()
        self._recolor()

    def set_name(self, name: str) -> None:
        """Name the field for screen readers."""
        self.setAccessibleName(name)

    def sizeHint(self) -> QSize:  # noqa: N802
        """As high as its lines."""
        return QSize(200, self.height())

    def event(self, event: QEvent) -> bool:
        """Paint the ground; the text is painted on the viewport above it."""
        if event.type() is QEvent.Type.Paint:
            painter = QPainter(self)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(tokens().field)
            painter.drawRoundedRect(QRectF(self.rect()), 10, 10)
            if self.hasFocus():
                paint_focus_ring(painter, QRectF(self.rect()), 10)
            return True
        return super().event(event)

    def focusInEvent(self, event) -> None:  # type: ignore[no-untyped-def]  # noqa: N802
        """The ring is around the viewport, which Qt does not paint anew by itself."""
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event) -> None:  # type: ignore[no-untyped-def]  # noqa: N802
        """The ring goes."""
        super().focusOutEvent(event)
        self.update()

    def _resize(self) -> None:
        self.setFixedHeight(self._lines * scaled(20) + 22)

    def _bound(self) -> None:
        text = self.toPlainText()
        if self._length_max and len(text) > self._length_max:
            place = self.textCursor().position()
            self.blockSignals(True)
            self.setPlainText(text[: self._length_max])
            self.blockSignals(False)
            cursor = self.textCursor()
            cursor.setPosition(min(place, self._length_max))
            self.setTextCursor(cursor)

    def _recolor(self) -> None:
        color_field(self)
