"""How Chinese characters are read, so that people are found and sorted by their sound.

"wangfang", "wangf", "wfang" and "wf" all find 王芳; characters with several readings are found by
each of them. The table (``assets/pinyin/pinyin.tsv``) is read when it is needed first, once.
"""

from __future__ import annotations

import sys
from functools import cache, lru_cache
from pathlib import Path

__all__ = ["name_fits", "readings", "sort_key"]

_ASSETS = Path(getattr(sys, "_MEIPASS", Path(__file__).parents[2])) / "assets"
_QUERY_LENGTH_MAX = 64
_NAMES_KEPT = 16_384  # Of those looked at last; a list is looked through with every letter typed.


def readings(character: str) -> tuple[str, ...]:
    """Return the syllables of a character, the usual one first; none if it is not Chinese."""
    return _table().get(character, ())


@lru_cache(_NAMES_KEPT)
def sort_key(name: str) -> str:
    """Return what names are sorted by: Chinese ones by sound, among the others."""
    return "".join((*readings(each), each)[0] for each in name).casefold()


def name_fits(name: str, text: str) -> bool:
    """Whether a name has this text in it, as written or by its sound, beginning at any character.

    Args:
        name: As it is shown.
        text: What was typed, folded (`str.casefold`) and without blanks around it; what is empty
            fits everything.
    """
    folded = name.casefold()
    if text in folded:
        return True
    sound = "".join(text.split())[:_QUERY_LENGTH_MAX]
    if not sound.isascii() or not sound or sound[0] not in _initials(folded):
        return False
    return any(_fits_from(folded[start:], sound) for start in range(len(folded)))


def _fits_from(name: str, sound: str) -> bool:
    """Whether a name begins with a sound: of each character all, its initial, or at last a part."""
    reached = {0}  # How much of the sound is used up, in each way that is open.
    for character in name:
        syllables = readings(character) or (("",) if character.isspace() else (character,))
        after = set()
        for place in reached:
            rest = sound[place:]
            for syllable in syllables:
                if syllable.startswith(rest):
                    return True
                if rest.startswith(syllable):
                    after.add(place + len(syllable))
                if rest.startswith(syllable[:1]) and readings(character):
                    after.add(place + 1)
        reached = after
        if not reached:
            return False
    return False


@lru_cache(_NAMES_KEPT)
def _initials(name: str) -> frozenset[str]:
    """Return with which letters a sound may begin that is found in a name."""
    return frozenset(each[0] for one in name for each in (*readings(one), one))


@cache
def _table() -> dict[str, tuple[str, ...]]:
    usual: dict[str, tuple[str, ...]] = {}
    others: dict[str, tuple[str, ...]] = {}
    text = (_ASSETS / "pinyin" / "pinyin.tsv").read_text(encoding="utf-8")
    for line in text.splitlines():
        syllable, first, *rest = line.split("\t")
        usual.update(dict.fromkeys(first, (syllable,)))
        for character in rest[0] if rest else "":
            others[character] = (*others.get(character, ()), syllable)
    return {each: syllables + others.get(each, ()) for each, syllables in usual.items()}
