"""A card over a window's other parts, near what opened it; it goes when one presses elsewhere.

It is a part of the window and no window of its own: input methods write into the window that has
the focus, and a popup of Qt's never has it.
"""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QPoint, QRect, QRectF, Qt, Signal
from PySide6.QtGui import QCloseEvent, QColor, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QApplication, QFrame, QWidget

from desktop.ui.theme import theme, tokens

__all__ = ["SHADOW", "Popover", "card_rect", "paint_card"]

SHADOW = 6  # Around the card, inside the widget.
MARGIN = 4  # To the window's edges.


def card_rect(widget: QWidget) -> QRect:
    """Return where the card is in the widget, without its shadow."""
    return widget.rect().adjusted(SHADOW, SHADOW, -SHADOW, -SHADOW)


def paint_card(widget: QWidget) -> None:
    """Paint a card with a soft edge on the whole of a widget."""
    painter = QPainter(widget)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    rect = QRectF(card_rect(widget))
    painter.setPen(Qt.PenStyle.NoPen)
    shade = QColor(tokens().shadow)
    shade.setAlpha(max(4, shade.alpha() // 3))
    painter.setBrush(shade)
    for grown in (5, 3, 1):
        outer = rect.adjusted(-grown, -grown + 1, grown, min(SHADOW, grown + 1))
        painter.drawRoundedRect(outer, 12 + grown, 12 + grown)
    painter.setPen(QPen(tokens().border, 1))
    painter.setBrush(tokens().list)
    painter.drawRoundedRect(rect.adjusted(0.5, 0.5, -0.5, -0.5), 12, 12)


class Popover(QFrame):
    """Something to choose from.

    Args:
        parent: Any widget of the window it is to open in.
    """

    closed = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent.window())
        self._window = parent.window()
        self.opener: QWidget | None = None  # A press on it is its own business.
        self._before: QWidget | None = None
        theme().changed.connect(self.update)
        self.hide()

    def open_at(self, corner: QPoint) -> None:
        """Open with the card's lower right corner there (on the screen), inside the window."""
        self._before = QApplication.focusWidget()
        self._place(self._window.mapFromGlobal(corner))
        self.raise_()
        self.show()
        application = QApplication.instance()
        assert application is not None
        application.installEventFilter(self)

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802
        """Give the keyboard back to where it was."""
        super().closeEvent(event)
        application = QApplication.instance()
        if application is not None:
            application.removeEventFilter(self)
        focused = QApplication.focusWidget()
        before, self._before = self._before, None
        if before is not None and focused is not None and self.isAncestorOf(focused):
            before.setFocus()
        self.closed.emit()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        """Close when somebody presses elsewhere, or the window changes."""
        if event.type() is QEvent.Type.MouseButtonPress and isinstance(watched, QWidget):
            assert isinstance(event, QMouseEvent)
            if not self._is_own(watched):
                self.close()
        elif watched is self._window and event.type() in _ENDS:
            self.close()
        return False

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        """Paint the card."""
        paint_card(self)

    def _is_own(self, widget: QWidget) -> bool:
        """Whether it is a part of this, or of a menu that was opened here."""
        if widget is self.opener or QApplication.activePopupWidget() is not None:
            return True
        return widget is self or self.isAncestorOf(widget)

    def _place(self, corner: QPoint) -> None:
        bounds = self._window.rect().adjusted(MARGIN, MARGIN, -MARGIN, -MARGIN)
        left = corner.x() - self.width() + SHADOW
        top = corner.y() - self.height() + SHADOW
        left = max(bounds.left() - SHADOW, min(left, bounds.right() + SHADOW - self.width()))
        self.move(left, max(bounds.top() - SHADOW, top))


_ENDS = (QEvent.Type.Resize, QEvent.Type.Hide, QEvent.Type.WindowDeactivate)
