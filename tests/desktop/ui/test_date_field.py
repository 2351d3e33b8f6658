from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest
from PySide6.QtCore import QDate, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from desktop.ui.calendar_popup import CalendarPopup
from desktop.ui.date_field import DateField
from desktop.ui.fonts import set_fonts
from tests.desktop.fake_port import NOW


@pytest.fixture
def field(windows: None, qtbot: QtBot) -> Iterator[DateField]:
    window = QWidget()
    qtbot.addWidget(window)
    made = DateField(NOW.date(), window)
    made.set_name("Last day", month="Choose in the month")
    made.resize(280, made.height())
    window.resize(300, 60)
    window.show()
    made.setFocus()
    yield made
    window.close()


def month_of(field: DateField) -> CalendarPopup:
    popup = field.findChild(CalendarPopup)
    assert popup is not None
    return popup


def test_a_day_is_chosen_from_its_month(field: DateField) -> None:
    QTest.mouseClick(field.button, Qt.MouseButton.LeftButton)
    popup = month_of(field)
    QTest.keyClick(popup, Qt.Key.Key_Left)
    QTest.keyClick(popup, Qt.Key.Key_Return)

    assert field.date() == QDate(2026, 11, 22)


def test_the_keyboard_opens_the_month_and_leaves_it(field: DateField) -> None:
    QTest.keyClick(field, Qt.Key.Key_Down, Qt.KeyboardModifier.AltModifier)
    popup = month_of(field)
    assert popup.accessibleName() == "Last day"
    QTest.keyClick(popup, Qt.Key.Key_Escape)

    assert field.date() == QDate(NOW.year, NOW.month, NOW.day)
    assert not popup.isVisible()


def test_a_day_is_typed(field: DateField) -> None:
    QTest.keyClicks(field, "20260102")

    assert field.date() == QDate(2026, 1, 2)


def test_the_button_stands_at_the_right_whatever_the_size_of_letters(field: DateField) -> None:
    low = field.height()
    set_fonts(scale_percent=150)

    assert field.height() > low
    assert field.button.geometry().right() < field.width()
    assert abs(field.button.geometry().center().y() - field.rect().center().y()) <= 1


def test_no_field_begins_with_another_day_than_it_was_given(windows: None) -> None:
    assert DateField(date(2024, 2, 29), QWidget()).date() == QDate(2024, 2, 29)
