"""Files dragged over a conversation: a veil says that they can be dropped there."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QMimeData, QObject, QRectF, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QDragEnterEvent,
    QDragMoveEvent,
    QDropEvent,
    QImage,
    QPainter,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QWidget

from desktop.ui.editor import local_files
from desktop.ui.fonts import font
from desktop.ui.icons import paint_icon
from desktop.ui.theme import tokens
from desktop.ui.translate import translate

__all__ = ["FileDrop"]


class FileDrop(QObject):
    """Watches a pane.

    Args:
        pane: All of it takes files.
        is_open: Whether something can be sent there now.
    """

    dropped = Signal(object)  # list[str]
    image_dropped = Signal(object)  # QImage: dragged out of a browser, perhaps.

    def __init__(self, pane: QWidget, is_open: Callable[[], bool]) -> None:
        super().__init__(pane)
        self._pane = pane
        self._is_open = is_open
        self.veil = Veil(pane)
        pane.setAcceptDrops(True)
        pane.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        """Take files and pictures, nothing else."""
        if watched is not self._pane:
            return False
        if isinstance(event, QDragEnterEvent | QDragMoveEvent):
            return self._on_drag(event)
        if event.type() is QEvent.Type.DragLeave:
            self.veil.hide()
        elif isinstance(event, QDropEvent):
            return self._on_drop(event)
        elif event.type() is QEvent.Type.Resize:
            self.veil.setGeometry(self._pane.rect())
        return False

    def _on_drag(self, event: QDragEnterEvent | QDragMoveEvent) -> bool:
        if not (self._is_open() and _can_be_sent(event.mimeData())):
            return False
        # What is sent stays where it came from.
        event.setDropAction(Qt.DropAction.CopyAction)
        event.accept()
        if self.veil.isHidden():
            self.veil.setGeometry(self._pane.rect())
            self.veil.raise_()
            self.veil.show()
        return True

    def _on_drop(self, event: QDropEvent) -> bool:
        self.veil.hide()
        if not (self._is_open() and _can_be_sent(event.mimeData())):
            return False
        event.setDropAction(Qt.DropAction.CopyAction)
        event.accept()
        files = local_files(event.mimeData())
        image = None if files else event.mimeData().imageData()
        if files:
            self.dropped.emit(files)
        elif isinstance(image, QImage) and not image.isNull():
            self.image_dropped.emit(image)
        return True


class Veil(QWidget):
    """Lies over the pane while files are over it; the mouse does not notice it."""

    def __init__(self, pane: QWidget) -> None:
        super().__init__(pane)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.hide()

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        """Paint the pane paler, a dashed frame, an icon and the words."""
        self.setAccessibleName(translate("attach.drop"))
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ground = QColor(tokens().chat)
        ground.setAlpha(235)
        painter.fillRect(self.rect(), ground)
        pen = QPen(tokens().accent, 2)
        pen.setStyle(Qt.PenStyle.DashLine)
        painter.setPen(pen)
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(14, 14, -14, -14), 14, 14)
        middle = QRectF(self.rect()).center()
        icon = QRectF(middle.x() - 22, middle.y() - 46, 44, 44)
        paint_icon(painter, "upload", icon, tokens().accent)
        painter.setFont(font(16, 600))
        painter.setPen(tokens().text)
        words = QRectF(24, middle.y() + 8, self.width() - 48, 60)
        flags = Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop
        painter.drawText(words, flags | Qt.TextFlag.TextWordWrap, translate("attach.drop"))


def _can_be_sent(data: QMimeData) -> bool:
    return bool(local_files(data)) or (data.hasImage() and not data.text().strip())
