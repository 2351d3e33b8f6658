"""Asks for the first and the last day of a search."""

from __future__ import annotations

from datetime import datetime, timedelta

from PySide6.QtCore import QDate, Signal
from PySide6.QtWidgets import QWidget

from desktop.ui.controls import ButtonKind, Label
from desktop.ui.date_field import DateField
from desktop.ui.dialog import Dialog
from desktop.ui.times import now
from desktop.ui.translate import translate

__all__ = ["DateRangeDialog", "day_ms"]


def day_ms(day: QDate) -> int:
    """Return when a day begins in the local time zone, in ms as the server counts."""
    zone = now().tzinfo
    return round(datetime(day.year(), day.month(), day.day(), tzinfo=zone).timestamp() * 1000)


class DateRangeDialog(Dialog):
    """Two days, both included; `chosen` has the begin and the end, which is not included."""

    chosen = Signal(object, object)  # since_ms, until_ms: more than Qt's own int holds.

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent, width=340)
        today = now().date()
        before = today - timedelta(days=30)
        self.first, self.last = DateField(before, self), DateField(today, self)
        self.first_label = self._add(self.first)
        self.last_label = self._add(self.last)
        self.buttons.addStretch(1)
        self.cancel_button = self.add_button(ButtonKind.PLAIN)
        self.search_button = self.add_button(ButtonKind.PRIMARY)
        self.cancel_button.clicked.connect(self.reject)
        self.search_button.clicked.connect(self.finish)
        self.retranslate()
        self.first.setFocus()

    def retranslate(self) -> None:
        """Say everything in the language that holds now."""
        self.setWindowTitle(translate("dates.title"))
        self.heading.setText(translate("dates.title"))
        for label, edit, key in (
            (self.first_label, self.first, "dates.first"),
            (self.last_label, self.last, "dates.last"),
        ):
            label.setText(translate(key))
            edit.set_name(translate(key), month=translate("dates.choose"))
        self.cancel_button.setText(translate("dialog.cancel"))
        self.search_button.setText(translate("search.name"))

    def finish(self) -> None:
        """Give the two days, in their order."""
        if self.first.date() > self.last.date():
            self.show_error(translate("dates.order"))
            self.first.setFocus()
            return
        self.accept()
        self.chosen.emit(day_ms(self.first.date()), day_ms(self.last.date().addDays(1)))

    def _add(self, edit: DateField) -> Label:
        label = Label(13, 500, ink=lambda colors: colors.text_2, parent=self)
        label.setBuddy(edit)
        self.form.addWidget(label)
        self.form.addWidget(edit)
        self.form.addSpacing(6)
        return label
