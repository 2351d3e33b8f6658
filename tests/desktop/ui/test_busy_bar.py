from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from desktop.ui.busy_bar import BusyBar
from desktop.ui.motion import reduce_motion
from desktop.ui.theme import tokens


@pytest.fixture
def bar(windows: None) -> Iterator[BusyBar]:
    stage = QWidget()
    stage.resize(300, 100)
    made = BusyBar(stage)
    stage.show()
    yield made
    reduce_motion(False)
    stage.close()


def test_what_is_quick_shows_no_bar(bar: BusyBar) -> None:
    bar.start()
    bar.stop()

    assert bar.isHidden()
    assert not bar._delay.isActive()


def test_what_takes_long_shows_it_over_the_upper_edge(bar: BusyBar, qtbot: QtBot) -> None:
    bar.start()
    qtbot.waitUntil(bar.isVisible)

    assert (bar.x(), bar.y(), bar.width()) == (0, 0, 300)
    assert bar._frames.isActive()
    bar.stop()
    assert not bar._frames.isActive()


def test_with_reduced_motion_it_stands_still(bar: BusyBar, qtbot: QtBot) -> None:
    reduce_motion(True)
    bar.start()

    qtbot.waitUntil(bar.isVisible)

    assert not bar._frames.isActive()
    assert bar.grab().toImage().pixelColor(150, 1) == tokens().accent


def test_it_stops_at_once_when_motion_is_reduced_meanwhile(bar: BusyBar, qtbot: QtBot) -> None:
    bar.start()
    qtbot.waitUntil(bar.isVisible)
    assert bar._frames.isActive()

    reduce_motion(True)

    qtbot.waitUntil(lambda: not bar._frames.isActive())
