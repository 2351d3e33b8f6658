from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import (
    QAccessible,
    QAccessibleTableModelChangeEvent,
    QContextMenuEvent,
    QImage,
)
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from desktop.events import LinkChanged, LinkState, TypingChanged
from desktop.ui.conversation_actions import ConversationActions
from desktop.ui.conversation_list import ConversationList
from shared.identifiers import AccountId, ConversationId
from tests.desktop.fake_port import FakePort
from tests.desktop.ui.hands import choose, press_row, walk_to
from tests.desktop.ui.paint_count import PaintCount
from tests.desktop.ui.spoken import interface_of, names
from tests.exhibits.stage import ALICE, MOM, WANG, ZHANG


@pytest.fixture
def actions(world: FakePort) -> ConversationActions:
    return ConversationActions(world.session, world)


@pytest.fixture
def chats(world: FakePort, actions: ConversationActions, qtbot: QtBot) -> ConversationList:
    made = ConversationList(world.session, actions)
    qtbot.addWidget(made)
    made.resize(320, 480)
    made.show()
    return made


def row_image(chats: ConversationList, world: FakePort, conversation_id: ConversationId) -> QImage:
    rect = chats.visualRect(chats.filter.index_of(conversation_id))
    return chats.viewport().grab(rect).toImage()


def test_a_row_is_said_with_its_draft_and_what_is_unread(chats: ConversationList) -> None:
    said = names(chats)

    assert any(line.startswith("Mom, Draft: Sounds good") for line in said)
    assert any(line.startswith("张伟") and "2 unread" in line for line in said)
    assert interface_of(chats).childCount() == 6


def test_the_newest_conversation_comes_first(chats: ConversationList, world: FakePort) -> None:
    world.receive(ZHANG, "look")

    assert names(chats)[0].startswith("张伟, look")


@pytest.mark.parametrize("key", [Qt.Key.Key_Return, Qt.Key.Key_Enter])
def test_a_conversation_is_chosen_with_the_keyboard(
    chats: ConversationList, qtbot: QtBot, key: Qt.Key
) -> None:
    walk_to(chats, chats.filter.index_of(WANG))

    with qtbot.waitSignal(chats.chosen) as chosen:
        QTest.keyClick(chats, key)

    assert chosen.args == [WANG]


def test_a_conversation_is_chosen_with_the_mouse(
    chats: ConversationList, world: FakePort, qtbot: QtBot
) -> None:
    index = chats.filter.index_of(ALICE)

    with qtbot.waitSignal(chats.chosen) as chosen:
        press_row(chats, index)

    assert chosen.args == [ALICE]


def test_without_a_current_row_nothing_is_chosen(chats: ConversationList, qtbot: QtBot) -> None:
    chats.select(WANG)
    chats.select(None)

    with qtbot.assertNotEmitted(chats.chosen):
        QTest.keyClick(chats, Qt.Key.Key_Return)

    assert not chats.selectionModel().hasSelection()


def test_a_conversation_nobody_knows_is_not_marked(chats: ConversationList) -> None:
    chats.select(ConversationId(999))

    assert not chats.currentIndex().isValid()


def test_typing_takes_the_place_of_the_last_words(chats: ConversationList, world: FakePort) -> None:
    before = row_image(chats, world, WANG)

    world.session.apply(TypingChanged(conversation_id=WANG, account=AccountId(2), is_typing=True))

    assert any(line.startswith("王芳, typing…") for line in names(chats))
    assert row_image(chats, world, WANG) != before


def test_nobody_is_shown_online_while_there_is_no_link(
    chats: ConversationList, world: FakePort
) -> None:
    before = row_image(chats, world, MOM)

    world.session.apply(LinkChanged(state=LinkState.CONNECTING))

    assert row_image(chats, world, MOM) != before


@pytest.mark.parametrize(
    ("key", "modifier"),
    [
        (Qt.Key.Key_Menu, Qt.KeyboardModifier.NoModifier),
        (Qt.Key.Key_F10, Qt.KeyboardModifier.ShiftModifier),
    ],
)
def test_the_keyboard_opens_the_menu_of_a_row(
    chats: ConversationList,
    actions: ConversationActions,
    qtbot: QtBot,
    key: Qt.Key,
    modifier: Qt.KeyboardModifier,
) -> None:
    walk_to(chats, chats.filter.index_of(ALICE))

    QTest.keyClick(chats, key, modifier)
    assert chats.menu is not None
    with qtbot.waitSignal(actions.detach_requested) as told:
        QTest.keyClick(chats.menu, Qt.Key.Key_Down)
        QTest.keyClick(chats.menu, Qt.Key.Key_Return)

    assert told.args == [ALICE]
    assert chats.menu is None


def test_the_mouse_opens_the_menu_of_the_row_under_it(
    chats: ConversationList, actions: ConversationActions, qtbot: QtBot
) -> None:
    press_row(chats, chats.filter.index_of(MOM), button=Qt.MouseButton.RightButton)
    assert chats.menu is not None
    with qtbot.waitSignal(actions.profile_requested) as told:
        choose(chats.menu, "Show profile")

    assert told.args == [AccountId(5)]


def test_where_there_is_no_row_there_is_no_menu(chats: ConversationList) -> None:
    event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, QPoint(50, 470), QPoint(5, 5))
    chats.resize(320, 480)

    QApplication.sendEvent(chats.viewport(), event)

    assert chats.menu is None


def test_a_row_says_how_it_is_kept(chats: ConversationList, world: FakePort) -> None:
    world.keep(ALICE, is_pinned=True, is_verified=True, muted_until_ms=0, mentions=1)
    world.announce()

    assert names(chats)[0] == (
        "Alice Chen, verified, You: Sounds good, see you at 3 👍, 14:28, delivered, "
        "names you, muted, pinned"
    )


def test_the_open_conversation_stays_marked_wherever_it_goes(
    chats: ConversationList, world: FakePort
) -> None:
    chats.select(ZHANG)

    world.receive(ZHANG, "look")
    assert chats.currentIndex().row() == 0
    world.announce()

    assert chats.selectionModel().isSelected(chats.filter.index_of(ZHANG))


def test_the_keyboard_begins_at_the_first_row(chats: ConversationList) -> None:
    chats.setFocus()

    assert chats.currentIndex().row() == 0
    assert not chats.selectionModel().hasSelection()


def test_folded_it_shows_pictures_only(chats: ConversationList, world: FakePort) -> None:
    whole = row_image(chats, world, WANG)

    chats.fold(is_folded=True)

    assert row_image(chats, world, WANG) != whole
    assert names(chats)[0].startswith("王芳")  # Said as ever.


def test_only_the_line_that_has_changed_is_painted(
    chats: ConversationList, world: FakePort, qtbot: QtBot
) -> None:
    world.receive(WANG, "first: it is on top from now on")
    qtbot.waitExposed(chats)
    qtbot.wait(50)
    painted = PaintCount(chats.viewport())

    world.receive(WANG, "again")

    qtbot.waitUntil(lambda: bool(painted.rects))
    line = chats.visualRect(chats.filter.index_of(WANG))
    assert all(line.contains(rect) for rect in painted.rects)


def test_a_changed_line_is_told_to_screen_readers(
    chats: ConversationList, world: FakePort, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[tuple[int, int]] = []

    def tell(event: QAccessibleTableModelChangeEvent) -> None:
        told.append((event.firstRow(), event.lastRow()))

    monkeypatch.setattr(QAccessible, "isActive", lambda: True)
    monkeypatch.setattr(QAccessible, "updateAccessibility", tell)

    world.keep(WANG, unread=1, first_unread=1)
    world.announce()
    chats.filter.repaint_line(WANG)

    place = chats.filter.place_of(WANG)
    assert (place, place) in told
