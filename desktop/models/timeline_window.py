"""A window of at most `limits.TIMELINE_WINDOW` rows onto a conversation of any length.

Rows are kept in the order of ``MessageRow.order``. ``has_older`` and ``has_newer`` say whether
the engine knows more on either side. As long as ``has_newer`` is true the window does not reach
the end of the conversation and new rows beyond it are not taken in; they are loaded when the
person scrolls there.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterable

from desktop.events import MessageRow, TimelinePage
from shared import limits

__all__ = ["TimelineWindow"]


class TimelineWindow:
    """The rows of one conversation that a view may paint now."""

    def __init__(self, *, rows_max: int = limits.TIMELINE_WINDOW) -> None:
        self.rows: list[MessageRow] = []
        self.has_older = False
        self.has_newer = False
        self.is_loaded = False
        self._rows_max = rows_max

    @property
    def oldest(self) -> MessageRow | None:
        """The first row, if there is one."""
        return self.rows[0] if self.rows else None

    @property
    def newest(self) -> MessageRow | None:
        """The last row, if there is one."""
        return self.rows[-1] if self.rows else None

    def find(self, local_id: int) -> int:
        """Return the index of the row with this ``local_id``, or -1."""
        return next((i for i, row in enumerate(self.rows) if row.local_id == local_id), -1)

    def replace(self, page: TimelinePage) -> None:
        """Show this page and nothing else."""
        self.rows = sorted(page.rows, key=_order)[-self._rows_max :]
        self.has_older, self.has_newer, self.is_loaded = page.has_older, page.has_newer, True

    def extend_older(self, page: TimelinePage) -> None:
        """Put a page loaded with ``before`` in front; rows fall off the newer end if need be."""
        self.has_older = page.has_older
        self._merge(page.rows)
        if len(self.rows) > self._rows_max:
            del self.rows[self._rows_max :]
            self.has_newer = True

    def extend_newer(self, page: TimelinePage) -> None:
        """Put a page loaded with ``after`` behind; rows fall off the older end if need be."""
        self.has_newer = page.has_newer
        self._merge(page.rows)
        self._drop_oldest()

    def apply(self, rows: Iterable[MessageRow], removed: Iterable[int]) -> bool:
        """Take in rows that changed or are new; return whether anything here changed."""
        changed = self._remove(set(removed))
        fitting = [row for row in rows if self._takes(row)]
        if fitting:
            self._merge(fitting)
            self._drop_oldest()
        return changed or bool(fitting)

    def _takes(self, row: MessageRow) -> bool:
        """A known row always; a new one if it lies between the ends the window shows."""
        if self.find(row.local_id) >= 0:
            return True
        is_past_newer = self.has_newer and (not self.rows or row.order > self.rows[-1].order)
        is_past_older = self.has_older and bool(self.rows) and row.order < self.rows[0].order
        return self.is_loaded and not is_past_newer and not is_past_older

    def _merge(self, rows: Iterable[MessageRow]) -> None:
        fresh = {row.local_id: row for row in rows}
        self._remove(set(fresh))
        for row in fresh.values():
            insort(self.rows, row, key=_order)

    def _remove(self, local_ids: set[int]) -> bool:
        count = len(self.rows)
        self.rows = [row for row in self.rows if row.local_id not in local_ids]
        return len(self.rows) != count

    def _drop_oldest(self) -> None:
        if len(self.rows) > self._rows_max:
            del self.rows[: len(self.rows) - self._rows_max]
            self.has_older = True


def _order(row: MessageRow) -> tuple[int, int]:
    return (row.order, row.local_id)
