from __future__ import annotations

from itertools import pairwise

import msgspec
import pytest

from desktop.events import FileRow, MessageKind, MessageState, ReactionCount
from desktop.ui.timeline_layout import (
    Bubble,
    Item,
    ItemKind,
    lay_out,
    lay_out_bubble,
    quote_words,
    row_words,
)
from shared.identifiers import AccountId, ConversationId
from tests.desktop.fake_port import FakePort, profile


@pytest.fixture
def conversation_id(port: FakePort) -> ConversationId:
    return port.add_conversation(profile(2, "ben", "Ben"))


def items_of(port: FakePort, conversation_id: ConversationId, **options: int) -> list[Item]:
    cache: dict[int, Bubble] = {}
    rows = port.rows[conversation_id]
    width = float(options.get("width", 600))
    items, height = lay_out(
        rows, width=width, first_unread=options.get("first_unread", 0), cache=cache
    )
    assert height >= (items[-1].rect.bottom() if items else 0)
    return items


def kinds(items: list[Item]) -> list[ItemKind]:
    return [item.kind for item in items]


def test_days_are_parted_by_pills(port: FakePort, conversation_id: ConversationId) -> None:
    port.add_message(conversation_id, "old", minutes_ago=60 * 24)
    port.add_message(conversation_id, "new")

    items = items_of(port, conversation_id)

    assert [item.words for item in items if item.kind is ItemKind.DATE] == ["Yesterday", "Today"]


def test_the_unread_bar_stands_before_the_first_unread_message(
    port: FakePort, conversation_id: ConversationId
) -> None:
    for text in "abc":
        port.add_message(conversation_id, text)

    items = items_of(port, conversation_id, first_unread=2)

    bar = kinds(items).index(ItemKind.UNREAD)
    assert items[bar + 1].row == port.rows[conversation_id][1]


def test_messages_of_one_person_in_a_row_are_joined(
    port: FakePort, conversation_id: ConversationId
) -> None:
    port.add_message(conversation_id, "a", minutes_ago=40)
    port.add_message(conversation_id, "b", minutes_ago=39)
    port.add_message(conversation_id, "c", minutes_ago=2)
    port.add_message(conversation_id, "d", is_own=True, minutes_ago=1)

    bubbles = [item for item in items_of(port, conversation_id) if item.bubble]

    assert [item.joins_above for item in bubbles] == [False, True, False, False]
    assert [item.joins_below for item in bubbles] == [True, False, False, False]


def test_the_time_stands_in_the_last_line_if_it_fits(
    port: FakePort, conversation_id: ConversationId
) -> None:
    port.add_message(conversation_id, "short")
    port.add_message(conversation_id, "x" * 47)

    short, full = [item.bubble for item in items_of(port, conversation_id) if item.bubble]

    assert short.meta.bottom() <= short.height
    assert full.height > short.height


def test_nothing_leaves_the_view(port: FakePort, conversation_id: ConversationId) -> None:
    port.add_message(conversation_id, "长" * 3000)
    port.add_message(conversation_id, "w" * 3000, is_own=True)
    port.add_message(conversation_id, "a\nb\n\nc", is_own=True)

    for width in (300, 600, 2000):
        for item in items_of(port, conversation_id, width=width):
            assert item.rect.left() >= 0
            assert item.rect.right() <= width
            if item.bubble is not None:
                assert item.rect.width() <= 560


def test_rows_never_overlap(port: FakePort, conversation_id: ConversationId) -> None:
    for number in range(30):
        kind = MessageKind.UNREADABLE if number % 7 == 0 else MessageKind.TEXT
        port.add_message(
            conversation_id,
            "word " * number,
            is_own=number % 3 == 0,
            minutes_ago=60 * (30 - number),
            kind=kind,
        )

    items = items_of(port, conversation_id, first_unread=9)

    for above, below in pairwise(items):
        assert above.rect.bottom() <= below.rect.top()


def test_bubbles_are_laid_out_once(port: FakePort, conversation_id: ConversationId) -> None:
    port.add_message(conversation_id, "a", is_own=True, state=MessageState.ACCEPTED)
    cache: dict[int, Bubble] = {}
    rows = port.rows[conversation_id]

    first, _ = lay_out(rows, width=600, first_unread=0, cache=cache)
    again, _ = lay_out(rows, width=600, first_unread=0, cache=cache)
    wider, _ = lay_out(rows, width=700, first_unread=0, cache=cache)

    assert first[-1].bubble is again[-1].bubble
    assert first[-1].bubble is not wider[-1].bubble


@pytest.mark.parametrize("kind", list(MessageKind))
def test_every_kind_has_words(
    port: FakePort, conversation_id: ConversationId, kind: MessageKind
) -> None:
    assert row_words(port.add_message(conversation_id, "text", kind=kind))


def test_a_file_has_its_name_and_caption(port: FakePort, conversation_id: ConversationId) -> None:
    row = port.add_message(conversation_id, "look", kind=MessageKind.FILE)
    row = msgspec.structs.replace(row, file=FileRow(name="report.pdf", size=5))

    words = row_words(row)

    assert "report.pdf" in words
    assert words.endswith("\nlook")


def test_reactions_wrap_and_make_the_bubble_higher(port: FakePort) -> None:
    row = port.add_message(port.add_conversation(profile(2, "wang", "Wang")), "tea?")
    reactions = tuple(ReactionCount(chr(0x1F600 + n), (AccountId(2),)) for n in range(8))
    plain = lay_out_bubble(row, 300)

    bubble = lay_out_bubble(msgspec.structs.replace(row, reactions=reactions), 300)

    tops = {chip.rect.top() for chip in bubble.chips}
    assert len(bubble.chips) == 8
    assert len(tops) > 1
    assert bubble.height > plain.height
    assert all(chip.rect.right() <= bubble.width - 12 + 0.01 for chip in bubble.chips)


def test_a_quote_stands_above_the_text(port: FakePort) -> None:
    row = port.add_message(port.add_conversation(profile(2, "wang", "Wang")), "yes")
    plain = lay_out_bubble(row, 300)

    lost = lay_out_bubble(msgspec.structs.replace(row, reply_to="ab" * 16), 300)

    assert lost.quote is not None
    assert lost.quote.bottom() < lost.text_top
    assert lost.height > plain.height
    assert quote_words(None) == "A message that is not here"
