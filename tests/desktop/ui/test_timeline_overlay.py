from __future__ import annotations

import pytest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from desktop.ui.theme import Appearance, set_appearance
from desktop.ui.timeline_overlay import TimelineOverlay


@pytest.fixture
def overlay(windows: None, qtbot: QtBot) -> TimelineOverlay:
    view = QWidget()
    qtbot.addWidget(view)
    view.resize(400, 300)
    view.show()
    return TimelineOverlay(view)


def test_the_way_to_the_end_says_how_many_are_unread(overlay: TimelineOverlay) -> None:
    overlay.set_counts(unread=3, mentions=0)
    overlay.place(width=390, height=300, is_far=True)

    assert overlay.end_button.isVisible()
    assert overlay.end_button.badge == 3
    assert overlay.end_button.accessibleName() == "Go to the newest message, 3 unread"
    assert not overlay.mention_button.isVisible()


def test_the_way_to_a_mention_stands_above_the_way_to_the_end(overlay: TimelineOverlay) -> None:
    overlay.set_counts(unread=3, mentions=2)
    overlay.place(width=390, height=300, is_far=True)
    above = overlay.mention_button.geometry()
    overlay.place(width=390, height=300, is_far=False)

    assert "(2)" in overlay.mention_button.accessibleName()
    assert not above.intersects(overlay.end_button.geometry().adjusted(0, 8, 0, 0))
    assert overlay.mention_button.y() > above.y()
    assert overlay.mention_button.width() >= 32


def test_the_day_goes_after_a_while(overlay: TimelineOverlay, qtbot: QtBot) -> None:
    overlay._timer.setInterval(1)

    overlay.show_day("Monday", below=None)
    was_visible = overlay.day.isVisible()

    assert was_visible
    assert overlay.day.accessibleName() == "Monday, jump to a date"
    qtbot.waitUntil(lambda: not overlay.day.isVisible())


def test_the_next_day_pushes_the_day_up(overlay: TimelineOverlay) -> None:
    overlay.show_day("Monday", below=200.0)
    free = overlay.day.y()
    overlay.show_day("Monday", below=20.0)
    pushed = overlay.day.geometry()
    overlay.show_day("", below=None)

    assert free == 4
    assert pushed.bottom() - 4 < 20
    assert pushed.height() >= 32
    assert not overlay.day.isVisible()


def test_a_target_is_shown_in_the_corner(overlay: TimelineOverlay) -> None:
    overlay.target.show_target("https://a.example", width=300, bottom=300)
    geometry = overlay.target.geometry()
    shown = overlay.target.isVisible()
    overlay.target.show_target("", width=300, bottom=300)

    assert shown
    assert (geometry.left(), geometry.bottom()) == (0, 299)
    assert not overlay.target.isVisible()


def test_all_of_it_changes_with_the_theme(overlay: TimelineOverlay) -> None:
    overlay.set_counts(unread=1, mentions=1)
    overlay.place(width=390, height=300, is_far=True)
    overlay.show_day("Monday", below=None)
    overlay.target.show_target("https://a.example/" + "x" * 200, width=300, bottom=300)
    parts = (overlay.day, overlay.end_button, overlay.mention_button, overlay.target)
    light = [part.grab().toImage() for part in parts]

    set_appearance(Appearance.DARK)
    dark = [part.grab().toImage() for part in parts]
    set_appearance(Appearance.LIGHT)

    assert all(one != other for one, other in zip(light, dark, strict=True))
