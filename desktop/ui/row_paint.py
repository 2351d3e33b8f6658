"""What rows of lists and trees have in common: ground, elided text, the height of a line."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRect, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter
from PySide6.QtWidgets import QStyle, QStyleOptionViewItem

from desktop.ui.controls import paint_focus_ring
from desktop.ui.fonts import font as font_of
from desktop.ui.fonts import scaled
from desktop.ui.icons import paint_icon
from desktop.ui.theme import tokens

__all__ = ["draw_elided", "draw_name", "one_line", "paint_ground"]

_ICON = 15  # Behind a name.


def paint_ground(painter: QPainter, option: QStyleOptionViewItem, *, radius: float = 10) -> QColor:
    """Paint what shows that a row is selected, hovered or has the keyboard; return its colour."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    rect = QRectF(_rect(option)).adjusted(6, 1, -6, -1)
    state = _state(option)
    ground = tokens().list
    if state & QStyle.StateFlag.State_Selected:
        ground = tokens().selected
    elif state & QStyle.StateFlag.State_MouseOver:
        ground = tokens().hover
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(ground)
    painter.drawRoundedRect(rect, radius, radius)
    has_keyboard = state & QStyle.StateFlag.State_KeyboardFocusChange
    if has_keyboard and state & QStyle.StateFlag.State_HasFocus:
        paint_focus_ring(painter, rect, radius)
    return ground


def draw_elided(
    painter: QPainter,
    text: str,
    *,
    left: float,
    right: float,
    center: float,
    font: QFont,
    ink: QColor,
) -> float:
    """Draw one line between ``left`` and ``right``; return where it ends."""
    metrics = QFontMetricsF(font)
    room = max(0.0, right - left)
    shown = metrics.elidedText(one_line(text), Qt.TextElideMode.ElideRight, room)
    painter.setFont(font)
    painter.setPen(ink)
    rect = QRectF(left, center - scaled(14), room, scaled(28))
    painter.drawText(rect, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, shown)
    return left + min(room, metrics.horizontalAdvance(shown))


def draw_name(
    painter: QPainter,
    name: str,
    icons: Sequence[tuple[str, QColor]],
    *,
    left: float,
    right: float,
    center: float,
) -> None:
    """Draw who or what a row is, and small icons behind it: their names and inks."""
    end = draw_elided(
        painter,
        name,
        left=left,
        right=right - len(icons) * (_ICON + 4),
        center=center,
        font=font_of(14, 600),
        ink=tokens().text,
    )
    for icon, ink in icons:
        paint_icon(painter, icon, QRectF(end + 5, center - _ICON / 2, _ICON, _ICON), ink)
        end += _ICON + 4


def one_line(text: str) -> str:
    """Return the beginning of a text with its line breaks as spaces."""
    return " ".join(text[:300].split())


def _rect(option: QStyleOptionViewItem) -> QRect:
    return option.rect


def _state(option: QStyleOptionViewItem) -> QStyle.StateFlag:
    return option.state
