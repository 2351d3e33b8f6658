from __future__ import annotations

import random
from itertools import pairwise

import msgspec
import pytest

from desktop.events import MessageKind, MessageRow, MessageState
from desktop.ui.bubble import Bubble, People
from desktop.ui.timeline_layout import Item, ItemKind, lay_out, lay_out_some, not_laid_out
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


def test_the_unread_bar_says_how_many(port: FakePort, conversation_id: ConversationId) -> None:
    for text in "ab":
        port.add_message(conversation_id, text)

    rows = port.rows[conversation_id]
    many, _ = lay_out(rows, width=600, first_unread=1, unread=2, cache={})
    one, _ = lay_out(rows, width=600, first_unread=2, unread=1, cache={})

    assert [item.words for item in many if item.kind is ItemKind.UNREAD] == ["2 unread messages"]
    assert [item.words for item in one if item.kind is ItemKind.UNREAD] == ["1 unread message"]


def test_in_a_group_a_run_begins_with_a_name_and_ends_with_a_picture(port: FakePort) -> None:
    group = port.add_conversation(profile(0, "", ""), kind=2)
    for sender, is_own in ((2, False), (2, False), (3, False), (1, True)):
        port.add_message(group, "a", sender=AccountId(sender), is_own=is_own)
    people = People(name_of=lambda account: f"person {account}", is_group=True)

    items, _ = lay_out(port.rows[group], width=600, first_unread=0, cache={}, people=people)

    bubbles = [item for item in items if item.bubble is not None]
    names = [item.bubble.name for item in bubbles if item.bubble is not None]
    assert names == ["person 2", "", "person 3", ""]
    assert [item.avatar is not None for item in bubbles] == [False, True, True, False]
    assert all(item.avatar is None or item.avatar.right() < item.rect.left() for item in bubbles)


def test_a_message_that_no_longer_begins_a_run_loses_its_name(port: FakePort) -> None:
    group = port.add_conversation(profile(0, "", ""), kind=2)
    first = port.add_message(group, "a", sender=AccountId(2))
    second = port.add_message(group, "b", sender=AccountId(2))
    people, cache = People(name_of=lambda _: "Wang", is_group=True), {}  # type: ignore[var-annotated]

    alone, _ = lay_out([second], width=600, first_unread=0, cache=cache, people=people)
    both, _ = lay_out([first, second], width=600, first_unread=0, cache=cache, people=people)

    assert alone[-1].bubble is not None
    assert both[-1].bubble is not None
    assert (alone[-1].bubble.name, both[-1].bubble.name) == ("Wang", "")


def test_a_long_grey_line_is_broken(port: FakePort, conversation_id: ConversationId) -> None:
    port.add_message(conversation_id, "x", kind=MessageKind.UNSUPPORTED)

    wide = items_of(port, conversation_id, width=900)[-1]
    narrow = items_of(port, conversation_id, width=220)[-1]

    assert narrow.rect.height() > wide.rect.height()


def test_a_file_that_is_forgotten_here_is_a_grey_line(
    port: FakePort, conversation_id: ConversationId
) -> None:
    port.add_message(conversation_id, "", kind=MessageKind.FILE)
    port.add_message(conversation_id, "its caption", kind=MessageKind.FILE)

    items = items_of(port, conversation_id)

    assert kinds(items)[-2:] == [ItemKind.LINE, ItemKind.BUBBLE]


def test_what_is_laid_out_beforehand_is_not_laid_out_again(
    port: FakePort, conversation_id: ConversationId
) -> None:
    rows = [port.add_message(conversation_id, str(number)) for number in range(9)]
    cache: dict[int, Bubble] = {}
    people = People(name_of=lambda _account: "Ben", is_group=True)

    for first in (0, 4, 8):
        places = range(first, min(first + 4, len(rows)))
        lay_out_some(rows, places, width=600, cache=cache, people=people)
    before = dict(cache)
    items, _ = lay_out(rows, width=600, first_unread=0, cache=cache, people=people)

    assert not_laid_out(rows, before) == []
    assert [item.bubble for item in items if item.row] == list(before.values())


def told(items: list[Item]) -> list[object]:
    """Return all that is known of items but the bubbles, in plain values."""
    return [
        (
            item.kind,
            item.rect.getRect(),
            item.row and item.row.local_id,
            item.words,
            item.joins_above,
            item.joins_below,
            item.avatar and item.avatar.getRect(),
            item.at_ms,
        )
        for item in items
    ]


@pytest.mark.parametrize("seed", range(20))
def test_what_is_moved_stands_where_it_would_be_placed_anew(port: FakePort, seed: int) -> None:
    chance = random.Random(seed)
    group = port.add_conversation(profile(2, "ben", "Ben"), kind=2)
    people = People(name_of=lambda account: f"Somebody {account}", is_group=True)
    shown: list[MessageRow] = []
    items: list[Item] = []
    cache: dict[int, Bubble] = {}
    minutes = 4_000.0

    for _ in range(30):
        for _ in range(chance.randrange(4)):
            minutes -= chance.choice((1, 5, 20, 600))
            kind = chance.choice((MessageKind.TEXT, MessageKind.TEXT, MessageKind.RECALLED))
            text = "word " * chance.randrange(1, 40)
            row = port.add_message(group, text, minutes_ago=minutes, kind=kind)
            sender = AccountId(chance.randrange(1, 4))
            row = msgspec.structs.replace(row, sender=sender, is_own=sender == port.own.account)
            shown.insert(chance.choice((len(shown), len(shown), len(shown) // 2)), row)
        del shown[: chance.choice((0, 0, 1, 3))]
        if shown and chance.random() < 0.3:
            place = chance.randrange(len(shown))
            shown[place] = msgspec.structs.replace(shown[place], text="edited")
        options = {"width": 600.0, "first_unread": 9, "unread": 3, "people": people}
        items, height = lay_out(shown, cache=cache, before=items, **options)  # type: ignore[arg-type]
        anew, height_anew = lay_out(shown, cache={}, **options)  # type: ignore[arg-type]

        assert told(items) == told(anew)
        assert height == height_anew
        assert [item.row for item in items if item.row] == shown


def test_what_stands_between_the_same_rows_is_not_placed_anew(
    port: FakePort, conversation_id: ConversationId
) -> None:
    rows = [port.add_message(conversation_id, str(number)) for number in range(6)]
    options = {"width": 600.0, "first_unread": 0, "cache": {}}
    before, _ = lay_out(rows[:5], **options)  # type: ignore[arg-type]

    after, _ = lay_out(rows[1:], before=before, **options)  # type: ignore[arg-type]

    moved = [item.row.text for item in after if item in before and item.row]
    assert moved == ["2", "3"]  # "1" begins a day now, and "4" has one below.
