from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from desktop.commands import MarkRead, SetArchived
from desktop.models.conversations import Part
from desktop.ui.empty_state import EmptyState
from desktop.ui.rail import Page
from desktop.ui.side_pane import SidePane
from tests.desktop.fake_port import FakePort, profile
from tests.desktop.ui.hands import press
from tests.desktop.ui.spoken import names, unnamed_controls
from tests.exhibits.stage import ALICE, DESIGN, HAN, LI, MOM, OPS, ZHANG, add_variety


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

    press(pane.unread_tab)

    assert len(names(pane.list)) == 2


def test_an_open_conversation_stays_in_the_unread_tab_while_it_is_read(
    world: FakePort, pane: SidePane
) -> None:
    press(pane.unread_tab)
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
        press(pane.no_contacts.button)


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
    assert pane.search.placeholderText() == "Search"


def test_where_nobody_is_found_somebody_new_can_be_added(pane: SidePane, qtbot: QtBot) -> None:
    pane.show_page(Page.CONTACTS)

    QTest.keyClicks(pane.search, "zzzz")

    assert pane._stack.currentWidget() is pane.no_matches
    with qtbot.waitSignal(pane.add_requested):
        press(pane.no_matches.button)


@pytest.fixture
def full(world: FakePort, qtbot: QtBot) -> SidePane:
    add_variety(world)
    world.announce()
    return make_pane(world, qtbot)


def test_the_groups_tab_shows_only_groups(full: SidePane) -> None:
    press(full.groups_tab)

    assert [line.split(",")[0] for line in names(full.list)] == ["产品设计组", "Ops on-call"]
    assert full.groups_tab.isChecked()


def test_the_archive_is_entered_and_left(full: SidePane) -> None:
    assert not any(line.startswith("韩梅梅") for line in names(full.list))

    press(full.archive_row)
    assert [line.split(",")[0] for line in names(full.list)] == ["韩梅梅"]
    assert not full.all_tab.isVisible()
    press(full.archive_row)

    assert full.part is Part.ALL
    assert len(names(full.list)) == 7


def test_escape_leaves_the_archive(full: SidePane) -> None:
    full.show_part(Part.ARCHIVE)

    QTest.keyClick(full, Qt.Key.Key_Escape)

    assert full.part is Part.ALL


def test_an_archive_that_gets_empty_is_left(world: FakePort, full: SidePane) -> None:
    full.show_part(Part.ARCHIVE)

    world.send(SetArchived(conversation_id=HAN, is_archived=False))

    assert full.part is Part.ALL
    assert not full.archive_row.isVisible()


@pytest.mark.parametrize(
    ("part", "state", "leads_to"),
    [(Part.UNREAD, "no_unread", "all"), (Part.GROUPS, "no_groups", "new_group_requested")],
)
def test_an_empty_part_says_what_to_do(
    port: FakePort, qtbot: QtBot, part: Part, state: str, leads_to: str
) -> None:
    port.add_conversation(profile(2, "ben", "Ben"))
    port.announce()
    pane = make_pane(port, qtbot)
    press(pane.unread_tab if part is Part.UNREAD else pane.groups_tab)
    empty: EmptyState = getattr(pane, state)
    assert empty.isVisible()

    if leads_to == "all":
        press(empty.button)
        assert pane.part is Part.ALL
        assert pane.list.isVisible()
    else:
        with qtbot.waitSignal(getattr(pane, leads_to)):
            press(empty.button)


def test_where_all_is_archived_the_archive_is_offered(port: FakePort, qtbot: QtBot) -> None:
    port.add_conversation(profile(2, "ben", "Ben"), is_archived=True)
    port.announce()
    pane = make_pane(port, qtbot)
    assert pane.all_archived.isVisible()

    press(pane.all_archived.button)

    assert pane.part is Part.ARCHIVE
    assert len(names(pane.list)) == 1


def test_a_search_without_results_says_what_to_do(pane: SidePane, qtbot: QtBot) -> None:
    QTest.keyClicks(pane.search, "qqqq")
    assert pane.results.isVisible()

    qtbot.waitUntil(pane.no_results.isVisible)
    press(pane.no_results.button)

    assert pane.list.isVisible()
    assert pane.search.text() == ""


def test_folded_only_pictures_are_left(full: SidePane, qtbot: QtBot) -> None:
    with qtbot.waitSignal(full.room_changed):
        full.fold(is_wanted=True)

    assert full.is_folded
    assert not full.search.isVisible()
    assert not full.all_tab.isVisible()
    assert full.search_button.isVisible()


def test_looking_at_contacts_needs_room(full: SidePane) -> None:
    full.fold(is_wanted=True)

    full.show_page(Page.CONTACTS)
    assert not full.is_folded
    full.show_page(Page.CHATS)

    assert full.is_folded


def test_searching_makes_room(full: SidePane) -> None:
    full.fold(is_wanted=True)

    press(full.search_button)

    assert not full.is_folded
    assert full.search.hasFocus()


def test_the_next_conversation_is_that_of_the_list(full: SidePane) -> None:
    assert full.next_conversation(1) == DESIGN
    full.mark_open(DESIGN)

    assert full.next_conversation(1) == LI
    assert full.next_conversation(-1) == MOM
    assert full.next_conversation(-1, lambda each: each in (MOM, ZHANG)) == ALICE
    full.show_part(Part.GROUPS)
    assert full.next_conversation(1) == OPS


def test_in_an_empty_list_there_is_no_next_one(port: FakePort, qtbot: QtBot) -> None:
    assert make_pane(port, qtbot).next_conversation(1) is None


def test_every_control_is_named(full: SidePane) -> None:
    assert unnamed_controls(full) == []
    full.fold(is_wanted=True)
    assert unnamed_controls(full) == []
