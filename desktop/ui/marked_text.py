"""One line of text in which some parts are marked, as what was found in it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter

__all__ = ["draw_marked", "pieces"]


def pieces(text: str, spans: Sequence[tuple[int, int]]) -> Iterator[tuple[str, bool]]:
    """Cut a text into parts that are marked and parts that are not."""
    at = 0
    for start, length in spans:
        if start > at:
            yield text[at:start], False
        yield text[start : start + length], True
        at = start + length
    if at < len(text):
        yield text[at:], False


def draw_marked(
    painter: QPainter,
    text: str,
    spans: Sequence[tuple[int, int]],
    *,
    left: float,
    right: float,
    center: float,
    font: QFont,
    marked_font: QFont,
    ink: QColor,
    marked_ink: QColor,
) -> None:
    """Draw the line between ``left`` and ``right``; what does not fit ends in an ellipsis."""
    align = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
    for part, is_marked in pieces(text, spans):
        used = marked_font if is_marked else font
        metrics = QFontMetricsF(used)
        room = right - left
        if room <= 0:
            return
        shown = metrics.elidedText(part, Qt.TextElideMode.ElideRight, room)
        painter.setFont(used)
        painter.setPen(marked_ink if is_marked else ink)
        painter.drawText(QRectF(left, center - 14, room, 28), align, shown)
        if shown != part:
            return
        left += metrics.horizontalAdvance(part)
