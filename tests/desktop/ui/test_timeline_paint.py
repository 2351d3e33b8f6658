from __future__ import annotations

import pytest
from PySide6.QtGui import QColor, QImage, QPainter

from desktop.events import MessageKind
from desktop.ui.theme import tokens
from desktop.ui.timeline_layout import Item, ItemKind, lay_out
from desktop.ui.timeline_paint import paint_item
from desktop.ui.timeline_scene import Scene
from shared.identifiers import ConversationId
from tests.desktop.fake_port import FakePort, profile

WIDTH = 400


@pytest.fixture
def conversation_id(port: FakePort) -> ConversationId:
    return port.add_conversation(profile(2, "ben", "Ben"))


def item_of(port: FakePort, conversation_id: ConversationId, kind: ItemKind) -> Item:
    rows = port.rows[conversation_id]
    items, _height = lay_out(rows, width=WIDTH, first_unread=1, cache={})
    return next(item for item in items if item.kind is kind)


def painted(item: Item, scene: Scene | None = None) -> QImage:
    image = QImage(WIDTH, 300, QImage.Format.Format_ARGB32)
    image.fill(tokens().chat)
    painter = QPainter(image)
    paint_item(painter, item, scene or Scene(), width=WIDTH)
    painter.end()
    return image


def colors_of(image: QImage) -> set[int]:
    return {image.pixel(x, y) for x in range(image.width()) for y in range(image.height())}


def ground_of(image: QImage, item: Item) -> QColor:
    return image.pixelColor(int(item.rect.left()) + 5, int(item.rect.center().y()))


@pytest.mark.parametrize("is_own", [True, False])
def test_own_bubbles_and_others_differ_in_colour(
    port: FakePort, conversation_id: ConversationId, is_own: bool
) -> None:
    port.add_message(conversation_id, "hello", is_own=is_own)
    item = item_of(port, conversation_id, ItemKind.BUBBLE)

    ground = ground_of(painted(item), item)

    assert ground == (tokens().bubble_out if is_own else tokens().bubble_in)


def test_selected_words_stand_on_the_colour_of_selections(
    port: FakePort, conversation_id: ConversationId
) -> None:
    row = port.add_message(conversation_id, "hello")
    item = item_of(port, conversation_id, ItemKind.BUBBLE)

    here = painted(item, Scene(selected={row.local_id: (0, None)}))
    elsewhere = painted(item, Scene(selected={row.local_id + 1: (0, 5)}))

    assert tokens().selection.rgb() in colors_of(here)
    assert elsewhere == painted(item)


def test_a_message_that_was_jumped_to_stands_out(
    port: FakePort, conversation_id: ConversationId
) -> None:
    row = port.add_message(conversation_id, "hello", is_own=True)
    item = item_of(port, conversation_id, ItemKind.BUBBLE)

    assert painted(item, Scene(flashed=row.local_id)) != painted(item)


def test_chosen_messages_are_ticked(port: FakePort, conversation_id: ConversationId) -> None:
    row = port.add_message(conversation_id, "hello")
    item = item_of(port, conversation_id, ItemKind.BUBBLE)

    ticked = painted(item, Scene(chosen={row.local_id}))
    unticked = painted(item, Scene(chosen=set()))

    assert ticked != unticked
    assert unticked != painted(item)


@pytest.mark.parametrize("kind", [MessageKind.TEXT, MessageKind.UNREADABLE])
def test_a_ring_shows_where_the_keyboard_is(
    port: FakePort, conversation_id: ConversationId, kind: MessageKind
) -> None:
    port.add_message(conversation_id, "hello", kind=kind)
    wanted = ItemKind.BUBBLE if kind is MessageKind.TEXT else ItemKind.LINE
    item = item_of(port, conversation_id, wanted)

    assert item.row is not None
    assert painted(item, Scene(current=item.row.local_id)) != painted(item)


@pytest.mark.parametrize("kind", [ItemKind.DATE, ItemKind.UNREAD])
def test_the_ornaments_stay_in_their_place(
    port: FakePort, conversation_id: ConversationId, kind: ItemKind
) -> None:
    port.add_message(conversation_id, "hello")
    item = item_of(port, conversation_id, kind)

    image = painted(item)

    assert len(colors_of(image)) > 1
    above, below = int(item.rect.top()) - 2, int(item.rect.bottom()) + 2
    outside = {image.pixelColor(x, y).rgb() for x in range(WIDTH) for y in (above, below)}
    assert outside == {tokens().chat.rgb()}
