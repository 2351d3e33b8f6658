from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QContextMenuEvent, QGuiApplication, QHelpEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu, QToolTip
from pytestqt.qtbot import QtBot

from desktop.models.contacts import Section
from desktop.ui.contacts_tree import ContactsTree
from shared.identifiers import AccountId
from tests.desktop.fake_port import FakePort
from tests.desktop.ui.spoken import names

WANG, DANA, ZHAO = AccountId(2), AccountId(8), AccountId(9)


@pytest.fixture
def tree(world: FakePort, qtbot: QtBot) -> ContactsTree:
    made = ContactsTree(world.session)
    qtbot.addWidget(made)
    made.resize(320, 700)
    made.show()
    return made


def place_of(tree: ContactsTree, world: FakePort, account: AccountId) -> QPoint:
    return tree.visualRect(world.session.contacts.index_of(account)).center()


def test_people_are_said_under_their_sections(tree: ContactsTree) -> None:
    said = names(tree)

    assert "New requests (1)" in said
    assert "Friends (6)" in said
    assert "Requests sent (1)" in said
    assert "Dana Kim, Wants to be your contact, Hi, we met at the book club!" in said
    assert "赵磊, Waiting for an answer" in said
    assert "Mom, online" in said


@pytest.mark.parametrize(
    ("account", "key", "signal"),
    [
        (WANG, Qt.Key.Key_Return, "chat_requested"),
        (WANG, Qt.Key.Key_Delete, "remove_requested"),
        (DANA, Qt.Key.Key_Return, "accept_requested"),
        (DANA, Qt.Key.Key_Delete, "decline_requested"),
        (ZHAO, Qt.Key.Key_Delete, "withdraw_requested"),
    ],
)
def test_everything_can_be_asked_with_the_keyboard(
    tree: ContactsTree, qtbot: QtBot, account: AccountId, key: Qt.Key, signal: str
) -> None:
    tree.select(account)

    with qtbot.waitSignal(getattr(tree, signal)) as asked:
        QTest.keyClick(tree, key)

    assert asked.args == [account]


@pytest.mark.parametrize(
    ("account", "button"), [(DANA, "accept"), (DANA, "decline"), (ZHAO, "withdraw")]
)
def test_the_buttons_of_a_request_are_pressed_with_the_mouse(
    tree: ContactsTree, qtbot: QtBot, account: AccountId, button: str
) -> None:
    place = tree.button_rect(account, button).center()

    with qtbot.waitSignal(getattr(tree, f"{button}_requested")) as asked:
        QTest.mouseClick(tree.viewport(), Qt.MouseButton.LeftButton, pos=place)

    assert asked.args == [account]


def test_a_request_pressed_beside_its_buttons_is_not_answered(
    tree: ContactsTree, qtbot: QtBot
) -> None:
    place = tree.button_rect(DANA, "accept").topLeft() - QPoint(0, 30)

    with (
        qtbot.assertNotEmitted(tree.accept_requested),
        qtbot.assertNotEmitted(tree.decline_requested),
    ):
        QTest.mouseClick(tree.viewport(), Qt.MouseButton.LeftButton, pos=place)


def test_a_friend_has_no_buttons(tree: ContactsTree) -> None:
    assert tree.button_rect(WANG, "accept").isEmpty()


def test_a_folded_section_stays_folded_when_the_tree_is_built_anew(
    tree: ContactsTree, world: FakePort
) -> None:
    friends = world.session.contacts.index_of(WANG).parent()
    QTest.mouseClick(
        tree.viewport(), Qt.MouseButton.LeftButton, pos=tree.visualRect(friends).center()
    )
    assert not any(line.startswith("Mom") for line in names(tree))

    world.tell_contacts()

    friends = world.session.contacts.index_of(WANG).parent()
    assert not tree.isExpanded(friends)
    tree.setCurrentIndex(friends)
    QTest.keyClick(tree, Qt.Key.Key_Return)
    assert tree.isExpanded(friends)
    assert friends.data() == f"Friends ({len(world.contacts)})"
    assert Section.FRIENDS not in tree._collapsed


def test_the_marked_person_stays_marked_when_others_come(
    tree: ContactsTree, world: FakePort
) -> None:
    tree.select(WANG)

    world.requests.clear()
    world.tell_contacts()

    assert tree.currentIndex() == world.session.contacts.index_of(WANG)


@pytest.mark.parametrize(
    ("account", "offers"),
    [
        (WANG, ["Send message", "Show profile", "Delete contact"]),
        (DANA, ["Show profile", "Accept", "Decline"]),
        (ZHAO, ["Show profile", "Take back"]),
    ],
)
def test_the_menu_offers_what_can_be_done_with_somebody(
    tree: ContactsTree, world: FakePort, qtbot: QtBot, account: AccountId, offers: list[str]
) -> None:
    place = place_of(tree, world, account)
    reason = QContextMenuEvent.Reason.Mouse
    event = QContextMenuEvent(reason, place, tree.viewport().mapToGlobal(place))

    QGuiApplication.sendEvent(tree.viewport(), event)

    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    actions = [action for action in menu.actions() if not action.isSeparator()]
    assert [action.text() for action in actions] == offers
    with qtbot.waitSignal(tree.profile_requested) as asked:
        next(action for action in actions if action.text() == "Show profile").trigger()
    assert asked.args == [account]
    menu.close()


def test_a_long_greeting_can_be_read_in_full(
    tree: ContactsTree, world: FakePort, qtbot: QtBot
) -> None:
    place = place_of(tree, world, DANA)
    event = QHelpEvent(QHelpEvent.Type.ToolTip, place, tree.viewport().mapToGlobal(place))

    QGuiApplication.sendEvent(tree.viewport(), event)

    qtbot.waitUntil(lambda: QToolTip.text() == "Hi, we met at the book club!")
    QToolTip.hideText()
