from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from desktop.commands import SearchMessages
from desktop.events import Member
from desktop.ui.chat_search import ChatSearchBar
from desktop.ui.message_search import PAGE
from tests.desktop.fake_port import FakePort, profile
from tests.desktop.ui.hands import press, retype, type_into
from tests.desktop.ui.spoken import unnamed_controls
from tests.exhibits.stage import WANG


@pytest.fixture
def bar(world: FakePort) -> ChatSearchBar:
    made = ChatSearchBar(world.session, world, WANG)
    made.resize(500, 90)
    made.open()
    return made


def look(bar: ChatSearchBar, qtbot: QtBot, text: str) -> list[str]:
    shown: list[str] = []
    bar.message_chosen.connect(lambda row: shown.append(row.text))
    type_into(bar.field, text)
    qtbot.waitUntil(lambda: not bar.search.is_waiting)
    return shown


def test_the_newest_is_shown_at_once_and_enter_goes_to_older_ones(
    world: FakePort, bar: ChatSearchBar, qtbot: QtBot
) -> None:
    for text in ("blue one", "red", "blue two"):
        world.add_message(WANG, text)

    shown = look(bar, qtbot, "blue")
    assert bar.count.text() == "1 of 2"
    QTest.keyClick(bar.field, Qt.Key.Key_Return)
    assert bar.count.text() == "2 of 2"
    assert not bar.older_button.isEnabled()
    QTest.keyClick(bar.field, Qt.Key.Key_Return)
    QTest.keyClick(bar.field, Qt.Key.Key_Return, Qt.KeyboardModifier.ShiftModifier)

    assert shown == ["blue two", "blue one", "blue two"]


def test_arrows_and_buttons_go_through_what_was_found(
    world: FakePort, bar: ChatSearchBar, qtbot: QtBot
) -> None:
    for number in range(3):
        world.add_message(WANG, f"blue {number}")
    shown = look(bar, qtbot, "blue")

    QTest.keyClick(bar.field, Qt.Key.Key_Up)
    press(bar.older_button)
    QTest.keyClick(bar.field, Qt.Key.Key_Down)
    press(bar.newer_button)

    assert shown == ["blue 2", "blue 1", "blue 0", "blue 1", "blue 2"]


def test_going_beyond_a_page_reads_the_next(
    world: FakePort, bar: ChatSearchBar, qtbot: QtBot
) -> None:
    for number in range(PAGE + 2):
        world.add_message(WANG, f"blue {number}")
    look(bar, qtbot, "blue")
    assert bar.count.text() == f"1 of {PAGE}+"

    for _ in range(PAGE):
        bar.go_older()
    qtbot.waitUntil(lambda: bar.count.text() == f"{PAGE + 1} of {PAGE + 2}")

    assert world.of(SearchMessages)[-1].before_local_id


def test_only_this_conversation_is_searched(
    world: FakePort, bar: ChatSearchBar, qtbot: QtBot
) -> None:
    look(bar, qtbot, "Dinner")

    assert world.of(SearchMessages)[-1].conversation_id == WANG
    assert bar.count.text() == "Nothing found"


def test_files_are_found_without_a_word(world: FakePort, bar: ChatSearchBar, qtbot: QtBot) -> None:
    press(bar.filters.files)
    qtbot.waitUntil(lambda: bool(world.of(SearchMessages)))

    assert world.of(SearchMessages)[0].only_files
    assert world.of(SearchMessages)[0].text == ""


def test_an_empty_field_says_nothing(world: FakePort, bar: ChatSearchBar, qtbot: QtBot) -> None:
    look(bar, qtbot, "x")

    retype(bar.field, "")

    assert bar.count.text() == ""
    assert not bar.older_button.isEnabled()


def test_members_are_offered_as_senders(world: FakePort, qtbot: QtBot) -> None:
    world.members = [Member(profile=profile(90, "zoe", "Zoe"), role=1)]
    bar = ChatSearchBar(world.session, world, WANG)
    bar.open()

    qtbot.waitUntil(lambda: [each.account for each in bar.filters._senders()] == [90])


def test_escape_closes_and_opening_again_selects_the_text(bar: ChatSearchBar, qtbot: QtBot) -> None:
    look(bar, qtbot, "blue")

    with qtbot.waitSignal(bar.closed):
        QTest.keyClick(bar.field, Qt.Key.Key_Escape)
    assert not bar.isVisible()
    bar.open()

    assert bar.field.selectedText() == "blue"
    assert unnamed_controls(bar) == []


def test_what_the_engine_refuses_is_said(world: FakePort, bar: ChatSearchBar, qtbot: QtBot) -> None:
    world.refusals[SearchMessages] = "local"

    look(bar, qtbot, "blue")

    assert "database" in bar.count.text()
