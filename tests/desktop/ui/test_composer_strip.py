from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from desktop.ui.composer_strip import ComposerStrip


@pytest.fixture
def strip(qtbot: QtBot, windows: None) -> Iterator[ComposerStrip]:
    parent = QWidget()
    qtbot.addWidget(parent)
    made = ComposerStrip(parent)
    parent.show()
    yield made
    parent.close()  # Kept until here: the strip goes with it.


def test_it_shows_on_one_line_what_is_answered(strip: ComposerStrip) -> None:
    was_hidden = strip.isHidden()

    strip.show_message("Reply to Wang", "two\nlines")

    assert was_hidden
    assert strip.isVisible()
    assert (strip.quote.title, strip.quote.words) == ("Reply to Wang", "two lines")
    assert strip.quote.accessibleName() == "Reply to Wang: two lines"
    assert not strip.grab().isNull()


def test_its_button_says_that_it_ends(strip: ComposerStrip, qtbot: QtBot) -> None:
    strip.show_message("Reply", "x")

    with qtbot.waitSignal(strip.closed):
        strip.close_button.click()

    assert strip.close_button.accessibleName() == "Stop"


def test_a_press_or_a_key_leads_to_the_message(strip: ComposerStrip, qtbot: QtBot) -> None:
    strip.show_message("Reply", "x")
    told: list[int] = []
    strip.pressed.connect(lambda: told.append(1))

    QTest.mouseClick(strip.quote, Qt.MouseButton.LeftButton)
    QTest.keyClick(strip.quote, Qt.Key.Key_Space)

    assert told == [1, 1]


def test_long_words_are_cut_and_not_the_strip_widened(strip: ComposerStrip) -> None:
    strip.resize(300, strip.height())

    strip.show_message("Reply to " + "x" * 200, "y" * 500)

    assert strip.quote.width() < 300
    assert strip.minimumSizeHint().width() <= 300
