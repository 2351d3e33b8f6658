from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from desktop.ui.slider import Slider


@pytest.fixture
def slider(windows: None) -> Slider:
    made = Slider()
    made.setRange(0, 100)
    made.resize(218, 32)
    made.show()
    return made


def test_a_press_brings_the_knob_there_and_dragging_takes_it_along(slider: Slider) -> None:
    QTest.mousePress(slider, Qt.MouseButton.LeftButton, pos=QPoint(109, 16))
    assert slider.value() == 50
    QTest.mouseMove(slider, QPoint(500, 16))
    QTest.mouseRelease(slider, Qt.MouseButton.LeftButton, pos=QPoint(500, 16))

    assert slider.value() == 100
    assert not slider.isSliderDown()


def test_arrow_keys_move_the_knob(slider: Slider) -> None:
    QTest.keyClick(slider, Qt.Key.Key_Right)

    assert slider.value() == 1


def test_the_groove_is_filled_up_to_the_knob(slider: Slider) -> None:
    slider.setValue(50)

    image = slider.grab().toImage()

    assert image.pixelColor(40, 16) != image.pixelColor(180, 16)


def test_without_a_range_the_knob_stands_at_the_beginning(slider: Slider) -> None:
    slider.setRange(3, 3)

    assert slider._knob_center() == 9
    assert not slider.grab().isNull()
