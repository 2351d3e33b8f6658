"""Shows one picture on a dark ground: whole, in its own size, or larger, and moved by the mouse."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSizeF, Qt, Signal
from PySide6.QtGui import QImage, QMouseEvent, QPainter, QPaintEvent, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QWidget

from desktop.ui.fonts import font
from desktop.ui.theme import tokens

__all__ = ["ZOOM_MAX", "PictureCanvas"]

ZOOM_STEP = 1.25
ZOOM_MAX = 8.0
MARGIN = 16


class PictureCanvas(QWidget):
    """One picture; ``zoom`` is logical pixels for one of the picture's, 0 fits it into the room."""

    zoomed = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.zoom = 0.0
        self.words = ""  # Said instead of a picture, or under a small one.
        self._image = QImage()
        self._size = QSizeF()  # Of the picture itself; a small stand-in takes the same room.
        self._moved = QPointF()
        self._grabbed: QPointF | None = None
        self._scaled = QImage()
        self._scaled_to = 0.0
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setMouseTracking(True)

    def show_picture(self, image: QImage | None, size: QSizeF, words: str = "") -> None:
        """Show a picture, or a smaller one in its place.

        Args:
            image: What there is of it.
            size: Of the picture itself, in its own pixels.
            words: Said over it, of what is still to come.
        """
        if size != self._size:
            self._moved = QPointF()
            self.zoom = 0.0
        self._image = image or QImage()
        self._size = size
        self._scaled, self._scaled_to = QImage(), 0.0
        self.words = words
        self.update()

    @property
    def scale(self) -> float:
        """Logical pixels for one of the picture's, as it is shown now."""
        return self.zoom or self._fitting()

    def zoom_by(self, steps: float, at: QPointF | None = None) -> None:
        """Make it larger or smaller; what is at a place stays there."""
        fitting = self._fitting()
        wanted = self.scale * ZOOM_STEP**steps
        zoom = min(max(wanted, min(fitting, 1.0) / 2), max(ZOOM_MAX, fitting))
        self.set_zoom(zoom, at)

    def set_zoom(self, zoom: float, at: QPointF | None = None) -> None:
        """Show it in this size; 0 fits it into the room."""
        before, after = self.scale, zoom or self._fitting()
        place = (at or QPointF(self.rect().center())) - QPointF(self.rect().center())
        self._moved = place - (place - self._moved) * (after / before) if zoom else QPointF()
        self.zoom = zoom
        self._keep_inside()
        self.zoomed.emit()
        self.update()

    def move_by(self, way: QPointF) -> None:
        """Move it, as far as there is more of it than fits."""
        self._moved += way
        self._keep_inside()
        self.update()

    def picture_rect(self) -> QRectF:
        """Return where the picture is now."""
        size = self._size * self.scale
        rect = QRectF(QPointF(), size)
        rect.moveCenter(QRectF(self.rect()).center() + self._moved)
        return rect

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        """Paint ground, picture and words."""
        painter = QPainter(self)
        colors = tokens()
        painter.fillRect(self.rect(), colors.viewer)
        if not self._image.isNull():
            self._paint_picture(painter)
        if self.words:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setFont(font(14))
            width = painter.fontMetrics().horizontalAdvance(self.words) + 32
            rect = QRectF(0, 0, width, 36)
            rect.moveCenter(QRectF(self.rect()).center())
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(colors.viewer_hover)
            painter.drawRoundedRect(rect, 18, 18)
            painter.setPen(colors.on_viewer)
            painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, self.words)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """What fitted fits again."""
        super().resizeEvent(event)
        self._keep_inside()

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802
        """Make it larger or smaller under the mouse."""
        self.zoom_by(event.angleDelta().y() / 120, event.position())
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Take hold of it."""
        if event.button() is Qt.MouseButton.LeftButton:
            self._grabbed = event.position()
            self.setCursor(Qt.CursorShape.ClosedHandCursor)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Move it along."""
        if self._grabbed is not None:
            self.move_by(event.position() - self._grabbed)
            self._grabbed = event.position()

    def mouseReleaseEvent(self, _event: QMouseEvent) -> None:  # noqa: N802
        """Let go of it."""
        self._grabbed = None
        self.unsetCursor()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Change between whole and its own size."""
        self.set_zoom(0.0 if self.zoom else 1.0, event.position())

    def _paint_picture(self, painter: QPainter) -> None:
        rect, ratio = self.picture_rect(), self.devicePixelRatioF()
        wanted = self.scale * ratio
        is_smaller = rect.width() * ratio < self._image.width()
        if is_smaller and self._scaled_to != wanted:
            # Made small once and well, instead of with every paint.
            self._scaled = self._image.scaled(
                (rect.size() * ratio).toSize(),
                Qt.AspectRatioMode.IgnoreAspectRatio,
                Qt.TransformationMode.SmoothTransformation,
            )
            self._scaled_to = wanted
        image = self._scaled if is_smaller else self._image
        # Enlarged far, the picture's own pixels are what one wants to see.
        is_smooth = self.scale < 4 or image.width() < self._size.width()
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, is_smooth)
        seen = rect & QRectF(self.rect())
        if seen.isEmpty():
            return
        across, down = image.width() / rect.width(), image.height() / rect.height()
        source = QRectF(
            (seen.left() - rect.left()) * across,
            (seen.top() - rect.top()) * down,
            seen.width() * across,
            seen.height() * down,
        )
        painter.drawImage(seen, image, source)

    def _fitting(self) -> float:
        """Return the scale at which all of it can be seen; it is not made larger than it is."""
        if self._size.isEmpty():
            return 1.0
        room_x, room_y = self.width() - 2 * MARGIN, self.height() - 2 * MARGIN
        fitting = min(room_x / self._size.width(), room_y / self._size.height(), 1.0)
        return max(fitting, 0.01)

    def _keep_inside(self) -> None:
        """No edge comes further in than the room's, and what fits stays in the middle."""
        size = self._size * self.scale
        spare_x = max(0.0, (size.width() - self.width()) / 2)
        spare_y = max(0.0, (size.height() - self.height()) / 2)
        self._moved = QPointF(
            min(max(self._moved.x(), -spare_x), spare_x),
            min(max(self._moved.y(), -spare_y), spare_y),
        )
