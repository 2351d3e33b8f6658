from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, QPointF, QRect, Qt
from PySide6.QtGui import QContextMenuEvent, QGuiApplication, QHelpEvent, QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu, QToolTip, QWidget
from pytestqt.qtbot import QtBot

from desktop.events import FriendGroup
from desktop.models.contacts import Section
from desktop.ui.contacts_tree import ContactsTree
from shared.identifiers import AccountId, ConversationId
from tests.desktop.fake_port import FakePort
from tests.desktop.ui.hands import drag, press, press_row, walk_to
from tests.desktop.ui.spoken import names
from tests.exhibits.stage import sort_friends

WANG, MOM, DANA, ZHAO = AccountId(2), AccountId(5), AccountId(8), AccountId(9)


@pytest.fixture
def tree(world: FakePort, qtbot: QtBot) -> ContactsTree:
    made = ContactsTree(world.session)
    qtbot.addWidget(made)
    made.resize(320, 700)
    made.show()
    return made


def button_at(tree: ContactsTree, account: AccountId, action: str) -> QRect:
    return tree.button_rect(tree._session.contacts.index_of(account), action)


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
        (WANG, Qt.Key.Key_Return, "chat"),
        (WANG, Qt.Key.Key_Delete, "remove"),
        (WANG, Qt.Key.Key_F2, "profile"),
        (DANA, Qt.Key.Key_Return, "accept"),
        (DANA, Qt.Key.Key_Delete, "decline"),
        (ZHAO, Qt.Key.Key_Delete, "withdraw"),
    ],
)
def test_everything_can_be_asked_with_the_keyboard(
    tree: ContactsTree, qtbot: QtBot, account: AccountId, key: Qt.Key, signal: str
) -> None:
    walk_to(tree, tree._session.contacts.index_of(account))

    with qtbot.waitSignal(getattr(tree.wishes, signal)) as asked:
        QTest.keyClick(tree, key)

    assert asked.args == [account]


@pytest.mark.parametrize(
    ("account", "button"), [(DANA, "accept"), (DANA, "decline"), (ZHAO, "withdraw")]
)
def test_the_buttons_of_a_request_are_pressed_with_the_mouse(
    tree: ContactsTree, qtbot: QtBot, account: AccountId, button: str
) -> None:
    place = button_at(tree, account, button).center()

    with qtbot.waitSignal(getattr(tree.wishes, button)) as asked:
        press(tree.viewport(), place)

    assert asked.args == [account]


def test_a_request_pressed_beside_its_buttons_is_not_answered(
    tree: ContactsTree, qtbot: QtBot
) -> None:
    place = button_at(tree, DANA, "accept").topLeft() - QPoint(0, 30)

    with (
        qtbot.assertNotEmitted(tree.wishes.accept),
        qtbot.assertNotEmitted(tree.wishes.decline),
    ):
        press(tree.viewport(), place)


def test_a_friend_has_no_buttons(tree: ContactsTree) -> None:
    assert button_at(tree, WANG, "accept").isEmpty()


def test_a_folded_section_stays_folded_when_the_tree_is_built_anew(
    tree: ContactsTree, world: FakePort
) -> None:
    friends = world.session.contacts.index_of(WANG).parent()
    press_row(tree, friends)
    assert not any(line.startswith("Mom") for line in names(tree))

    world.tell_contacts()

    friends = world.session.contacts.index_of(WANG).parent()
    assert not tree.isExpanded(friends)
    walk_to(tree, friends)
    QTest.keyClick(tree, Qt.Key.Key_Return)
    assert tree.isExpanded(friends)
    assert friends.data() == f"Friends ({len(world.contacts)})"
    assert Section.FRIENDS not in tree._collapsed


def test_a_branch_is_folded_with_the_arrow_keys_and_stays_so(
    tree: ContactsTree, world: FakePort
) -> None:
    friends = world.session.contacts.branch_index(Section.FRIENDS)
    walk_to(tree, friends)

    QTest.keyClick(tree, Qt.Key.Key_Left)
    world.session.contacts.narrow("mom")
    found = tree.isExpanded(world.session.contacts.branch_index(Section.FRIENDS))
    world.session.contacts.narrow("")

    assert found
    assert not tree.isExpanded(world.session.contacts.branch_index(Section.FRIENDS))


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
        (WANG, ["Send message", "Show profile", "Move to group", "Block", "Delete contact"]),
        (DANA, ["Show profile", "Accept", "Decline", "Block"]),
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
    with qtbot.waitSignal(tree.wishes.profile) as asked:
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


# Groups of friends.


@pytest.fixture
def sorted_tree(tree: ContactsTree, world: FakePort) -> ContactsTree:
    sort_friends(world)
    world.announce()
    tree.resize(320, 900)
    return tree


def title_of(tree: ContactsTree, branch: str | Section) -> QPoint:
    index = tree._session.contacts.branch_index(branch)
    return tree.visualRect(index).center()


def _move(viewport: QWidget, place: QPoint) -> None:
    """QTest's own moves tell of no pressed button."""
    event = QMouseEvent(
        QMouseEvent.Type.MouseMove,
        QPointF(place),
        QPointF(viewport.mapToGlobal(place)),
        Qt.MouseButton.NoButton,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    QGuiApplication.sendEvent(viewport, event)


def test_everything_has_its_branch_and_its_words(sorted_tree: ContactsTree) -> None:
    said = names(sorted_tree)

    assert [line for line in said if line.endswith(")")] == [
        "New requests (2)",
        "同事 (2)",
        "Family (1)",
        "Friends (2)",
        "Groups (1)",
        "Requests sent (1)",
        "Blocked (1)",
    ]
    assert "老张, last seen 12:57" in said
    assert "Design review, 2 waiting" in said
    assert "Design review, 12 members" in said


def test_a_friend_is_dragged_into_another_group(
    sorted_tree: ContactsTree, world: FakePort, qtbot: QtBot
) -> None:
    start = place_of(sorted_tree, world, WANG)

    with (
        qtbot.assertNotEmitted(sorted_tree.wishes.chat),
        qtbot.waitSignal(sorted_tree.wishes.sort_friends) as asked,
    ):
        drag(sorted_tree.viewport(), start, title_of(sorted_tree, "Family"))

    assert asked.args is not None
    groups = {group.name: group.accounts for group in asked.args[0]}
    assert groups == {"同事": (AccountId(4),), "Family": (MOM, WANG)}


def test_a_friend_is_dragged_out_of_all_groups_onto_somebody_there(
    sorted_tree: ContactsTree, world: FakePort, qtbot: QtBot
) -> None:
    alice = AccountId(3)

    with qtbot.waitSignal(sorted_tree.wishes.sort_friends) as asked:
        drag(
            sorted_tree.viewport(),
            place_of(sorted_tree, world, MOM),
            place_of(sorted_tree, world, alice),
        )

    assert asked.args is not None
    assert asked.args[0][1] == FriendGroup(name="Family")


def test_a_group_is_dragged_to_another_place(sorted_tree: ContactsTree, qtbot: QtBot) -> None:
    with qtbot.waitSignal(sorted_tree.wishes.sort_friends) as asked:
        drag(sorted_tree.viewport(), title_of(sorted_tree, "Family"), title_of(sorted_tree, "同事"))

    assert asked.args is not None
    assert [group.name for group in asked.args[0]] == ["Family", "同事"]


@pytest.mark.parametrize("target", [Section.RECEIVED, Section.GROUPS, Section.SENT, "同事"])
def test_what_is_dropped_where_it_cannot_go_stays(
    sorted_tree: ContactsTree, world: FakePort, qtbot: QtBot, target: str | Section
) -> None:
    with (
        qtbot.assertNotEmitted(sorted_tree.wishes.sort_friends),
        qtbot.assertNotEmitted(sorted_tree.wishes.chat),
    ):
        drag(
            sorted_tree.viewport(),
            place_of(sorted_tree, world, WANG),
            title_of(sorted_tree, target),
        )


def test_escape_ends_dragging(sorted_tree: ContactsTree, world: FakePort, qtbot: QtBot) -> None:
    start, end = place_of(sorted_tree, world, WANG), title_of(sorted_tree, "Family")

    QTest.mousePress(sorted_tree.viewport(), Qt.MouseButton.LeftButton, pos=start)
    _move(sorted_tree.viewport(), end)
    assert sorted_tree.is_target(world.session.contacts.branch_index("Family"))
    QTest.keyClick(sorted_tree, Qt.Key.Key_Escape)

    assert not sorted_tree.is_target(world.session.contacts.branch_index("Family"))
    with qtbot.assertNotEmitted(sorted_tree.wishes.sort_friends):
        QTest.mouseRelease(sorted_tree.viewport(), Qt.MouseButton.LeftButton, pos=end)


def test_dragging_at_the_edge_scrolls(
    sorted_tree: ContactsTree, world: FakePort, qtbot: QtBot
) -> None:
    sorted_tree.resize(320, 300)
    viewport = sorted_tree.viewport()
    start = place_of(sorted_tree, world, WANG)
    bottom = QPoint(start.x(), viewport.height() - 4)

    QTest.mousePress(viewport, Qt.MouseButton.LeftButton, pos=start)
    _move(viewport, bottom)
    _move(viewport, bottom)
    down = sorted_tree.verticalScrollBar().value()
    _move(viewport, QPoint(start.x(), 2))

    assert down > 0
    assert sorted_tree.verticalScrollBar().value() < down
    QTest.keyClick(sorted_tree, Qt.Key.Key_Escape)


def test_a_group_is_moved_renamed_and_deleted_with_the_keyboard(
    sorted_tree: ContactsTree, world: FakePort, qtbot: QtBot
) -> None:
    wishes, alt = sorted_tree.wishes, Qt.KeyboardModifier.AltModifier
    walk_to(sorted_tree, world.session.contacts.branch_index("Family"))

    with qtbot.waitSignal(wishes.sort_friends) as shifted:
        QTest.keyClick(sorted_tree, Qt.Key.Key_Up, alt)
    with qtbot.waitSignal(wishes.rename_group) as renamed:
        QTest.keyClick(sorted_tree, Qt.Key.Key_F2)
    with qtbot.waitSignal(wishes.delete_group) as deleted:
        QTest.keyClick(sorted_tree, Qt.Key.Key_Delete)
    with qtbot.assertNotEmitted(wishes.sort_friends):
        QTest.keyClick(sorted_tree, Qt.Key.Key_Down, alt)  # It is the last one.

    assert shifted.args is not None
    assert [group.name for group in shifted.args[0]] == ["Family", "同事"]
    assert renamed.args == deleted.args == ["Family"]


def test_the_dots_of_a_group_open_its_menu(sorted_tree: ContactsTree, world: FakePort) -> None:
    index = world.session.contacts.branch_index("同事")
    dots = sorted_tree.button_rect(index, "menu")

    QTest.mouseClick(sorted_tree.viewport(), Qt.MouseButton.LeftButton, pos=dots.center())

    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    assert min(dots.width(), dots.height()) >= 32
    assert sorted_tree.isExpanded(index)
    menu.close()


def test_groups_and_the_blocked_are_opened(
    sorted_tree: ContactsTree, world: FakePort, qtbot: QtBot
) -> None:
    model, wishes, left = world.session.contacts, sorted_tree.wishes, Qt.MouseButton.LeftButton
    han = AccountId(7)
    group = model.index_of_group(ConversationId(1090))
    joining = model.index(1, 0, model.branch_index(Section.RECEIVED))

    with qtbot.waitSignal(wishes.open_group) as opened:
        QTest.mouseClick(sorted_tree.viewport(), left, pos=sorted_tree.visualRect(group).center())
    with qtbot.waitSignal(wishes.review) as reviewed:
        place = sorted_tree.button_rect(joining, "review").center()
        QTest.mouseClick(sorted_tree.viewport(), left, pos=place)
    sorted_tree.select(han)
    with qtbot.waitSignal(wishes.unblock) as unblocked:
        place = button_at(sorted_tree, han, "unblock").center()
        QTest.mouseClick(sorted_tree.viewport(), left, pos=place)
    with qtbot.waitSignal(wishes.profile):
        QTest.keyClick(sorted_tree, Qt.Key.Key_Return)
    with qtbot.waitSignal(wishes.unblock):
        QTest.keyClick(sorted_tree, Qt.Key.Key_Delete)

    assert opened.args == reviewed.args == [ConversationId(1090)]
    assert unblocked.args == [han]


def test_the_blocked_are_folded_until_they_are_looked_for(
    sorted_tree: ContactsTree, world: FakePort
) -> None:
    model = world.session.contacts
    assert not sorted_tree.isExpanded(model.branch_index(Section.BLOCKED))

    model.narrow("hmm")

    assert sorted_tree.isExpanded(model.branch_index(Section.BLOCKED))
    sorted_tree.executeDelayedItemsLayout()
    assert [line for line in names(sorted_tree) if "韩梅梅" in line] == ["韩梅梅, blocked"]
    model.narrow("")
