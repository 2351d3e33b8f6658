"""Paints one message: ground, name, quote, picture, file, text, time, reactions, buttons."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen

from desktop.events import MessageState
from desktop.ui.bubble import BUBBLE_RADIUS, JOINED_RADIUS, META_PIXELS, QUOTE_INDENT, Bubble
from desktop.ui.controls import paint_focus_ring
from desktop.ui.file_paint import paint_file, paint_picture
from desktop.ui.fonts import font, scaled
from desktop.ui.row_paint import draw_elided
from desktop.ui.state_paint import paint_state
from desktop.ui.text_paint import paint_text
from desktop.ui.theme import SENDER_INKS, tokens
from desktop.ui.timeline_layout import Item
from desktop.ui.timeline_scene import Scene
from desktop.ui.timeline_words import quote_words
from shared.identifiers import AccountId

__all__ = ["paint_bubble", "sender_ink"]

_CENTERED = Qt.AlignmentFlag.AlignCenter


def sender_ink(account: AccountId) -> QColor:
    """Return the colour of somebody's name over their messages."""
    inks = SENDER_INKS[tokens().is_dark]
    return inks[account % len(inks)]


def paint_bubble(painter: QPainter, item: Item, scene: Scene) -> None:
    """Paint a message where its item says."""
    bubble, row = item.bubble, item.row
    assert bubble is not None
    assert row is not None
    corner = item.rect.topLeft()
    if not bubble.is_bare:
        painter.setPen(QPen(tokens().bubble_edge, 1))
        painter.setBrush(tokens().bubble_out if row.is_own else tokens().bubble_in)
        painter.drawPath(_outline(item))
    _paint_name(painter, corner, bubble)
    _paint_quote(painter, corner, bubble)
    if bubble.picture is not None:
        paint_picture(painter, corner, bubble, scene)
    elif bubble.file is not None:
        paint_file(painter, corner, bubble, scene)
    if row.text:
        _paint_words(painter, corner, bubble, scene)
    _paint_meta(painter, corner, bubble)
    _paint_chips(painter, corner, bubble, scene.me)
    _paint_refusal(painter, corner, bubble)
    if row.local_id == scene.current:
        paint_focus_ring(painter, item.rect.adjusted(-3, -3, 3, 3), BUBBLE_RADIUS + 2)


def _paint_name(painter: QPainter, corner: QPointF, bubble: Bubble) -> None:
    if bubble.name_rect is None:
        return
    rect = bubble.name_rect.translated(corner)
    draw_elided(
        painter,
        bubble.name,
        left=rect.left(),
        right=rect.right(),
        center=rect.center().y(),
        font=font(13, 600),
        ink=sender_ink(bubble.row.sender),
    )


def _paint_quote(painter: QPainter, corner: QPointF, bubble: Bubble) -> None:
    """Paint a bar with who is answered, and what they wrote."""
    if bubble.quote is None:
        return
    colors, rect, is_own = tokens(), bubble.quote.translated(corner), bubble.row.is_own
    accent = colors.tick if is_own else colors.accent
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colors.quote_out if is_own else colors.quote_in)
    painter.drawRoundedRect(rect, 5, 5)
    painter.setBrush(accent)
    painter.drawRoundedRect(QRectF(rect.left(), rect.top(), 3, rect.height()), 1.5, 1.5)
    left, right = rect.left() + QUOTE_INDENT, rect.right() - 8
    center = rect.center().y()
    if bubble.quote_name:
        top = rect.top() + scaled(12)
        used = font(13, 600)
        name = bubble.quote_name
        draw_elided(painter, name, left=left, right=right, center=top, font=used, ink=accent)
        center = rect.bottom() - scaled(12)
    words, ink = quote_words(bubble.row.quote), colors.text
    draw_elided(painter, words, left=left, right=right, center=center, font=font(13), ink=ink)


def _paint_words(painter: QPainter, corner: QPointF, bubble: Bubble, scene: Scene) -> None:
    row = bubble.row
    selected = scene.selected.get(row.local_id)
    span = None
    if selected is not None:
        end = len(bubble.text.marked.text) if selected[1] is None else selected[1]
        span = (selected[0], end)
    paint_text(
        painter,
        bubble.text,
        corner + bubble.text_at,
        width=bubble.inner,
        is_own=row.is_own,
        selected=span,
        found=scene.found,
    )


def _paint_meta(painter: QPainter, corner: QPointF, bubble: Bubble) -> None:
    """Paint the time and, for one's own, the tick."""
    row, colors = bubble.row, tokens()
    meta = bubble.meta.translated(corner)
    ink = colors.meta_out if row.is_own else colors.meta_in
    if bubble.is_meta_over:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colors.service)
        painter.drawRoundedRect(meta.adjusted(-6, -2, 6, 2), 10, 10)
        ink = colors.on_service
    painter.setFont(font(META_PIXELS))
    painter.setPen(ink)
    painter.drawText(meta, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, bubble.time)
    if row.is_own:
        state = MessageState.WAITING if row.is_changing else row.state
        side = 13.0 if state in (MessageState.WAITING, MessageState.REFUSED) else 16.0
        at = QRectF(meta.right() - side, meta.center().y() - side / 2, side, side)
        over = ink if bubble.is_meta_over else None
        paint_state(painter, state, at, is_list=False, ink=over)


def _paint_chips(painter: QPainter, corner: QPointF, bubble: Bubble, me: AccountId) -> None:
    """Paint the reactions; the own ones are filled."""
    colors, is_own = tokens(), bubble.row.is_own
    painter.setFont(font(13, 500))
    for chip in bubble.chips:
        rect, is_mine = chip.rect.translated(corner), me in chip.accounts
        ground = colors.quote_out if is_own else colors.quote_in
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colors.accent if is_mine else ground)
        painter.drawRoundedRect(rect, rect.height() / 2, rect.height() / 2)
        painter.setPen(colors.on_accent if is_mine else colors.text)
        painter.drawText(rect, _CENTERED, chip.words)


def _paint_refusal(painter: QPainter, corner: QPointF, bubble: Bubble) -> None:
    """Paint why a message was refused, and what can be done."""
    if bubble.reason is None:
        return
    colors = tokens()
    painter.setPen(colors.danger)
    bubble.reason.layout.draw(painter, corner + bubble.reason_at)
    painter.setFont(font(13, 600))
    painter.setPen(colors.link)
    for button in bubble.buttons:
        painter.drawText(button.rect.translated(corner), _CENTERED, button.words)


def _outline(item: Item) -> QPainterPath:
    """A rounded rectangle whose corners towards its run are less round."""
    row = item.row
    assert row is not None
    joined_top = JOINED_RADIUS if item.joins_above else BUBBLE_RADIUS
    tail = JOINED_RADIUS
    if row.is_own:
        radii = (BUBBLE_RADIUS, joined_top, tail, BUBBLE_RADIUS)
    else:
        radii = (joined_top, BUBBLE_RADIUS, BUBBLE_RADIUS, tail)
    return _rounded(item.rect, radii)


def _rounded(rect: QRectF, radii: tuple[float, float, float, float]) -> QPainterPath:
    """A rectangle with a radius for each corner: upper left, upper right, lower right, left."""
    upper_left, upper_right, lower_right, lower_left = radii
    left, top, right, bottom = rect.left(), rect.top(), rect.right(), rect.bottom()
    path = QPainterPath()
    path.moveTo(left + upper_left, top)
    path.lineTo(right - upper_right, top)
    path.arcTo(right - 2 * upper_right, top, 2 * upper_right, 2 * upper_right, 90, -90)
    path.lineTo(right, bottom - lower_right)
    side = 2 * lower_right
    path.arcTo(right - side, bottom - side, side, side, 0, -90)
    path.lineTo(left + lower_left, bottom)
    path.arcTo(left, bottom - 2 * lower_left, 2 * lower_left, 2 * lower_left, 270, -90)
    path.lineTo(left, top + upper_left)
    path.arcTo(left, top, 2 * upper_left, 2 * upper_left, 180, -90)
    path.closeSubpath()
    return path
