from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from desktop.commands import SetArchived, SetMuted
from desktop.ui.rail import Page, Rail
from tests.desktop.fake_port import FakePort
from tests.exhibits.stage import WANG, ZHANG


def test_badges_count_what_waits(world: FakePort, qtbot: QtBot) -> None:
    rail = Rail(world.session)
    qtbot.addWidget(rail)
    assert rail.chats_button.badge == 4
    assert rail.contacts_button.accessibleName() == "Contacts, 1 new request"

    world.receive(WANG, "one more")

    assert rail.chats_button.badge == 5
    assert rail.chats_button.accessibleName() == "Chats, 5 unread"


def test_what_is_muted_or_archived_is_not_in_the_badge(world: FakePort, qtbot: QtBot) -> None:
    rail = Rail(world.session)
    qtbot.addWidget(rail)

    world.send(SetMuted(conversation_id=WANG, until_ms=0))
    world.session.conversations._moves.timeout.emit()
    assert rail.chats_button.badge == 2
    world.send(SetArchived(conversation_id=ZHANG, is_archived=True))
    world.session.conversations._moves.timeout.emit()

    assert rail.chats_button.badge == 0
    assert rail.chats_button.accessibleName() == "Chats"


def test_notes_are_asked_for(world: FakePort, qtbot: QtBot) -> None:
    rail = Rail(world.session)
    qtbot.addWidget(rail)

    with qtbot.waitSignal(rail.notes_requested):
        QTest.mouseClick(rail.notes_button, Qt.MouseButton.LeftButton)

    assert rail.chats_button.isChecked()


def test_a_page_is_chosen_with_the_mouse(world: FakePort, qtbot: QtBot) -> None:
    rail = Rail(world.session)
    qtbot.addWidget(rail)
    rail.show()

    with qtbot.waitSignal(rail.page_chosen) as told:
        QTest.mouseClick(rail.contacts_button, Qt.MouseButton.LeftButton)

    assert told.args == [Page.CONTACTS]
    assert rail.contacts_button.isChecked()
