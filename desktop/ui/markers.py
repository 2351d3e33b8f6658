"""Signs around what is selected: bold, italic, struck out, code. Pure: texts in, texts out."""

from __future__ import annotations

from enum import Enum

__all__ = ["Marker", "mark"]


class Marker(Enum):
    """What is put before and behind."""

    BOLD = "**"
    ITALIC = "*"
    STRUCK = "~~"
    CODE = "`"


_FENCE = "```"


def mark(text: str, marker: Marker) -> str:
    """Return a selected text with the signs around it, or without them if it has them.

    Signs hold within one line, so each line gets its own; lines of code become a block. Space at
    the ends stays outside: signs beside a space mean nothing.
    """
    if marker is Marker.CODE and "\n" in text:
        return _fenced(text)
    lines = text.split("\n")
    is_marked = all(_has(line, marker) for line in lines if line.strip())
    if is_marked:
        return "\n".join(_without(line, marker) if line.strip() else line for line in lines)
    return "\n".join(
        _with(line, marker) if line.strip() and not _has(line, marker) else line for line in lines
    )


def _fenced(text: str) -> str:
    lines = text.strip("\n").split("\n")
    if len(lines) > 2 and lines[0] == lines[-1] == _FENCE:
        return "\n".join(lines[1:-1])
    return "\n".join((_FENCE, *lines, _FENCE))


def _has(line: str, marker: Marker) -> bool:
    words, sign = line.strip(), marker.value
    if len(words) <= 2 * len(sign) or not (words.startswith(sign) and words.endswith(sign)):
        return False
    # Two stars are bold; italic is one, or three.
    return marker is not Marker.ITALIC or _stars(words) % 2 == 1


def _stars(words: str) -> int:
    return len(words) - len(words.lstrip("*"))


def _with(line: str, marker: Marker) -> str:
    words = line.strip()
    start = line.index(words)
    return f"{line[:start]}{marker.value}{words}{marker.value}{line[start + len(words) :]}"


def _without(line: str, marker: Marker) -> str:
    words, length = line.strip(), len(marker.value)
    start = line.index(words)
    return line[:start] + words[length:-length] + line[start + len(words) :]
