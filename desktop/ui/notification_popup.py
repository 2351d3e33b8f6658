"""Notifications in windows of our own, in a corner of the screen, where the desktop shows none."""

from __future__ import annotations

import re
from collections import OrderedDict

from PySide6.QtCore import QEvent, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QEnterEvent,
    QGuiApplication,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
)
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from desktop.ui.controls import IconButton, Label
from desktop.ui.farewell import delete_later
from desktop.ui.icons import paint_icon
from desktop.ui.notification_sinks import NotificationSink
from desktop.ui.notification_words import Notification
from desktop.ui.theme import theme, tokens
from desktop.ui.translate import language, translate

__all__ = ["PopupSink", "PopupWindow"]

WIDTH = 340
MARGIN = 12  # To the edge of the screen, and between two.
SHADOW = 6
AT_ONCE_MAX = 4  # The oldest goes.
SHOWN_MS = 7_000
LINES_MAX = 3
_PICTURE = 40
_LONG_WORD = re.compile(r"\S{16}")


class PopupWindow(QWidget):
    """One notification; takes no focus, since the person is typing somewhere else."""

    pressed = Signal()
    closed = Signal()

    def __init__(self, notification: Notification) -> None:
        super().__init__(
            None,
            Qt.WindowType.ToolTip
            | Qt.WindowType.FramelessWindowHint
            | Qt.WindowType.WindowStaysOnTopHint
            | Qt.WindowType.WindowDoesNotAcceptFocus,
        )
        self.setAttribute(Qt.WidgetAttribute.WA_ShowWithoutActivating)
        self.setAttribute(Qt.WidgetAttribute.WA_TranslucentBackground)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFixedWidth(WIDTH)
        self._picture = notification.picture
        self.title = Label(14, 600, parent=self)
        self.body = Label(13, ink=lambda colors: colors.text_2, wraps=True, parent=self)
        self.close_button = IconButton("x", side=32, icon_side=16, parent=self)
        self.close_button.clicked.connect(self.closed)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(SHOWN_MS)
        self._timer.timeout.connect(self.closed)
        self._build()
        language().changed.connect(self._name)
        theme().changed.connect(self.update)
        self.take(notification)

    def take(self, notification: Notification) -> None:
        """Show this now."""
        self._picture = notification.picture
        room = WIDTH - 2 * SHADOW - 12 - _PICTURE - 12 - 32 - 8
        metrics = self.title.fontMetrics()
        self.title.setText(
            metrics.elidedText(notification.title, Qt.TextElideMode.ElideRight, room)
        )
        _fill(self.body, notification.body, room)
        self.setWindowTitle(notification.title)
        self.setAccessibleName(f"{notification.title}: {notification.body}")
        self._name()
        layout = self.layout()
        assert layout is not None
        layout.activate()
        self.setFixedHeight(max(76, layout.totalHeightForWidth(WIDTH)))
        self._timer.start()
        self.update()

    def enterEvent(self, event: QEnterEvent) -> None:  # noqa: N802
        """It stays for as long as it is looked at."""
        self._timer.stop()
        super().enterEvent(event)

    def leaveEvent(self, event: QEvent) -> None:  # noqa: N802
        """Now it may go."""
        self._timer.start()
        super().leaveEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Anywhere but on the cross opens it."""
        is_inside = self.rect().contains(event.position().toPoint())
        if event.button() is Qt.MouseButton.LeftButton and is_inside:
            self.pressed.emit()

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        """Paint shadow, ground and picture."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(tokens().shadow)
        card = QRectF(self.rect()).adjusted(SHADOW, SHADOW, -SHADOW, -SHADOW)
        for spread in range(1, SHADOW, 2):
            painter.setOpacity(0.5)
            grown = card.adjusted(-spread, -spread + 1, spread, spread + 1)
            painter.drawRoundedRect(grown, 12 + spread, 12 + spread)
        painter.setOpacity(1.0)
        painter.setPen(tokens().border)
        painter.setBrush(tokens().list)
        painter.drawRoundedRect(card.adjusted(0.5, 0.5, -0.5, -0.5), 12, 12)
        at = QRectF(card.left() + 12, card.top() + 12, _PICTURE, _PICTURE)
        self._paint_picture(painter, at)

    def _paint_picture(self, painter: QPainter, at: QRectF) -> None:
        painter.setPen(Qt.PenStyle.NoPen)
        if self._picture is not None:
            path = QPainterPath()
            path.addEllipse(at)
            painter.setClipPath(path)
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawImage(at, self._picture)
            return
        painter.setBrush(tokens().accent)
        painter.drawEllipse(at)
        paint_icon(painter, "message-circle", at.adjusted(9, 9, -9, -9), tokens().on_accent)

    def _build(self) -> None:
        words = QVBoxLayout()
        words.setSpacing(2)
        words.setContentsMargins(0, 12, 0, 12)
        words.addWidget(self.title)
        words.addWidget(self.body)
        words.addStretch(1)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(SHADOW + 12 + _PICTURE + 12, SHADOW, SHADOW + 4, SHADOW)
        layout.setSpacing(4)
        layout.addLayout(words, 1)
        layout.addWidget(self.close_button, 0, Qt.AlignmentFlag.AlignTop)

    def _name(self) -> None:
        self.close_button.set_name(translate("alert.dismiss"))


class PopupSink(NotificationSink):
    """Stacks them in the lower right corner of the screen."""

    def __init__(self) -> None:
        super().__init__()
        self.windows: OrderedDict[str, PopupWindow] = OrderedDict()

    @property
    def is_ready(self) -> bool:
        """There is always a screen."""
        return True

    def show(self, notification: Notification) -> None:
        """Show it, in place of what has its key."""
        key = notification.key
        window = self.windows.get(key)
        if window is None:
            window = self.windows[key] = PopupWindow(notification)
            window.pressed.connect(lambda: self._on_pressed(key))
            window.closed.connect(lambda: self._on_closed(key))
        else:
            window.take(notification)
        while len(self.windows) > AT_ONCE_MAX:
            self._drop(next(iter(self.windows)))
        self._place()
        window.show()

    def withdraw(self, key: str) -> None:
        """Take it away."""
        self._drop(key)
        self._place()

    def close_all(self) -> None:
        """Take all away."""
        for key in list(self.windows):
            self._drop(key)

    def _on_pressed(self, key: str) -> None:
        self.withdraw(key)
        self.activated.emit(key)

    def _on_closed(self, key: str) -> None:
        self.withdraw(key)
        self.dismissed.emit(key)

    def _drop(self, key: str) -> None:
        window = self.windows.pop(key, None)
        if window is not None:
            window.hide()
            delete_later(window)

    def _place(self) -> None:
        area = QGuiApplication.primaryScreen().availableGeometry()
        bottom = area.bottom() - MARGIN
        for window in reversed(self.windows.values()):
            size = QSize(WIDTH, window.height())
            window.move(area.right() - MARGIN - size.width(), bottom - size.height())
            bottom -= size.height()


def _fill(label: Label, text: str, width: int) -> None:
    """Show as much of a text as fits into a few lines."""
    # A label breaks lines between words only; a long address gets places to be broken at.
    text = _LONG_WORD.sub(lambda found: found[0] + "\N{ZERO WIDTH SPACE}", text)
    height = label.fontMetrics().lineSpacing() * LINES_MAX + 2
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        label.setText(_shortened(text, middle))
        low, high = (middle, high) if label.heightForWidth(width) <= height else (low, middle - 1)
    label.setText(_shortened(text, low))


def _shortened(text: str, length: int) -> str:
    return text if length >= len(text) else text[:length].rstrip() + "…"
