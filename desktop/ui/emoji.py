"""All emoji with their names in both languages: how they are found, and in which skin tone.

`assets/emoji/emoji.json` is trimmed from emojibase-data 17 (MIT), Emoji 15.0 and older, so that the
fonts of today's systems have them. Groups in order; each emoji is an array:

| place | what |
| --- | --- |
| 0 | the sign, without a skin tone |
| 1, 2 | its name in English and Chinese |
| 3, 4 | further words in English and Chinese, a space between |
| 5 | short names as in ``:smile:``, a space between |
| 6 | the sign in five skin tones, from light to dark; left out where it has none |
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

import msgspec

from desktop.ui.assets import ASSETS
from desktop.ui.translate import Language, active_language

__all__ = [
    "SHORT_NAME_LENGTH_MIN",
    "TONES",
    "Emoji",
    "EmojiGroup",
    "complete_emoji",
    "emoji_of",
    "find_emoji",
    "load_emoji",
    "load_groups",
    "with_recent",
]

TONES = 6  # 0: none, 1 … 5 from light to dark.
SHORT_NAME_LENGTH_MIN = 2  # Letters behind a colon before emoji are offered.

_NOT_FOUND = 9
_AS_EMOJI = "\ufe0f"  # Asks for the coloured form; some keyboards leave it out.


class Emoji(msgspec.Struct, frozen=True, array_like=True):
    """One emoji and what it is called."""

    sign: str
    english: str
    chinese: str
    english_words: str = ""
    chinese_words: str = ""
    short_names: str = ""
    tones: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """What it is called in the active language."""
        return self.chinese if active_language() is Language.CHINESE else self.english

    @property
    def short_name(self) -> str:
        """What can be typed between colons."""
        return self.short_names.partition(" ")[0]

    def toned(self, tone: int) -> str:
        """Return the sign in a skin tone, 0 … 5, if it has any."""
        return self.tones[tone - 1] if self.tones and 0 < tone < TONES else self.sign


class EmojiGroup(msgspec.Struct, frozen=True):
    """Emoji that belong together."""

    group: str
    items: tuple[Emoji, ...]


@lru_cache
def load_groups() -> tuple[EmojiGroup, ...]:
    """Return all groups in their order."""
    data = (ASSETS / "emoji" / "emoji.json").read_bytes()
    return msgspec.json.decode(data, type=tuple[EmojiGroup, ...])


@lru_cache
def load_emoji() -> tuple[Emoji, ...]:
    """Return all emoji in their order."""
    return tuple(emoji for group in load_groups() for emoji in group.items)


def emoji_of(sign: str) -> Emoji | None:
    """Return what a sign is, in whatever skin tone."""
    return _by_sign().get(sign.replace(_AS_EMOJI, ""))


def find_emoji(text: str) -> list[Emoji]:
    """Return the emoji that a text may mean, in either language, the likeliest first."""
    wanted = text.strip().casefold().strip(":")
    return _ranked(_entries(), wanted, _INSIDE) if wanted else list(load_emoji())


def complete_emoji(start: str, count: int) -> list[Emoji]:
    """Return the emoji to offer behind ``:start``, at most ``count``."""
    wanted = start.casefold()
    # For each key that is typed only what begins so is looked at. It is sorted by that with the
    # first letter already, so that the second one does not wait for it.
    candidates = _by_beginning().get(wanted[:SHORT_NAME_LENGTH_MIN], ())
    if len(wanted) < SHORT_NAME_LENGTH_MIN:
        return []
    return _ranked(candidates, wanted, _STARTS_WORD)[:count]


def with_recent(recent: Iterable[str], sign: str, *, count: int) -> tuple[str, ...]:
    """Return what was used lately after one more was used; the oldest beyond ``count`` goes."""
    return (sign, *(each for each in recent if each != sign))[:count]


_SAME, _STARTS, _STARTS_WORD, _INSIDE = range(4)


class _Entry(NamedTuple):
    """An emoji with all that is said of it, folded."""

    emoji: Emoji
    names: tuple[str, ...]  # Whole ones.
    words: tuple[str, ...]  # Single ones.


def _ranked(entries: Iterable[_Entry], wanted: str, worst: int) -> list[Emoji]:
    """Return the emoji that fit a folded text well enough, the best first, else in their order."""
    ranks: list[list[Emoji]] = [[] for _ in range(worst + 1)]
    for entry in entries:
        rank = _rank(entry, wanted)
        if rank <= worst:
            ranks[rank].append(entry.emoji)
    return [emoji for same in ranks for emoji in same]


def _rank(entry: _Entry, wanted: str) -> int:
    """Say how well a folded text fits: 0 is best, `_NOT_FOUND` is not at all."""
    if wanted in entry.names:
        return _SAME
    if any(name.startswith(wanted) for name in entry.names):
        return _STARTS
    if any(word.startswith(wanted) for word in entry.words):
        return _STARTS_WORD
    is_inside = any(wanted in name for name in (*entry.names, entry.emoji.chinese_words))
    return _INSIDE if is_inside else _NOT_FOUND


@lru_cache
def _entries() -> tuple[_Entry, ...]:
    return tuple(_entry(emoji) for emoji in load_emoji())


def _entry(emoji: Emoji) -> _Entry:
    english = emoji.english.casefold()
    names = (english, emoji.chinese, *emoji.short_names.split(), emoji.sign)
    parts = emoji.short_names.replace("_", " ")
    words = f"{english} {emoji.english_words.casefold()} {emoji.chinese_words} {parts}"
    return _Entry(emoji, names, tuple(words.split()))


@lru_cache
def _by_beginning() -> dict[str, list[_Entry]]:
    """Return the entries by the first letters of each of their names and words."""
    found: dict[str, list[_Entry]] = {}
    for entry in _entries():
        for start in {said[:SHORT_NAME_LENGTH_MIN] for said in (*entry.names, *entry.words)}:
            found.setdefault(start, []).append(entry)
    return found


@lru_cache
def _by_sign() -> dict[str, Emoji]:
    return {
        sign.replace(_AS_EMOJI, ""): emoji
        for emoji in load_emoji()
        for sign in (emoji.sign, *emoji.tones)
    }
