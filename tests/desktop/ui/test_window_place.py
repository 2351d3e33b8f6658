from __future__ import annotations

import pytest
from PySide6.QtCore import QRect, Qt
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from desktop.ui.window_place import WindowPlace, onto_screens, place_of, put_window

MAIN, RIGHT = QRect(0, 0, 1920, 1040), QRect(1920, 0, 1280, 1024)


@pytest.mark.parametrize(
    "rect",
    [
        QRect(100, 100, 1100, 760),
        QRect(2000, 50, 1100, 760),
        QRect(-900, 100, 1100, 760),  # Half beyond the edge, as somebody put it.
        QRect(1800, 900, 400, 600),  # Across two screens, its upper edge in sight.
    ],
)
def test_a_window_that_can_be_gripped_stays(rect: QRect) -> None:
    assert onto_screens(rect, [MAIN, RIGHT]) == rect


@pytest.mark.parametrize(
    "rect",
    [
        QRect(2000, 50, 1100, 760),  # Its screen is gone.
        QRect(100, -700, 1100, 760),  # Its upper edge is out of sight.
        QRect(100, 1035, 1100, 760),
        QRect(-1050, 100, 1100, 760),
    ],
)
def test_a_window_without_a_screen_comes_to_the_middle_of_the_main_one(rect: QRect) -> None:
    moved = onto_screens(rect, [MAIN])

    assert MAIN.contains(moved)
    assert moved.size() == rect.size()
    assert abs(moved.center().x() - MAIN.center().x()) <= 1


def test_a_window_is_no_larger_than_its_screen() -> None:
    assert onto_screens(QRect(0, 0, 3000, 2000), [MAIN]).size() == MAIN.size()
    assert onto_screens(QRect(5000, 0, 3000, 2000), [MAIN]) == MAIN


def test_a_window_comes_back_where_it_stood(windows: None, qtbot: QtBot) -> None:
    first, again = QWidget(), QWidget()
    for window in (first, again):
        qtbot.addWidget(window)
    put_window(first, WindowPlace(30, 40, 500, 600))
    first.show()

    put_window(again, place_of(first))
    again.show()

    assert again.geometry() == first.geometry()
    assert (again.x(), again.y()) == (30, 40)


def test_a_maximized_window_remembers_its_place_behind_that(windows: None, qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    put_window(window, WindowPlace(30, 40, 500, 600, is_maximized=True))
    window.show()
    assert window.isMaximized()

    place = place_of(window)
    window.setWindowState(Qt.WindowState.WindowNoState)

    assert place == WindowPlace(30, 40, 500, 600, is_maximized=True)
