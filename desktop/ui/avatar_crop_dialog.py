"""Choose what of a picture is seen in the circle: drag it, zoom it."""

from __future__ import annotations

from PySide6.QtCore import QBuffer, QIODevice, QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QHBoxLayout, QWidget

from desktop.ui.controls import ButtonKind, IconButton, Label, paint_focus_ring
from desktop.ui.crop import Crop
from desktop.ui.dialog import Dialog
from desktop.ui.slider import Slider
from desktop.ui.theme import tokens
from desktop.ui.translate import translate
from shared import limits

__all__ = ["AvatarCropDialog", "CropView", "avatar_bytes"]

VIEW_WIDTH, VIEW_HEIGHT, DIAMETER = 344, 300, 260
STEP = 8.0  # Of the keyboard, on the screen.
ZOOM_STEP = 1.15
SLIDER_STEPS = 100
_QUALITIES = (90, 80, 60, 40)


def avatar_bytes(image: QImage, bytes_max: int = limits.AVATAR_BYTES_MAX) -> bytes:
    """Return the middle square of a picture, scaled, as a JPEG or PNG of at most ``bytes_max``."""
    side = min(image.width(), image.height())
    corner = QRect((image.width() - side) // 2, (image.height() - side) // 2, side, side)
    pixels = limits.AVATAR_PIXELS
    square = image.copy(corner).scaled(
        pixels,
        pixels,
        Qt.AspectRatioMode.IgnoreAspectRatio,
        Qt.TransformationMode.SmoothTransformation,
    )
    if square.hasAlphaChannel():
        data = _encode(square, "PNG", -1)
        if len(data) <= bytes_max:
            return data
        square = square.convertToFormat(QImage.Format.Format_RGB888)
    for quality in _QUALITIES:
        data = _encode(square, "JPEG", quality)
        if len(data) <= bytes_max:
            break
    return data


def _encode(image: QImage, kind: str, quality: int) -> bytes:
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, kind, quality)  # type: ignore[call-overload]  # The stubs want bytes.
    return bytes(buffer.data().data())


class CropView(QWidget):
    """The picture with a circle over it; the mouse, the wheel and the arrow keys move it."""

    zoomed = Signal()

    def __init__(self, image: QImage, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.image = image
        self.crop = Crop.whole(image.width(), image.height())
        self._grabbed: QPointF | None = None
        self.setFixedSize(VIEW_WIDTH, VIEW_HEIGHT)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.OpenHandCursor)

    def square(self) -> QImage:
        """Return what is inside the square around the circle."""
        side = max(1, round(self.crop.side))
        left = min(round(self.crop.left), self.image.width() - side)
        top = min(round(self.crop.top), self.image.height() - side)
        return self.image.copy(QRect(left, top, side, side))

    def zoom_to(self, zoom: float) -> None:
        """Zoom, keeping the middle."""
        self.crop = self.crop.zoomed(zoom)
        self.update()
        self.zoomed.emit()

    def sizeHint(self) -> QSize:  # noqa: N802
        """The circle and what is around it."""
        return self.size()

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Take hold of the picture."""
        if event.button() is Qt.MouseButton.LeftButton:
            self._grabbed = event.position()
            self.setCursor(Qt.CursorShape.ClosedHandCursor)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Draw the picture along."""
        if self._grabbed is not None:
            way = event.position() - self._grabbed
            self._grabbed = event.position()
            self._draw_along(-way.x(), -way.y())

    def mouseReleaseEvent(self, _event: QMouseEvent) -> None:  # noqa: N802
        """Let go."""
        self._grabbed = None
        self.setCursor(Qt.CursorShape.OpenHandCursor)

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802
        """Zoom in or out."""
        self.zoom_to(self.crop.zoom * ZOOM_STEP ** (event.angleDelta().y() / 120))
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Arrows move the circle over the picture, plus and minus zoom."""
        ways = {
            Qt.Key.Key_Left: (-STEP, 0.0),
            Qt.Key.Key_Right: (STEP, 0.0),
            Qt.Key.Key_Up: (0.0, -STEP),
            Qt.Key.Key_Down: (0.0, STEP),
        }
        if event.key() in (Qt.Key.Key_Plus, Qt.Key.Key_Equal):
            self.zoom_to(self.crop.zoom * ZOOM_STEP)
        elif event.key() == Qt.Key.Key_Minus:
            self.zoom_to(self.crop.zoom / ZOOM_STEP)
        elif event.key() in ways:
            self._draw_along(*ways[Qt.Key(event.key())])
        else:
            super().keyPressEvent(event)

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        """Paint the picture, dimmed outside the circle."""
        painter = QPainter(self)
        painter.setRenderHints(
            QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform
        )
        frame = QRectF(self.rect())
        rounded = QPainterPath()
        rounded.addRoundedRect(frame, 12, 12)
        painter.setClipPath(rounded)
        painter.fillRect(frame, tokens().field)
        scale = self.crop.scale(DIAMETER)
        corner = frame.center() - QPointF(self.crop.x * scale, self.crop.y * scale)
        size = QPointF(self.image.width() * scale, self.image.height() * scale)
        painter.drawImage(QRectF(corner, corner + size), self.image)
        circle = QRectF(0, 0, DIAMETER, DIAMETER)
        circle.moveCenter(frame.center())
        outside = QPainterPath()
        outside.addRect(frame)
        hole = QPainterPath()
        hole.addEllipse(circle)
        shade = QColor(tokens().list)
        shade.setAlpha(190)
        painter.fillPath(outside.subtracted(hole), shade)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(tokens().accent)
        painter.drawEllipse(circle)
        if self.hasFocus():
            paint_focus_ring(painter, frame, 12)

    def _draw_along(self, dx: float, dy: float) -> None:
        scale = self.crop.scale(DIAMETER)
        self.crop = self.crop.moved(dx / scale, dy / scale)
        self.update()


class AvatarCropDialog(Dialog):
    """Shows a picture; `cropped` has the bytes that are sent.

    Args:
        image: Decoded already, with no side of 0.
        parent: The dialog that asked for a picture.
        bytes_max: Of what `cropped` gives.
    """

    cropped = Signal(bytes)

    def __init__(
        self,
        image: QImage,
        parent: QWidget | None = None,
        *,
        bytes_max: int = limits.AVATAR_BYTES_MAX,
    ) -> None:
        super().__init__(parent)
        self._bytes_max = bytes_max
        self.view = CropView(image, self)
        self.words = Label(13, ink=lambda colors: colors.text_2, wraps=True, parent=self)
        self.out_button = IconButton("minus", parent=self)
        self.in_button = IconButton("plus", parent=self)
        self.slider = Slider(self)
        self.slider.setRange(0, SLIDER_STEPS)
        self.form.addWidget(self.words)
        self.form.addSpacing(6)
        self.form.addWidget(self.view)
        row = QHBoxLayout()
        row.addWidget(self.out_button)
        row.addWidget(self.slider, 1)
        row.addWidget(self.in_button)
        self.form.addLayout(row)
        self.buttons.addStretch(1)
        self.cancel_button = self.add_button(ButtonKind.PLAIN)
        self.done_button = self.add_button(ButtonKind.PRIMARY)
        self.view.zoomed.connect(self._show_zoom)
        self.slider.valueChanged.connect(self._on_slider)
        self.out_button.clicked.connect(lambda: self._step(1 / ZOOM_STEP))
        self.in_button.clicked.connect(lambda: self._step(ZOOM_STEP))
        self.cancel_button.clicked.connect(self.reject)
        self.done_button.clicked.connect(self._finish)
        self.retranslate()
        self._show_zoom()
        self.view.setFocus()

    def retranslate(self) -> None:
        """Say everything in the language that holds now."""
        self.setWindowTitle(translate("crop.title"))
        self.heading.setText(translate("crop.title"))
        self.words.setText(translate("crop.words"))
        self.view.setAccessibleName(translate("crop.view"))
        self.slider.setAccessibleName(translate("crop.zoom"))
        self.out_button.set_name(translate("crop.zoom_out"))
        self.in_button.set_name(translate("crop.zoom_in"))
        self.cancel_button.setText(translate("dialog.cancel"))
        self.done_button.setText(translate("dialog.done"))

    def _step(self, factor: float) -> None:
        self.view.zoom_to(self.view.crop.zoom * factor)

    def _on_slider(self, value: int) -> None:
        span = self.view.crop.zoom_max - 1
        self.view.crop = self.view.crop.zoomed(1 + span * value / SLIDER_STEPS)
        self.view.update()
        self._enable()

    def _show_zoom(self) -> None:
        crop = self.view.crop
        span = crop.zoom_max - 1
        self.slider.blockSignals(True)
        self.slider.setValue(round((crop.zoom - 1) / span * SLIDER_STEPS) if span else 0)
        self.slider.blockSignals(False)
        self._enable()

    def _enable(self) -> None:
        crop = self.view.crop
        self.slider.setEnabled(crop.zoom_max > 1)
        self.out_button.setEnabled(crop.zoom > 1)
        self.in_button.setEnabled(crop.zoom < crop.zoom_max)

    def _finish(self) -> None:
        self.cropped.emit(avatar_bytes(self.view.square(), self._bytes_max))
        self.accept()
