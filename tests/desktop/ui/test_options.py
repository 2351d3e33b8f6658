from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAccessible
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from desktop.ui.options import CheckOption, RadioOption
from desktop.ui.theme import tokens
from tests.desktop.ui.spoken import interface_of


class Form(QWidget):
    """A statement and two answers."""

    def __init__(self) -> None:
        super().__init__()
        self.check = CheckOption(self)
        self.first, self.second = RadioOption(self), RadioOption(self)
        layout = QVBoxLayout(self)
        for option, words in ((self.check, "Agreed"), (self.first, "One"), (self.second, "Two")):
            option.setText(words)
            layout.addWidget(option)
        self.resize(300, 200)


@pytest.fixture
def form(windows: None, qtbot: QtBot) -> Form:
    made = Form()
    qtbot.addWidget(made)
    made.show()
    return made


def test_a_statement_is_agreed_with_by_a_press_anywhere(form: Form) -> None:
    far_right = QPoint(form.check.width() - 3, form.check.height() // 2)

    QTest.mouseClick(form.check, Qt.MouseButton.LeftButton, pos=far_right)

    assert form.check.isChecked()


def test_a_statement_is_agreed_with_and_taken_back_by_the_space_bar(form: Form) -> None:
    QTest.keyClick(form.check, Qt.Key.Key_Space)
    assert form.check.isChecked()

    QTest.keyClick(form.check, Qt.Key.Key_Space)
    assert not form.check.isChecked()


def test_of_several_answers_one_holds(form: Form) -> None:
    far_right = QPoint(form.first.width() - 3, form.first.height() // 2)
    QTest.mouseClick(form.first, Qt.MouseButton.LeftButton, pos=far_right)

    QTest.keyClick(form.first, Qt.Key.Key_Down)

    assert form.second.isChecked()
    assert not form.first.isChecked()


def test_a_screen_reader_hears_the_words_and_whether_they_hold(form: Form) -> None:
    form.check.setChecked(True)

    said = interface_of(form.check)

    assert said.role() is QAccessible.Role.CheckBox
    assert said.text(QAccessible.Text.Name) == "Agreed"
    assert said.state().checked
    assert interface_of(form.first).role() is QAccessible.Role.RadioButton


def test_what_holds_is_painted_in_the_accent(form: Form) -> None:
    place = QPoint(6, form.check.height() // 2)
    assert form.check.grab().toImage().pixelColor(place) != tokens().accent

    form.check.setChecked(True)

    assert form.check.grab().toImage().pixelColor(place) == tokens().accent
