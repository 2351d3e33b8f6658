"""What floats over a timeline: the day at its top, the ways to its end and to a mention, a target.

All of it stays where it is while the messages move under it.
"""

from __future__ import annotations

from PySide6.QtCore import QObject, QRectF, QSize, Qt, QTimer
from PySide6.QtGui import QFontMetricsF, QPainter, QPaintEvent, QPixmap
from PySide6.QtWidgets import QWidget

from desktop.ui.controls import IconButton, Pressable, paint_badge, paint_focus_ring
from desktop.ui.fonts import font, fonts, scaled
from desktop.ui.icons import paint_icon
from desktop.ui.theme import theme, tokens
from desktop.ui.timeline_paint import paint_pill, pill_width
from desktop.ui.translate import translate

__all__ = ["DatePill", "RoundButton", "TargetLine", "TimelineOverlay"]

DAY_SHOWN_MS = 1_500
DAY_TOP, DAY_HEIGHT = 8, 24
DAY_EDGE = 4  # Pressed above and below what is painted.
ROUND_SIDE, ROUND_MARGIN, ROUND_GAP = 40, 12, 10


class RoundButton(IconButton):
    """A round button on a ground of its own, with an edge: it lies over messages."""

    def __init__(self, icon_name: str, parent: QWidget) -> None:
        super().__init__(icon_name, side=ROUND_SIDE + 8, icon_side=20, parent=parent)
        self._sign = icon_name
        theme().changed.connect(self.update)

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        """Paint ground, sign, number and focus ring."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colors = tokens()
        rect = QRectF(4.5, 7.5, ROUND_SIDE - 1, ROUND_SIDE - 1)
        painter.setPen(colors.border)
        painter.setBrush(colors.hover if self._is_hovered else colors.list)
        painter.drawEllipse(rect)
        center = rect.center()
        at = QRectF(center.x() - 10, center.y() - 10, 20, 20)
        paint_icon(painter, self._sign, at, colors.text_2)
        if self.badge:
            width = QFontMetricsF(font(11, 600)).horizontalAdvance(str(min(self.badge, 1000)))
            right = min(self.width(), center.x() + max(18.0, width + 11) / 2)
            paint_badge(
                painter, right=right, center=10, count=self.badge, height=18, fill=colors.badge
            )
        if self._shows_focus:
            paint_focus_ring(painter, rect, rect.height() / 2)


class DatePill(Pressable):
    """The day of the messages in sight."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._words = ""
        self._picture: QPixmap | None = None
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # The message's menu has it too.
        theme().changed.connect(self._forget)
        fonts().changed.connect(self._fit)
        self.hide()

    def show_day(self, words: str) -> None:
        """Name a day."""
        if words != self._words:
            self._words = words
            name = translate("timeline.day_name", day=words)
            self.setAccessibleName(name)
            self.setToolTip(translate("timeline.jump_to_date"))
            self._fit()

    def sizeHint(self) -> QSize:  # noqa: N802
        """As large as the words need."""
        return self.size()

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        """Paint it as the pills between two days are painted; once, it lies over every frame."""
        ratio = self.devicePixelRatioF()
        if self._picture is None or self._picture.devicePixelRatio() != ratio:
            self._picture = QPixmap(self.size() * ratio)
            self._picture.setDevicePixelRatio(ratio)
            self._picture.fill(Qt.GlobalColor.transparent)
            painter = QPainter(self._picture)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            paint_pill(
                painter, QRectF(self.rect()).adjusted(0, DAY_EDGE, 0, -DAY_EDGE), self._words
            )
            painter.end()
        QPainter(self).drawPixmap(0, 0, self._picture)

    def _fit(self) -> None:
        """Be as large as the words are in the letters that hold now, around the same middle."""
        width = round(pill_width(self._words))
        left = self.x() + (self.width() - width) // 2
        self.setGeometry(left, self.y(), width, scaled(DAY_HEIGHT) + 2 * DAY_EDGE)
        self._forget()

    def _forget(self) -> None:
        self._picture = None
        self.update()


class TargetLine(QWidget):
    """Where the link under the mouse leads, in the lower left corner, as browsers do."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.words = ""
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.hide()

    def show_target(self, words: str, *, width: int, bottom: int) -> None:
        """Show an address; empty words hide it."""
        if words == self.words:
            return
        self.words = words
        metrics = QFontMetricsF(font(12))
        needed = round(metrics.horizontalAdvance(words)) + 20
        height = scaled(24)
        self.setGeometry(0, bottom - height, min(needed, width), height)
        self.setVisible(bool(words))
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        """Paint the address; what does not fit is left out at its end: the host stands first."""
        painter = QPainter(self)
        colors = tokens()
        painter.fillRect(self.rect(), colors.list)
        painter.setPen(colors.text_2)
        painter.setFont(font(12))
        room = self.width() - 16
        shown = QFontMetricsF(font(12)).elidedText(self.words, Qt.TextElideMode.ElideRight, room)
        painter.drawText(self.rect().adjusted(8, 0, -8, 0), Qt.AlignmentFlag.AlignVCenter, shown)


class TimelineOverlay(QObject):
    """Owns what floats over a view, and where it is."""

    def __init__(self, view: QWidget) -> None:
        super().__init__(view)
        self._view = view
        self.day = DatePill(view)
        self.end_button = RoundButton("arrow-down", view)
        self.mention_button = RoundButton("at-sign", view)
        self.target = TargetLine(view)
        for button in (self.end_button, self.mention_button):
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            button.hide()
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(DAY_SHOWN_MS)
        self._timer.timeout.connect(self.day.hide)
        self.retranslate()

    def retranslate(self) -> None:
        """Say everything in the language that holds now."""
        count = self.end_button.badge
        name = translate("timeline.go_to_end")
        if count:
            name += ", " + translate("list.unread", count=count)
        self.end_button.set_name(name)
        self.mention_button.set_name(
            translate("timeline.go_to_mention", count=self.mention_button.badge)
        )

    def set_counts(self, *, unread: int, mentions: int) -> None:
        """Show how many messages are unread, and how many of them name the person."""
        self.end_button.set_badge(unread)
        self.mention_button.set_badge(mentions)
        self.mention_button.setVisible(bool(mentions))
        self.retranslate()

    def show_day(self, words: str, *, below: float | None) -> None:
        """Name the day at the top for a while.

        Args:
            words: Its name; empty if the pill between the messages is there itself.
            below: Where the next such pill is: it pushes this one up.
        """
        if not words:
            self.day.hide()
            return
        self.day.show_day(words)
        top = DAY_TOP if below is None else min(DAY_TOP, round(below) - scaled(DAY_HEIGHT) - 6)
        left = (self._view.width() - 10 - self.day.width()) // 2
        self.day.move(left, top - DAY_EDGE)
        self.day.show()
        self._timer.start()

    def place(self, *, width: int, height: int, is_far: bool) -> None:
        """Put the round buttons into the lower right corner."""
        self.end_button.setVisible(is_far)
        side = ROUND_SIDE + 8
        left = width - side - ROUND_MARGIN + 4
        bottom = height - ROUND_MARGIN + 1
        self.end_button.move(left, bottom - side)
        if is_far:
            bottom -= side + ROUND_GAP - 4
        self.mention_button.move(left, bottom - side)
        self.target.raise_()
