from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from desktop.ui.choice_bar import ChoiceBar
from tests.desktop.ui.spoken import unnamed_controls


@pytest.fixture
def bar(windows: None, qtbot: QtBot) -> Iterator[ChoiceBar]:
    window = QWidget()
    qtbot.addWidget(window)
    window.resize(420, 52)
    made = ChoiceBar(window)
    made.resize(420, 52)
    window.show()
    made.show()
    yield made
    window.close()


def test_it_says_how_many_are_chosen(bar: ChoiceBar) -> None:
    bar.show_chosen(3, can_recall=True)

    assert bar.count.text() == "3 selected"
    assert not unnamed_controls(bar)


def test_only_what_can_be_done_with_all_is_offered(bar: ChoiceBar) -> None:
    offered = []
    for count, can_recall in ((0, True), (2, False), (2, True)):
        bar.show_chosen(count, can_recall=can_recall)
        offered.append((bar.copy_button.isEnabled(), bar.recall_button.isEnabled()))

    assert offered == [(False, False), (True, False), (True, True)]


def test_each_button_tells(bar: ChoiceBar, qtbot: QtBot) -> None:
    bar.show_chosen(1, can_recall=True)

    with qtbot.waitSignals([bar.copy_requested, bar.recall_requested, bar.closed]):
        for button in (bar.copy_button, bar.recall_button, bar.close_button):
            button.click()
