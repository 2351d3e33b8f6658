"""Paints the text of a message: grounds of code, bars of quotations, links, what is selected."""

from __future__ import annotations

import re

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QTextCharFormat, QTextLayout

from desktop.ui.markup import BlockKind, Style
from desktop.ui.text_block import TextBlock
from desktop.ui.theme import tokens

__all__ = ["paint_text"]

_FOUND_MAX = 200  # Places of a searched word that are marked in one message.


def paint_text(
    painter: QPainter,
    block: TextBlock,
    at: QPointF,
    *,
    width: float,
    is_own: bool,
    selected: tuple[int, int] | None = None,
    found: str = "",
) -> None:
    """Paint a text whose upper left corner is ``at``.

    Args:
        painter: Whose clip tells which lines are wanted.
        block: What to paint.
        at: Of its first line.
        width: Of the grounds, which are as wide as the bubble has room.
        is_own: On a bubble of one's own.
        selected: From where to where, if any.
        found: A word that was searched for.
    """
    for ground in block.grounds:
        rect = QRectF(at.x(), at.y() + ground.top, width, ground.height)
        _paint_ground(painter, rect, ground.kind, is_own=is_own)
    painter.setPen(tokens().text)
    clip = painter.clipBoundingRect() if painter.hasClipping() else QRectF()
    # Letters are smooth without it; lines through them would fade, and clips cost more.
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    block.layout.draw(painter, at, _formats(block, is_own, selected, found), clip)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)


def _paint_ground(painter: QPainter, rect: QRectF, kind: BlockKind, *, is_own: bool) -> None:
    colors = tokens()
    painter.setPen(Qt.PenStyle.NoPen)
    if kind is BlockKind.CODE:
        painter.setBrush(colors.code_out if is_own else colors.code_in)
        painter.drawRoundedRect(rect, 6, 6)
    else:
        painter.setBrush(colors.tick if is_own else colors.accent)
        painter.drawRoundedRect(QRectF(rect.left(), rect.top(), 3, rect.height()), 1.5, 1.5)


def _formats(
    block: TextBlock, is_own: bool, selected: tuple[int, int] | None, found: str
) -> list[QTextLayout.FormatRange]:
    colors, made = tokens(), []
    code = colors.code_out if is_own else colors.code_in
    for span in block.marked.spans:
        if span.style in (Style.LINK, Style.MENTION):
            made.append(_part(block, span.start, span.end, ink=colors.link))
        elif span.style is Style.CODE:
            made.append(_part(block, span.start, span.end, ink=colors.text, ground=code))
    for start, end in _places(block.marked.text, found):
        made.append(_part(block, start, end, ink=colors.text, ground=colors.found))
    if selected is not None and selected[0] < selected[1]:
        made.append(_part(block, *selected, ink=colors.text, ground=colors.selection))
    return made


def _places(text: str, found: str) -> list[tuple[int, int]]:
    """Return where any of the searched words stand."""
    words = [re.escape(word) for word in found.split()]
    if not words:
        return []
    places = re.finditer("|".join(words), text, re.IGNORECASE)
    return [place.span() for place, _ in zip(places, range(_FOUND_MAX), strict=False)]


def _part(
    block: TextBlock,
    start: int,
    end: int,
    *,
    ink: QColor,
    ground: QColor | Qt.GlobalColor = Qt.GlobalColor.transparent,
) -> QTextLayout.FormatRange:
    # WORKAROUND: `QTextLayout::draw` leaves out a range without a ground whose room touches that
    # of one before it, and letters of one line reach into the room of the next. Any ground will
    # do, also one that cannot be seen.
    part = QTextLayout.FormatRange()
    part.start = block.units(start)
    part.length = block.units(end) - part.start
    form = QTextCharFormat()
    form.setForeground(ink)
    form.setBackground(ground)
    part.format = form
    return part
