from __future__ import annotations

import pytest
from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QImage, QPainter

from desktop.events import MessageKind, MessageState
from desktop.ui.theme import tokens
from desktop.ui.timeline_layout import Item, ItemKind, lay_out
from desktop.ui.timeline_paint import STATE_ICONS, Selection, paint_item, paint_state
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


def painted(item: Item, *, selection: Selection | None = None, is_current: bool = False) -> QImage:
    image = QImage(WIDTH, 300, QImage.Format.Format_ARGB32)
    image.fill(tokens().chat)
    painter = QPainter(image)
    paint_item(painter, item, selection=selection, is_current=is_current)
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
    backwards = Selection(local_id=row.local_id, anchor=5, end=0)
    elsewhere = Selection(local_id=row.local_id + 1, anchor=0, end=5)

    marked = tokens().selection.rgb()
    assert (backwards.start, backwards.length) == (0, 5)
    assert marked in colors_of(painted(item, selection=backwards))
    assert marked not in colors_of(painted(item, selection=elsewhere))
    assert painted(item, selection=elsewhere) == painted(item)


@pytest.mark.parametrize("kind", [MessageKind.TEXT, MessageKind.UNREADABLE])
def test_a_ring_shows_where_the_keyboard_is(
    port: FakePort, conversation_id: ConversationId, kind: MessageKind
) -> None:
    port.add_message(conversation_id, "hello", kind=kind)
    wanted = ItemKind.BUBBLE if kind is MessageKind.TEXT else ItemKind.LINE
    item = item_of(port, conversation_id, wanted)

    assert painted(item, is_current=True) != painted(item)


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


@pytest.mark.parametrize("state", list(STATE_ICONS))
def test_only_a_refusal_is_red(windows: None, state: MessageState) -> None:
    image = QImage(32, 32, QImage.Format.Format_ARGB32)
    image.fill(QColor("white"))
    painter = QPainter(image)
    paint_state(painter, state, QRectF(0, 0, 32, 32), is_list=True)
    painter.end()

    darkest = min(
        (image.pixelColor(x, y) for x in range(32) for y in range(32)), key=QColor.lightness
    )

    is_red = darkest.red() > darkest.green() + 80 and darkest.red() > darkest.blue() + 80
    assert is_red is (state is MessageState.REFUSED)


def test_every_state_of_an_own_message_has_a_sign(windows: None) -> None:
    assert set(STATE_ICONS) == set(MessageState) - {MessageState.RECEIVED}
