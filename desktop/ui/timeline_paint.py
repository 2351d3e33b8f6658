"""Paints one item of a timeline: bubble, text, time and ticks, pill, bar or grey line."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPainterPath, QPen, QTextCharFormat, QTextLayout

from desktop.events import MessageState
from desktop.ui.controls import paint_focus_ring
from desktop.ui.fonts import font
from desktop.ui.icons import paint_icon
from desktop.ui.row_paint import draw_elided
from desktop.ui.theme import tokens
from desktop.ui.timeline_layout import (
    BUBBLE_RADIUS,
    JOINED_RADIUS,
    META_PIXELS,
    PADDING_X,
    QUOTE_INDENT,
    Bubble,
    Item,
    ItemKind,
    quote_words,
)

__all__ = ["STATE_ICONS", "Selection", "paint_item", "paint_state"]

STATE_ICONS = {
    MessageState.WAITING: "clock",
    MessageState.ACCEPTED: "check",
    MessageState.DELIVERED: "check-check",
    MessageState.READ: "check-check",
    MessageState.REFUSED: "circle-alert",
}


@dataclass(frozen=True, slots=True)
class Selection:
    """A part of one message's text."""

    local_id: int
    anchor: int
    end: int

    @property
    def start(self) -> int:
        """Where the selected text begins."""
        return min(self.anchor, self.end)

    @property
    def length(self) -> int:
        """How much is selected."""
        return abs(self.end - self.anchor)


def paint_item(
    painter: QPainter,
    item: Item,
    *,
    selection: Selection | None,
    is_current: bool,
    me: int = 0,
) -> None:
    """Paint an item where its rectangle says; ``me`` is the own account."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    match item.kind:
        case ItemKind.BUBBLE:
            _paint_bubble(painter, item, selection, is_current=is_current, me=me)
        case ItemKind.DATE:
            _paint_pill(painter, item)
        case ItemKind.UNREAD:
            _paint_bar(painter, item)
        case ItemKind.LINE:
            painter.setFont(font(13))
            painter.setPen(tokens().text_2)
            painter.drawText(item.rect, Qt.AlignmentFlag.AlignCenter, item.words)
            if is_current:
                paint_focus_ring(painter, item.rect.adjusted(12, 0, -12, 0), 8)


def paint_state(painter: QPainter, state: MessageState, rect: QRectF, *, is_list: bool) -> None:
    """Paint the tick of a state; only what was read is in the accent's colour."""
    colors = tokens()
    if state is MessageState.REFUSED:
        ink = colors.danger
    elif state is MessageState.READ or is_list:
        ink = colors.tick
    else:
        ink = colors.meta_out
    paint_icon(painter, STATE_ICONS[state], rect, ink)


def _paint_bubble(
    painter: QPainter, item: Item, selection: Selection | None, *, is_current: bool, me: int
) -> None:
    bubble, row = item.bubble, item.row
    assert bubble is not None
    assert row is not None
    colors = tokens()
    path = _outline(item)
    painter.setPen(QPen(colors.bubble_edge, 1))
    painter.setBrush(colors.bubble_out if row.is_own else colors.bubble_in)
    painter.drawPath(path)
    _paint_quote(painter, item.rect.topLeft(), bubble)
    at = item.rect.topLeft() + QPointF(PADDING_X, bubble.text_top)
    painter.setPen(colors.text)
    bubble.text.draw(painter, at, _formats(row.local_id, selection))
    _paint_meta(painter, item.rect.topLeft(), bubble)
    _paint_chips(painter, item.rect.topLeft(), bubble, me)
    if is_current:
        paint_focus_ring(painter, item.rect.adjusted(-3, -3, 3, 3), BUBBLE_RADIUS + 2)


def _paint_quote(painter: QPainter, corner: QPointF, bubble: Bubble) -> None:
    """Paint a bar with who is answered, and what they wrote."""
    if bubble.quote is None:
        return
    colors, rect = tokens(), bubble.quote.translated(corner)
    ink = colors.meta_out if bubble.row.is_own else colors.meta_in
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colors.tick if bubble.row.is_own else colors.accent)
    painter.drawRoundedRect(QRectF(rect.left(), rect.top(), 3, rect.height()), 1.5, 1.5)
    left, right = rect.left() + QUOTE_INDENT, rect.right()
    center = rect.center().y()
    if bubble.quote_name:
        draw_elided(
            painter,
            bubble.quote_name,
            left=left,
            right=right,
            center=rect.top() + 10,
            font=font(13, 600),
            ink=colors.tick if bubble.row.is_own else colors.accent,
        )
        center = rect.bottom() - 10
    words = quote_words(bubble.row.quote)
    draw_elided(painter, words, left=left, right=right, center=center, font=font(13), ink=ink)


def _paint_chips(painter: QPainter, corner: QPointF, bubble: Bubble, me: int) -> None:
    """Paint the reactions; the own ones are filled."""
    colors = tokens()
    painter.setFont(font(13, 500))
    for chip in bubble.chips:
        rect, is_own = chip.rect.translated(corner), me in chip.accounts
        painter.setPen(QPen(colors.accent if is_own else colors.border, 1))
        painter.setBrush(colors.accent if is_own else colors.list)
        painter.drawRoundedRect(rect.adjusted(0.5, 0.5, -0.5, -0.5), 12, 12)
        painter.setPen(colors.on_accent if is_own else colors.text)
        painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, chip.words)


def _paint_meta(painter: QPainter, corner: QPointF, bubble: Bubble) -> None:
    row, colors = bubble.row, tokens()
    meta = bubble.meta.translated(corner)
    painter.setFont(font(META_PIXELS))
    painter.setPen(colors.meta_out if row.is_own else colors.meta_in)
    painter.drawText(meta, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, bubble.time)
    if row.is_own:
        side = 16.0
        state = MessageState.WAITING if row.is_changing else row.state
        if state in (MessageState.WAITING, MessageState.REFUSED):
            side = 13.0
        at = QRectF(meta.right() - side, meta.center().y() - side / 2, side, side)
        paint_state(painter, state, at, is_list=False)


def _paint_pill(painter: QPainter, item: Item) -> None:
    painter.setFont(font(12, 500))
    width = QFontMetricsF(painter.font()).horizontalAdvance(item.words) + 24
    rect = QRectF(item.rect.center().x() - width / 2, item.rect.top(), width, item.rect.height())
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(tokens().service)
    painter.drawRoundedRect(rect, rect.height() / 2, rect.height() / 2)
    painter.setPen(tokens().on_service)
    painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, item.words)


def _paint_bar(painter: QPainter, item: Item) -> None:
    painter.fillRect(item.rect, tokens().unread)
    painter.setFont(font(13, 500))
    painter.setPen(tokens().accent)
    painter.drawText(item.rect, Qt.AlignmentFlag.AlignCenter, item.words)


def _outline(item: Item) -> QPainterPath:
    """A rounded rectangle whose corners towards its run are less round."""
    row = item.row
    assert row is not None
    joined_top = JOINED_RADIUS if item.joins_above else BUBBLE_RADIUS
    joined_bottom = JOINED_RADIUS if item.joins_below else BUBBLE_RADIUS
    tail = joined_bottom if item.joins_below else JOINED_RADIUS
    if row.is_own:
        radii = (BUBBLE_RADIUS, joined_top, tail, BUBBLE_RADIUS)
    else:
        radii = (joined_top, BUBBLE_RADIUS, BUBBLE_RADIUS, tail)
    return _rounded(item.rect, radii)


def _rounded(rect: QRectF, radii: tuple[float, float, float, float]) -> QPainterPath:
    """A rectangle with a radius for each corner: upper left, upper right, lower right, left."""
    upper_left, upper_right, lower_right, lower_left = radii
    path = QPainterPath()
    path.moveTo(rect.left() + upper_left, rect.top())
    path.lineTo(rect.right() - upper_right, rect.top())
    path.arcTo(
        rect.right() - 2 * upper_right, rect.top(), 2 * upper_right, 2 * upper_right, 90, -90
    )
    path.lineTo(rect.right(), rect.bottom() - lower_right)
    path.arcTo(
        rect.right() - 2 * lower_right,
        rect.bottom() - 2 * lower_right,
        2 * lower_right,
        2 * lower_right,
        0,
        -90,
    )
    path.lineTo(rect.left() + lower_left, rect.bottom())
    path.arcTo(
        rect.left(), rect.bottom() - 2 * lower_left, 2 * lower_left, 2 * lower_left, 270, -90
    )
    path.lineTo(rect.left(), rect.top() + upper_left)
    path.arcTo(rect.left(), rect.top(), 2 * upper_left, 2 * upper_left, 180, -90)
    path.closeSubpath()
    return path


def _formats(local_id: int, selection: Selection | None) -> list[QTextLayout.FormatRange]:
    if selection is None or selection.local_id != local_id or not selection.length:
        return []
    marked = QTextCharFormat()
    marked.setBackground(tokens().selection)
    marked.setForeground(tokens().text)
    part = QTextLayout.FormatRange()
    part.start, part.length, part.format = selection.start, selection.length, marked
    return [part]
