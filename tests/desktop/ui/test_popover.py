from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from desktop.ui.popover import SHADOW, Popover


class Place:
    """A window with a field, a button and a popover with a field of its own."""

    def __init__(self) -> None:
        self.window = QWidget()
        self.window.resize(400, 300)
        self.field = QLineEdit(self.window)
        self.button = QPushButton("open", self.window)
        self.button.setGeometry(0, 250, 80, 40)
        self.popover = Popover(self.field)
        self.popover.resize(200, 150)
        self.inner = QLineEdit(self.popover)
        self.inner.move(20, 20)
        self.window.show()
        self.window.activateWindow()
        self.field.setFocus()

    def open(self, x: int = 390, y: int = 240) -> None:
        self.popover.open_at(self.window.mapToGlobal(QPoint(x, y)))
        self.inner.setFocus()


@pytest.fixture
def place(windows: None, qtbot: QtBot) -> Iterator[Place]:
    made = Place()
    qtbot.addWidget(made.window)
    qtbot.waitActive(made.window)
    yield made
    made.popover.close()


def test_it_opens_with_its_corner_there_and_inside_the_window(place: Place) -> None:
    place.open()
    card = place.popover.geometry().adjusted(SHADOW, SHADOW, -SHADOW, -SHADOW)
    inside = (card.right(), card.bottom())
    place.popover.close()
    place.open(20, 60)
    pushed = place.popover.geometry().adjusted(SHADOW, SHADOW, -SHADOW, -SHADOW)

    assert inside == (389, 239)
    assert place.window.rect().contains(pushed)


def test_a_press_elsewhere_closes_it_and_one_inside_does_not(place: Place, qtbot: QtBot) -> None:
    place.open()

    QTest.mouseClick(place.inner, Qt.MouseButton.LeftButton)
    stays = place.popover.isVisible()
    with qtbot.waitSignal(place.popover.closed):
        QTest.mouseClick(place.field, Qt.MouseButton.LeftButton)

    assert stays
    assert place.popover.isHidden()


def test_a_press_on_what_opened_it_is_left_to_that(place: Place) -> None:
    place.popover.opener = place.button
    place.open()

    QTest.mouseClick(place.button, Qt.MouseButton.LeftButton)

    assert place.popover.isVisible()


def test_closing_gives_the_keyboard_back(place: Place) -> None:
    place.open()

    place.popover.close()

    assert place.field.hasFocus()


def test_it_goes_when_the_window_changes_its_size(place: Place) -> None:
    place.open()

    place.window.resize(500, 300)

    assert place.popover.isHidden()
