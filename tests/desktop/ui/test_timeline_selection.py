from __future__ import annotations

import pytest

from desktop.events import FileRow, MessageKind, MessageRow
from desktop.ui.timeline_layout import Item, lay_out
from desktop.ui.timeline_selection import (
    Place,
    TextSelection,
    copied_rows,
    copied_text,
    spread,
)
from shared.identifiers import ConversationId
from tests.desktop.fake_port import FakePort, profile


@pytest.fixture
def rows(port: FakePort) -> list[MessageRow]:
    conversation_id = port.add_conversation(profile(2, "wang", "Wang"))
    port.add_message(conversation_id, "one **two** three")
    port.add_message(conversation_id, "", kind=MessageKind.UNREADABLE)
    port.add_message(conversation_id, "four five", is_own=True)
    return port.rows[ConversationId(conversation_id)]


def select(rows: list[MessageRow], first: tuple[int, int], last: tuple[int, int]) -> TextSelection:
    one, other = (Place(rows[number].local_id, at) for number, at in (first, last))
    return TextSelection(one, other)


def items(rows: list[MessageRow]) -> list[Item]:
    return lay_out(rows, width=600, first_unread=0, cache={})[0]


def who(row: MessageRow) -> str:
    return "You" if row.is_own else "Wang"


def test_in_one_message_the_order_of_the_ends_does_not_matter(rows: list[MessageRow]) -> None:
    local_id = rows[0].local_id

    assert spread(rows, select(rows, (0, 2), (0, 5))) == {local_id: (2, 5)}
    assert spread(rows, select(rows, (0, 5), (0, 2))) == {local_id: (2, 5)}
    assert spread(rows, select(rows, (0, 2), (0, 2))) == {}
    assert spread(rows, None) == {}


def test_across_messages_all_between_is_selected(rows: list[MessageRow]) -> None:
    ids = [row.local_id for row in rows]
    wanted = {ids[0]: (4, None), ids[1]: (0, None), ids[2]: (0, 4)}

    assert spread(rows, select(rows, (0, 4), (2, 4))) == wanted
    assert spread(rows, select(rows, (2, 4), (0, 4))) == wanted


def test_nothing_is_selected_once_an_end_has_gone(rows: list[MessageRow]) -> None:
    assert spread(rows[1:], select(rows, (0, 4), (2, 4))) == {}


def test_a_part_of_one_message_is_copied_as_it_was_typed(rows: list[MessageRow]) -> None:
    spans = spread(rows, select(rows, (0, 0), (0, 7)))

    assert copied_text(items(rows), spans, who) == "one **two"


def test_several_messages_are_copied_with_names_and_times(rows: list[MessageRow]) -> None:
    spans = spread(rows, select(rows, (0, 8), (2, 4)))

    text = copied_text(items(rows), spans, who)

    parts = text.split("\n\n")
    assert [part.split("\n")[1] for part in parts] == [
        "three",
        "This message cannot be opened on this device.",
        "four",
    ]
    assert parts[0].startswith("Wang, [2026-11-23 14:32:00]\n")
    assert parts[2].startswith("You, [")


def test_a_file_is_copied_by_its_name(port: FakePort, rows: list[MessageRow]) -> None:
    conversation_id = rows[0].conversation_id
    file = FileRow(name="a.pdf", size=1)
    port.add_message(conversation_id, "caption", kind=MessageKind.FILE, file=file)
    port.add_message(conversation_id, "end")

    spans = spread(rows, select(rows, (2, 0), (4, 3)))

    assert "File: a.pdf\ncaption" in copied_text(items(rows), spans, who)


def test_chosen_messages_are_copied_whole(rows: list[MessageRow]) -> None:
    assert copied_rows([rows[0]], who) == "one **two** three"
    assert copied_rows([rows[0], rows[2]], who).count("[2026-11-23") == 2


def test_system_lines_have_no_sender(port: FakePort, rows: list[MessageRow]) -> None:
    line = port.add_message(rows[0].conversation_id, "", kind=MessageKind.SYSTEM)

    assert copied_rows([rows[0], line], who).endswith("\n\nThe conversation begins.")
