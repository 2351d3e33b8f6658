"""The lines of the info pane: titles, and rows with an icon or a person that can be pressed."""

from __future__ import annotations

import re

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QFontMetricsF, QImage, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from desktop.events import Profile
from desktop.ui.avatar import paint_avatar
from desktop.ui.controls import Ink, Label, Pressable, paint_focus_ring
from desktop.ui.fonts import font, fonts, scaled, use_font
from desktop.ui.icons import paint_icon
from desktop.ui.row_paint import draw_elided
from desktop.ui.theme import tokens

__all__ = ["InfoLine", "breakable", "section_title"]

_HEIGHT, _TALL = 40, 52
_FACE = 36
_ICON = 34  # With the air around it.
_LEFT, _RIGHT = 16, 16
_LONG_WORD = re.compile(r"[\x21-\x7e]{20,}")


def breakable(text: str) -> str:
    """Return a text whose long words may be broken: labels break lines between words only."""
    return _LONG_WORD.sub(lambda word: "\u200b".join(word.group()), text)


def section_title(parent: QWidget) -> Label:
    """Return an empty title for a part of the pane."""
    label = Label(12, 600, ink=lambda colors: colors.text_2, parent=parent)
    label.setContentsMargins(_LEFT, 10, _RIGHT, 2)
    return label


class InfoLine(Pressable):
    """One thing that is known, and what pressing it leads to.

    Args:
        parent: The pane.
        icon_name: Stands before the words; empty with a person's picture.
        is_danger: Its words warn.
    """

    def __init__(self, parent: QWidget, *, icon_name: str = "", is_danger: bool = False) -> None:
        super().__init__(parent)
        self._icon_name = icon_name
        self._ink: Ink = (
            (lambda colors: colors.danger) if is_danger else (lambda colors: colors.text)
        )
        self._detail = self._below = ""
        self._face: Profile | None = None
        self._image: QImage | None = None
        self._is_online = False
        use_font(self, 14)
        fonts().changed.connect(self._fit)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)

    def say(self, words: str, *, detail: str = "", below: str = "") -> None:
        """Show words, something smaller at the right end, and something smaller below."""
        self._detail, self._below = detail, below
        self.setText(words)
        spoken = ", ".join(part for part in (words, detail, below) if part)
        self.setAccessibleName(spoken)
        self._fit()
        self.update()

    def show_face(self, face: Profile, image: QImage | None, *, is_online: bool = False) -> None:
        """Show a person's or a group's picture before the words."""
        self._face, self._image, self._is_online = face, image, is_online
        self.update()

    def set_icon(self, icon_name: str) -> None:
        """Show another icon before the words."""
        self._icon_name = icon_name
        self.update()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """What has no room at the right end stands below."""
        super().resizeEvent(event)
        self._fit()

    def sizeHint(self) -> QSize:  # noqa: N802
        """One line, or two with something below."""
        return QSize(120, self._height())

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        """Paint the ground while it can be pressed, then picture and words."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colors, rect = tokens(), QRectF(self.rect()).adjusted(6, 1, -6, -1)
        is_lit = self.isEnabled() and (self._is_hovered or self.isDown())
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colors.hover if is_lit else colors.list)
        painter.drawRoundedRect(rect, 10, 10)
        left = self._paint_picture(painter)
        self._paint_words(painter, left)
        if self._shows_focus:
            paint_focus_ring(painter, rect, 10)

    def _height(self) -> int:
        has_two = self._face is not None or self._below or self._is_detail_below()
        return scaled(_TALL if has_two else _HEIGHT)

    def _fit(self) -> None:
        self.setFixedHeight(self._height())

    def _is_detail_below(self) -> bool:
        """Whether words and detail have no room side by side."""
        if not self._detail or self._below:
            return False
        needed = QFontMetricsF(font(14)).horizontalAdvance(self.text())
        needed += 8 + QFontMetricsF(font(12)).horizontalAdvance(self._detail)
        return needed > self.width() - _LEFT - _ICON - _RIGHT - 1

    def _paint_picture(self, painter: QPainter) -> float:
        """Paint face or icon; return where the words begin."""
        middle = self.height() / 2
        if self._face is not None:
            rect = QRectF(_LEFT, middle - _FACE / 2, _FACE, _FACE)
            paint_avatar(
                painter,
                rect,
                profile=self._face,
                image=self._image,
                is_online=self._is_online,
            )
            return rect.right() + 12
        if not self._icon_name:
            return _LEFT
        is_plain = self._ink(tokens()) == tokens().text
        ink = tokens().text_2 if is_plain else self._ink(tokens())
        paint_icon(painter, self._icon_name, QRectF(_LEFT + 2, middle - 10, 20, 20), ink)
        return _LEFT + _ICON

    def _paint_words(self, painter: QPainter, left: float) -> None:
        right, middle, small = self.width() - float(_RIGHT), self.height() / 2, font(12)
        is_detail_below = self._is_detail_below()
        below = self._detail if is_detail_below else self._below
        upper = middle - scaled(9) if below else middle
        if self._detail and not is_detail_below:
            width = min(QFontMetricsF(small).horizontalAdvance(self._detail) + 1, right * 0.55)
            at = right - width
            draw_elided(
                painter,
                self._detail,
                left=at,
                right=right + 1,
                center=upper,
                font=small,
                ink=tokens().text_2,
            )
            right = at - 8
        draw_elided(
            painter,
            self.text(),
            left=left,
            right=right,
            center=upper,
            font=font(14),
            ink=self._ink(tokens()),
        )
        if below:
            draw_elided(
                painter,
                below,
                left=left,
                right=self.width() - float(_RIGHT),
                center=middle + scaled(10),
                font=small,
                ink=tokens().text_2,
            )
