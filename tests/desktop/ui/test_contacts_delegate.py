from __future__ import annotations

import pytest
from PySide6.QtGui import QImage
from pytestqt.qtbot import QtBot

from desktop.events import FriendGroup
from desktop.models.contacts import ContactRole, Section
from desktop.ui.contacts_delegate import (
    BRANCH_HEIGHT,
    REQUEST_HEIGHT,
    ROW_HEIGHT,
    has_menu,
    is_branch,
)
from desktop.ui.contacts_tree import ContactsTree
from desktop.ui.theme import Appearance, set_appearance
from shared.identifiers import AccountId
from tests.desktop.fake_port import FakePort
from tests.exhibits.stage import sort_friends


@pytest.fixture
def tree(world: FakePort, qtbot: QtBot) -> ContactsTree:
    sort_friends(world)
    world.announce()
    made = ContactsTree(world.session)
    qtbot.addWidget(made)
    made.resize(320, 900)
    made.show()
    return made


def test_rows_have_room_for_what_is_in_them(tree: ContactsTree, world: FakePort) -> None:
    model = world.session.contacts
    rows = {
        BRANCH_HEIGHT: model.branch_index("Family"),
        REQUEST_HEIGHT: model.index_of(AccountId(8)),
        ROW_HEIGHT: model.index_of(AccountId(2)),
    }

    assert {tree.visualRect(index).height() for index in rows.values()} == set(rows)


def test_buttons_lie_inside_their_rows_and_are_large_enough(
    tree: ContactsTree, world: FakePort
) -> None:
    model, found = world.session.contacts, []
    tree.select(AccountId(7))  # Blocked: opens what is folded.
    for row in range(model.rowCount()):
        branch = model.index(row, 0)
        indexes = [
            branch,
            *(model.index(child, 0, branch) for child in range(model.rowCount(branch))),
        ]
        for index in indexes:
            rect = tree.visualRect(index)
            for name, button in tree._delegate.buttons(rect, index):
                found.append(name)
                assert rect.toRectF().contains(button), name
                assert min(button.width(), button.height()) >= 32, name

    assert set(found) == {"accept", "decline", "withdraw", "review", "unblock", "menu"}


def test_only_friends_branches_can_be_changed() -> None:
    assert has_menu(FriendGroup(name="Family"))
    assert has_menu(Section.FRIENDS)
    assert not has_menu(Section.BLOCKED)
    assert not has_menu(None)
    assert is_branch(Section.SENT)
    assert not is_branch(None)


def test_who_is_there_has_a_dot_that_goes_without_a_link(
    tree: ContactsTree, world: FakePort
) -> None:
    def row() -> QImage:
        index = world.session.contacts.index_of(AccountId(2))
        return tree.viewport().grab(tree.visualRect(index)).toImage()

    there = row()
    node = world.session.contacts.index_of(AccountId(2)).data(ContactRole.NODE)

    assert tree._delegate._is_online(node)
    assert row() == there
    set_appearance(Appearance.DARK)
    assert row() != there
    set_appearance(Appearance.LIGHT)
