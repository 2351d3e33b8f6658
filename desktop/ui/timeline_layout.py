"""Where everything of a timeline goes: rows into bubbles, runs, date pills, the unread bar.

Pure geometry: nothing here paints. Text is laid out by `QTextLayout`, so that it can be painted,
hit and selected later without being laid out again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QFontMetricsF, QTextLayout, QTextOption

from desktop.events import MessageKind, MessageRow, Quote, SystemKind
from desktop.ui.fonts import font
from desktop.ui.timers import timer_words
from desktop.ui.times import clock_time, day_label, moment
from desktop.ui.translate import translate
from shared.identifiers import AccountId

__all__ = [
    "BUBBLE_RADIUS",
    "JOINED_RADIUS",
    "META_PIXELS",
    "TEXT_PIXELS",
    "Bubble",
    "Chip",
    "Item",
    "ItemKind",
    "lay_out",
    "lay_out_bubble",
    "quote_words",
    "row_words",
    "system_words",
]

TEXT_PIXELS = 15
LINE_HEIGHT = 21.0
META_PIXELS = 12
BUBBLE_RADIUS = 14.0
JOINED_RADIUS = 6.0
BUBBLE_WIDTH_MAX = 560.0
BUBBLE_SHARE_MAX = 0.7
PADDING_X, PADDING_Y = 12.0, 8.0
SIDE = 18.0
GAP_IN_RUN, GAP_BETWEEN = 3.0, 8.0
RUN_MS = 15 * 60 * 1000
DATE_HEIGHT, UNREAD_HEIGHT, LINE_ROW_HEIGHT = 24.0, 28.0, 24.0
META_GAP = 10.0
TICK_WIDTH = 20.0
EDGE = 14.0
QUOTE_HEIGHT, QUOTE_GAP, QUOTE_INDENT = 38.0, 6.0, 10.0
CHIP_HEIGHT, CHIP_GAP, CHIP_PADDING = 24.0, 6.0, 8.0

NameOf = Callable[[AccountId], str]


class ItemKind(Enum):
    """What stands in a timeline."""

    DATE = "date"
    UNREAD = "unread"
    BUBBLE = "bubble"
    LINE = "line"  # One grey line instead of a bubble.


@dataclass(frozen=True, slots=True)
class Chip:
    """An emoji at a message with how many put it there, relative to the bubble's corner."""

    rect: QRectF
    emoji: str
    accounts: tuple[AccountId, ...]

    @property
    def words(self) -> str:
        """What it says."""
        return f"{self.emoji} {len(self.accounts)}"


@dataclass(slots=True)
class Bubble:
    """A message laid out for a width; positions are relative to the bubble's corner."""

    row: MessageRow
    text: QTextLayout
    width: float
    height: float
    meta: QRectF
    time: str
    room: float
    text_top: float = PADDING_Y
    quote: QRectF | None = None
    quote_name: str = ""
    chips: tuple[Chip, ...] = ()


@dataclass(slots=True)
class Item:
    """One thing and where it stands, relative to the top of all."""

    kind: ItemKind
    rect: QRectF
    row: MessageRow | None = None
    bubble: Bubble | None = None
    words: str = ""
    joins_above: bool = False
    joins_below: bool = False


BubbleCache = dict[int, Bubble]


def row_words(row: MessageRow) -> str:
    """Return what a row says: its text, or a sentence for what has none."""
    match row.kind:
        case MessageKind.TEXT:
            return row.text
        case MessageKind.FILE:
            name = "" if row.file is None else row.file.name
            line = translate("timeline.file", name=name)
            return f"{line}\n{row.text}" if row.text else line
        case MessageKind.UNREADABLE:
            return translate("timeline.unreadable")
        case MessageKind.REMOVED:
            return translate("timeline.removed")
        case MessageKind.UNSUPPORTED:
            return translate("timeline.unsupported")
        case MessageKind.RECALLED:
            return translate("timeline.recalled")
        case MessageKind.SYSTEM:
            return system_words(row.system, row.text)


def system_words(system: SystemKind | None, text: str) -> str:
    """Return what happened to a conversation, in words."""
    if system is SystemKind.TIMER_CHANGED:
        seconds = int(text) if text.isdigit() else 0
        key = "system.timer_changed" if seconds else "system.timer_off"
        return translate(key, text=timer_words(seconds))
    return translate(f"system.{(system or SystemKind.CREATED).value}", text=text)


def quote_words(quote: Quote | None) -> str:
    """Return what is shown of a message that is answered; ``None``: it is not here."""
    if quote is None:
        return translate("timeline.quote_gone")
    if quote.kind is MessageKind.RECALLED:
        return translate("timeline.recalled")
    if quote.kind is MessageKind.FILE and quote.text:
        return translate("timeline.file", name=quote.text)
    return quote.text.replace("\n", " ") or translate("timeline.quote_gone")


def _nobody(_account: AccountId) -> str:
    return ""


def lay_out(
    rows: Sequence[MessageRow],
    *,
    width: float,
    first_unread: int,
    cache: BubbleCache,
    name_of: NameOf = _nobody,
) -> tuple[list[Item], float]:
    """Place all rows under each other; return them and the height of all.

    Args:
        rows: In order.
        width: Of the view.
        first_unread: Sequence before whose row the unread bar stands; 0 for none.
        cache: Bubbles laid out before, by ``local_id``; those of other widths are replaced.
        name_of: How somebody is called where a message of theirs is answered.
    """
    items: list[Item] = []
    top = EDGE
    before: MessageRow | None = None
    for position, row in enumerate(rows):
        after = rows[position + 1] if position + 1 < len(rows) else None
        if before is None or not _is_same_day(before, row):
            top = _add(items, ItemKind.DATE, top, DATE_HEIGHT, width, day_label(row.shown_at_ms))
            before = None
        if first_unread and _is_first_unread(rows, position, first_unread):
            words = translate("timeline.unread")
            top = _add(items, ItemKind.UNREAD, top, UNREAD_HEIGHT, width, words)
            before = None
        if row.kind is not MessageKind.TEXT:
            top = _add(items, ItemKind.LINE, top, LINE_ROW_HEIGHT, width, row_words(row), row)
        else:
            joins_above = before is not None and _is_run(before, row)
            joins_below = after is not None and _is_run(row, after)
            top += GAP_IN_RUN if joins_above else GAP_BETWEEN if before is not None else 0.0
            item = _bubble_item(row, top=top, width=width, cache=cache, name_of=name_of)
            item.joins_above, item.joins_below = joins_above, joins_below
            items.append(item)
            top = item.rect.bottom()
        before = row
    return items, top + EDGE


def lay_out_bubble(row: MessageRow, view_width: float, name_of: NameOf = _nobody) -> Bubble:
    """Break the text into lines and find a place for quote, time, tick and reactions."""
    outer = min(BUBBLE_WIDTH_MAX, view_width * BUBBLE_SHARE_MAX)
    room = outer - 2 * PADDING_X
    layout = QTextLayout(row.text.replace("\n", "\u2028"), font(TEXT_PIXELS))
    option = QTextOption()
    option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
    option.setTextDirection(Qt.LayoutDirection.LayoutDirectionAuto)
    layout.setTextOption(option)
    layout.setCacheEnabled(True)
    widest, last, count = _break_lines(layout, room)
    time = clock_time(row.shown_at_ms)
    if row.is_edited:
        time = translate("timeline.edited") + f" {time}"
    meta_width = QFontMetricsF(font(META_PIXELS)).horizontalAdvance(time)
    meta_width += TICK_WIDTH if row.is_own else 0.0
    quote_name = "" if row.quote is None else name_of(row.quote.sender)
    quote_width = min(_quote_width(row, quote_name), room)
    text_top = PADDING_Y + (QUOTE_HEIGHT + QUOTE_GAP if row.reply_to else 0.0)
    text_height = count * LINE_HEIGHT + text_top - PADDING_Y
    widest = max(widest, quote_width)
    if last + META_GAP + meta_width <= room:
        inner = max(widest, last + META_GAP + meta_width)
        height = text_height + 2 * PADDING_Y
    else:
        inner = max(widest, meta_width)
        height = text_height + 2 * PADDING_Y + 15
    chips = _chips(row, top=height - PADDING_Y + CHIP_GAP, room=room)
    inner = max([inner, *(chip.rect.right() - PADDING_X for chip in chips)])
    width = inner + 2 * PADDING_X
    meta = QRectF(width - PADDING_X - meta_width, height - PADDING_Y - 15, meta_width, 16)
    if chips:
        height = chips[-1].rect.bottom() + PADDING_Y
    quote = QRectF(PADDING_X, PADDING_Y, inner, QUOTE_HEIGHT) if row.reply_to else None
    return Bubble(
        row=row,
        text=layout,
        width=width,
        height=height,
        meta=meta,
        time=time,
        room=outer,
        text_top=text_top,
        quote=quote,
        quote_name=quote_name,
        chips=chips,
    )


def _quote_width(row: MessageRow, name: str) -> float:
    if not row.reply_to:
        return 0.0
    words = QFontMetricsF(font(13)).horizontalAdvance(quote_words(row.quote))
    return max(words, QFontMetricsF(font(13, 600)).horizontalAdvance(name)) + 2 * QUOTE_INDENT


def _chips(row: MessageRow, *, top: float, room: float) -> tuple[Chip, ...]:
    """Place the reactions side by side, in as many lines as they need."""
    chips: list[Chip] = []
    left, metrics = PADDING_X, QFontMetricsF(font(13, 500))
    for reaction in row.reactions:
        words = f"{reaction.emoji} {len(reaction.accounts)}"
        width = metrics.horizontalAdvance(words) + 2 * CHIP_PADDING
        if left > PADDING_X and left + width > PADDING_X + room:
            left, top = PADDING_X, top + CHIP_HEIGHT + CHIP_GAP
        rect = QRectF(left, top, width, CHIP_HEIGHT)
        chips.append(Chip(rect, reaction.emoji, reaction.accounts))
        left += width + CHIP_GAP
    return tuple(chips)


def _break_lines(layout: QTextLayout, room: float) -> tuple[float, float, int]:
    """Fill lines of equal height; return the widest, the last one's width and their number."""
    widest = last = 0.0
    count = 0
    layout.beginLayout()
    while (line := layout.createLine()).isValid():
        line.setLineWidth(room)
        # Fonts differ in height (Chinese, emoji); the rhythm of lines does not.
        line.setPosition(QPointF(0, count * LINE_HEIGHT + (LINE_HEIGHT - line.height()) / 2))
        last = line.naturalTextWidth()
        widest = max(widest, last)
        count += 1
    layout.endLayout()
    return widest, last, max(count, 1)


def _bubble_item(
    row: MessageRow, *, top: float, width: float, cache: BubbleCache, name_of: NameOf
) -> Item:
    bubble = cache.get(row.local_id)
    room = min(BUBBLE_WIDTH_MAX, width * BUBBLE_SHARE_MAX)
    if bubble is None or bubble.row is not row or bubble.room != room:
        bubble = lay_out_bubble(row, width, name_of)
        cache[row.local_id] = bubble
    left = width - SIDE - bubble.width if row.is_own else SIDE
    rect = QRectF(left, top, bubble.width, bubble.height)
    return Item(kind=ItemKind.BUBBLE, rect=rect, row=row, bubble=bubble)


def _add(
    items: list[Item],
    kind: ItemKind,
    top: float,
    height: float,
    width: float,
    words: str,
    row: MessageRow | None = None,
) -> float:
    """Place something of full width with air around it; return where the next begins."""
    gap = 2.0 if not items else 10.0
    items.append(Item(kind=kind, rect=QRectF(0, top + gap, width, height), row=row, words=words))
    return top + gap + height + 10.0


def _is_first_unread(rows: Sequence[MessageRow], position: int, first_unread: int) -> bool:
    row = rows[position]
    if row.is_own or row.sequence < first_unread:
        return False
    return not any(not other.is_own and other.sequence >= first_unread for other in rows[:position])


def _is_same_day(one: MessageRow, other: MessageRow) -> bool:
    return moment(one.shown_at_ms).date() == moment(other.shown_at_ms).date()


def _is_run(above: MessageRow, below: MessageRow) -> bool:
    return (
        above.sender == below.sender
        and above.kind is below.kind is MessageKind.TEXT
        and abs(below.shown_at_ms - above.shown_at_ms) <= RUN_MS
        and _is_same_day(above, below)
    )
