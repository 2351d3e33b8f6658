from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from desktop.ui.rail import Page, Rail
from tests.desktop.fake_port import FakePort
from tests.exhibits.stage import WANG


def test_badges_count_what_waits(world: FakePort, qtbot: QtBot) -> None:
    rail = Rail(world.session)
    qtbot.addWidget(rail)
    assert rail.chats_button.badge == 4
    assert rail.contacts_button.accessibleName() == "Contacts, 1 new request"

    world.receive(WANG, "one more")

    assert rail.chats_button.badge == 5
    assert rail.chats_button.accessibleName() == "Chats, 5 unread"


def test_a_page_is_chosen_with_the_mouse(world: FakePort, qtbot: QtBot) -> None:
    rail = Rail(world.session)
    qtbot.addWidget(rail)
    rail.show()

    with qtbot.waitSignal(rail.page_chosen) as told:
        QTest.mouseClick(rail.contacts_button, Qt.MouseButton.LeftButton)

    assert told.args == [Page.CONTACTS]
    assert rail.contacts_button.isChecked()
