from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from desktop.events import LinkChanged, LinkState, TypingChanged
from desktop.ui.conversation_list import ConversationList
from shared.identifiers import AccountId, ConversationId
from tests.desktop.fake_port import FakePort
from tests.desktop.ui.spoken import interface_of, names
from tests.exhibits.stage import ALICE, MOM, WANG, ZHANG


@pytest.fixture
def chats(world: FakePort, qtbot: QtBot) -> ConversationList:
    made = ConversationList(world.session)
    qtbot.addWidget(made)
    made.resize(320, 480)
    made.show()
    return made


def row_image(chats: ConversationList, world: FakePort, conversation_id: ConversationId) -> QImage:
    source = world.session.conversations.index_of(conversation_id)
    rect = chats.visualRect(chats.filter.mapFromSource(source))
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
    chats.select(WANG)

    with qtbot.waitSignal(chats.chosen) as chosen:
        QTest.keyClick(chats, key)

    assert chosen.args == [WANG]


def test_a_conversation_is_chosen_with_the_mouse(
    chats: ConversationList, world: FakePort, qtbot: QtBot
) -> None:
    index = chats.filter.mapFromSource(world.session.conversations.index_of(ALICE))

    with qtbot.waitSignal(chats.chosen) as chosen:
        place = chats.visualRect(index).center()
        QTest.mouseClick(chats.viewport(), Qt.MouseButton.LeftButton, pos=place)

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
