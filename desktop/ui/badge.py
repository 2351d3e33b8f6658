"""Mim's sign as an icon of any size, with the number of unread messages on it.

Painted for each size on its own, since a number that is scaled down cannot be read. Around the
number the sign is cut away, so that both stand apart on every panel.
"""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QIcon, QPainter, QPainterPath, QPixmap

from desktop.ui.fonts import font
from desktop.ui.theme import TOKENS, tokens

__all__ = ["SIZES", "Badge", "app_icon", "badge_text", "paint_app_icon"]

SIZES = (16, 22, 24, 32, 48)
_LARGE_SIZES = (64, 128, 256)  # Where no number is shown: windows, task switchers.
COUNT_MAX = 99


class Badge:
    """What the icon shows: a number, or a dot where only muted conversations have news."""

    def __init__(self, count: int = 0, *, has_muted: bool = False) -> None:
        self.count = count
        self.has_muted = has_muted

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Badge) and self._shown == other._shown

    def __hash__(self) -> int:
        return hash(self._shown)

    @property
    def _shown(self) -> tuple[str, bool]:
        return badge_text(self.count), self.has_muted and not self.count


def badge_text(count: int) -> str:
    """Return what the badge says, empty without a number."""
    if count <= 0:
        return ""
    return str(count) if count <= COUNT_MAX else f"{COUNT_MAX}+"


def app_icon(badge: Badge | None = None, *, is_dark: bool = False) -> QIcon:
    """Return the icon in all sizes; ``is_dark`` for panels that are."""
    icon = QIcon()
    for size in SIZES if badge is not None else (*SIZES, *_LARGE_SIZES):
        for scale in (1, 2) if size in SIZES else (1,):
            pixmap = QPixmap(size * scale, size * scale)
            pixmap.fill(Qt.GlobalColor.transparent)
            painter = QPainter(pixmap)
            paint_app_icon(painter, size * scale, badge or Badge(), is_dark=is_dark)
            painter.end()
            pixmap.setDevicePixelRatio(scale)
            icon.addPixmap(pixmap)
    return icon


def paint_app_icon(painter: QPainter, size: int, badge: Badge, *, is_dark: bool) -> None:
    """Paint sign and badge into a square of ``size`` pixels at the origin."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    colors = TOKENS[is_dark]
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colors.badge)
    painter.drawRoundedRect(QRectF(0, 0, size, size), size * 0.26, size * 0.26)
    painter.setBrush(colors.on_badge)
    painter.drawPath(_bubble(size))
    text = badge_text(badge.count)
    if text:
        # Red on both: a sign is known by its colours, whatever panel it stands on.
        alarm = TOKENS[False]
        _paint_number(painter, size, text, alarm.danger, alarm.on_danger)
    elif badge.has_muted:
        side = max(6.0, round(size * 0.36))
        _cut(painter, QRectF(size - side, size - side, side, side), size)
        painter.setBrush(colors.text_3)
        painter.drawEllipse(QRectF(size - side, size - side, side, side))


def _bubble(size: int) -> QPainterPath:
    """A speech bubble, filled: a line would be thinner than a pixel at 16."""
    path = QPainterPath()
    path.addEllipse(QRectF(size * 0.2, size * 0.2, size * 0.6, size * 0.56))
    tail = QPainterPath(QPointF(size * 0.27, size * 0.6))
    tail.lineTo(QPointF(size * 0.22, size * 0.83))
    tail.lineTo(QPointF(size * 0.48, size * 0.74))
    tail.closeSubpath()
    return path.united(tail)


def _paint_number(painter: QPainter, size: int, text: str, fill: QColor, ink: QColor) -> None:
    height = max(10.0, round(size * 0.56))
    pixels = round(height * (0.86 if size < 24 else 0.8))
    letters = font(pixels, 600)
    while QFontMetricsF(letters).horizontalAdvance(text) > size - 2 and pixels > 6:
        pixels -= 1
        letters = font(pixels, 600)
    advance = QFontMetricsF(letters).horizontalAdvance(text)
    width = min(float(size), max(height, round(advance + height * 0.36)))
    rect = QRectF(size - width, size - height, width, height)
    _cut(painter, rect, size)
    painter.setBrush(fill)
    painter.drawRoundedRect(rect, height / 2, height / 2)
    painter.setPen(ink)
    painter.setFont(letters)
    # Centred by what the digits cover, not by a line of text.
    box = QFontMetricsF(letters).tightBoundingRect("0")
    base = rect.center().y() + box.height() / 2
    painter.drawText(QPointF(rect.center().x() - advance / 2, round(base)), text)
    painter.setPen(Qt.PenStyle.NoPen)


def _cut(painter: QPainter, rect: QRectF, size: int) -> None:
    """Take away the sign around a badge."""
    gap = max(1.0, size / 24)
    grown = rect.adjusted(-gap, -gap, gap, gap)
    painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_Clear)
    painter.setBrush(tokens().text)  # Whatever is opaque: nothing of it is left.
    painter.drawRoundedRect(grown, grown.height() / 2, grown.height() / 2)
    painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_SourceOver)
