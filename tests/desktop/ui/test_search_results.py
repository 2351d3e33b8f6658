from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot

from desktop.commands import Command, SearchMessages, SearchUsers, SetRemark
from desktop.ui.search_results import SearchResults
from shared.identifiers import AccountId
from tests.desktop.fake_port import FakePort
from tests.desktop.ui.spoken import names


@pytest.fixture
def results(world: FakePort, qtbot: QtBot) -> SearchResults:
    made = SearchResults(world.session, world)
    qtbot.addWidget(made)
    made.resize(320, 500)
    made.show()
    return made


def test_what_is_here_is_found_at_once(results: SearchResults) -> None:
    results.search("alice")

    assert names(results) == ["Chats and contacts", "Alice Chen, @alice.chen"]


def test_messages_and_people_follow(results: SearchResults, qtbot: QtBot) -> None:
    results.search("al")

    qtbot.waitUntil(lambda: any("Alina Novak" in line for line in names(results)))
    assert "People on this server" in names(results)


def test_that_nothing_was_found_is_said(results: SearchResults, qtbot: QtBot) -> None:
    results.search("zzz")

    qtbot.waitUntil(lambda: names(results) == ["Nothing found for “zzz”."])


def test_an_empty_box_finds_nothing(results: SearchResults) -> None:
    results.search("   ")

    assert names(results) == []


@pytest.mark.parametrize("command", [SearchUsers, SearchMessages])
def test_what_could_not_be_searched_is_said(
    world: FakePort, results: SearchResults, qtbot: QtBot, command: type[Command]
) -> None:
    world.refusals[command] = "offline"

    results.search("al")

    qtbot.waitUntil(lambda: any("cannot be reached" in line for line in names(results)))


def test_an_answer_to_an_old_question_is_dropped(
    world: FakePort, results: SearchResults, qtbot: QtBot
) -> None:
    results.search("al")
    results.search("mom")

    qtbot.waitUntil(lambda: bool(world.of(SearchUsers)))

    assert [command.text for command in world.of(SearchUsers)] == ["mom"]
    assert not any("Alina" in line for line in names(results))


@pytest.mark.parametrize("text", ["lz", "laozhang", "zhangw", "张伟"])
def test_people_are_found_by_sound_and_own_name_and_called_by_it(
    results: SearchResults, world: FakePort, text: str
) -> None:
    world.send(SetRemark(account=AccountId(4), remark="老张"))

    results.search(text)

    assert "老张, @zhangwei" in names(results)


def test_nothing_is_only_said_once_all_have_answered(results: SearchResults, qtbot: QtBot) -> None:
    results.search("zzz")
    was_hasty = results.has_nothing

    with qtbot.waitSignal(results.shown, check_params_cb=None):
        results._delay.timeout.emit()
    qtbot.waitUntil(lambda: results.has_nothing)
    results.search("")

    assert not was_hasty
    assert not results.has_nothing
