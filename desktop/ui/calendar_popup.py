"""A month to choose a day from, over the window: where in a conversation to go."""

from __future__ import annotations

from datetime import date, timedelta

from PySide6.QtCore import QPoint, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from desktop.ui.controls import IconButton, Label, Pressable, paint_focus_ring
from desktop.ui.fonts import font
from desktop.ui.theme import tokens
from desktop.ui.translate import translate

__all__ = ["CalendarPopup"]

WEEKS, DAYS = 6, 7
CELL_WIDTH, CELL_HEIGHT = 38, 34
_STEPS = {
    Qt.Key.Key_Left: -1,
    Qt.Key.Key_Right: 1,
    Qt.Key.Key_Up: -DAYS,
    Qt.Key.Key_Down: DAYS,
}


class DayButton(Pressable):
    """One day."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.day = date.min
        self.is_today = False
        self.is_chosen = False
        self.is_of_month = True
        self.setFixedSize(CELL_WIDTH, CELL_HEIGHT)

    def show_day(self, day: date, *, month: int, today: date, chosen: date) -> None:
        """Stand for this day; one that has not come yet cannot be chosen."""
        self.day = day
        self.is_today, self.is_chosen = day == today, day == chosen
        self.is_of_month = day.month == month
        self.setEnabled(day <= today)
        weekday = translate(f"time.weekday_{day.isoweekday()}")
        name = translate(f"time.month_{day.month}")
        words = translate("time.day_of_year", month=name, day=day.day, weekday=weekday)
        self.setAccessibleName(f"{words} {day.year}")
        self.update()

    def sizeHint(self) -> QSize:  # noqa: N802
        """The size of a cell."""
        return self.size()

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        """Paint the number, and what shows that it is chosen, today, or has the keyboard."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colors = tokens()
        rect = QRectF(self.rect()).adjusted(2, 2, -2, -2)
        ink = colors.text if self.is_of_month and self.isEnabled() else colors.text_3
        painter.setPen(Qt.PenStyle.NoPen)
        if self.is_chosen:
            painter.setBrush(colors.accent)
            painter.drawRoundedRect(rect, 8, 8)
            ink = colors.on_accent
        elif self._is_hovered and self.isEnabled():
            painter.setBrush(colors.hover)
            painter.drawRoundedRect(rect, 8, 8)
        if self.is_today and not self.is_chosen:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(colors.accent, 1.5))
            painter.drawRoundedRect(rect, 8, 8)
        painter.setFont(font(13, 600 if self.is_chosen or self.is_today else 400))
        painter.setPen(ink)
        painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, str(self.day.day))
        if self.hasFocus():
            paint_focus_ring(painter, QRectF(self.rect()), 10)


class CalendarPopup(QFrame):
    """Opens over the window, closes with a choice, with Escape, or beside it.

    Args:
        day: Chosen at first.
        today: The last day that can be chosen.
    """

    chosen = Signal(object)  # datetime.date

    def __init__(self, day: date, today: date, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setAccessibleName(translate("timeline.jump_to_date"))
        self.day = min(day, today)
        self._today = today
        self.title = Label(14, 600, parent=self)
        self.title.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.previous_button = IconButton("chevron-left", side=32, icon_side=18, parent=self)
        self.next_button = IconButton("chevron-right", side=32, icon_side=18, parent=self)
        self.previous_button.set_name(translate("calendar.previous"))
        self.next_button.set_name(translate("calendar.next"))
        self.previous_button.clicked.connect(lambda: self.turn(-1))
        self.next_button.clicked.connect(lambda: self.turn(1))
        self.days = [DayButton(self) for _ in range(WEEKS * DAYS)]
        for button in self.days:
            button.clicked.connect(lambda _checked=False, button=button: self._choose(button.day))
        self._build()
        self._fill()

    def pop_up(self, at: QPoint) -> None:
        """Open with the upper edge's middle at a place of the screen, wholly on it."""
        self.adjustSize()
        area = self.screen().availableGeometry()
        left = min(max(at.x() - self.width() // 2, area.left()), area.right() - self.width())
        top = min(max(at.y(), area.top()), area.bottom() - self.height())
        self.move(left, top)
        self.show()
        self._focus_day()

    def turn(self, months: int) -> None:
        """Show another month."""
        number = self.day.year * 12 + self.day.month - 1 + months
        year, month = divmod(number, 12)
        if not date.min.year < year < date.max.year:
            return
        self._go(_clamped(year, month + 1, self.day.day))

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Arrows go from day to day, Page Up and Down from month to month."""
        step = _STEPS.get(Qt.Key(event.key()))
        if step is not None:
            self._go(self.day + timedelta(days=step))
        elif event.key() in (Qt.Key.Key_PageUp, Qt.Key.Key_PageDown):
            self.turn(-1 if event.key() == Qt.Key.Key_PageUp else 1)
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._choose(self.day)
        elif event.key() == Qt.Key.Key_Escape:
            self.close()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        """Paint ground and edge."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), tokens().list)
        painter.setPen(tokens().border)
        painter.drawRect(self.rect().adjusted(0, 0, -1, -1))

    def _build(self) -> None:
        head = QHBoxLayout()
        head.addWidget(self.previous_button)
        head.addWidget(self.title, 1)
        head.addWidget(self.next_button)
        grid = QGridLayout()
        grid.setSpacing(0)
        for number in range(DAYS):
            label = Label(12, ink=lambda colors: colors.text_3, parent=self)
            label.setText(translate(f"calendar.weekday_{number + 1}"))
            label.setAlignment(Qt.AlignmentFlag.AlignCenter)
            grid.addWidget(label, 0, number)
        for number, button in enumerate(self.days):
            grid.addWidget(button, 1 + number // DAYS, number % DAYS)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 10, 12, 12)
        layout.setSpacing(6)
        layout.addLayout(head)
        layout.addLayout(grid)

    def _fill(self) -> None:
        month = translate(f"time.month_{self.day.month}")
        self.title.setText(translate("calendar.title", month=month, year=self.day.year))
        first = self.day.replace(day=1)
        first -= timedelta(days=first.weekday())
        for number, button in enumerate(self.days):
            button.show_day(
                first + timedelta(days=number),
                month=self.day.month,
                today=self._today,
                chosen=self.day,
            )
        self.next_button.setEnabled(
            (self.day.year, self.day.month) < (self._today.year, self._today.month)
        )

    def _go(self, day: date) -> None:
        self.day = min(day, self._today)
        self._fill()
        self._focus_day()

    def _focus_day(self) -> None:
        for button in self.days:
            if button.day == self.day:
                button.setFocus()

    def _choose(self, day: date) -> None:
        if day <= self._today:
            self.chosen.emit(day)
            self.close()


def _clamped(year: int, month: int, day: int) -> date:
    """Return a day of a month, its last one if it is shorter."""
    following = date(year + month // 12, month % 12 + 1, 1)
    return date(year, month, min(day, (following - timedelta(days=1)).day))
