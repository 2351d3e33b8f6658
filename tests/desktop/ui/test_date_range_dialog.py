from __future__ import annotations

from datetime import datetime

from PySide6.QtCore import QDate, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from desktop.ui.date_range_dialog import DateRangeDialog, day_ms
from tests.desktop.fake_port import NOW


def test_both_days_are_included(windows: None, qtbot: QtBot) -> None:
    dialog = DateRangeDialog()
    dialog.open()
    dialog.first.setDate(QDate(2026, 11, 1))
    dialog.last.setDate(QDate(2026, 11, 2))

    with qtbot.waitSignal(dialog.chosen) as told:
        QTest.mouseClick(dialog.search_button, Qt.MouseButton.LeftButton)

    since_ms, until_ms = told.args
    assert since_ms == datetime(2026, 11, 1, tzinfo=NOW.tzinfo).timestamp() * 1000
    assert until_ms - since_ms == 2 * 24 * 3600 * 1000


def test_the_last_month_is_offered(windows: None) -> None:
    dialog = DateRangeDialog()

    assert dialog.last.date() == QDate(NOW.year, NOW.month, NOW.day)
    assert dialog.first.date().daysTo(dialog.last.date()) == 30
    assert dialog.first.accessibleName() == "First day"


def test_days_in_the_wrong_order_are_said(windows: None, qtbot: QtBot) -> None:
    dialog = DateRangeDialog()
    dialog.open()
    dialog.first.setDate(QDate(2026, 12, 1))
    dialog.last.setDate(QDate(2026, 11, 1))

    with qtbot.assertNotEmitted(dialog.chosen):
        dialog.finish()

    assert dialog.error.text() == "The first day is after the last one."


def test_a_day_begins_at_midnight_here(windows: None) -> None:
    assert day_ms(QDate(2026, 11, 23)) == round(NOW.replace(hour=0, minute=0).timestamp() * 1000)
