"""A timeline on the screen, and where its parts are."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QPointF, QRectF
from pytestqt.qtbot import QtBot

from desktop.ui.bubble import Bubble
from desktop.ui.timeline_layout import Item
from desktop.ui.timeline_view import TimelineView
from shared.identifiers import ConversationId
from tests.desktop.fake_port import FakePort, profile

__all__ = [
    "bubble_of",
    "letter_place",
    "make_conversation",
    "make_view",
    "part_place",
]


def make_conversation(port: FakePort, *texts: str) -> ConversationId:
    """A conversation with Wang, who wrote these."""
    friend = profile(2, "wang", "Wang")
    port.add_contact(friend)
    conversation_id = port.add_conversation(friend)
    for number, text in enumerate(texts):
        port.add_message(conversation_id, text, minutes_ago=len(texts) - number)
    port.announce()
    return conversation_id


def make_view(
    port: FakePort,
    qtbot: QtBot,
    conversation_id: ConversationId,
    *,
    width: int = 600,
    height: int = 500,
) -> TimelineView:
    """Show a conversation."""
    model = port.session.timeline(conversation_id)
    view = TimelineView(model, "Wang", pictures=port.session.pictures)
    qtbot.addWidget(view)
    view.resize(width, height)
    view.show()
    model.open(port.session.conversations.find(conversation_id))
    qtbot.waitUntil(lambda: model.window.is_loaded)
    return view


def bubble_of(view: TimelineView, index: int) -> Bubble:
    """Return the bubble of the row of this number."""
    bubble = view.row_items()[index].bubble
    assert bubble is not None
    return bubble


def part_place(view: TimelineView, index: int, rect: QRectF) -> QPoint:
    """Return where the middle of a part of a bubble is in the viewport."""
    item = view.row_items()[index]
    return _in_viewport(view, item, rect.center())


def letter_place(view: TimelineView, index: int, position: int) -> QPoint:
    """Return where the letter at a position of a message's text begins in the viewport."""
    item, bubble = view.row_items()[index], bubble_of(view, index)
    units = bubble.text.units(position)
    line = bubble.text.layout.lineForTextPosition(units)
    at = QPointF(_edge(line.cursorToX(units)), line.rect().center().y())
    return _in_viewport(view, item, bubble.text_at + at)


def _in_viewport(view: TimelineView, item: Item, at: QPointF) -> QPoint:
    return (item.rect.topLeft() + at + QPointF(0, view.offset())).toPoint()


def _edge(found: object) -> float:
    """Qt's Python half returns the place alone, or with the position it took."""
    return float(found[0] if isinstance(found, tuple) else found)  # type: ignore[arg-type]
