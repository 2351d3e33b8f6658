from __future__ import annotations

import msgspec
import pytest
from PySide6.QtCore import QRectF
from PySide6.QtGui import QImage, QPainter

from desktop.events import MessageKind, MessageRow, MessageState, Quote, ReactionCount
from desktop.ui.bubble import People
from desktop.ui.bubble_paint import paint_bubble, sender_ink
from desktop.ui.theme import Appearance, set_appearance, tokens
from desktop.ui.timeline_layout import Item, lay_out
from desktop.ui.timeline_scene import Scene
from shared.identifiers import AccountId
from tests.desktop.fake_port import FakePort, profile

ME = AccountId(1)
WIDTH = 500


def item_of(
    port: FakePort, text: str = "tea?", *, is_group: bool = False, **changes: object
) -> Item:
    row = port.add_message(port.add_conversation(profile(2, "wang", "Wang")), text)
    row = msgspec.structs.replace(row, **changes)
    people = People(name_of=lambda _: "WWWW", is_group=is_group)
    items, _ = lay_out([row], width=WIDTH, first_unread=0, cache={}, people=people)
    return items[-1]


def painted(item: Item, scene: Scene | None = None) -> QImage:
    image = QImage(WIDTH, 300, QImage.Format.Format_RGB32)
    image.fill(tokens().chat)
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    paint_bubble(painter, item, scene or Scene())
    painter.end()
    return image


def colors(image: QImage, rect: QRectF) -> set[str]:
    area = rect.toAlignedRect()
    return {
        image.pixelColor(x, y).name()
        for x in range(area.left(), area.right())
        for y in range(area.top(), area.bottom())
    }


def test_a_sender_has_a_colour_of_their_own_in_each_theme(port: FakePort) -> None:
    light = {sender_ink(AccountId(number)).name() for number in range(6)}

    set_appearance(Appearance.DARK)
    dark = {sender_ink(AccountId(number)).name() for number in range(6)}
    set_appearance(Appearance.LIGHT)

    assert len(light) == len(dark) == 6
    assert not light & dark


def test_a_name_is_written_in_its_colour(port: FakePort) -> None:
    item = item_of(port, is_group=True)
    assert item.bubble is not None
    assert item.bubble.name_rect is not None

    seen = colors(painted(item), item.bubble.name_rect.translated(item.rect.topLeft()))

    assert sender_ink(AccountId(2)).name() in seen


def test_a_quote_has_a_bar_and_a_ground(port: FakePort) -> None:
    quote = Quote(local_id=1, order=1, sender=ME, kind=MessageKind.TEXT, text="before")
    item = item_of(port, reply_to="aa" * 16, quote=quote)
    assert item.bubble is not None
    assert item.bubble.quote is not None

    seen = colors(painted(item), item.bubble.quote.translated(item.rect.topLeft()))

    assert {tokens().quote_in.name(), tokens().accent.name()} <= seen


def test_ones_own_reactions_are_filled(port: FakePort) -> None:
    item = item_of(port, reactions=(ReactionCount("+", (ME,)), ReactionCount("-", (AccountId(2),))))
    assert item.bubble is not None
    mine, other = (chip.rect.translated(item.rect.topLeft()) for chip in item.bubble.chips)

    image = painted(item, Scene(me=ME))

    assert tokens().accent.name() in colors(image, mine)
    assert tokens().accent.name() not in colors(image, other)


def test_a_few_emoji_have_no_bubble(port: FakePort) -> None:
    item = item_of(port, "🎉", is_own=True, state=MessageState.READ)

    seen = colors(painted(item), QRectF(0, 0, WIDTH, 300))

    assert tokens().bubble_out.name() not in seen
    assert tokens().chat.name() in seen


def test_a_refusal_is_red(port: FakePort) -> None:
    refused = item_of(port, is_own=True, state=MessageState.REFUSED, refusal="not_contact")
    sent = item_of(port, is_own=True, state=MessageState.READ)
    whole = QRectF(0, 0, WIDTH, 300)

    assert tokens().danger.name() in colors(painted(refused), whole)
    assert tokens().danger.name() not in colors(painted(sent), whole)


@pytest.mark.parametrize("state", [s for s in MessageState if s is not MessageState.RECEIVED])
def test_every_state_is_painted(port: FakePort, state: MessageState) -> None:
    item = item_of(port, is_own=True, state=state)
    other: MessageRow | None = item.row
    assert other is not None

    assert painted(item) != painted(item_of(port))
