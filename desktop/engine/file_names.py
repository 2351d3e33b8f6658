"""Names of files: what others are told, and what may be written to a disk."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

from shared import limits

__all__ = ["safe_name", "shown_name"]

_FORBIDDEN = re.compile(r'[<>:"/\\|?*]')
_RESERVED = re.compile(r"(?i)^(con|prn|aux|nul|com\d|lpt\d)(\..*)?$")
_BYTES_MAX = 200  # Leaves room for what a file system and its users put around it.


def shown_name(name: str) -> str:
    """Return a file's name as others are told it: one line of text, cut in its middle if long."""
    text = name.encode("utf-8", "replace").decode()
    text = "".join(c for c in text if unicodedata.category(c)[0] != "C" or c == "\u200d").strip()
    return _shortened(text, limits.FILE_NAME_LENGTH_MAX, len) or "file"


def safe_name(name: str) -> str:
    """Return a name that can be written on any system and leads nowhere else.

    Somebody else chose it: no separators, no leading dots, no names of devices, no characters
    that turn the reading direction around and make ``gpj.exe`` of ``exe.jpg``.
    """
    text = _FORBIDDEN.sub("_", shown_name(name)).strip(". ")
    if _RESERVED.match(text):
        text = "_" + text
    return _shortened(text, _BYTES_MAX, lambda each: len(each.encode())) or "file"


def _shortened(text: str, bound: int, measure: Callable[[str], int]) -> str:
    """Return the text, without so much before its ending that it keeps to the bound."""
    stem, dot, ending = text.rpartition(".")
    if not stem or measure(dot + ending) > bound // 4:
        stem, dot, ending = text, "", ""
    while stem and measure(stem + dot + ending) > bound:
        stem = stem[:-1]
    return stem + dot + ending
