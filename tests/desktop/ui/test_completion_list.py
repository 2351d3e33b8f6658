from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAccessible
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from desktop.ui.completion_list import Choice, CompletionList
from desktop.ui.popover import SHADOW
from tests.desktop.fake_port import profile

CHOICES = [
    Choice(value="a", title="Alice Chen", detail="@alice", profile=profile(3, "alice", "Alice")),
    Choice(value="b", title=":smile:", detail="grinning face", sign="😄"),
    Choice(value="c", title="x" * 200, detail="y" * 200, sign="😄"),
]


@pytest.fixture
def shown(windows: None, qtbot: QtBot) -> Iterator[CompletionList]:
    window = QWidget()
    window.resize(400, 400)
    qtbot.addWidget(window)
    field = QLineEdit(window)
    window.show()
    window.activateWindow()
    qtbot.waitActive(window)
    field.setFocus()
    made = CompletionList(field)
    corner = window.mapToGlobal(QPoint(10, 300))
    made.offer(CHOICES, corner, name="Members that fit", width=376)
    yield made
    window.close()


def taken(shown: CompletionList, qtbot: QtBot) -> object:
    with qtbot.waitSignal(shown.chosen) as told:
        shown.take()
    return told.args[0]


def test_it_stands_above_the_place_and_leaves_the_keyboard_where_it_is(
    shown: CompletionList,
) -> None:
    card = shown.geometry().adjusted(SHADOW, SHADOW, -SHADOW, -SHADOW)

    assert (card.left(), card.bottom()) == (10, 299)
    field = shown.window().findChild(QLineEdit)
    assert isinstance(field, QLineEdit)
    assert field.hasFocus()


def test_the_first_line_is_marked_and_steps_go_round(shown: CompletionList, qtbot: QtBot) -> None:
    told: list[str] = []
    shown.marked.connect(told.append)

    shown.step(-1)
    shown.step(1)
    shown.step(1)

    assert told[1:] == ["Alice Chen, @alice", ":smile:, grinning face"]
    assert taken(shown, qtbot) == "b"
    assert not shown.is_open


def test_a_click_takes_a_line(shown: CompletionList, qtbot: QtBot) -> None:
    place = shown.view.visualRect(shown.model.index(1)).center()

    with qtbot.waitSignal(shown.chosen) as told:
        QTest.mouseClick(shown.view.viewport(), Qt.MouseButton.LeftButton, pos=place)

    assert told.args == ["b"]


def test_with_nothing_to_offer_it_goes(shown: CompletionList) -> None:
    shown.offer([], QPoint(0, 0), name="Emoji that fit", width=300)

    assert shown.isHidden()


def test_in_a_low_window_only_the_likeliest_are_offered(shown: CompletionList) -> None:
    corner = shown.window().mapToGlobal(QPoint(10, 110))

    shown.offer(CHOICES, corner, name="Members that fit", width=376)

    assert [choice.value for choice in shown.model.choices] == ["a", "b"]
    assert shown.window().rect().contains(shown.geometry())


def test_a_screen_reader_finds_a_named_list_with_its_lines(shown: CompletionList) -> None:
    access = QAccessible.queryAccessibleInterface(shown.view)

    assert access.text(QAccessible.Text.Name) == "Members that fit"
    assert access.role() is QAccessible.Role.List
    assert access.child(0).text(QAccessible.Text.Name) == "Alice Chen, @alice"


def test_long_words_stay_inside_their_line(shown: CompletionList) -> None:
    assert not shown.grab().isNull()
    assert shown.view.horizontalScrollBar().maximum() == 0
