from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtGui import QFontDatabase, QFontInfo, QFontMetricsF
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from desktop.ui.fonts import (
    FAMILIES,
    SYSTEM_FAMILY,
    font,
    fonts,
    mono_font,
    scaled,
    set_fonts,
    use_font,
)


@pytest.mark.parametrize("weight", [400, 500, 600])
def test_the_bundled_font_is_used_in_every_weight(windows: None, weight: int) -> None:
    info = QFontInfo(font(14, weight))

    assert info.family().startswith("Inter")
    assert info.pixelSize() == 14
    assert info.weight() == weight


def test_the_fonts_are_the_applications_own(windows: None) -> None:
    assert "Inter" in QFontDatabase.families()


def test_in_code_all_letters_are_equally_wide(windows: None) -> None:
    metrics = QFontMetricsF(mono_font(13))

    assert metrics.horizontalAdvance("iiii") == metrics.horizontalAdvance("MMMM")


@pytest.fixture
def as_before(windows: None) -> Iterator[None]:
    yield
    set_fonts()


@pytest.mark.parametrize(
    ("percent", "pixels"), [(90, 13), (100, 14), (150, 21), (7, 13), (999, 21)]
)
def test_letters_have_the_size_of_the_scale(as_before: None, percent: int, pixels: int) -> None:
    set_fonts(scale_percent=percent)

    assert font(14).pixelSize() == pixels
    assert scaled(14) == pixels


def test_widgets_that_keep_a_font_are_given_the_new_one_and_back(as_before: None) -> None:
    widget = QWidget()
    use_font(widget, 16, 600)

    for percent in (90, 150, 110):
        set_fonts(scale_percent=percent)
    assert widget.font().pixelSize() == 18
    set_fonts()

    assert widget.font().pixelSize() == 16
    assert widget.font().weight() == 600


def test_a_change_is_told_once(as_before: None, qtbot: QtBot) -> None:
    told = []
    fonts().changed.connect(lambda: told.append(True))

    set_fonts(scale_percent=110)
    set_fonts(scale_percent=110)

    assert told == [True]


def test_the_systems_font_stands_before_the_others(as_before: None) -> None:
    set_fonts(family=SYSTEM_FAMILY)

    assert "Inter" not in font(14).families()
    assert font(14).families()[1:] == FAMILIES[1:]


def test_a_font_that_was_changed_is_nobody_elses(windows: None) -> None:
    font(14).setUnderline(True)

    assert not font(14).underline()
