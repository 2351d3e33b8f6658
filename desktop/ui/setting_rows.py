"""Rows that pages of settings are made of: switches, choices, and ways to another dialog."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QButtonGroup, QCheckBox, QSizePolicy, QWidget

from desktop.ui.controls import Pressable, paint_focus_ring
from desktop.ui.fonts import font, fonts, scaled, use_font
from desktop.ui.icons import paint_icon
from desktop.ui.theme import tokens

__all__ = ["ActionRow", "Choice", "SwitchRow"]

TRACK_WIDTH, TRACK_HEIGHT = 36, 20
SIDE = 12  # Between a row's edge and what it shows.
GAP = 14
WRAPS = Qt.TextFlag.TextWordWrap


class Segment(Pressable):
    """One of several that exclude each other."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setCheckable(True)
        use_font(self, 13, 500)
        self.setSizePolicy(QSizePolicy.Policy.Minimum, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:  # noqa: N802
        """The word and air around it."""
        return QSize(self.fontMetrics().horizontalAdvance(self.text()) + 20, scaled(34))

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        """Paint ground and word."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colors, rect = tokens(), QRectF(self.rect())
        painter.setPen(Qt.PenStyle.NoPen)
        if self.isChecked():
            painter.setBrush(colors.accent)
            painter.drawRoundedRect(rect, 8, 8)
        elif self._is_hovered:
            painter.setBrush(colors.pressed)
            painter.drawRoundedRect(rect, 8, 8)
        painter.setPen(colors.on_accent if self.isChecked() else colors.text)
        painter.setFont(self.font())
        painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, self.text())
        if self._shows_focus:
            paint_focus_ring(painter, rect, 8)


class Choice(QWidget):
    """A row of segments, or a column where the row would be too wide.

    `chosen` gives the place of the one that was pressed.
    """

    chosen = Signal(int)

    def __init__(self, count: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._group = QButtonGroup(self)
        self._box = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        self._box.setContentsMargins(3, 3, 3, 3)
        self._box.setSpacing(2)
        self.segments = [Segment(self) for _ in range(count)]
        for place, segment in enumerate(self.segments):
            self._group.addButton(segment, place)
            self._box.addWidget(segment, 1)
        self._group.idClicked.connect(self.chosen)
        fonts().changed.connect(self._turn)

    def name(self, title: str, words: Sequence[str]) -> None:
        """Say what the segments mean."""
        self.setAccessibleName(title)
        for segment, word in zip(self.segments, words, strict=True):
            segment.setText(word)
            segment.setAccessibleName(f"{title}: {word}")
            segment.updateGeometry()
        self._turn()

    def choose(self, place: int) -> None:
        """Press a segment without telling."""
        self.segments[place].setChecked(True)

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        """As wide as its widest word: a column is always possible."""
        widest = max(segment.sizeHint().width() for segment in self.segments)
        return QSize(widest + 6, self._box.sizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """Turn into a column, or back into a row."""
        super().resizeEvent(event)
        self._turn()

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        """Paint the ground."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(tokens().field)
        painter.drawRoundedRect(self.rect(), 10, 10)

    def _turn(self) -> None:
        # Segments share the row evenly, so the widest word decides.
        shown = [segment for segment in self.segments if not segment.isHidden()]
        widest = max((segment.sizeHint().width() for segment in shown), default=0)
        needed = widest * len(shown) + 2 * (len(shown) - 1) + 6
        is_row = needed <= self.width()
        direction = QBoxLayout.Direction
        self._box.setDirection(direction.LeftToRight if is_row else direction.TopToBottom)


class SwitchRow(QCheckBox):
    """A statement that holds or not, with what it means below it and a switch on the right."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._words = ""
        use_font(self, 14)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        policy = QSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def say(self, title: str, words: str = "") -> None:
        """Say the statement, and what it means."""
        self.setText(title)
        self._words = words
        self.setAccessibleDescription(words)
        self.updateGeometry()

    def sizeHint(self) -> QSize:  # noqa: N802
        """As high as the lines need at the width there is."""
        width = max(self.width(), 200)
        return QSize(200, self.heightForWidth(width))

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        """Lines are never cut."""
        return self.sizeHint()

    def hasHeightForWidth(self) -> bool:  # noqa: N802
        """Lines wrap."""
        return True

    def heightForWidth(self, width: int) -> int:  # noqa: N802
        """The lines, and room for a finger."""
        title, words = self._places(width)
        return max(scaled(40), title.height() + words.height() + 18)

    def hitButton(self, pos) -> bool:  # type: ignore[no-untyped-def]  # noqa: N802
        """All of it can be pressed."""
        return bool(self.rect().contains(pos))

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """The lines wrap anew."""
        super().resizeEvent(event)
        if event.oldSize().width() != event.size().width():
            self.updateGeometry()

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        """Paint the lines and the switch."""
        painter, colors = QPainter(self), tokens()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self.underMouse() and self.isEnabled():
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(colors.hover)
            painter.drawRoundedRect(self.rect(), 10, 10)
        title, words = self._places(self.width())
        top = (self.height() - title.height() - words.height()) // 2
        painter.setFont(font(14))
        painter.setPen(colors.text if self.isEnabled() else colors.text_3)
        painter.drawText(title.translated(0, top), WRAPS, self.text())
        if self._words:
            painter.setFont(font(12))
            painter.setPen(colors.text_2)
            painter.drawText(words.translated(0, top + title.height()), WRAPS, self._words)
        self._paint_switch(painter)
        if self.hasFocus():
            paint_focus_ring(painter, QRectF(self.rect()), 10)

    def _places(self, width: int) -> tuple[QRect, QRect]:
        """Where the two texts go, as if the row began at 0."""
        room = max(40, width - 2 * SIDE - TRACK_WIDTH - GAP)
        title = QFontMetrics(font(14)).boundingRect(0, 0, room, 10_000, WRAPS, self.text())
        height = 0
        if self._words:
            metrics = QFontMetrics(font(12))
            height = metrics.boundingRect(0, 0, room, 10_000, WRAPS, self._words).height() + 2
        return QRect(SIDE, 0, room, title.height()), QRect(SIDE, 2, room, height)

    def _paint_switch(self, painter: QPainter) -> None:
        colors = tokens()
        left = self.width() - SIDE - TRACK_WIDTH
        track = QRectF(left, (self.height() - TRACK_HEIGHT) / 2, TRACK_WIDTH, TRACK_HEIGHT)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colors.accent if self.isChecked() else colors.text_3)
        painter.drawRoundedRect(track, TRACK_HEIGHT / 2, TRACK_HEIGHT / 2)
        knob = QRectF(track.left() + 3, track.top() + 3, TRACK_HEIGHT - 6, TRACK_HEIGHT - 6)
        if self.isChecked():
            knob.moveRight(track.right() - 3)
        painter.setBrush(colors.on_accent if self.isChecked() else colors.list)
        painter.drawEllipse(knob)


class ActionRow(Pressable):
    """Opens something: an icon, words, what holds now, and an arrow."""

    def __init__(
        self, icon_name: str, parent: QWidget | None = None, *, is_danger: bool = False
    ) -> None:
        super().__init__(parent)
        self._icon_name = icon_name
        self._is_danger = is_danger
        self._detail = ""
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Minimum, QSizePolicy.Policy.Fixed)

    def say(self, title: str, detail: str = "") -> None:
        """Say what it opens, and what holds now."""
        self.setText(title)
        self._detail = detail
        self.setAccessibleName(title)
        self.setAccessibleDescription(detail)
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:  # noqa: N802
        """Icon, words and arrow."""
        metrics = QFontMetrics(font(14))
        width = metrics.horizontalAdvance(self.text()) + metrics.horizontalAdvance(self._detail)
        return QSize(width + 4 * SIDE + 60, scaled(42))

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        """The words are not cut; what holds now may be."""
        width = QFontMetrics(font(14)).horizontalAdvance(self.text())
        return QSize(width + 3 * SIDE + 60, scaled(42))

    def keyPressEvent(self, event) -> None:  # type: ignore[no-untyped-def]  # noqa: N802
        """Enter presses it as the space bar does."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.click()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        """Paint ground, icon, words and arrow."""
        painter, colors = QPainter(self), tokens()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        rect = QRectF(self.rect())
        if self._is_hovered or self.isDown():
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(colors.hover)
            painter.drawRoundedRect(rect, 10, 10)
        ink = colors.danger if self._is_danger else colors.text
        middle = rect.center().y()
        sign = colors.danger if self._is_danger else colors.text_2
        paint_icon(painter, self._icon_name, QRectF(SIDE, middle - 10, 20, 20), sign)
        words = rect.adjusted(SIDE + 20 + GAP, 0, -SIDE - 22, 0)
        painter.setFont(font(14))
        painter.setPen(ink)
        left = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
        painter.drawText(words, left, self.text())
        if not self._is_danger:
            arrow = QRectF(rect.right() - SIDE - 16, middle - 8, 16, 16)
            paint_icon(painter, "chevron-right", arrow, colors.text_3)
        if self._detail:
            words.setLeft(words.left() + painter.fontMetrics().horizontalAdvance(self.text()) + GAP)
            right = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight
            elided = painter.fontMetrics().elidedText(
                self._detail, Qt.TextElideMode.ElideRight, int(words.width())
            )
            painter.setPen(colors.text_2)
            painter.drawText(words, right, elided)
        if self._shows_focus:
            paint_focus_ring(painter, rect, 10)
