from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from desktop.ui.quick_switcher import ACTIONS, Action, QuickSwitcher
from desktop.ui.translate import Language, catalogue
from tests.desktop.fake_port import FakePort, profile
from tests.desktop.ui.hands import press_row, retype
from tests.desktop.ui.spoken import names, unnamed_controls
from tests.exhibits.stage import ALICE, WANG


@pytest.fixture
def switcher(world: FakePort) -> QuickSwitcher:
    made = QuickSwitcher(world.session)
    made.open()
    return made


def test_the_newest_chats_and_all_commands_are_there_at_once(switcher: QuickSwitcher) -> None:
    places = names(switcher.list)

    assert places[0].startswith("王芳, @wangfang, 2 unread")
    assert any(place.startswith("Settings, Ctrl+,") for place in places)
    assert switcher.focusWidget() is switcher.field
    assert unnamed_controls(switcher) == []


@pytest.mark.parametrize(("text", "wanted"), [("ali", ALICE), ("wangf", WANG), ("王", WANG)])
def test_a_few_letters_and_enter_go_to_a_chat(
    switcher: QuickSwitcher, qtbot: QtBot, text: str, wanted: object
) -> None:
    retype(switcher.field, text)

    with qtbot.waitSignal(switcher.conversation_chosen) as chosen:
        QTest.keyClick(switcher.field, Qt.Key.Key_Return)

    assert chosen.args == [wanted]
    assert not switcher.isVisible()


def test_arrows_move_while_one_types(switcher: QuickSwitcher, qtbot: QtBot) -> None:
    QTest.keyClick(switcher.field, Qt.Key.Key_Down)
    assert switcher.list.currentIndex().row() == 1
    assert switcher.field.accessibleDescription() == switcher.model.rows[1].words
    QTest.keyClick(switcher.field, Qt.Key.Key_Up)
    QTest.keyClick(switcher.field, Qt.Key.Key_Up)

    assert switcher.list.currentIndex().row() == switcher.model.rowCount() - 1


def test_a_friend_without_a_chat_is_found(world: FakePort, qtbot: QtBot) -> None:
    friend = profile(60, "zoe", "Zoe")
    world.add_contact(friend)
    world.announce()
    switcher = QuickSwitcher(world.session)
    switcher.open()
    retype(switcher.field, "zo")

    with qtbot.waitSignal(switcher.contact_chosen) as chosen:
        QTest.keyClick(switcher.field, Qt.Key.Key_Return)

    assert chosen.args == [60]


def test_a_command_is_done_by_its_name(switcher: QuickSwitcher, qtbot: QtBot) -> None:
    retype(switcher.field, "new gr")

    with qtbot.waitSignal(switcher.action_chosen) as chosen:
        press_row(switcher.list, switcher.model.index(0))

    assert chosen.args == [Action.NEW_GROUP]


def test_nothing_found_says_what_to_do(switcher: QuickSwitcher) -> None:
    retype(switcher.field, "qqqq")

    assert "Ctrl+Shift+F" in switcher.nothing.text()
    assert switcher.nothing.isVisible()
    QTest.keyClick(switcher.field, Qt.Key.Key_Return)
    assert switcher.isVisible()


def test_escape_empties_and_then_closes(switcher: QuickSwitcher) -> None:
    retype(switcher.field, "a")

    QTest.keyClick(switcher.field, Qt.Key.Key_Escape)
    assert switcher.isVisible()
    QTest.keyClick(switcher.field, Qt.Key.Key_Escape)

    assert not switcher.isVisible()


@pytest.mark.parametrize("action", list(Action))
def test_every_command_has_words_in_both_languages(action: Action) -> None:
    assert all(ACTIONS[action][1] in catalogue(each) for each in list(Language)[1:])
