from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from desktop.ui.calendar_popup import CalendarPopup
from tests.desktop.ui.spoken import unnamed_controls

TODAY = date(2026, 11, 23)


@pytest.fixture
def popup(windows: None, qtbot: QtBot) -> Iterator[CalendarPopup]:
    parent = QWidget()
    qtbot.addWidget(parent)
    parent.show()
    made = CalendarPopup(date(2026, 11, 10), TODAY, parent)
    made.pop_up(QPoint(300, 100))
    yield made
    parent.close()


def test_a_month_is_shown_from_monday_on(popup: CalendarPopup) -> None:
    days = [button.day for button in popup.days]

    assert popup.title.text() == "November 2026"
    assert days[0] == date(2026, 10, 26)
    assert len(days) == 42
    assert popup.days[15].accessibleName() == "Tuesday, November 10 2026"
    assert not unnamed_controls(popup)


def test_days_that_have_not_come_cannot_be_chosen(popup: CalendarPopup, qtbot: QtBot) -> None:
    late = next(button for button in popup.days if button.day == date(2026, 11, 24))

    with qtbot.assertNotEmitted(popup.chosen):
        late.click()

    assert not late.isEnabled()
    assert not popup.next_button.isEnabled()


def test_a_press_chooses_a_day(popup: CalendarPopup, qtbot: QtBot) -> None:
    day = next(button for button in popup.days if button.day == date(2026, 11, 3))

    with qtbot.waitSignal(popup.chosen) as told:
        QTest.mouseClick(day, Qt.MouseButton.LeftButton)

    assert told.args == [date(2026, 11, 3)]
    assert not popup.isVisible()


def test_keys_walk_through_days_and_months(popup: CalendarPopup, qtbot: QtBot) -> None:
    keys = (Qt.Key.Key_Left, Qt.Key.Key_Up, Qt.Key.Key_PageUp, Qt.Key.Key_Right, Qt.Key.Key_Down)
    walked = []

    for which in keys:
        QTest.keyClick(popup, which)
        walked.append(popup.day)
    with qtbot.waitSignal(popup.chosen) as told:
        QTest.keyClick(popup, Qt.Key.Key_Return)

    assert walked == [
        date(2026, 11, 9),
        date(2026, 11, 2),
        date(2026, 10, 2),
        date(2026, 10, 3),
        date(2026, 10, 10),
    ]
    assert told.args == [date(2026, 10, 10)]


def test_months_of_different_length_and_the_last_day(popup: CalendarPopup) -> None:
    popup.turn(1)
    held = popup.day
    for _ in range(9):
        popup.turn(-1)

    assert held == TODAY
    assert popup.day == date(2026, 2, 23)


def test_escape_chooses_nothing(popup: CalendarPopup, qtbot: QtBot) -> None:
    with qtbot.assertNotEmitted(popup.chosen):
        QTest.keyClick(popup, Qt.Key.Key_Escape)

    assert not popup.isVisible()
