from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget

from desktop.ui.people_list import PeopleList, Person
from tests.desktop.fake_port import FakePort, profile
from tests.desktop.ui.spoken import names

ALINA, BO = profile(2, "alina", "Alina"), profile(3, "bo", "Bo")


def test_space_chooses_and_is_spoken(port: FakePort) -> None:
    window = QWidget()
    shown = PeopleList(port.session, window)
    shown.show_people([Person(ALINA, is_checked=False), Person(BO, is_checked=False)])
    window.show()

    shown.setCurrentIndex(shown.people.index(1))
    QTest.keyClick(shown, Qt.Key.Key_Space)

    assert shown.chosen() == [BO.account]
    assert names(shown) == ["Alina", "Bo, chosen"]
    assert shown.current() == BO
    QTest.mouseClick(
        shown.viewport(),
        Qt.MouseButton.LeftButton,
        pos=shown.visualRect(shown.people.index(1)).center(),
    )
    assert shown.chosen() == []


def test_where_nothing_is_to_be_chosen_space_does_nothing(port: FakePort) -> None:
    window = QWidget()
    shown = PeopleList(port.session, window)
    shown.show_people([Person(ALINA, "owner")])
    shown.setCurrentIndex(shown.people.index(0))

    QTest.keyClick(shown, Qt.Key.Key_Space)

    assert shown.chosen() == []
    assert names(shown) == ["Alina, owner"]


def test_who_is_current_stays_so(port: FakePort) -> None:
    window = QWidget()
    shown = PeopleList(port.session, window)
    shown.show_people([Person(ALINA), Person(BO)])
    shown.setCurrentIndex(shown.people.index(1))

    shown.show_people([Person(BO), Person(ALINA)])

    assert shown.current() == BO


def test_it_paints_itself(port: FakePort) -> None:
    window = QWidget()
    shown = PeopleList(port.session, window)
    shown.resize(300, shown.height())
    shown.show_people([Person(ALINA, "owner", is_checked=True), Person(BO, is_checked=False)])

    image = shown.grab().toImage()

    colors = {image.pixel(x, y) for x in range(0, 300, 3) for y in range(0, 90, 3)}
    assert len(colors) > 5
