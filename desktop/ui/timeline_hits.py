"""What of a timeline is at a place: a link, a reaction, a file, a name, or just text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from PySide6.QtCore import QPointF

from desktop.ui.bubble import Bubble, Chip, PressButton
from desktop.ui.markup import Span, Style
from desktop.ui.timeline_layout import Item, ItemKind
from desktop.ui.timeline_paint import pill_width

__all__ = ["PRESSED", "Hit", "HitKind", "hit_at", "text_position"]


DATE_EDGE = 4.0  # A day is pressed above and below its pill too.


class HitKind(Enum):
    """What is there."""

    NOTHING = "nothing"
    DATE = "date"
    AVATAR = "avatar"
    NAME = "name"
    QUOTE = "quote"
    FILE = "file"  # Its row, its circle or its picture.
    CANCEL = "cancel"
    LINK = "link"
    MENTION = "mention"
    CHIP = "chip"
    BUTTON = "button"
    TEXT = "text"
    BUBBLE = "bubble"


PRESSED = frozenset(HitKind) - {HitKind.NOTHING, HitKind.TEXT, HitKind.BUBBLE}


@dataclass(frozen=True, slots=True)
class Hit:
    """What is at a place; two are equal if pressing here and letting go there is one press."""

    kind: HitKind
    item: Item | None = None
    span: Span | None = None
    chip: Chip | None = None
    button: PressButton | None = None

    def is_same(self, other: Hit) -> bool:
        """Whether both are the same part of the same item."""
        parts = (self.kind, self.span, self.chip, self.button)
        return self.item is other.item and parts == (
            other.kind,
            other.span,
            other.chip,
            other.button,
        )


NOWHERE = Hit(HitKind.NOTHING)


def hit_at(items: Sequence[Item], at: QPointF) -> Hit:
    """Return what is at a place, relative to the top of all items."""
    for item in items:
        if item.rect.top() - DATE_EDGE > at.y():
            break
        if item.avatar is not None and item.avatar.contains(at):
            return Hit(HitKind.AVATAR, item)
        edge = DATE_EDGE if item.kind is ItemKind.DATE else 0.0
        if item.rect.adjusted(0, -edge, 0, edge).contains(at):
            return _hit_in(item, at)
    return NOWHERE


def text_position(item: Item, at: QPointF) -> int:
    """Return the position in an item's text nearest to a place."""
    if item.bubble is None:
        return 0
    return item.bubble.text.position_at(at - item.rect.topLeft() - item.bubble.text_at)


def _hit_in(item: Item, at: QPointF) -> Hit:
    if item.kind is ItemKind.DATE:
        is_on = abs(at.x() - item.rect.center().x()) <= pill_width(item.words) / 2
        return Hit(HitKind.DATE, item) if is_on else NOWHERE
    bubble = item.bubble
    if bubble is None:
        return Hit(HitKind.BUBBLE, item) if item.row is not None else NOWHERE
    inside = at - item.rect.topLeft()
    for chip in bubble.chips:
        if chip.rect.adjusted(-2, -4, 2, 4).contains(inside):
            return Hit(HitKind.CHIP, item, chip=chip)
    for button in bubble.buttons:
        if button.rect.contains(inside):
            return Hit(HitKind.BUTTON, item, button=button)
    return _hit_part(item, bubble, inside)


def _hit_part(item: Item, bubble: Bubble, inside: QPointF) -> Hit:
    parts = (
        (HitKind.CANCEL, bubble.cancel),
        (HitKind.FILE, bubble.picture or bubble.file),
        (HitKind.QUOTE, bubble.quote),
        (HitKind.NAME, bubble.name_rect),
    )
    for kind, rect in parts:
        if rect is not None and rect.contains(inside):
            return Hit(kind, item)
    in_text = inside - bubble.text_at
    span = bubble.text.span_at(in_text)
    if span is not None:
        kind = HitKind.LINK if span.style is Style.LINK else HitKind.MENTION
        return Hit(kind, item, span=span)
    return Hit(HitKind.TEXT if bubble.text.is_over(in_text) else HitKind.BUBBLE, item)
