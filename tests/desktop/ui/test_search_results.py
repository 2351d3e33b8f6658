from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from desktop.commands import Command, SearchMessages, SearchUsers
from desktop.ui.message_search import PAGE
from desktop.ui.search_results import FOUND_ROLE, SearchResults
from tests.desktop.fake_port import FakePort, profile
from tests.desktop.ui.spoken import names, unnamed_controls
from tests.exhibits.stage import ALICE, MOM, WANG


@pytest.fixture
def results(world: FakePort) -> SearchResults:
    made = SearchResults(world.session, world)
    made.resize(320, 500)
    made.show()
    return made


def settled(results: SearchResults, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: not results.messages.is_waiting and not results._asks_people)


def test_what_is_here_is_found_at_once(results: SearchResults) -> None:
    results.search("alice")

    assert names(results.list) == ["Chats", "Alice Chen, @alice.chen"]
    assert results.state.text() == "Searching for “alice”…"


def test_messages_stand_in_their_context_with_the_words_marked(
    results: SearchResults, qtbot: QtBot
) -> None:
    results.search("dinner")

    settled(results, qtbot)

    assert names(results.list) == ["Messages", "Mom, Mom: Dinner on Sunday?, 12:40"]
    found = results.list.results.index(1).data(FOUND_ROLE)
    start, length = found.spans[0]
    assert found.detail[start : start + length] == "Dinner"
    assert results.state.text() == ""


def test_friends_without_a_chat_and_people_on_the_server_follow(
    world: FakePort, results: SearchResults, qtbot: QtBot
) -> None:
    world.add_contact(profile(60, "alfred", "Alfred"))
    world.tell_contacts()
    results.search("al")

    settled(results, qtbot)

    lines = names(results.list)
    assert lines.index("Contacts") < lines.index("Alfred, @alfred")
    assert lines.index("People on this server") < lines.index("Alina Novak, @alina")


def test_that_nothing_was_found_says_what_to_do(results: SearchResults, qtbot: QtBot) -> None:
    results.search("zzz")
    assert not results.has_nothing

    settled(results, qtbot)

    assert names(results.list) == []
    assert results.state.text().startswith("Nothing found for “zzz”. Try")
    assert results.has_nothing


def test_narrowed_only_messages_are_looked_for(
    world: FakePort, results: SearchResults, qtbot: QtBot
) -> None:
    results.search("o")
    settled(results, qtbot)
    results.filters._set(results.filters._with(conversation_id=MOM))

    settled(results, qtbot)

    assert names(results.list)[0] == "Messages"
    assert world.of(SearchMessages)[-1].conversation_id == MOM
    assert len(world.of(SearchUsers)) == 1
    results.filters._set(results.filters._with(only_files=True))
    settled(results, qtbot)
    assert "filters" in results.state.text()
    assert not results.has_nothing


def test_an_empty_box_finds_nothing_and_narrows_nothing(
    results: SearchResults, qtbot: QtBot
) -> None:
    results.search("o")
    results.filters._set(results.filters._with(only_files=True))

    results.search("   ")

    assert names(results.list) == []
    assert results.state.text() == ""
    assert not results.filters.is_set


@pytest.mark.parametrize("command", [SearchMessages, SearchUsers])
def test_what_the_engine_refuses_is_said(
    world: FakePort, results: SearchResults, qtbot: QtBot, command: type[Command]
) -> None:
    world.refusals[command] = "offline"

    results.search("al")

    qtbot.waitUntil(lambda: "cannot be reached" in results.state.text())
    assert "Alice Chen, @alice.chen" in names(results.list)


def test_an_answer_to_an_older_text_is_not_shown(
    world: FakePort, results: SearchResults, qtbot: QtBot
) -> None:
    results.search("al")
    results.search("mom")

    settled(results, qtbot)

    assert not any("Alina" in line for line in names(results.list))


def test_reading_down_loads_the_next_page_and_keeps_the_place(
    world: FakePort, results: SearchResults, qtbot: QtBot
) -> None:
    for number in range(PAGE * 2):
        world.add_message(WANG, f"needle {number}")
    results.search("needle")
    settled(results, qtbot)
    before = results.list.results.rowCount()
    results.list.setFocus()

    for _ in range(PAGE - 3):
        QTest.keyClick(results.list, Qt.Key.Key_Down)
    current = results.list.currentIndex().row()
    qtbot.waitUntil(lambda: results.list.results.rowCount() == before + PAGE)

    assert results.list.currentIndex().row() == current
    assert world.of(SearchMessages)[-1].before_local_id


def test_what_is_chosen_is_told_by_its_kind(
    world: FakePort, results: SearchResults, qtbot: QtBot
) -> None:
    group = world.add_conversation(profile(0, "", ""), kind=2, title="Alps 2027", own_role=1)
    world.add_contact(profile(60, "alfred", "Alfred"))
    world.announce()
    results.search("al")
    settled(results, qtbot)
    lines = results.list.results.lines

    for start, signal, wanted in (
        ("Alps", results.conversation_chosen, group),
        ("Alice", results.conversation_chosen, ALICE),
        ("Alfred", results.chat_chosen, 60),
    ):
        row = next(at for at, found in enumerate(lines) if found.title.startswith(start))
        results.list.setCurrentIndex(results.list.results.index(row))
        with qtbot.waitSignal(signal) as told:
            QTest.keyClick(results.list, Qt.Key.Key_Return)
        assert told.args == [wanted]
    with qtbot.waitSignal(results.stranger_chosen):
        row = next(at for at, found in enumerate(lines) if found.title.startswith("Alina"))
        at = results.list.visualRect(results.list.results.index(row)).center()
        results.list.scrollToBottom()
        at = results.list.visualRect(results.list.results.index(row)).center()
        QTest.mouseClick(results.list.viewport(), Qt.MouseButton.LeftButton, pos=at)


def test_enter_in_the_box_opens_the_first(results: SearchResults, qtbot: QtBot) -> None:
    results.search("dinner")
    settled(results, qtbot)

    with qtbot.waitSignal(results.message_chosen) as told:
        results.choose_first()

    assert told.args[0].text == "Dinner on Sunday?"
    assert unnamed_controls(results) == []


def test_the_keyboard_begins_at_the_first_result(results: SearchResults) -> None:
    results.search("alice")

    results.activateWindow()
    QTest.qWaitForWindowActive(results)
    results.setFocus(Qt.FocusReason.TabFocusReason)

    assert results.list.currentIndex().row() == 1
