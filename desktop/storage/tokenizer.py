"""What the search index takes for a word, so that any part of a text is found.

SQLite's own tokenizers find no two-character Chinese word. Here, text is folded (NFKC, case) and
cut into runs of letters and digits:

| run | tokens, in order | a query of it becomes |
| --- | --- | --- |
| Chinese, Japanese, Korean, Thai … | each character | the characters as a phrase |
| other scripts, "world" | ``wor orl rld ld d`` | 3 and more: ``"wor orl rld"``; 1 or 2: ``wo*`` |

So a query matches anywhere inside a word, and the parts of a query must all be there. What
begins with `WORDS_MARK` is no text of people: its words, a blank between, are taken as they are.
"""

from __future__ import annotations

import functools
import unicodedata
from collections.abc import Callable, Iterable, Iterator

import apsw

__all__ = ["TOKENIZER_NAME", "WORDS_MARK", "match_expression", "register_tokenizer", "tokens_of"]

TOKENIZER_NAME = "mim"
WORDS_MARK = "\x1f"
_GRAM = 3
_QUERY_RUNS_MAX = 16  # More runs in a query are left out.
_QUERY_RUN_LENGTH_MAX = 64

# Scripts written without blanks between words (first, last code point).
_UNSPACED = (
    (0x0E00, 0x0EFF),  # Thai, Lao.
    (0x1000, 0x109F),  # Myanmar.
    (0x1100, 0x11FF),  # Hangul.
    (0x1780, 0x17FF),  # Khmer.
    (0x2E80, 0x2FDF),  # Radicals.
    (0x3005, 0x3007),
    (0x3040, 0x31FF),  # Kana, Bopomofo, Hangul.
    (0x3400, 0x4DBF),
    (0x4E00, 0x9FFF),
    (0xA960, 0xA97F),
    (0xAC00, 0xD7FF),
    (0xF900, 0xFAFF),
    (0x1B000, 0x1B16F),
    (0x20000, 0x3FFFF),
)


def tokens_of(text: str) -> Iterator[str]:
    """Yield the tokens of a text in order; each character starts one."""
    for run, is_unspaced in _runs(text):
        if is_unspaced:
            yield from run
        else:
            for start in range(len(run)):
                yield run[start : start + _GRAM]


def match_expression(query: str) -> str | None:
    """Return the FTS5 expression of what a person typed, ``None`` if nothing can be searched."""
    parts = []
    for run, is_unspaced in list(_runs(query))[:_QUERY_RUNS_MAX]:
        part = run[:_QUERY_RUN_LENGTH_MAX]
        if is_unspaced:
            parts.append('"' + " ".join(part) + '"')
        elif len(part) < _GRAM:
            parts.append(f'"{part}" *')
        else:
            grams = (part[start : start + _GRAM] for start in range(len(part) - _GRAM + 1))
            parts.append('"' + " ".join(grams) + '"')
    return " AND ".join(parts) or None


def register_tokenizer(connection: apsw.Connection) -> None:
    """Make ``tokenize = 'mim'`` known to this connection."""
    connection.register_fts5_tokenizer(TOKENIZER_NAME, _make_tokenizer)


def _make_tokenizer(
    _connection: apsw.Connection, _arguments: list[str]
) -> Callable[[bytes, int, str | None], Iterable[str]]:
    return _tokenize


def _tokenize(utf8: bytes, reason: int, _locale: str | None) -> Iterable[str]:
    text = utf8.decode("utf-8", "replace")
    if reason & apsw.FTS5_TOKENIZE_QUERY or text.startswith(WORDS_MARK):
        # `match_expression` has cut the query already; a prefix must stay as it is.
        return [word for word in text.lstrip(WORDS_MARK).split(" ") if word]
    return tokens_of(text)


def _runs(text: str) -> Iterator[tuple[str, bool]]:
    """Yield the folded runs of letters and digits, and whether their script has no blanks."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    run: list[str] = []
    was_unspaced = False
    for character in folded:
        is_word, is_unspaced = _nature(character)
        if run and (not is_word or is_unspaced != was_unspaced):
            yield "".join(run), was_unspaced
            run = []
        if is_word:
            run.append(character)
            was_unspaced = is_unspaced
    if run:
        yield "".join(run), was_unspaced


@functools.lru_cache(maxsize=8_192)
def _nature(character: str) -> tuple[bool, bool]:
    """Return whether a character belongs to words, and whether to those without blanks."""
    is_word = unicodedata.category(character)[0] in "LMN" or _is_symbol(character)
    return is_word, is_word and _is_unspaced(character)


def _is_symbol(character: str) -> bool:
    """Whether it is an emoji or another sign that people search for."""
    return unicodedata.category(character) == "So"


def _is_unspaced(character: str) -> bool:
    code = ord(character)
    if code < _UNSPACED[0][0]:
        return False
    return any(first <= code <= last for first, last in _UNSPACED)
