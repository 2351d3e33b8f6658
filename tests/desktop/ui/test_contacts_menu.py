from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QWidget
from pytestqt.qtbot import QtBot

from desktop.models.contacts import ContactRole, Node, Section
from desktop.ui.contacts_menu import Wishes, menu_of
from shared.identifiers import AccountId, ConversationId
from tests.desktop.fake_port import FakePort
from tests.desktop.ui.hands import choose
from tests.exhibits.stage import sort_friends

WANG, ALICE, HAN = AccountId(2), AccountId(3), AccountId(7)


@pytest.fixture
def sorted_world(world: FakePort) -> FakePort:
    sort_friends(world)
    world.announce()
    return world


@pytest.fixture
def wishes(windows: None) -> Wishes:
    return Wishes()


@pytest.fixture
def owner(windows: None, qtbot: QtBot) -> QWidget:
    made = QWidget()
    qtbot.addWidget(made)
    return made


def menu_for(world: FakePort, node: Node | None, wishes: Wishes, owner: QWidget) -> QMenu:
    menu = menu_of(node, wishes, world.session.contacts, owner)
    assert menu is not None
    menu.popup(QPoint(0, 0))
    return menu


def action(menu: QMenu, words: str) -> QAction:
    return next(each for each in menu.actions() if each.text() == words)


def words_of(menu: QMenu) -> list[str]:
    return [each.text() for each in menu.actions() if not each.isSeparator()]


def test_a_friend_is_moved_to_another_group_by_the_menu(
    sorted_world: FakePort, wishes: Wishes, owner: QWidget, qtbot: QtBot
) -> None:
    friend = sorted_world.contacts[WANG]
    menu = menu_for(sorted_world, friend, wishes, owner)
    move = action(menu, "Move to group").menu()
    assert isinstance(move, QMenu)
    offered = words_of(move)
    current = [each.text() for each in move.actions() if each.isChecked()]

    with qtbot.waitSignal(wishes.sort_friends) as asked:
        choose(menu, "Move to group", "Family")
    menu = menu_for(sorted_world, friend, wishes, owner)
    with qtbot.waitSignal(wishes.new_group) as grouped:
        choose(menu, "Move to group", "New friend group…")

    assert offered == ["No group", "同事", "Family", "New friend group…"]
    assert current == ["同事"]
    assert asked.args is not None
    assert asked.args[0][1].accounts == (AccountId(5), WANG)
    assert grouped.args == [(WANG,)]


def test_a_friend_in_no_group_is_marked_so(
    sorted_world: FakePort, wishes: Wishes, owner: QWidget, qtbot: QtBot
) -> None:
    menu = menu_for(sorted_world, sorted_world.contacts[ALICE], wishes, owner)
    move = action(menu, "Move to group").menu()

    assert isinstance(move, QMenu)
    assert [each.text() for each in move.actions() if each.isChecked()] == ["No group"]


def test_a_group_of_friends_is_changed_by_its_menu(
    sorted_world: FakePort, wishes: Wishes, owner: QWidget, qtbot: QtBot
) -> None:
    first, last = sorted_world.friend_groups
    menu = menu_for(sorted_world, first, wishes, owner)
    other = menu_for(sorted_world, last, wishes, owner)

    with qtbot.waitSignal(wishes.sort_friends) as asked:
        action(menu, "Move down").trigger()
    with qtbot.waitSignal(wishes.rename_group):
        action(menu, "Rename…").trigger()
    with qtbot.waitSignal(wishes.delete_group):
        action(menu, "Delete group").trigger()

    assert asked.args == [(last, first)]
    assert not action(menu, "Move up").isEnabled()
    assert not action(other, "Move down").isEnabled()


def test_the_blocked_and_groups_have_their_own(
    sorted_world: FakePort, wishes: Wishes, owner: QWidget, qtbot: QtBot
) -> None:
    model = sorted_world.session.contacts
    blocked = menu_for(sorted_world, model.index_of(HAN).data(ContactRole.NODE), wishes, owner)
    index = model.index_of_group(ConversationId(1090))
    group = menu_for(sorted_world, index.data(ContactRole.NODE), wishes, owner)

    with qtbot.waitSignal(wishes.unblock) as unblocked:
        action(blocked, "Unblock").trigger()
    with qtbot.waitSignal(wishes.review) as reviewed:
        action(group, "Group info").trigger()

    assert words_of(blocked) == ["Show profile", "Unblock"]
    assert words_of(group) == ["Open group", "Group info"]
    assert (unblocked.args, reviewed.args) == ([HAN], [ConversationId(1090)])


def test_where_nothing_can_be_done_there_is_no_menu(
    sorted_world: FakePort, wishes: Wishes, owner: QWidget, qtbot: QtBot
) -> None:
    model = sorted_world.session.contacts

    assert menu_of(Section.SENT, wishes, model, owner) is None
    assert menu_of(None, wishes, model, owner) is None
    assert words_of(menu_for(sorted_world, Section.FRIENDS, wishes, owner)) == ["New friend group…"]
