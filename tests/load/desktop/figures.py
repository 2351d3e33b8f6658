"""Measured figures beside what is promised of them."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence

import msgspec

__all__ = ["Figure", "p99"]


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """One measured thing: its values in the order of the runs, and the one that counts.

    ``counted`` is the value that is held to ``limit``; 0 as a limit promises nothing.
    """

    name: str
    unit: str
    values: list[float]
    counted: float
    counted_as: str  # "median", "p99", "largest".
    limit: float = 0.0
    note: str = ""

    @property
    def is_kept(self) -> bool:
        """Whether the promise holds."""
        return not self.limit or self.counted <= self.limit

    def __str__(self) -> str:
        """Return a line for people."""
        promised = f" ≤ {self.limit:g}" if self.limit else ""
        verdict = "" if not self.limit else " kept" if self.is_kept else " NOT KEPT"
        spread = f"{min(self.values):.3g}…{max(self.values):.3g}" if self.values else "nothing"
        note = f" ({self.note})" if self.note else ""
        return (
            f"{self.name}: {self.counted_as} {self.counted:.3g}{promised} {self.unit}{verdict};"
            f" {len(self.values)} values {spread}{note}"
        )


def median_of(
    name: str, values: Sequence[float], unit: str, *, limit: float = 0.0, note: str = ""
) -> Figure:
    """Return a figure whose median counts."""
    return Figure(
        name=name,
        unit=unit,
        values=_rounded(values),
        counted=statistics.median(values),
        counted_as="median",
        limit=limit,
        note=note,
    )


def p99_of(
    name: str, runs: Sequence[Sequence[float]], unit: str, *, limit: float = 0.0, note: str = ""
) -> Figure:
    """Return a figure whose 99th percentile counts: the median of the runs' own."""
    each = [p99(run) for run in runs]
    return Figure(
        name=name,
        unit=unit,
        values=_rounded(each),
        counted=statistics.median(each),
        counted_as="p99",
        limit=limit,
        note=note,
    )


def p99(values: Sequence[float]) -> float:
    """Return the smallest value that 99 % of the values do not exceed."""
    ranked = sorted(values)
    return ranked[max(0, math.ceil(len(ranked) * 0.99) - 1)]


def _rounded(values: Sequence[float]) -> list[float]:
    return [round(value, 4) for value in values]
