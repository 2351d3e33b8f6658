from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QVBoxLayout, QWidget

from desktop.ui.controls import Field
from desktop.ui.fonts import set_fonts
from desktop.ui.text_area import TextArea
from desktop.ui.theme import tokens


def test_what_is_beyond_the_bound_does_not_come_in(windows: None) -> None:
    area = TextArea(length_max=5)
    area.show()
    QGuiApplication.clipboard().setText("abcdefgh")

    area.paste()
    QTest.keyClicks(area, "x")

    assert area.toPlainText() == "abcde"


def test_typing_in_the_middle_of_a_full_field_keeps_the_place(windows: None) -> None:
    area = TextArea(length_max=4)
    area.setPlainText("abcd")
    cursor = area.textCursor()
    cursor.setPosition(1)
    area.setTextCursor(cursor)

    QTest.keyClicks(area, "x")

    assert area.toPlainText() == "axbc"
    assert area.textCursor().position() == 2


def test_tab_goes_on_to_the_next_control(windows: None) -> None:
    stage = QWidget()
    layout = QVBoxLayout(stage)
    area, field = TextArea(), Field()
    layout.addWidget(area)
    layout.addWidget(field)
    stage.show()
    area.setFocus()

    QTest.keyClick(area, Qt.Key.Key_Tab)

    assert stage.focusWidget() is field
    assert area.toPlainText() == ""


def test_it_stands_on_the_ground_of_fields(windows: None) -> None:
    area = TextArea()
    area.show()

    image = area.grab().toImage()

    assert image.pixelColor(area.width() // 2, area.height() - 6) == tokens().field


def test_it_grows_with_the_letters(windows: None) -> None:
    area = TextArea(lines=3)
    before = area.height()

    set_fonts(scale_percent=150)

    assert area.height() > before
    set_fonts()
