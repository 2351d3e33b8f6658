from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from desktop.commands import MarkRead
from desktop.ui.rail import Page
from desktop.ui.side_pane import SidePane
from tests.desktop.fake_port import FakePort
from tests.desktop.ui.spoken import names
from tests.exhibits.stage import ZHANG


def make_pane(port: FakePort, qtbot: QtBot) -> SidePane:
    pane = SidePane(port.session, port)
    qtbot.addWidget(pane)
    pane.resize(320, 600)
    pane.show()
    return pane


@pytest.fixture
def pane(world: FakePort, qtbot: QtBot) -> SidePane:
    return make_pane(world, qtbot)


def test_the_unread_tab_shows_only_unread_conversations(pane: SidePane) -> None:
    assert pane.unread_tab.text() == "Unread 4"

    QTest.mouseClick(pane.unread_tab, Qt.MouseButton.LeftButton)

    assert len(names(pane.list)) == 2


def test_an_open_conversation_stays_in_the_unread_tab_while_it_is_read(
    world: FakePort, pane: SidePane
) -> None:
    QTest.mouseClick(pane.unread_tab, Qt.MouseButton.LeftButton)
    pane.mark_open(ZHANG)

    world.send(MarkRead(conversation_id=ZHANG, sequence=1))

    assert len(names(pane.list)) == 2


def test_a_conversation_is_chosen_with_the_keyboard(pane: SidePane, qtbot: QtBot) -> None:
    pane.list.setFocus()
    QTest.keyClick(pane.list, Qt.Key.Key_Down)

    with qtbot.waitSignal(pane.chat_chosen):
        QTest.keyClick(pane.list, Qt.Key.Key_Return)


def test_what_is_empty_says_what_to_do(port: FakePort, qtbot: QtBot) -> None:
    pane = make_pane(port, qtbot)
    assert pane.no_chats.isVisible()

    pane.show_page(Page.CONTACTS)
    assert pane.no_contacts.isVisible()
    with qtbot.waitSignal(pane.add_requested):
        QTest.mouseClick(pane.no_contacts.button, Qt.MouseButton.LeftButton)


def test_escape_ends_a_search(pane: SidePane) -> None:
    QTest.keyClicks(pane.search, "al")
    assert pane.results.isVisible()

    QTest.keyClick(pane.search, Qt.Key.Key_Escape)

    assert pane.list.isVisible()


def test_on_the_page_of_contacts_the_box_narrows_the_tree(pane: SidePane, world: FakePort) -> None:
    pane.show_page(Page.CONTACTS)
    assert pane.search.placeholderText() == "Search contacts"

    QTest.keyClicks(pane.search, "wf")

    assert pane._stack.currentWidget() is pane.tree
    pane.tree.executeDelayedItemsLayout()
    assert names(pane.tree)[-2:] == ["Friends (1)", "王芳, online, 界面设计 · 喜欢爬山"]
    pane.show_page(Page.CHATS)
    assert not world.session.contacts.is_narrowed
    assert pane.search.placeholderText().startswith("Search  ")


def test_where_nobody_is_found_somebody_new_can_be_added(pane: SidePane, qtbot: QtBot) -> None:
    pane.show_page(Page.CONTACTS)

    QTest.keyClicks(pane.search, "zzzz")

    assert pane._stack.currentWidget() is pane.no_matches
    with qtbot.waitSignal(pane.add_requested):
        pane.no_matches.button.click()
