"""Paints one item of a timeline: a message, a date, the unread bar or a grey line."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPen

from desktop.ui.avatar import paint_avatar
from desktop.ui.bubble_paint import paint_bubble
from desktop.ui.controls import paint_focus_ring
from desktop.ui.fonts import font
from desktop.ui.icons import paint_icon
from desktop.ui.state_paint import STATE_ICONS, paint_state
from desktop.ui.theme import tokens
from desktop.ui.timeline_layout import LINE_PIXELS, Item, ItemKind
from desktop.ui.timeline_scene import Scene

__all__ = ["CHOICE_SHIFT", "STATE_ICONS", "paint_item", "paint_pill", "paint_state", "pill_width"]

CHOICE_SHIFT = 34.0  # How far others' messages move to the right while messages are chosen.
CHOICE_SIDE = 22.0
PILL_PIXELS = 12


def paint_item(painter: QPainter, item: Item, scene: Scene, *, width: float = 0.0) -> None:
    """Paint an item where its rectangle says.

    Args:
        painter: Where to.
        item: What and where.
        scene: The state of the view.
        width: Of the view, for what reaches from side to side.
    """
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    match item.kind:
        case ItemKind.BUBBLE:
            _paint_message(painter, item, scene, width)
        case ItemKind.DATE:
            paint_pill(painter, item.rect, item.words)
        case ItemKind.UNREAD:
            _paint_bar(painter, item)
        case ItemKind.LINE:
            _paint_line(painter, item, scene)


def pill_width(words: str) -> float:
    """Return how wide the pill around a day's name is."""
    return QFontMetricsF(font(PILL_PIXELS, 500)).horizontalAdvance(words) + 24


def paint_pill(painter: QPainter, rect: QRectF, words: str) -> None:
    """Paint a day's name in the middle of a rectangle."""
    width = pill_width(words)
    pill = QRectF(rect.center().x() - width / 2, rect.top(), width, rect.height())
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(tokens().service)
    painter.drawRoundedRect(pill, rect.height() / 2, rect.height() / 2)
    painter.setFont(font(PILL_PIXELS, 500))
    painter.setPen(tokens().on_service)
    painter.drawText(pill, Qt.AlignmentFlag.AlignCenter, words)


def _paint_message(painter: QPainter, item: Item, scene: Scene, width: float) -> None:
    row = item.row
    assert row is not None
    is_chosen = scene.chosen is not None and row.local_id in scene.chosen
    if is_chosen or row.local_id == scene.flashed:
        painter.fillRect(
            QRectF(0, item.rect.top() - 3, width, item.rect.height() + 6), tokens().flash
        )
    if scene.chosen is not None:
        _paint_choice(painter, item, is_chosen=is_chosen)
        if not row.is_own:
            painter.translate(CHOICE_SHIFT, 0)
    if item.avatar is not None:
        profile = scene.profile_of(row.sender)
        paint_avatar(painter, item.avatar, profile=profile, image=scene.avatar_of(profile))
    paint_bubble(painter, item, scene)
    if scene.chosen is not None and not row.is_own:
        painter.translate(-CHOICE_SHIFT, 0)


def _paint_choice(painter: QPainter, item: Item, *, is_chosen: bool) -> None:
    """Paint the circle that is ticked when a message is chosen."""
    colors, side = tokens(), CHOICE_SIDE
    rect = QRectF(12, item.rect.bottom() - side - 7, side, side)
    painter.setPen(QPen(colors.accent if is_chosen else colors.text_3, 1.5))
    painter.setBrush(colors.accent if is_chosen else Qt.BrushStyle.NoBrush)
    painter.drawEllipse(rect)
    if is_chosen:
        paint_icon(painter, "check", rect.adjusted(4, 4, -4, -4), colors.on_accent)


def _paint_bar(painter: QPainter, item: Item) -> None:
    painter.fillRect(item.rect, tokens().unread)
    painter.setFont(font(13, 500))
    painter.setPen(tokens().accent)
    painter.drawText(item.rect, Qt.AlignmentFlag.AlignCenter, item.words)


def _paint_line(painter: QPainter, item: Item, scene: Scene) -> None:
    painter.setFont(font(LINE_PIXELS))
    painter.setPen(tokens().text_2)
    flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
    painter.drawText(item.rect.adjusted(40, 0, -40, 0), flags, item.words)
    if item.row is not None and item.row.local_id == scene.current:
        paint_focus_ring(painter, item.rect.adjusted(12, 0, -12, 0), 8)
