"""Paints a row of the conversation list, whole or, in a folded list, as a picture with a badge."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QImage, QPainter
from PySide6.QtWidgets import QStyleOptionViewItem

from desktop.events import ConversationRow, MessageState
from desktop.ui.avatar import paint_avatar
from desktop.ui.controls import paint_badge
from desktop.ui.describe import face_of, preview_sender, preview_words, typing_words
from desktop.ui.fonts import font, scaled
from desktop.ui.icons import paint_icon
from desktop.ui.row_paint import draw_elided, draw_name, paint_ground
from desktop.ui.theme import tokens
from desktop.ui.timeline_paint import STATE_ICONS
from desktop.ui.times import list_time
from desktop.ui.translate import translate

__all__ = ["AVATAR", "RowLook", "paint_conversation", "paint_folded", "row_height"]

_HEIGHT, _LINE = 66, 24
AVATAR = 46
_BADGE = 20
_GAP = 6
_ICON = 15


@dataclass(frozen=True, slots=True)
class RowLook:
    """What is painted of a row beside what it holds itself."""

    row: ConversationRow
    image: QImage | None
    is_online: bool
    is_typing: bool
    is_muted: bool
    who_types: str = ""  # In a group, if it is known.
    who_wrote: str = ""  # The newest line of a group, if it is somebody else.


def row_height() -> int:
    """Return how high a row is: room for its picture, and for two lines of the letters of now."""
    return _HEIGHT - 2 * _LINE + 2 * max(_LINE, scaled(_LINE))


def paint_conversation(painter: QPainter, option: QStyleOptionViewItem, look: RowLook) -> None:
    """Paint picture, two lines, and what stands at their right ends."""
    ground, rect = paint_ground(painter, option), QRectF(option.rect)
    avatar = QRectF(rect.left() + 14, rect.center().y() - AVATAR / 2, AVATAR, AVATAR)
    _paint_face(painter, avatar, look, ground)
    left, right = avatar.right() + 12, rect.right() - 16
    half = scaled(_LINE) / 2
    upper, lower = rect.center().y() - half, rect.center().y() + half
    end = _paint_time(painter, look.row, right=right, center=upper)
    _paint_name(painter, look, left=left, right=end, center=upper)
    end = _paint_marks(painter, look, right=right, center=lower)
    _paint_words(painter, look, left=left, right=end, center=lower)


def paint_folded(painter: QPainter, option: QStyleOptionViewItem, look: RowLook) -> None:
    """Paint a row of which there is only room for the picture."""
    ground, rect = paint_ground(painter, option), QRectF(option.rect)
    avatar = QRectF(0, 0, AVATAR, AVATAR)
    avatar.moveCenter(rect.center())
    _paint_face(painter, avatar, look, ground)
    if look.row.unread:
        right, center = avatar.right() + 6, avatar.top() + 5
        _paint_unread(painter, look, right=right, center=center)


def _paint_face(painter: QPainter, avatar: QRectF, look: RowLook, ground: QColor) -> None:
    paint_avatar(
        painter,
        avatar,
        profile=face_of(look.row),
        image=look.image,
        is_online=look.is_online,
        ground=ground,
    )


def _paint_name(
    painter: QPainter, look: RowLook, *, left: float, right: float, center: float
) -> None:
    """Paint the name, and behind it whether it is verified and muted."""
    icons: list[tuple[str, QColor]] = []
    if look.row.is_verified:
        icons.append(("badge-check", tokens().accent))
    if look.is_muted:
        icons.append(("bell-off", tokens().text_3))
    name = face_of(look.row).nickname
    draw_name(painter, name, icons, left=left, right=right, center=center)


def _paint_time(painter: QPainter, row: ConversationRow, *, right: float, center: float) -> float:
    """Paint the time and, of an own message, its tick; return where the name has to end."""
    if not row.last_at_ms:
        return right
    text, small = list_time(row.last_at_ms), font(12)
    width = QFontMetricsF(small).horizontalAdvance(text)
    draw_elided(
        painter,
        text,
        left=right - width - 1,
        right=right + 1,
        center=center,
        font=small,
        ink=tokens().text_3,
    )
    right -= width + 6
    if row.preview_is_own and row.preview_state is not None and not row.draft:
        at = QRectF(right - 16, center - 8, 16, 16)
        paint_icon(painter, STATE_ICONS[row.preview_state], at, _state_ink(row.preview_state))
        right -= 18
    return right - 6


def _state_ink(state: MessageState) -> QColor:
    """Only what was read stands out, and what a rule refused."""
    match state:
        case MessageState.READ:
            return tokens().tick
        case MessageState.REFUSED:
            return tokens().danger
        case _:
            return tokens().text_3


def _paint_marks(painter: QPainter, look: RowLook, *, right: float, center: float) -> float:
    """Paint what waits there, else whether it is pinned; return where the words have to end."""
    row = look.row
    if row.unread:
        right = _paint_unread(painter, look, right=right, center=center) - _GAP
    if row.mentions:
        right = _paint_mention(painter, right=right, center=center) - _GAP
    if row.is_pinned and not row.unread and not row.mentions:
        at = QRectF(right - _ICON, center - _ICON / 2, _ICON, _ICON)
        paint_icon(painter, "pin", at, tokens().text_3)
        right = at.left() - _GAP
    return right


def _paint_unread(painter: QPainter, look: RowLook, *, right: float, center: float) -> float:
    fill = tokens().muted if look.is_muted else tokens().badge
    return paint_badge(
        painter, right=right, center=center, count=look.row.unread, height=scaled(_BADGE), fill=fill
    )


def _paint_mention(painter: QPainter, *, right: float, center: float) -> float:
    """Paint the sign of being named: never grey, it is meant for the person."""
    side = scaled(_BADGE)
    rect = QRectF(right - side, center - side / 2, side, side)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(tokens().badge)
    painter.drawEllipse(rect)
    painter.setPen(tokens().on_badge)
    painter.setFont(font(12, 600))
    painter.drawText(rect.adjusted(0, -1, 0, -1), Qt.AlignmentFlag.AlignCenter, "@")
    return rect.left()


def _paint_words(
    painter: QPainter, look: RowLook, *, left: float, right: float, center: float
) -> None:
    """Paint who types, else what was begun here, else what was said last."""
    colors, row = tokens(), look.row
    first, ink, words, rest = "", colors.text, preview_words(row), colors.text_2
    if look.is_typing:
        words, rest = typing_words(look.who_types), colors.accent
    elif row.draft:
        first, ink, words = translate("list.draft"), colors.danger, row.draft
    else:
        first = preview_sender(row, look.who_wrote)
    draw = _pen(painter, font(13), right=right, center=center)
    if first:
        # A Chinese colon brings its own room.
        left = draw(first, left, ink) + (0 if first.endswith("：") else 5)
    draw(words, left, rest)


def _pen(
    painter: QPainter, chosen: QFont, *, right: float, center: float
) -> Callable[[str, float, QColor], float]:
    """Return what draws words from a place on, up to where the line ends."""
    return lambda text, left, ink: draw_elided(
        painter, text, left=left, right=right, center=center, font=chosen, ink=ink
    )
