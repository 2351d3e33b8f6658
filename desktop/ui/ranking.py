"""Which of many names a few typed letters mean, the most likely first."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Generic, TypeVar

from desktop.models.pinyin import name_fits

__all__ = ["Candidate", "Fit", "fit", "ranked"]

T = TypeVar("T")

_WORD = re.compile(r"[^\W_]+")


class Fit(IntEnum):
    """How a text fits a name; lower is better."""

    WHOLE = 0
    BEGINNING = 1
    WORD = 2  # It begins a word of the name, or each of its words does.
    INITIALS = 3  # The first letters of the name's words.
    SOUND = 4  # As it is spoken (`desktop.models.pinyin`).
    INSIDE = 5


@dataclass(frozen=True, slots=True)
class Candidate(Generic[T]):
    """Something with names; earlier ones of equal fit come first.

    Args:
        value: What is found.
        names: All that it is called; folded here once, because every key press compares them.
    """

    value: T
    names: tuple[str, ...]
    folded: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        """Fold the names."""
        folded = tuple(name.casefold() for name in self.names if name)
        object.__setattr__(self, "folded", folded)


def fit(text: str, candidate: Candidate[T]) -> Fit | None:
    """Return how a folded text fits the best of the names; ``None`` if it fits none."""
    fits = [each for name in candidate.folded if (each := _fit_name(text, name)) is not None]
    return min(fits, default=None)


def ranked(text: str, candidates: Iterable[Candidate[T]], *, limit: int) -> list[T]:
    """Return the best candidates for a text, at most ``limit``; without a text the first ones."""
    wanted = " ".join(text.casefold().split())
    if not wanted:
        return [each.value for each, _ in zip(candidates, range(limit), strict=False)]
    found = [
        (how, place, each.value)
        for place, each in enumerate(candidates)
        if (how := fit(wanted, each)) is not None
    ]
    found.sort(key=_by_fit_and_place)
    return [value for _, _, value in found[:limit]]


def _by_fit_and_place(found: tuple[Fit, int, T]) -> tuple[Fit, int]:
    return found[0], found[1]


def _fit_name(text: str, name: str) -> Fit | None:
    if text[0] not in name:
        # Nothing below could fit; most names of thousands end here.
        return _fit_sound(text, name)
    if text == name:
        return Fit.WHOLE
    if name.startswith(text):
        return Fit.BEGINNING
    words = _WORD.findall(name)
    if " " in text:
        return Fit.WORD if _begin_words(text.split(), words) else _fit_inside(text, name)
    if any(word.startswith(text) for word in words):
        return Fit.WORD
    if len(words) > 1 and "".join(word[0] for word in words).startswith(text):
        return Fit.INITIALS
    return _fit_inside(text, name)


def _fit_inside(text: str, name: str) -> Fit | None:
    return _fit_sound(text, name) or (Fit.INSIDE if text in name else None)


def _fit_sound(text: str, name: str) -> Fit | None:
    # What is written the same way is no matter of its sound.
    is_spoken = not name.isascii() and text not in name
    return Fit.SOUND if is_spoken and name_fits(name, text) else None


def _begin_words(texts: list[str], words: list[str]) -> bool:
    """Whether each text begins another word, in this order."""
    left = iter(words)
    return all(any(word.startswith(text) for word in left) for text in texts)
