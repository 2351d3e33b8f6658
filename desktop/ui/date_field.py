"""A day, typed or chosen from a month."""

from __future__ import annotations

from datetime import date

from PySide6.QtCore import QDate, QPoint, QRectF, Qt
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QAbstractSpinBox, QDateEdit, QWidget

from desktop.ui.calendar_popup import CalendarPopup
from desktop.ui.controls import IconButton, color_field, paint_field
from desktop.ui.fonts import fonts, scaled, use_font
from desktop.ui.theme import theme
from desktop.ui.times import now

__all__ = ["DateField"]

HEIGHT = 40
_BUTTON = 32
_EDGE = 4


class DateField(QDateEdit):
    """Year, month and day on a rounded ground, with a button that opens the month."""

    def __init__(self, day: date, parent: QWidget) -> None:
        super().__init__(QDate(day.year, day.month, day.day), parent)
        self.setDisplayFormat("yyyy-MM-dd")
        self.setButtonSymbols(QAbstractSpinBox.ButtonSymbols.NoButtons)
        self.setFrame(False)
        use_font(self, 14)
        self.lineEdit().setTextMargins(10, 0, _BUTTON + _EDGE, 0)
        self.button = IconButton("calendar", side=_BUTTON, icon_side=18, parent=self)
        self.button.clicked.connect(self.open_month)
        fonts().changed.connect(self._resize)
        theme().changed.connect(self._recolor)
        self._resize()
        self._recolor()

    def set_name(self, name: str, *, month: str) -> None:
        """Name the field, and the button that opens the month, for screen readers."""
        self.setAccessibleName(name)
        self.button.set_name(month)

    def open_month(self) -> None:
        """Show the month of this day, to choose another one."""
        popup = CalendarPopup(self._day(), now().date(), self)
        popup.setAccessibleName(self.accessibleName())
        popup.chosen.connect(lambda day: self.setDate(QDate(day.year, day.month, day.day)))
        popup.pop_up(self.mapToGlobal(QPoint(self.width() // 2, self.height() + _EDGE)))

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Alt+Down opens the month, as it does elsewhere; everything else is Qt's."""
        is_alt = bool(event.modifiers() & Qt.KeyboardModifier.AltModifier)
        if is_alt and event.key() == Qt.Key.Key_Down:
            self.open_month()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        """Paint the ground and the ring; Qt's line of text lies on it."""
        painter = QPainter(self)
        paint_field(painter, QRectF(self.rect()), has_focus=self.hasFocus())

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """Keep the button at the right."""
        super().resizeEvent(event)
        top = (self.height() - self.button.height()) // 2
        self.button.move(self.width() - self.button.width() - _EDGE, top)

    def _day(self) -> date:
        day = self.date()
        return date(day.year(), day.month(), day.day())

    def _resize(self) -> None:
        self.setFixedHeight(scaled(HEIGHT))

    def _recolor(self) -> None:
        color_field(self)
