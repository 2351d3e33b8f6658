"""A timeline as a table of characters, with states and times, for terminals."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from desktop.cli.printing import visible
from desktop.events import MessageRow
from shared.identifiers import AccountId

__all__ = ["timeline_table"]

_HEADS = ("#", "from", "text", "state", "sent", "received", "delivered", "read")


def timeline_table(
    title: str, rows: Sequence[MessageRow], *, names: Mapping[AccountId, str]
) -> str:
    """Return a table of the rows under a title; times are UTC."""
    lines = [_HEADS, *(_cells(row, names) for row in rows)]
    widths = [max(map(_width, column)) for column in zip(*lines, strict=True)]
    rule = "  ".join("-" * width for width in widths)
    head, *body = [
        "  ".join(_padded(cell, width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    ]
    return "\n".join([title, rule, head, rule, *body, rule])


def _cells(row: MessageRow, names: Mapping[AccountId, str]) -> tuple[str, ...]:
    return (
        str(row.sequence),
        names.get(row.sender, str(row.sender)),
        visible(row.text),
        row.state.value,
        _time(row.sent_at_ms),
        _time(row.received_at_ms),
        _time(row.delivered_at_ms),
        _time(row.read_at_ms),
    )


def _time(at_ms: int) -> str:
    if not at_ms:
        return "–"
    return datetime.fromtimestamp(at_ms / 1000, UTC).strftime("%H:%M:%S.%f")[:-3]


def _width(text: str) -> int:
    """How many columns of a terminal the text takes; Chinese characters take two."""
    return sum(_columns(character) for character in text)


def _columns(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def _padded(text: str, width: int) -> str:
    return text + " " * (width - _width(text))
