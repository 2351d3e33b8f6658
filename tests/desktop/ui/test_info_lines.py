from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from desktop.ui.fonts import set_fonts
from desktop.ui.info_lines import InfoLine, section_title
from tests.desktop.fake_port import profile


@pytest.fixture
def pane(windows: None, qtbot: QtBot) -> QWidget:
    made = QWidget()
    qtbot.addWidget(made)
    made.resize(300, 80)
    made.show()
    return made


def line_in(pane: QWidget, *, icon_name: str = "clock", is_danger: bool = False) -> InfoLine:
    line = InfoLine(pane, icon_name=icon_name, is_danger=is_danger)
    line.resize(300, 40)
    line.show()
    return line


def test_a_line_is_said_with_all_its_words(pane: QWidget) -> None:
    line = line_in(pane)

    line.say("icons.zip", detail="new", below="12 MB")

    assert line.accessibleName() == "icons.zip, new, 12 MB"


def test_a_line_with_something_below_is_higher(pane: QWidget) -> None:
    line = line_in(pane)
    line.say("one")
    low = line.height()

    line.say("one", below="two")

    assert line.height() > low >= 32


@pytest.mark.parametrize("key", [Qt.Key.Key_Return, Qt.Key.Key_Space])
def test_a_line_is_pressed_with_the_keyboard(pane: QWidget, qtbot: QtBot, key: Qt.Key) -> None:
    line = line_in(pane)

    with qtbot.waitSignal(line.clicked):
        QTest.keyClick(line, key)


def test_what_cannot_be_taken_back_looks_so(pane: QWidget) -> None:
    plain, danger = line_in(pane), line_in(pane, is_danger=True)
    for line in (plain, danger):
        line.say("Leave")

    assert plain.grab().toImage() != danger.grab().toImage()


def test_a_face_takes_the_place_of_the_icon(pane: QWidget) -> None:
    line = line_in(pane)
    line.say("Ben")
    before = line.grab().toImage()

    line.show_face(profile(2, "ben", "Ben"), None, is_online=True)
    line.say("Ben")

    assert line.grab().toImage() != before
    assert line.height() > 40


def test_another_icon_is_painted(pane: QWidget) -> None:
    line = line_in(pane)
    line.say("x")
    before = line.grab().toImage()

    line.set_icon("file")

    assert line.grab().toImage() != before


def test_a_title_is_empty_until_it_is_said(pane: QWidget) -> None:
    assert section_title(pane).text() == ""


def test_a_line_that_is_shown_grows_with_the_letters(pane: QWidget) -> None:
    try:
        line = line_in(pane)
        line.say("icons.zip", below="12 MB")
        before = line.height()

        set_fonts(scale_percent=150)

        assert line.height() == round(1.5 * before)
    finally:
        set_fonts()
