from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible, QImage, QPainter
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from desktop.ui.controls import (
    Button,
    ButtonKind,
    IconButton,
    Label,
    LineLabel,
    PasswordField,
    ScrollBar,
    SearchField,
    WordButton,
    paint_badge,
)
from desktop.ui.theme import Appearance, set_appearance, tokens
from tests.desktop.ui.spoken import interface_of


@pytest.mark.parametrize("key", [Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space])
def test_a_button_is_pressed_with_the_keyboard(windows: None, qtbot: QtBot, key: Qt.Key) -> None:
    button = Button(ButtonKind.PRIMARY)
    qtbot.addWidget(button)
    button.show()

    with qtbot.waitSignal(button.clicked):
        QTest.keyClick(button, key)


@pytest.mark.parametrize("kind", list(ButtonKind))
def test_a_button_is_never_narrower_than_its_words(
    windows: None, qtbot: QtBot, kind: ButtonKind
) -> None:
    button = Button(kind)
    qtbot.addWidget(button)

    button.setText("Delete everything from this computer")

    words = button.fontMetrics().horizontalAdvance(button.text())
    assert button.minimumSizeHint().width() > words
    assert not button.grab().isNull()


def test_a_button_that_cannot_be_pressed_looks_it(windows: None, qtbot: QtBot) -> None:
    button = Button(ButtonKind.PRIMARY)
    qtbot.addWidget(button)
    button.resize(100, 38)
    assert button.grab().toImage().pixelColor(20, 19) == tokens().accent

    button.setEnabled(False)

    assert button.grab().toImage().pixelColor(20, 19) == tokens().pressed


def test_an_icon_has_a_name_for_ears_and_for_eyes(windows: None, qtbot: QtBot) -> None:
    button = IconButton("search")
    qtbot.addWidget(button)

    button.set_name("Search")

    assert interface_of(button).text(QAccessible.Text.Name) == "Search"
    assert button.toolTip() == "Search"


def test_a_ring_shows_the_keyboard_but_not_the_mouse(windows: None, qtbot: QtBot) -> None:
    row = QWidget()
    qtbot.addWidget(row)
    layout = QHBoxLayout(row)
    first, second = Button(parent=row), Button(parent=row)
    layout.addWidget(first)
    layout.addWidget(second)
    row.show()
    row.activateWindow()
    qtbot.waitUntil(row.isActiveWindow)
    edge = (second.width() // 2, 1)

    second.setFocus(Qt.FocusReason.MouseFocusReason)
    before = second.grab().toImage().pixelColor(*edge)
    first.setFocus(Qt.FocusReason.MouseFocusReason)
    QTest.keyClick(first, Qt.Key.Key_Tab)

    assert second.hasFocus()
    after = second.grab().toImage().pixelColor(*edge)
    assert before == tokens().field
    assert after.blue() - after.red() > before.blue() - before.red() + 50  # The ring is blue.


def test_words_follow_the_theme(windows: None, qtbot: QtBot) -> None:
    label = Label(ink=lambda colors: colors.danger)
    qtbot.addWidget(label)

    set_appearance(Appearance.DARK)

    assert label.palette().windowText().color() == tokens().danger


def test_words_of_others_are_never_read_as_markup(windows: None, qtbot: QtBot) -> None:
    label = Label()
    qtbot.addWidget(label)

    label.setText("<b>bold</b>")

    assert label.textFormat() is Qt.TextFormat.PlainText


def test_a_password_is_hidden_until_the_eye_is_pressed(windows: None, qtbot: QtBot) -> None:
    field = PasswordField()
    qtbot.addWidget(field)
    field.set_eye_name("Show password")
    eye = next(a for a in field.actions() if a.text())
    QTest.keyClicks(field, "secret")
    assert "secret" not in field.displayText()

    eye.trigger()
    assert field.displayText() == "secret"

    eye.trigger()
    assert field.echoMode() is QLineEdit.EchoMode.Password


def test_escape_empties_the_search_box(windows: None, qtbot: QtBot) -> None:
    field = SearchField()
    qtbot.addWidget(field)
    QTest.keyClicks(field, "anna")

    QTest.keyClick(field, Qt.Key.Key_Escape)

    assert field.text() == ""


def test_a_great_number_is_cut_short(windows: None) -> None:
    image = QImage(100, 40, QImage.Format.Format_ARGB32)
    painter = QPainter(image)
    fill = tokens().badge

    few = paint_badge(painter, right=90, center=20, count=999, height=20, fill=fill)
    many = paint_badge(painter, right=90, center=20, count=1_000, height=20, fill=fill)
    most = paint_badge(painter, right=90, center=20, count=1_000_000, height=20, fill=fill)
    painter.end()

    assert many == most < few


def test_a_scroll_bar_has_a_handle_only_where_there_is_something_to_scroll(
    windows: None, qtbot: QtBot
) -> None:
    bar = ScrollBar()
    qtbot.addWidget(bar)
    bar.resize(10, 200)
    bar.setRange(0, 0)
    assert bar.grab().toImage().pixelColor(5, 20) == tokens().list

    bar.setRange(0, 1_000)

    assert bar.grab().toImage().pixelColor(5, 20) != tokens().list
    assert bar.grab().toImage().pixelColor(5, 190) == tokens().list


@pytest.mark.parametrize("key", [Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space])
def test_an_icon_is_pressed_with_the_keyboard(windows: None, qtbot: QtBot, key: Qt.Key) -> None:
    button = IconButton("x")
    qtbot.addWidget(button)
    button.show()

    with qtbot.waitSignal(button.clicked):
        QTest.keyClick(button, key)


def test_words_in_a_line_are_there_only_while_they_say_something(
    windows: None, qtbot: QtBot
) -> None:
    button = WordButton(lambda colors: colors.warn)
    qtbot.addWidget(button)

    button.set_words("Retry now")
    assert button.isVisible()
    assert button.accessibleName() == "Retry now"
    assert button.height() >= 32
    button.set_words("")

    assert not button.isVisible()


def test_words_without_room_end_in_an_ellipsis_and_are_told_in_full(
    windows: None, qtbot: QtBot
) -> None:
    label = LineLabel(15, 600)
    qtbot.addWidget(label)
    label.setText("A name that goes on and on")
    label.resize(label.sizeHint())
    whole = label.grab().toImage()
    assert label.toolTip() == ""

    label.resize(60, label.height())
    cut = label.grab().toImage()

    assert label.minimumSizeHint().width() == 0
    assert label.toolTip() == "A name that goes on and on"
    assert cut != whole.copy(cut.rect())
