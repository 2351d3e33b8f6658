"""One message laid out for a width: name, quote, picture, file, text, time, reactions, buttons.

Pure geometry, relative to the bubble's upper left corner: nothing here paints.
"""

from __future__ import annotations

from functools import lru_cache

from PySide6.QtCore import QPointF, QRectF, QSizeF
from PySide6.QtGui import QFontMetricsF

from desktop.events import FileState, MessageKind, MessageRow, MessageState
from desktop.models.pictures import is_picture
from desktop.ui.bubble import (
    FILE_GAP,
    META_PIXELS,
    NOBODY,
    PADDING_X,
    QUOTE_INDENT,
    Bubble,
    Chip,
    Deed,
    People,
    PressButton,
    circle_side,
)
from desktop.ui.emoji_runs import lone_emoji
from desktop.ui.file_words import name_words, widest_status
from desktop.ui.fonts import font, fonts, scaled
from desktop.ui.text_block import LINE_HEIGHT, TEXT_PIXELS, TextBlock, lay_out_text
from desktop.ui.timeline_words import quote_words
from desktop.ui.times import clock_time
from desktop.ui.translate import error_sentence, translate

__all__ = ["bubble_room", "lay_out_bubble"]

# Heights and widths of words are those of letters at 100 %.
BUBBLE_WIDTH_MAX = 560.0
BUBBLE_SHARE_MAX = 0.7
ROOM_STEP = 16.0  # While a window is resized, not every pixel lays all messages out anew.
PADDING_Y = 8.0
META_GAP = 10.0
META_HEIGHT = 16.0
TICK_WIDTH = 20.0
NAME_HEIGHT, NAME_GAP = 18.0, 3.0
QUOTE_HEIGHT, QUOTE_GAP = 42.0, 6.0
CHIP_HEIGHT, CHIP_GAP, CHIP_PADDING = 24.0, 6.0, 8.0
CANCEL_SIDE = 32.0
FILE_NAME_WIDTH_MAX = 320.0
PICTURE_WIDTH_MAX, PICTURE_HEIGHT_MAX, PICTURE_SIDE_MIN = 400.0, 380.0, 96.0
PICTURE_EDGE = 4.0
REASON_PIXELS = 13
BUTTON_HEIGHT = 32.0
# One emoji is shown larger than two, two larger than three.
_EMOJI_PIXELS = {1: 56, 2: 44, 3: 36}

_DEED_KEYS = {Deed.EDIT_AGAIN: "timeline.edit_again", Deed.DELETE: "timeline.delete"}


def bubble_room(view_width: float, people: People) -> float:
    """Return how wide bubbles may be."""
    beside = 84.0 if people.is_group else 36.0
    room = min(scaled(BUBBLE_WIDTH_MAX), view_width * BUBBLE_SHARE_MAX, view_width - beside)
    return max(ROOM_STEP, room // ROOM_STEP * ROOM_STEP)


def lay_out_bubble(
    row: MessageRow, room: float, people: People = NOBODY, *, shows_name: bool = False
) -> Bubble:
    """Find a place for everything of a message.

    Args:
        row: The message.
        room: How wide the bubble may be.
        people: Who is who.
        shows_name: It is the first of a run of somebody in a group.
    """
    text = _text(row, room, people)
    bubble = Bubble(row=row, room=room, text=text, text_at=QPointF(PADDING_X, PADDING_Y))
    bubble.time = _time_words(row)
    bubble.is_bare = _is_bare(row, shows_name=shows_name)
    width = 0.0
    top = 0.0 if bubble.is_bare else PADDING_Y
    if shows_name:
        bubble.name = people.name_of(row.sender) or "?"
        bubble.name_rect = QRectF(PADDING_X, top, 0, scaled(NAME_HEIGHT))
        width = min(_advance(bubble.name, 13, 600), room - 2 * PADDING_X)
        top += scaled(NAME_HEIGHT) + NAME_GAP
    if row.reply_to:
        bubble.quote_name = "" if row.quote is None else people.name_of(row.quote.sender)
        bubble.quote = QRectF(PADDING_X, top, 0, scaled(QUOTE_HEIGHT))
        width = max(width, min(_quote_width(row, bubble.quote_name), room - 2 * PADDING_X))
        top += scaled(QUOTE_HEIGHT) + QUOTE_GAP
    if is_picture(row.file):
        width, top = _place_picture(bubble, width, top, room)
    elif row.file is not None:
        width, top = _place_file(bubble, width, top, room)
    _place_rest(bubble, width, top, room)
    return bubble


def _text(row: MessageRow, room: float, people: People) -> TextBlock:
    inner = room - 2 * PADDING_X
    if is_picture(row.file):
        # A caption is as wide as its picture: what decides about a line is there before it.
        assert row.file is not None
        inner = max(_picture_size(row.file.width, row.file.height, room).width(), 200) - 16
    count = lone_emoji(row.text) if row.kind is MessageKind.TEXT else 0
    pixels = _EMOJI_PIXELS.get(count, TEXT_PIXELS)
    line_height = LINE_HEIGHT if not count else pixels * 1.25
    names = {name: account for account in row.mentions for name in people.names_of(account)}
    return lay_out_text(row.text, inner, names=names, pixels=pixels, line_height=line_height)


def _is_bare(row: MessageRow, *, shows_name: bool) -> bool:
    is_plain = row.kind is MessageKind.TEXT and not row.reply_to and not row.refusal
    return is_plain and not shows_name and bool(lone_emoji(row.text))


def _time_words(row: MessageRow) -> str:
    time = clock_time(row.shown_at_ms)
    return translate("timeline.edited") + f" {time}" if row.is_edited else time


def _meta_width(bubble: Bubble) -> float:
    return _advance(bubble.time, META_PIXELS) + (TICK_WIDTH if bubble.row.is_own else 0.0)


def _place_picture(bubble: Bubble, width: float, top: float, room: float) -> tuple[float, float]:
    file = bubble.row.file
    assert file is not None
    size = _picture_size(file.width, file.height, room)
    outer = max(size.width(), width + 2 * (PADDING_X - PICTURE_EDGE))
    if bubble.row.text:
        outer = max(outer, min(200.0, room - 2 * PICTURE_EDGE))
    first = bubble.name_rect is None and bubble.quote is None
    y = PICTURE_EDGE if first else top
    bubble.picture = QRectF(PICTURE_EDGE, y, outer, size.height())
    if file.state not in (FileState.REMOTE, FileState.HERE):
        bubble.cancel = QRectF(0, y + 2, CANCEL_SIDE, CANCEL_SIDE)
    return outer + 2 * PICTURE_EDGE - 2 * PADDING_X, bubble.picture.bottom() + 6


def _picture_size(width: int, height: int, room: float) -> QSizeF:
    """Return how large a picture is shown, from what its message says: nothing moves later."""
    width_max = min(PICTURE_WIDTH_MAX, room - 2 * PICTURE_EDGE)
    share = min(1.0, width_max / width, PICTURE_HEIGHT_MAX / height)
    # What is left of a very long or a tiny picture is shown from its middle, or on a ground.
    return QSizeF(
        max(PICTURE_SIDE_MIN, round(width * share)), max(PICTURE_SIDE_MIN, round(height * share))
    )


def _place_file(bubble: Bubble, width: float, top: float, room: float) -> tuple[float, float]:
    file = bubble.row.file
    assert file is not None
    name = min(_advance(name_words(file.name), 14, 600), scaled(FILE_NAME_WIDTH_MAX))
    status = _advance(widest_status(file), 13)
    if not bubble.row.text:
        status += META_GAP + _meta_width(bubble)
    is_moving = file.state not in (FileState.REMOTE, FileState.HERE)
    # The room for the sign that cancels is kept from the start: a row does not grow in between.
    needed = circle_side() + FILE_GAP + max(name + CANCEL_SIDE, status)
    width = min(max(width, needed), room - 2 * PADDING_X)
    bubble.file = QRectF(PADDING_X, top, width, circle_side())
    if is_moving:
        right = PADDING_X + width
        bubble.cancel = QRectF(right - CANCEL_SIDE + 6, top - 6, CANCEL_SIDE, CANCEL_SIDE)
    return width, top + circle_side() + 6


def _place_rest(bubble: Bubble, width: float, top: float, room: float) -> None:
    """Place text, time, reactions, the reason of a refusal and its buttons."""
    row, inner_room = bubble.row, room - 2 * PADDING_X
    meta = _meta_width(bubble)
    has_text = bool(row.text) or row.file is None
    in_line = False
    bottom = top - 6
    if has_text:
        bubble.text_at = QPointF(PADDING_X, top)
        bottom = top + bubble.text.height
        width = max(width, bubble.text.width)
        needed = bubble.text.last + META_GAP + meta
        in_line = bubble.text.is_flush and needed <= max(width, inner_room)
        if in_line and not row.reactions and not bubble.is_bare:
            width = max(width, needed)
    chips_top = bottom + CHIP_GAP
    bubble.chips = _chips(row, top=chips_top, room=inner_room)
    if bubble.chips:
        width = max([width, *(chip.rect.right() - PADDING_X for chip in bubble.chips)])
    bottom, width = _place_meta(bubble, bottom, width, meta, in_line=in_line, room=inner_room)
    bottom = _place_refusal(bubble, bottom, inner_room)
    width = max(width, bubble.reason.width if bubble.reason is not None else 0.0)
    bubble.width = (0.0 if bubble.is_bare else 2 * PADDING_X) + width
    if bubble.is_bare:
        bubble.text_at = QPointF(0, 0)
    bubble.height = bottom + (0.0 if bubble.is_bare else PADDING_Y)
    if bubble.picture is not None and not has_text and not bubble.chips and not row.refusal:
        bubble.height = bubble.picture.bottom() + PICTURE_EDGE
    _stretch(bubble)


def _place_meta(
    bubble: Bubble, bottom: float, width: float, meta: float, *, in_line: bool, room: float
) -> tuple[float, float]:
    """Find room for the time: on the picture, in the last line, beside reactions, or below."""
    row = bubble.row
    if bubble.is_bare:
        bubble.is_meta_over = True
        width = max(width, meta + 12)
        if bubble.chips:
            bottom = bubble.chips[-1].rect.bottom()
        bubble.meta = QRectF(0, bottom + 5, meta, scaled(META_HEIGHT))
        return bottom + scaled(META_HEIGHT) + 7, width
    if bubble.picture is not None and not row.text:
        bubble.is_meta_over = True
        corner = bubble.picture.bottomRight() - QPointF(meta + 14, scaled(META_HEIGHT) + 9)
        bubble.meta = QRectF(corner.x(), corner.y(), meta, scaled(META_HEIGHT))
        return (bubble.chips[-1].rect.bottom() if bubble.chips else bottom), width
    if bubble.chips:
        last = bubble.chips[-1].rect
        if last.right() - PADDING_X + META_GAP + meta <= room:
            width = max(width, last.right() - PADDING_X + META_GAP + meta)
            bottom = last.bottom()
        else:
            bottom = last.bottom() + scaled(META_HEIGHT) + 2
    elif not in_line and not (bubble.file is not None and not row.text):
        bottom += scaled(META_HEIGHT) - 1
        width = max(width, meta)
    bubble.meta = QRectF(0, bottom - scaled(META_HEIGHT) + 1, meta, scaled(META_HEIGHT))
    if bubble.file is not None and not row.text and not bubble.chips:
        bubble.meta.moveTop(bubble.file.bottom() - scaled(META_HEIGHT) - 1)
    return bottom, width


def _place_refusal(bubble: Bubble, bottom: float, room: float) -> float:
    row = bubble.row
    if row.state is not MessageState.REFUSED or not row.is_own:
        return bottom
    words = error_sentence(row.refusal) if row.refusal else translate("state.refused")
    reason = lay_out_text(words, room, pixels=REASON_PIXELS, line_height=18.0)
    bubble.reason, bubble.reason_at = reason, QPointF(PADDING_X, bottom + 6)
    top = bottom + 6 + reason.height + 2
    buttons = []
    left = PADDING_X - 8
    for deed in (Deed.EDIT_AGAIN, Deed.DELETE):
        if deed is Deed.EDIT_AGAIN and row.kind is not MessageKind.TEXT:
            continue
        said = translate(_DEED_KEYS[deed])
        wide = _advance(said, 13, 600) + 16
        buttons.append(PressButton(QRectF(left, top, wide, scaled(BUTTON_HEIGHT)), deed, said))
        left += wide + 4
    bubble.buttons = tuple(buttons)
    reason.width = max(reason.width, left - PADDING_X)
    return top + scaled(BUTTON_HEIGHT) - 2


def _stretch(bubble: Bubble) -> None:
    """Give what is as wide as the bubble its width, and the time its place at the right."""
    if bubble.name_rect is not None:
        bubble.name_rect.setWidth(bubble.inner)
    if bubble.quote is not None:
        bubble.quote.setWidth(bubble.inner)
    if bubble.picture is not None:
        bubble.picture.setWidth(bubble.width - 2 * PICTURE_EDGE)
        if bubble.cancel is not None:
            bubble.cancel.moveRight(bubble.picture.right() - 2)
    if bubble.file is not None:
        bubble.file.setWidth(bubble.inner)
        if bubble.cancel is not None:
            bubble.cancel.moveRight(PADDING_X + bubble.inner + 6)
    if bubble.is_bare:
        left = bubble.width - bubble.meta.width() - 6 if bubble.row.is_own else 6.0
        bubble.meta.moveLeft(left)
        bubble.text_at = QPointF(
            bubble.width - bubble.text.width if bubble.row.is_own else 0.0, 0.0
        )
    elif not bubble.is_meta_over:
        bubble.meta.moveRight(bubble.width - PADDING_X)
    elif bubble.picture is not None:
        bubble.meta.moveRight(bubble.picture.right() - 12)


def _quote_width(row: MessageRow, name: str) -> float:
    words = _advance(quote_words(row.quote), 13)
    return max(words, _advance(name, 13, 600)) + QUOTE_INDENT + 12


def _chips(row: MessageRow, *, top: float, room: float) -> tuple[Chip, ...]:
    """Place the reactions side by side, in as many lines as they need."""
    chips: list[Chip] = []
    left = PADDING_X
    for reaction in row.reactions:
        words = f"{reaction.emoji} {len(reaction.accounts)}"
        width = _advance(words, 13, 500) + 2 * CHIP_PADDING
        if left > PADDING_X and left + width > PADDING_X + room:
            left, top = PADDING_X, top + scaled(CHIP_HEIGHT) + CHIP_GAP
        rect = QRectF(left, top, width, scaled(CHIP_HEIGHT))
        chips.append(Chip(rect, reaction.emoji, reaction.accounts))
        left += width + CHIP_GAP
    return tuple(chips)


def _advance(words: str, pixels: int, weight: int = 400) -> float:
    chosen = fonts()
    return _measure(words, pixels, weight, chosen.scale_percent, tuple(chosen.families))


@lru_cache(maxsize=1_024)  # Most of what is measured is a time of today.
def _measure(words: str, pixels: int, weight: int, *_fonts: object) -> float:
    return QFontMetricsF(font(pixels, weight)).horizontalAdvance(words)
