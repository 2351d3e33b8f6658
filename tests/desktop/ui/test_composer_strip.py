from __future__ import annotations

from collections.abc import Iterator

import pytest
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
    assert (strip.title.text(), strip.words.text()) == ("Reply to Wang", "two lines")
    assert not strip.grab().isNull()


def test_its_button_says_that_it_ends(strip: ComposerStrip, qtbot: QtBot) -> None:
    strip.show_message("Reply", "x")

    with qtbot.waitSignal(strip.closed):
        strip.close_button.click()

    assert strip.close_button.accessibleName() == "Stop"
