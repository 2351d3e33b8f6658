from __future__ import annotations

import msgspec
import pytest
from PySide6.QtCore import QPointF, QRectF

from desktop.events import FileRow, FileState, MessageKind, MessageState, Quote, ReactionCount
from desktop.ui.bubble import People
from desktop.ui.timeline_hits import HitKind, hit_at, text_position
from desktop.ui.timeline_layout import Item, ItemKind, lay_out
from shared.identifiers import AccountId
from tests.desktop.fake_port import FakePort, profile

PEOPLE = People(name_of=lambda _: "Wang", names_of=lambda _: ("Wang",), is_group=True)


def items_of(port: FakePort, text: str = "tea?", **changes: object) -> list[Item]:
    row = port.add_message(port.add_conversation(profile(0, "", "")), text)
    row = msgspec.structs.replace(row, **{"sender": AccountId(2), **changes})
    return lay_out([row], width=600, first_unread=0, cache={}, people=PEOPLE)[0]


def kind_at(items: list[Item], rect: QRectF | None) -> HitKind:
    assert rect is not None
    return hit_at(items, items[-1].rect.topLeft() + rect.center()).kind


def test_each_part_of_a_message_is_found(port: FakePort) -> None:
    quote = Quote(local_id=1, order=1, sender=AccountId(2), kind=MessageKind.TEXT, text="a")
    items = items_of(
        port,
        reply_to="aa" * 16,
        quote=quote,
        reactions=(ReactionCount("+", (AccountId(2),)),),
    )
    bubble = items[-1].bubble
    assert bubble is not None

    assert kind_at(items, bubble.name_rect) is HitKind.NAME
    assert kind_at(items, bubble.quote) is HitKind.QUOTE
    assert kind_at(items, bubble.chips[0].rect) is HitKind.CHIP
    assert kind_at(items, QRectF(bubble.text_at.x(), bubble.text_at.y(), 20, 20)) is HitKind.TEXT
    assert kind_at(items, bubble.meta) is HitKind.BUBBLE
    assert items[-1].avatar is not None
    assert hit_at(items, items[-1].avatar.center()).kind is HitKind.AVATAR


@pytest.mark.parametrize("width", [0, 300])
def test_a_file_and_its_cancel_are_found(port: FakePort, width: int) -> None:
    file = FileRow(name="a", size=9, width=width, height=width, state=FileState.RUNNING)
    items = items_of(port, "", kind=MessageKind.FILE, file=file)
    bubble = items[-1].bubble
    assert bubble is not None

    assert kind_at(items, bubble.circle) is HitKind.FILE
    assert kind_at(items, bubble.cancel) is HitKind.CANCEL


def test_links_and_mentions_are_told_apart(port: FakePort) -> None:
    items = items_of(port, "@Wang https://a.example", mentions=(AccountId(2),))
    bubble = items[-1].bubble
    assert bubble is not None
    corner = items[-1].rect.topLeft() + bubble.text_at

    mention = hit_at(items, corner + QPointF(10, 10))
    link = hit_at(items, corner + QPointF(bubble.text.last - 5, 10))

    assert mention.kind is HitKind.MENTION
    assert mention.span is not None
    assert mention.span.account == 2
    assert link.kind is HitKind.LINK


def test_the_buttons_of_a_refusal_are_found(port: FakePort) -> None:
    items = items_of(port, is_own=True, state=MessageState.REFUSED, refusal="closed")
    bubble = items[-1].bubble
    assert bubble is not None

    hits = [
        hit_at(items, items[-1].rect.topLeft() + button.rect.center()) for button in bubble.buttons
    ]

    assert [hit.button for hit in hits] == list(bubble.buttons)


def test_a_day_is_found_on_its_pill_only(port: FakePort) -> None:
    items = items_of(port)
    (day,) = (item for item in items if item.kind is ItemKind.DATE)

    assert hit_at(items, day.rect.center()).kind is HitKind.DATE
    assert hit_at(items, QPointF(5, day.rect.center().y())).kind is HitKind.NOTHING


def test_two_hits_are_one_press_only_on_the_same_part(port: FakePort) -> None:
    items = items_of(port, "https://a.example https://b.example")
    corner = items[-1].rect.topLeft()
    assert items[-1].bubble is not None
    corner += items[-1].bubble.text_at

    one = hit_at(items, corner + QPointF(10, 10))
    near = hit_at(items, corner + QPointF(20, 10))
    other = hit_at(items, corner + QPointF(items[-1].bubble.text.last - 5, 10))

    assert one.is_same(near)
    assert not one.is_same(other)


def test_a_grey_line_has_no_positions(port: FakePort) -> None:
    items = items_of(port, kind=MessageKind.UNREADABLE)

    assert text_position(items[-1], QPointF(9, 9)) == 0
    assert hit_at(items, items[-1].rect.center()).kind is HitKind.BUBBLE
    assert hit_at(items, QPointF(1, 9999)).kind is HitKind.NOTHING
