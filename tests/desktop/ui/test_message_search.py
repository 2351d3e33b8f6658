from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot

from desktop.commands import SearchMessages
from desktop.ui.message_search import PAGE, MessageSearch, Query
from shared.identifiers import AccountId, ConversationId
from tests.desktop.fake_port import FakePort
from tests.exhibits.stage import WANG

ALL = PAGE * 2 + 5


@pytest.fixture
def search(world: FakePort) -> MessageSearch:
    for number in range(ALL):
        world.add_message(WANG, f"needle {number}", minutes_ago=ALL - number)
    return MessageSearch(world)


def found(search: MessageSearch, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: not search.is_waiting)


def test_only_the_last_of_what_was_typed_is_asked(
    world: FakePort, search: MessageSearch, qtbot: QtBot
) -> None:
    for text in ("n", "ne", "needle 7"):
        search.look(Query(text=text))
    assert search.is_waiting

    found(search, qtbot)

    assert [command.text for command in world.of(SearchMessages)] == ["needle 7"]
    assert search.rows


def test_pages_follow_each_other_to_the_end(search: MessageSearch, qtbot: QtBot) -> None:
    search.look(Query(text="needle"))
    found(search, qtbot)
    assert (len(search.rows), search.has_more) == (PAGE, True)

    for _ in range(2):
        search.load_more()
        search.load_more()
        found(search, qtbot)

    assert len({row.local_id for row in search.rows}) == ALL
    assert not search.has_more
    search.load_more()
    assert not search.is_waiting


def test_filters_go_along(world: FakePort, search: MessageSearch, qtbot: QtBot) -> None:
    query = Query(
        text=" needle ",
        conversation_id=WANG,
        sender=AccountId(2),
        since_ms=5,
        until_ms=9,
        only_files=True,
    )
    search.look(query)

    found(search, qtbot)

    assert world.of(SearchMessages) == [
        SearchMessages(
            text="needle",
            conversation_id=WANG,
            limit=PAGE,
            sender=AccountId(2),
            since_ms=5,
            until_ms=9,
            only_files=True,
        )
    ]


def test_why_nothing_could_be_looked_for_is_kept(
    world: FakePort, search: MessageSearch, qtbot: QtBot
) -> None:
    world.refusals[SearchMessages] = "local"
    search.look(Query(text="needle"))

    found(search, qtbot)

    assert search.code == "local"
    assert not search.rows


def test_an_answer_to_an_older_search_is_not_taken(search: MessageSearch, qtbot: QtBot) -> None:
    search.look(Query(text="needle"))
    search._ask()
    search.look(Query(text="nothing like it"))

    found(search, qtbot)

    assert search.rows == []


@pytest.mark.parametrize(
    ("query", "is_empty", "is_filtered"),
    [
        (Query(), True, False),
        (Query(text="  "), True, False),
        (Query(text="a"), False, False),
        (Query(only_files=True), False, True),
        (Query(conversation_id=ConversationId(4)), True, True),
    ],
)
def test_what_is_a_search(query: Query, is_empty: bool, is_filtered: bool) -> None:
    assert query.is_empty(within=query.conversation_id) is is_empty
    assert query.is_filtered is is_filtered
