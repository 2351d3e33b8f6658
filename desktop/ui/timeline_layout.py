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
    "lay_out_some",
    "not_laid_out",
    "quote_words",
    "row_words",
    "system_words",
]

SIDE = 18.0
AVATAR_SIDE, AVATAR_LEFT, GROUP_LEFT = 36.0, 14.0, 60.0
GAP_IN_RUN, GAP_BETWEEN, GAP_AROUND = 3.0, 8.0, 10.0
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
    before: Sequence[Item] = (),
) -> tuple[list[Item], float]:
    """Place all rows under each other; return them and the height of all.

    Args:
        rows: In order.
        width: Of the view.
        first_unread: Sequence before whose row the unread bar stands; 0 for none.
        cache: Bubbles laid out before, by ``local_id``; those of other widths are replaced.
        unread: How many messages the unread bar speaks of; 0: it says no number.
        people: Who is who.
        before: What was returned last, if all but the rows is as it was then. What still stands
            between the same rows is only moved, and belongs to what is returned now.
    """
    bar = _first_unread(rows, first_unread)
    column = _Column(rows, width, cache, people, bar=bar, unread=unread)
    kept, items = _unmoved(rows, before, bar)
    if rows:
        column.add(0)
    if kept:
        column.move(items)
    for place in range(1 + kept, len(rows)):
        column.add(place)
    return column.items, column.top + EDGE


def not_laid_out(rows: Sequence[MessageRow], cache: BubbleCache) -> list[int]:
    """Return the places of rows whose bubbles have never been laid out."""
    return [
        place for place, row in enumerate(rows) if row.local_id not in cache and _has_bubble(row)
    ]


def lay_out_some(
    rows: Sequence[MessageRow],
    places: range,
    *,
    width: float,
    cache: BubbleCache,
    people: People,
) -> None:
    """Lay out the bubbles of some of the rows, for `lay_out` to find them; nothing is placed."""
    column = _Column(rows, width, cache, people, bar=-1, unread=0)
    for place in places:
        column.bubble(place)


class _Column:
    """Rows as they are placed under each other, from the first to the last."""

    def __init__(
        self,
        rows: Sequence[MessageRow],
        width: float,
        cache: BubbleCache,
        people: People,
        *,
        bar: int,
        unread: int,
    ) -> None:
        self.items: list[Item] = []
        self.top = EDGE
        self._rows = rows
        self._width = width
        self._cache = cache
        self._people = people
        self._unread = unread
        self._room = bubble_room(width, people)
        self._bar = bar
        self._days = days_of(row.shown_at_ms for row in rows)

    def add(self, place: int) -> None:
        """Place a row under the others, and what stands before it."""
        row, bubble, is_apart = self._rows[place], self.bubble(place), self._begin(place)
        if bubble is None:
            self._add_line(row)
            return
        joins_above, joins_below = self._is_followed(place - 1), self._is_followed(place)
        if not is_apart:
            self.top += GAP_IN_RUN if joins_above else GAP_BETWEEN
        is_beside = self._is_beside(row)
        left = GROUP_LEFT if is_beside else SIDE
        if row.is_own:
            left = self._width - SIDE - bubble.width
        item = Item(ItemKind.BUBBLE, QRectF(left, self.top, bubble.width, bubble.height))
        item.row, item.bubble = row, bubble
        item.joins_above, item.joins_below = joins_above, joins_below
        self.top += bubble.height
        if is_beside and not joins_below:
            item.avatar = QRectF(AVATAR_LEFT, self.top - AVATAR_SIDE, AVATAR_SIDE, AVATAR_SIDE)
        self.items.append(item)

    def move(self, items: Sequence[Item]) -> None:
        """Bring what was placed before under the row they followed then: the first of ``items``."""
        dy = self.items[-1].rect.bottom() - items[0].rect.bottom()
        for item in items[1:]:
            item.rect.translate(0, dy)
            if item.avatar is not None:
                item.avatar.translate(0, dy)
        self.items += items[1:]
        self.top = items[-1].rect.bottom()
        if items[-1].kind is ItemKind.LINE:
            self.top += GAP_AROUND

    def bubble(self, place: int) -> Bubble | None:
        """Return what is laid out of a row; one that was read anew and says the same is already."""
        row = self._rows[place]
        if not _has_bubble(row):
            return None
        shows_name = self._is_beside(row) and not self._is_followed(place - 1)
        bubble = self._cache.get(row.local_id)
        has_name = bubble is not None and bubble.name_rect is not None
        if (
            bubble is None
            or bubble.row != row
            or bubble.room != self._room
            or has_name != shows_name
        ):
            bubble = lay_out_bubble(row, self._room, self._people, shows_name=shows_name)
            self._cache[row.local_id] = bubble
        bubble.row = row
        return bubble

    def _is_beside(self, row: MessageRow) -> bool:
        """Whether its bubble stands beside the picture of who wrote it."""
        return self._people.is_group and not row.is_own

    def _begin(self, place: int) -> bool:
        """Place what stands before a row; return whether anything does."""
        row, count = self._rows[place], len(self.items)
        if self._is_day(place):
            words = day_label(row.shown_at_ms)
            self._add(ItemKind.DATE, scaled(DATE_HEIGHT), words)
            self.items[-1].at_ms = row.shown_at_ms
        if place == self._bar:
            self._add(ItemKind.UNREAD, scaled(UNREAD_HEIGHT), _unread_words(self._unread))
        return len(self.items) > count

    def _add(self, kind: ItemKind, height: float, words: str) -> None:
        """Place something of full width with air around it."""
        top = self.top + (GAP_AROUND if self.items else 2.0)
        self.items.append(Item(kind, QRectF(0, top, self._width, height), words=words))
        self.top = top + height + GAP_AROUND

    def _add_line(self, row: MessageRow) -> None:
        """Place grey words, in as many lines as they need."""
        words = line_words(row, self._people.name_of, is_group=self._people.is_group)
        flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
        room = QRectF(0, 0, max(60.0, self._width - 80), 10_000)
        needed = QFontMetricsF(font(LINE_PIXELS)).boundingRect(room, flags, words)
        self._add(ItemKind.LINE, max(scaled(LINE_ROW_HEIGHT), needed.height() + 6), words)
        self.items[-1].row = row

    def _is_day(self, place: int) -> bool:
        """Whether a day begins with a row."""
        return not place or self._days[place - 1] != self._days[place]

    def _is_followed(self, place: int) -> bool:
        """Whether a row and the next one are there and of a run."""
        after = place + 1
        if not 0 < after < len(self._rows) or after == self._bar or self._is_day(after):
            return False
        return _is_run(self._rows[place], self._rows[after])


def _unmoved(
    rows: Sequence[MessageRow], before: Sequence[Item], bar: int
) -> tuple[int, Sequence[Item]]:
    """Find what stands between the same rows as before: neither the first nor the last of those.

    Args:
        rows: As they are now.
        before: What was placed.
        bar: Before which row the unread bar stands now.

    Returns:
        How many rows behind the first one; and their items, behind that of the first.
    """
    places = [place for place, item in enumerate(before) if item.row is not None and rows]
    first = next((n for n, place in enumerate(places) if before[place].row is rows[0]), -1)
    if first < 0:
        return 0, ()
    same = 0
    for row, place in zip(rows, places[first:], strict=False):
        had_bar = place > 0 and before[place - 1].kind is ItemKind.UNREAD
        if before[place].row is not row or (same and had_bar != (same == bar)):
            break
        same += 1
    if same < 3:  # None has a neighbour on each side.
        return 0, ()
    return same - 2, before[places[first] : places[first + same - 2] + 1]


def _unread_words(unread: int) -> str:
    if not unread:
        return translate("timeline.unread")
    return translate("timeline.unread_count", count=unread)


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
