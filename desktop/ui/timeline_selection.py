"""Text selected across messages, and what of it is copied.

Pure: positions are code points of what is shown (`desktop.ui.markup`); what is copied is what was
typed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from desktop.events import MessageKind, MessageRow
from desktop.ui.timeline_layout import Item
from desktop.ui.timeline_words import row_words
from desktop.ui.times import full_time
from desktop.ui.translate import translate

__all__ = ["Place", "Spans", "TextSelection", "copied_rows", "copied_text", "spread"]

Spans = Mapping[int, tuple[int, int | None]]
Say = Callable[[MessageRow], str]


@dataclass(frozen=True, slots=True)
class Place:
    """A position in a message's text."""

    local_id: int
    position: int


@dataclass(frozen=True, slots=True)
class TextSelection:
    """From where the mouse was pressed to where it is."""

    anchor: Place
    head: Place


def spread(rows: Sequence[MessageRow], selection: TextSelection | None) -> Spans:
    """Return what is selected of each message; ``None`` as an end is the end of its text."""
    if selection is None:
        return {}
    numbers = {row.local_id: number for number, row in enumerate(rows)}
    anchor, head = selection.anchor, selection.head
    if anchor.local_id not in numbers or head.local_id not in numbers:
        return {}  # One end has left the window.
    if anchor.local_id == head.local_id:
        first, last = sorted((anchor.position, head.position))
        return {anchor.local_id: (first, last)} if first < last else {}
    ordered = sorted((anchor, head), key=lambda place: numbers[place.local_id])
    first_number, last_number = (numbers[place.local_id] for place in ordered)
    spans: dict[int, tuple[int, int | None]] = {
        row.local_id: (0, None) for row in rows[first_number : last_number + 1]
    }
    spans[ordered[0].local_id] = (ordered[0].position, None)
    spans[ordered[1].local_id] = (0, ordered[1].position)
    return spans


def copied_text(items: Sequence[Item], spans: Spans, who: Say) -> str:
    """Return what is selected; of several messages with names and times.

    Args:
        items: In order.
        spans: What `spread` says.
        who: Says who wrote a message.
    """
    parts = []
    for item in items:
        if item.row is None or item.row.local_id not in spans:
            continue
        start, end = spans[item.row.local_id]
        text = _part_of(item, start, end)
        if text:
            parts.append((item.row, text))
    if len(parts) == 1:
        return parts[0][1]
    return "\n\n".join(_with_head(row, text, who) for row, text in parts)


def copied_rows(rows: Sequence[MessageRow], who: Say) -> str:
    """Return whole messages; of several with names and times."""
    if len(rows) == 1:
        return row_words(rows[0])
    return "\n\n".join(_with_head(row, row_words(row), who) for row in rows)


def _part_of(item: Item, start: int, end: int | None) -> str:
    row, bubble = item.row, item.bubble
    assert row is not None
    if bubble is None:
        return item.words
    if end is None:
        end = len(bubble.text.marked.text)
    text = bubble.text.marked.written(start, end)
    if row.kind is MessageKind.FILE and start == 0 and end >= len(bubble.text.marked.text):
        return row_words(row)
    return text


def _with_head(row: MessageRow, text: str, who: Say) -> str:
    if row.kind is MessageKind.SYSTEM:
        return text
    head = translate("timeline.copied", who=who(row), time=full_time(row.shown_at_ms))
    return f"{head}\n{text}"
