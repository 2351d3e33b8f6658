"""A language that shows what was never translated and what has no room.

Every sentence stands in brackets, has accents on its letters and is two fifths longer, as
sentences get when they leave English. What shows up without brackets was not translated; what
shows up cut would be cut in some language.
"""

from __future__ import annotations

import re
from functools import lru_cache

from desktop.ui.translate import Language, catalogue

__all__ = ["bracketed", "catalogue_in_brackets"]

GROWTH = 0.4
_PLACE = re.compile(r"(\{\w+\})")
_ACCENTS = str.maketrans("aceinosuyzACEINOSUYZ", "áçéíñóšúýžÁÇÉÍÑÓŠÚÝŽ")
_FILL = "é"
_WORD_LENGTH = 6


def bracketed(sentence: str) -> str:
    """Say a sentence in the language of brackets; its places stay what they are."""
    parts = _PLACE.split(sentence)
    accented = [p if _PLACE.fullmatch(p) else p.translate(_ACCENTS) for p in parts]
    length = sum(len(p) for p in parts if not _PLACE.fullmatch(p))
    return f"[{''.join(accented)}{_fill(round(length * GROWTH))}]"


@lru_cache
def catalogue_in_brackets(spoken: Language) -> dict[str, str]:
    """Return all sentences, whatever language is asked for."""
    # A language's own name is said in that language everywhere.
    return {
        key: sentence if key.startswith("language.") else bracketed(sentence)
        for key, sentence in catalogue(Language.ENGLISH).items()
    }


def _fill(length: int) -> str:
    """Return so many letters; words of them where a sentence would have words."""
    words = []
    while length > 0:
        words.append(_FILL * min(length, _WORD_LENGTH))
        length -= _WORD_LENGTH + 1
    text = " ".join(words)
    return f" {text}" if len(text) > _WORD_LENGTH else text
