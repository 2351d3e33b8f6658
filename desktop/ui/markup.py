"""What a message's signs mean: a small part of Markdown, links and mentions, never HTML.

| written | shown |
| --- | --- |
| ``**bold**``, ``*italic*`` or ``_italic_``, ``~~struck~~`` | so, within one line |
| `` `code` `` | in the typewriter's font, nothing inside it means anything |
| lines between two lines of three backticks | a block of code |
| lines that begin with ``>``, the first with ``> `` and words | a quotation |
| ``[words](https://…)``, an address, a mail address | a link |
| ``@name`` of somebody the message names | a mention |

Signs without a partner stay as they are. What was written is never changed: `Marked` maps what is
shown to where it was written, so that what is copied is what was typed. Pure: no toolkit. The
time it takes grows with the length of the text and not faster.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from desktop.ui.links import BARE_LINK, Target, target_of, trimmed

__all__ = ["Block", "BlockKind", "Marked", "Span", "Style", "parse"]


class Style(Enum):
    """How a part of a line is shown."""

    BOLD = "bold"
    ITALIC = "italic"
    STRUCK = "struck"
    CODE = "code"
    LINK = "link"
    MENTION = "mention"


class BlockKind(Enum):
    """How whole lines are shown."""

    CODE = "code"
    QUOTE = "quote"


@dataclass(frozen=True, slots=True)
class Span:
    """A part of the shown text, in code points; ``account`` of a mention, ``target`` of a link."""

    style: Style
    start: int
    end: int
    target: Target | None = None
    account: int = 0
    says_target: bool = True  # The words shown are the address itself.


@dataclass(frozen=True, slots=True)
class Block:
    """Whole lines of the shown text, in code points, without the last line's break."""

    kind: BlockKind
    start: int
    end: int


@dataclass(frozen=True, slots=True, repr=False)
class Marked:
    """A text as it is shown, and how that came out of what was written."""

    source: str
    text: str
    spans: tuple[Span, ...] = ()
    blocks: tuple[Block, ...] = ()
    # Where pieces that were kept begin, in what is shown and in what was written.
    _shown: tuple[int, ...] = (0,)
    _written: tuple[int, ...] = (0,)

    def written(self, start: int, end: int) -> str:
        """Return what was typed for a part of what is shown; for all of it, everything."""
        if start <= 0 and end >= len(self.text):
            return self.source
        if start >= end:
            return ""
        return self.source[self._place(start) : self._place(end - 1) + 1]

    def _place(self, position: int) -> int:
        piece = bisect_right(self._shown, position) - 1
        return self._written[piece] + position - self._shown[piece]


@dataclass(slots=True)
class _Notes:
    """What was found, in positions of the source."""

    spans: list[Span] = field(default_factory=list)
    blocks: list[Block] = field(default_factory=list)
    dropped: list[tuple[int, int]] = field(default_factory=list)


_FENCE = re.compile(r"```[^`\n]*$")
_TOKEN = re.compile(
    r"(?P<code>`[^`\n]{1,2000}`)"
    r"|(?P<named>\[(?P<words>[^\[\]\n]{1,300})\]"
    r"\((?P<address>(?:https?://|mailto:)[^\s()<>]{1,2000})\))"
    rf"|(?P<link>{BARE_LINK})"
    r"|(?P<mark>\*\*|~~|\*|_)"
    r"|(?P<mention>@)"
)
_STYLES = {"**": Style.BOLD, "*": Style.ITALIC, "_": Style.ITALIC, "~~": Style.STRUCK}


def parse(source: str, names: Mapping[str, int] | None = None) -> Marked:
    """Find what the signs of a text mean.

    Args:
        source: As it was written.
        names: Of those the message mentions, without the sign, and their accounts.
    """
    notes = _Notes()
    lines = _lines(source)
    fences = [n for n, line in enumerate(lines) if source[slice(*line)].strip() == "```"]
    at = 0
    while at < len(lines):
        begin, end = lines[at]
        closing = _closing_fence(source, lines, fences, at)
        if closing is not None:
            _note_code(notes, lines, at, closing)
            at = closing + 1
            continue
        if source.startswith("> ", begin) and source[begin + 1 : end].strip():
            at = _note_quote(notes, source, lines, at, names or {})
            continue
        _note_line(notes, source, begin, end, names or {})
        at += 1
    return _assemble(source, notes)


def _lines(source: str) -> list[tuple[int, int]]:
    found, begin = [], 0
    for line in source.split("\n"):
        found.append((begin, begin + len(line)))
        begin += len(line) + 1
    return found


def _closing_fence(
    source: str, lines: list[tuple[int, int]], fences: list[int], at: int
) -> int | None:
    """Return the line that ends the block of code that begins here, if there are both."""
    if not _FENCE.match(source, *lines[at]):
        return None
    following = bisect_right(fences, at)
    if following == len(fences) or fences[following] == at + 1:
        return None
    return fences[following]


def _note_code(notes: _Notes, lines: list[tuple[int, int]], at: int, closing: int) -> None:
    inside = (lines[at + 1][0], lines[closing - 1][1])
    notes.dropped.append((lines[at][0], inside[0]))
    notes.dropped.append((inside[1], lines[closing][1]))
    notes.blocks.append(Block(BlockKind.CODE, *inside))


def _note_quote(
    notes: _Notes,
    source: str,
    lines: list[tuple[int, int]],
    at: int,
    names: Mapping[str, int],
) -> int:
    """Take the lines of one quotation; return the line behind it."""
    first = at
    while at < len(lines) and source.startswith(">", lines[at][0]):
        begin, end = lines[at]
        text = min(end, begin + (2 if source.startswith("> ", begin) else 1))
        notes.dropped.append((begin, text))
        _note_line(notes, source, text, end, names)
        at += 1
    notes.blocks.append(Block(BlockKind.QUOTE, lines[first][0], lines[at - 1][1]))
    return at


def _note_line(notes: _Notes, source: str, begin: int, end: int, names: Mapping[str, int]) -> None:
    """Find what is in one line; of each mark one at most is open: nothing is looked for twice."""
    opened: dict[str, int] = {}
    at = begin
    while (found := _TOKEN.search(source, at, end)) is not None:
        at = found.end()
        match found.lastgroup:
            case "code":
                _note_inline_code(notes, found)
            case "named" | "words" | "address":
                at = _note_named(notes, found)
            case "link":
                at = _note_bare(notes, found)
            case "mention":
                at = _note_mention(notes, source, found.start(), end, names)
            case _:
                _note_mark(notes, source, found, opened, (begin, end))


def _note_inline_code(notes: _Notes, found: re.Match[str]) -> None:
    start, stop = found.span()
    notes.dropped += [(start, start + 1), (stop - 1, stop)]
    notes.spans.append(Span(Style.CODE, start + 1, stop - 1))


def _note_named(notes: _Notes, found: re.Match[str]) -> int:
    target = target_of(found["address"])
    if target is None:
        return found.start() + 1
    start, stop = found.span("words")
    notes.dropped += [(found.start(), start), (stop, found.end())]
    says_target = found["words"].strip() in (found["address"], target.url)
    notes.spans.append(Span(Style.LINK, start, stop, target=target, says_target=says_target))
    return found.end()


def _note_bare(notes: _Notes, found: re.Match[str]) -> int:
    address = trimmed(found["link"])
    target = target_of(address)
    if target is None:
        return found.start() + max(1, len(address))
    end = found.start() + len(address)
    notes.spans.append(Span(Style.LINK, found.start(), end, target=target))
    return end


def _note_mention(
    notes: _Notes, source: str, start: int, end: int, names: Mapping[str, int]
) -> int:
    fitting = [
        name
        for name in names
        if name
        and source[start + 1 : start + 1 + len(name)].casefold() == name.casefold()
        and start + 1 + len(name) <= end
    ]
    if not fitting:
        return start + 1
    name = max(fitting, key=len)
    stop = start + 1 + len(name)
    notes.spans.append(Span(Style.MENTION, start, stop, account=names[name]))
    return stop


def _note_mark(
    notes: _Notes,
    source: str,
    found: re.Match[str],
    opened: dict[str, int],
    line: tuple[int, int],
) -> None:
    mark, (start, stop) = found[0], found.span()
    before = source[start - 1] if start > line[0] else " "
    after = source[stop] if stop < line[1] else " "
    is_tight = mark in ("*", "_")  # In ``a*b`` and ``a_b`` they are signs like others.
    can_open = not after.isspace() and not (is_tight and _is_word(before))
    can_close = not before.isspace() and not (is_tight and _is_word(after))
    if can_close and mark in opened and opened[mark] + len(mark) < start:
        begin = opened.pop(mark)
        # What was opened inside and not closed stays a sign.
        for other in [key for key, place in opened.items() if place > begin]:
            del opened[other]
        notes.dropped += [(begin, begin + len(mark)), (start, stop)]
        notes.spans.append(Span(_STYLES[mark], begin + len(mark), start))
    elif can_open and mark not in opened:
        opened[mark] = start


def _is_word(sign: str) -> bool:
    """Whether a sign is of a word that spaces part from others; Chinese knows no such words."""
    return sign.isalnum() and ord(sign) < 0x2E80


def _assemble(source: str, notes: _Notes) -> Marked:
    if not notes.spans and not notes.blocks:
        return Marked(source=source, text=source)
    pieces: list[str] = []
    shown, written = [0], [0]
    length = at = 0
    for begin, end in sorted(notes.dropped):
        if begin > at:
            pieces.append(source[at:begin])
            length += begin - at
        at = max(at, end)
        if shown[-1] == length:
            written[-1] = at
        else:
            shown.append(length)
            written.append(at)
    pieces.append(source[at:])

    def place(position: int) -> int:
        piece = bisect_right(written, position) - 1
        if piece < 0:
            return 0
        following = shown[piece + 1] if piece + 1 < len(shown) else len(source)
        return min(shown[piece] + position - written[piece], following)

    spans = (_moved(span, place(span.start), place(span.end)) for span in notes.spans)
    blocks = (Block(each.kind, place(each.start), place(each.end)) for each in notes.blocks)
    return Marked(
        source=source,
        text="".join(pieces),
        spans=tuple(sorted(spans, key=lambda span: span.start)),
        blocks=tuple(blocks),
        _shown=tuple(shown),
        _written=tuple(written),
    )


def _moved(span: Span, start: int, end: int) -> Span:
    return Span(span.style, start, end, span.target, span.account, span.says_target)
