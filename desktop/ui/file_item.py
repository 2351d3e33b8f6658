"""One file that is about to be sent: what it looks like, its name and size, or why it cannot be."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QFontMetricsF, QImage, QPainter, QPainterPath, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from desktop.events import FileLookedAt
from desktop.ui.attachments import icon_of
from desktop.ui.controls import IconButton
from desktop.ui.fonts import font
from desktop.ui.icons import paint_icon
from desktop.ui.sizes import size_words
from desktop.ui.theme import tokens
from desktop.ui.translate import translate

__all__ = ["FileItem", "item_height"]

HEIGHT = 60
SIDE = 44
LARGE_SIDE = 148


def item_height(*, is_large: bool = False) -> int:
    """Return how high one is: two lines, also of larger letters, and perhaps a picture."""
    lines = QFontMetrics(font(14)).height() + QFontMetrics(font(13)).height()
    return max(HEIGHT, lines + 24) + (LARGE_SIDE + 8 if is_large else 0)


Reason = Callable[[], str]


class FileItem(QWidget):
    """A line of the list.

    Args:
        path: Of the file; empty for something that is no file and only has a reason.
        name: How it is called.
        reason: Says why it is not sent, in the language that holds when it is asked.
        parent: The list.
    """

    removed = Signal(object)  # This.

    def __init__(
        self, path: str, name: str, parent: QWidget, *, reason: Reason | None = None
    ) -> None:
        super().__init__(parent)
        self.path = path
        self.name = name
        self._reason = reason
        self._seen: FileLookedAt | None = None
        self._image = QImage()
        self._is_large = False
        self.remove_button = IconButton("x", side=32, icon_side=16, parent=self)
        self.remove_button.clicked.connect(lambda: self.removed.emit(self))
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 6, (item_height() - self.remove_button.height()) // 2)
        layout.addStretch(1)
        layout.addWidget(self.remove_button, 0, Qt.AlignmentFlag.AlignBottom)
        self.setFixedHeight(item_height())
        self.retranslate()

    @property
    def reason(self) -> str:
        """Why it is not sent; empty if nothing is in the way."""
        return self._reason() if self._reason is not None else ""

    @property
    def can_be_sent(self) -> bool:
        """Whether nothing is known to be in the way."""
        return bool(self.path) and not self.reason

    @property
    def is_picture(self) -> bool:
        """Whether it can be shown."""
        return not self._image.isNull()

    @property
    def detail(self) -> str:
        """The second line: size, or what is in the way."""
        if self.reason or self._seen is None:
            return self.reason
        words = size_words(self._seen.size)
        if not self._seen.width:
            return words
        return f"{self._seen.width} × {self._seen.height} · {words}"

    def retranslate(self) -> None:
        """Say everything in the language that holds now."""
        self.remove_button.set_name(translate("attach.remove", name=self.name))
        self.setAccessibleName(", ".join(word for word in (self.name, self.detail) if word))
        self.update()

    def show_seen(self, seen: FileLookedAt) -> None:
        """Show what was found in the file; the thumbnail was made by this program."""
        self._seen = seen
        self._image = QImage.fromData(seen.thumbnail)
        self.fail(None)

    def fail(self, reason: Reason | None) -> None:
        """Say why it is not sent; `None` takes that back."""
        self._reason = reason
        self.retranslate()

    def set_large(self, is_large: bool) -> None:
        """Show the picture large, where it is the only one."""
        self._is_large = is_large and self.is_picture
        self.setFixedHeight(item_height(is_large=self._is_large))
        self.update()

    def sizeHint(self) -> QSize:  # noqa: N802
        """As wide as the list."""
        return QSize(300, self.height())

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        """Paint picture or icon, name and size."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        high = item_height()
        bottom = QRectF(0, self.height() - high, self.width(), high)
        if self._is_large:
            self._paint_large(painter)
            words = bottom.adjusted(4, 0, -44, 0)
        else:
            at = QRectF(4, bottom.center().y() - SIDE / 2, SIDE, SIDE)
            self._paint_small(painter, at)
            words = bottom.adjusted(SIDE + 16, 0, -44, 0)
        self._paint_words(painter, words)

    def _paint_large(self, painter: QPainter) -> None:
        room = QRectF(4, 4, self.width() - 10, LARGE_SIDE)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(tokens().field)
        painter.drawRoundedRect(room, 10, 10)
        size = self._image.size().scaled(room.size().toSize(), Qt.AspectRatioMode.KeepAspectRatio)
        at = QRectF(0, 0, size.width(), size.height())
        at.moveCenter(room.center())
        _paint_image(painter, self._image, at)

    def _paint_small(self, painter: QPainter, at: QRectF) -> None:
        if self.is_picture:
            _paint_image(painter, _square(self._image), at)
            return
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(tokens().field)
        painter.drawRoundedRect(at, 10, 10)
        is_bad = bool(self.reason)
        kind = self._seen.media_type if self._seen is not None else ""
        icon = "circle-alert" if is_bad else icon_of(kind)
        ink = tokens().danger if is_bad else tokens().accent
        paint_icon(painter, icon, at.adjusted(11, 11, -11, -11), ink)

    def _paint_words(self, painter: QPainter, rect: QRectF) -> None:
        painter.setFont(font(14, 500))
        painter.setPen(tokens().text)
        metrics = QFontMetricsF(painter.font())
        # The end of a name says what kind of file it is.
        name = metrics.elidedText(self.name, Qt.TextElideMode.ElideMiddle, rect.width())
        top = rect.adjusted(0, 11, 0, 0)
        painter.drawText(top, Qt.AlignmentFlag.AlignTop, name)
        painter.setFont(font(13))
        painter.setPen(tokens().danger if self.reason else tokens().text_2)
        metrics = QFontMetricsF(painter.font())
        detail = metrics.elidedText(self.detail, Qt.TextElideMode.ElideRight, rect.width())
        self.setToolTip(self.detail if detail != self.detail else "")
        painter.drawText(rect.adjusted(0, 0, 0, -10), Qt.AlignmentFlag.AlignBottom, detail)


def _paint_image(painter: QPainter, image: QImage, at: QRectF) -> None:
    path = QPainterPath()
    path.addRoundedRect(at, 8, 8)
    painter.save()
    painter.setClipPath(path)
    painter.drawImage(at, image)
    painter.restore()


def _square(image: QImage) -> QImage:
    """Return the middle of a picture."""
    side = min(image.width(), image.height())
    return image.copy((image.width() - side) // 2, (image.height() - side) // 2, side, side)
