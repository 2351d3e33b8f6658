"""The text of a message, laid out once for a width: lines, blocks of code, quotations.

Positions are code points of the shown text, as in `desktop.ui.markup`; Qt counts UTF-16 units, and
the two differ behind the first emoji. Colours are not laid out: they are chosen while painting.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from dataclasses import dataclass

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QFont, QTextCharFormat, QTextLayout, QTextLine, QTextOption

from desktop.ui.fonts import MONO_FAMILIES, font, scaled
from desktop.ui.markup import Block, BlockKind, Marked, Span, Style, parse

__all__ = ["LINE_HEIGHT", "TEXT_PIXELS", "Ground", "TextBlock", "lay_out_text"]

TEXT_PIXELS = 15
LINE_HEIGHT = 21.0
CODE_PIXELS = 13
CODE_LINE_HEIGHT = 19.0
CODE_PADDING_X, CODE_PADDING_Y = 10.0, 6.0
QUOTE_INDENT = 10.0
BLOCK_GAP = 4.0


@dataclass(frozen=True, slots=True)
class Ground:
    """Lines that stand on a ground of their own, from ``top`` on, relative to the text."""

    kind: BlockKind
    top: float
    height: float


@dataclass(slots=True, repr=False)
class TextBlock:
    """Lines that are painted, hit and selected without being laid out again."""

    marked: Marked
    layout: QTextLayout
    width: float
    last: float  # Where the last line ends.
    height: float
    grounds: tuple[Ground, ...]
    is_flush: bool  # The last line is one of the bubble's own, so that the time may stand in it.
    _astral: tuple[int, ...]  # Positions of code points that take two units.
    _astral_units: tuple[int, ...]

    def units(self, position: int) -> int:
        """Return where a position is for Qt."""
        return position + bisect_left(self._astral, position)

    def position(self, units: int) -> int:
        """Return the position of one of Qt's."""
        return units - bisect_left(self._astral_units, units)

    def position_at(self, at: QPointF) -> int:
        """Return the position nearest to a place."""
        line = self._line_at(at.y())
        return self.position(line.xToCursor(at.x())) if line is not None else 0

    def is_over(self, at: QPointF) -> bool:
        """Whether there is text at a place, and not the room beside a shorter line."""
        line = self._line_at(at.y())
        return line is not None and line.naturalTextRect().adjusted(-2, -3, 2, 3).contains(at)

    def span_at(self, at: QPointF) -> Span | None:
        """Return the link or the mention at a place."""
        line = self._line_at(at.y())
        if line is None or not line.naturalTextRect().adjusted(0, -3, 0, 3).contains(at):
            return None
        mode = QTextLine.CursorPosition.CursorOnCharacter
        position = self.position(line.xToCursor(at.x(), mode))
        return next((each for each in self.links if each.start <= position < each.end), None)

    @property
    def links(self) -> tuple[Span, ...]:
        """All that can be followed."""
        followed = (Style.LINK, Style.MENTION)
        return tuple(span for span in self.marked.spans if span.style in followed)

    def word_at(self, position: int) -> tuple[int, int]:
        """Return where the word at a position begins and ends, without the space behind it."""
        mode = QTextLayout.CursorMode.SkipWords
        start = self.layout.previousCursorPosition(self.units(position) + 1, mode)
        end = self.layout.nextCursorPosition(start, mode)
        first, last = self.position(start), self.position(end)
        return first, first + len(self.marked.text[first:last].rstrip())

    def _line_at(self, y: float) -> QTextLine | None:
        """Return the line nearest to a height, searched by halves: lines stand in order."""
        first, last = 0, self.layout.lineCount() - 1
        if last < 0:
            return None
        while first < last:
            middle = (first + last) // 2
            if y < self.layout.lineAt(middle).rect().bottom() + 2:
                last = middle
            else:
                first = middle + 1
        return self.layout.lineAt(first)


def lay_out_text(
    text: str,
    room: float,
    *,
    names: Mapping[str, int] | None = None,
    pixels: int = TEXT_PIXELS,
    line_height: float = LINE_HEIGHT,
) -> TextBlock:
    """Break a text into lines.

    Args:
        text: As it was written.
        room: How wide a line may be; longer words are broken anywhere.
        names: Of those it mentions, and their accounts.
        pixels: Of the font, before it is scaled.
        line_height: Fonts differ in height (Chinese, emoji); the rhythm of lines does not. Before
            it is scaled as the letters are.
    """
    marked = parse(text, names)
    astral = tuple(at for at, sign in enumerate(marked.text) if sign > "\uffff")
    layout = QTextLayout(marked.text.replace("\n", "\u2028"), font(pixels))
    option = QTextOption()
    option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
    option.setTextDirection(Qt.LayoutDirection.LayoutDirectionAuto)
    layout.setTextOption(option)
    layout.setCacheEnabled(True)
    block = TextBlock(
        marked=marked,
        layout=layout,
        width=0.0,
        last=0.0,
        height=0.0,
        grounds=(),
        is_flush=True,
        _astral=astral,
        _astral_units=tuple(at + number for number, at in enumerate(astral)),
    )
    if marked.spans or marked.blocks:
        layout.setFormats(_formats(block))
    _break_lines(block, room, scaled(line_height))
    return block


def _formats(block: TextBlock) -> list[QTextLayout.FormatRange]:
    """Return what changes the size of letters; later ones add to earlier ones."""
    parts = [
        (span.start, span.end, span.style)
        for span in block.marked.spans
        if span.style not in (Style.LINK, Style.MENTION)
    ]
    codes = (each for each in block.marked.blocks if each.kind is BlockKind.CODE)
    parts += [(each.start, each.end, Style.CODE) for each in codes]
    return [_part(block, start, end, _format_of(style)) for start, end, style in parts]


def _format_of(style: Style) -> QTextCharFormat:
    made = QTextCharFormat()
    match style:
        case Style.BOLD:
            made.setFontWeight(QFont.Weight.DemiBold)
        case Style.ITALIC:
            made.setFontItalic(True)
        case Style.STRUCK:
            made.setFontStrikeOut(True)
        case _:
            made.setFontFamilies(MONO_FAMILIES)
            made.setFontStyleHint(QFont.StyleHint.Monospace)
            made.setProperty(QTextCharFormat.Property.FontPixelSize, scaled(CODE_PIXELS))
    return made


def _part(block: TextBlock, start: int, end: int, made: QTextCharFormat) -> QTextLayout.FormatRange:
    part = QTextLayout.FormatRange()
    part.start = block.units(start)
    part.length = block.units(end) - part.start
    part.format = made
    return part


def _break_lines(block: TextBlock, room: float, line_height: float) -> None:
    """Fill lines of equal height; those of a block of code or a quotation are set in."""
    layout, blocks = block.layout, block.marked.blocks
    starts = [block.units(each.start) for each in blocks]
    grounds: list[Ground] = []
    inside: Block | None = None
    top = y = 0.0
    layout.beginLayout()
    while (line := layout.createLine()).isValid():
        number = bisect_right(starts, line.textStart()) - 1
        found = blocks[number] if number >= 0 else None
        if found is not None and line.textStart() > block.units(found.end):
            found = None
        if found is not inside:
            y, top = _cross(inside, found, grounds, top, y)
            inside = found
        left, height = _indent(inside), _height(inside, line_height)
        right = CODE_PADDING_X if inside is not None else 0.0
        line.setLineWidth(max(20.0, room - left - right))
        line.setPosition(QPointF(left, y + (height - line.height()) / 2))
        y += height
        block.last = left + line.naturalTextWidth()
        block.width = max(block.width, block.last + right)
    layout.endLayout()
    if inside is not None:
        y, _ = _cross(inside, None, grounds, top, y)
        y -= BLOCK_GAP
    block.height = max(y, line_height)
    block.grounds = tuple(grounds)
    block.is_flush = inside is None


def _cross(
    inside: Block | None, found: Block | None, grounds: list[Ground], top: float, y: float
) -> tuple[float, float]:
    """End one block and begin another; return where its first line is, and where it begins."""
    if inside is not None:
        y += _padding(inside)
        grounds.append(Ground(inside.kind, top, y - top))
        y += BLOCK_GAP
    if found is None:
        return y, 0.0
    if y and inside is None:
        y += BLOCK_GAP
    return y + _padding(found), y


def _padding(block: Block) -> float:
    return CODE_PADDING_Y if block.kind is BlockKind.CODE else 2.0


def _indent(block: Block | None) -> float:
    if block is None:
        return 0.0
    return CODE_PADDING_X if block.kind is BlockKind.CODE else QUOTE_INDENT


def _height(block: Block | None, line_height: float) -> float:
    is_code = block is not None and block.kind is BlockKind.CODE
    return scaled(CODE_LINE_HEIGHT) if is_code else line_height
