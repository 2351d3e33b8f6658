from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from desktop.ui.people_chooser import PeopleChooser
from tests.desktop.fake_port import FakePort, profile
from tests.desktop.ui.spoken import names, unnamed_controls

ANN, BOB, CLARA = profile(31, "ann", "Ann"), profile(32, "bob", "Bob"), profile(33, "cla", "Clara")


@pytest.fixture
def chooser(world: FakePort) -> PeopleChooser:
    stage = QWidget()
    made = PeopleChooser(world.session, stage)
    made.offer([ANN, BOB, CLARA])
    stage.show()
    made.stage = stage  # type: ignore[attr-defined]  # Kept as long as the chooser.
    return made


def choose(chooser: PeopleChooser, row: int) -> None:
    chooser.list.setCurrentIndex(chooser.list.people.index(row))
    QTest.keyClick(chooser.list, Qt.Key.Key_Space)


def test_who_is_chosen_stays_so_while_one_searches(chooser: PeopleChooser, qtbot: QtBot) -> None:
    with qtbot.waitSignal(chooser.chosen_changed):
        choose(chooser, 0)
    chooser.search.setText("cl")
    assert names(chooser.list) == ["Clara"]
    choose(chooser, 0)
    chooser.search.clear()

    assert chooser.chosen() == [31, 33]
    assert names(chooser.list) == ["Ann, chosen", "Bob", "Clara, chosen"]


def test_a_choice_is_taken_back(chooser: PeopleChooser) -> None:
    choose(chooser, 1)
    choose(chooser, 1)

    assert chooser.chosen() == []


def test_nobody_found_is_said(chooser: PeopleChooser) -> None:
    chooser.search.setText("zz")

    assert "“zz”" in chooser.nobody.text()
    assert not chooser.nobody.isHidden()


def test_nobody_to_choose_is_said(chooser: PeopleChooser) -> None:
    chooser.offer([])

    assert chooser.nobody.text() == "There is nobody to choose."
    assert unnamed_controls(chooser) == []
