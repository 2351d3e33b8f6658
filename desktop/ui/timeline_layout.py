"""Where everything of a timeline goes: rows into bubbles, runs, date pills, the unread bar.

Pure geometry: nothing here paints. What a bubble holds is laid out by `desktop.ui.bubble_layout`,
once for a row and a width, so that it can be painted, hit and selected later without being laid
out again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QFontMetricsF

from desktop.events import MessageKind, MessageRow
from desktop.ui.bubble import NOBODY, Bubble, People
from desktop.ui.bubble_layout import bubble_room, lay_out_bubble
from desktop.ui.fonts import font, scaled
from desktop.ui.timeline_words import line_words, quote_words, row_words, system_words
from desktop.ui.times import day_label, days_of
from desktop.ui.translate import translate

__all__ = [
    "AVATAR_SIDE",
    "BubbleCache",
    "Item",
    "ItemKind",
    "lay_out",
    "quote_words",
    "row_words",
    "system_words",
]

SIDE = 18.0
AVATAR_SIDE, AVATAR_LEFT, GROUP_LEFT = 36.0, 14.0, 60.0
GAP_IN_RUN, GAP_BETWEEN = 3.0, 8.0
RUN_MS = 15 * 60 * 1000
DATE_HEIGHT, UNREAD_HEIGHT, LINE_ROW_HEIGHT = 24.0, 28.0, 24.0
LINE_PIXELS, LINE_SPACING = 13, 18.0
EDGE = 14.0


class ItemKind(Enum):
    """What stands in a timeline."""

    DATE = "date"
    UNREAD = "unread"
    BUBBLE = "bubble"
    LINE = "line"  # Grey words instead of a bubble.


@dataclass(slots=True, repr=False)
class Item:
    """One thing and where it stands, relative to the top of all."""

    kind: ItemKind
    rect: QRectF
    row: MessageRow | None = None
    bubble: Bubble | None = None
    words: str = ""
    joins_above: bool = False
    joins_below: bool = False
    avatar: QRectF | None = None  # Of the sender, at the end of a run in a group.
    at_ms: int = 0  # Of a date's first message.


BubbleCache = dict[int, Bubble]


def lay_out(
    rows: Sequence[MessageRow],
    *,
    width: float,
    first_unread: int,
    cache: BubbleCache,
    unread: int = 0,
    people: People = NOBODY,
) -> tuple[list[Item], float]:
    """Place all rows under each other; return them and the height of all.

    Args:
        rows: In order.
        width: Of the view.
        first_unread: Sequence before whose row the unread bar stands; 0 for none.
        cache: Bubbles laid out before, by ``local_id``; those of other widths are replaced.
        unread: How many messages the unread bar speaks of; 0: it says no number.
        people: Who is who.
    """
    items: list[Item] = []
    top = EDGE
    before: MessageRow | None = None
    bar = _first_unread(rows, first_unread)
    days = days_of(row.shown_at_ms for row in rows)
    for position, row in enumerate(rows):
        after = rows[position + 1] if position + 1 < len(rows) else None
        if before is None or days[position] != days[position - 1]:
            words = day_label(row.shown_at_ms)
            top = _add(items, ItemKind.DATE, top, scaled(DATE_HEIGHT), width, words)
            items[-1].at_ms = row.shown_at_ms
            before = None
        if position == bar:
            words = _unread_words(unread)
            top = _add(items, ItemKind.UNREAD, top, scaled(UNREAD_HEIGHT), width, words)
            before = None
        if not _has_bubble(row):
            words = line_words(row, people.name_of, is_group=people.is_group)
            top = _add_line(items, top, width, row, words)
        else:
            joins_above = before is not None and _is_run(before, row)
            joins_below = (
                after is not None
                and position + 1 != bar
                and days[position] == days[position + 1]
                and _is_run(row, after)
            )
            top += GAP_IN_RUN if joins_above else GAP_BETWEEN if before is not None else 0.0
            item = Item(ItemKind.BUBBLE, QRectF(0, top, 0, 0), row=row)
            item.joins_above, item.joins_below = joins_above, joins_below
            _place_bubble(item, width, cache, people)
            items.append(item)
            top = item.rect.bottom()
        before = row
    return items, top + EDGE


def _unread_words(unread: int) -> str:
    if not unread:
        return translate("timeline.unread")
    return translate("timeline.unread_count", count=unread)


def _place_bubble(item: Item, width: float, cache: BubbleCache, people: People) -> None:
    row = item.row
    assert row is not None
    is_beside = people.is_group and not row.is_own
    shows_name = is_beside and not item.joins_above
    room = bubble_room(width, people)
    bubble = cache.get(row.local_id)
    has_name = bubble is not None and bubble.name_rect is not None
    # A row that was read anew and says the same is laid out already.
    if bubble is None or bubble.row != row or bubble.room != room or has_name != shows_name:
        bubble = lay_out_bubble(row, room, people, shows_name=shows_name)
        cache[row.local_id] = bubble
    left = width - SIDE - bubble.width if row.is_own else GROUP_LEFT if is_beside else SIDE
    top = item.rect.top()
    item.bubble = bubble
    item.rect = QRectF(left, top, bubble.width, bubble.height)
    if is_beside and not item.joins_below:
        side = AVATAR_SIDE
        item.avatar = QRectF(AVATAR_LEFT, item.rect.bottom() - side, side, side)


def _add(
    items: list[Item], kind: ItemKind, top: float, height: float, width: float, words: str
) -> float:
    """Place something of full width with air around it; return where the next begins."""
    gap = 2.0 if not items else 10.0
    items.append(Item(kind=kind, rect=QRectF(0, top + gap, width, height), words=words))
    return top + gap + height + 10.0


def _add_line(items: list[Item], top: float, width: float, row: MessageRow, words: str) -> float:
    """Place grey words, in as many lines as they need."""
    flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
    metrics = QFontMetricsF(font(LINE_PIXELS))
    needed = metrics.boundingRect(QRectF(0, 0, max(60.0, width - 80), 10_000), flags, words)
    height = max(scaled(LINE_ROW_HEIGHT), needed.height() + 6)
    top = _add(items, ItemKind.LINE, top, height, width, words)
    items[-1].row = row
    return top


def _first_unread(rows: Sequence[MessageRow], first_unread: int) -> int:
    """Return before which row the bar stands, -1 for none."""
    if not first_unread:
        return -1
    fitting = (n for n, row in enumerate(rows) if not row.is_own and row.sequence >= first_unread)
    return next(fitting, -1)


def _has_bubble(row: MessageRow) -> bool:
    """Whether there is something to put into one: a file may have been forgotten here."""
    if row.kind is MessageKind.FILE:
        return row.file is not None or bool(row.text)
    return row.kind is MessageKind.TEXT


def _is_run(above: MessageRow, below: MessageRow) -> bool:
    return (
        above.sender == below.sender
        and _has_bubble(above)
        and _has_bubble(below)
        and abs(below.shown_at_ms - above.shown_at_ms) <= RUN_MS
    )
