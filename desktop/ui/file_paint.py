"""Paints the file of a message: its circle with a ring, its name and state, or its picture."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QBrush, QColor, QFontMetricsF, QImage, QPainter, QPen, QTransform

from desktop.events import FileState
from desktop.models.transfers import Progress
from desktop.ui.bubble import FILE_GAP, Bubble
from desktop.ui.file_acts import FileAct, main_act
from desktop.ui.file_words import name_words, status_words
from desktop.ui.fonts import font, scaled
from desktop.ui.icons import paint_icon
from desktop.ui.sizes import size_words
from desktop.ui.theme import tokens
from desktop.ui.timeline_scene import Scene

__all__ = ["paint_file", "paint_picture"]

RING_WIDTH = 3.0
PICTURE_RADIUS = 10.0

_ICONS = {
    FileAct.DOWNLOAD: "arrow-down",
    FileAct.PAUSE: "pause",
    FileAct.RESUME: "arrow-down",
    FileAct.OPEN: "file",
}


def paint_file(painter: QPainter, corner: QPointF, bubble: Bubble, scene: Scene) -> None:
    """Paint the row of a file."""
    file, rect = bubble.row.file, bubble.file
    assert file is not None
    assert rect is not None
    rect = rect.translated(corner)
    progress = scene.progress_of(bubble.row)
    colors, is_own = tokens(), bubble.row.is_own
    assert bubble.circle is not None
    circle = bubble.circle.translated(corner)
    _paint_circle(painter, circle, bubble, progress, colors.accent, colors.on_accent)
    left = circle.right() + FILE_GAP
    right = rect.right() - (26 if bubble.cancel is not None else 0)
    is_failed = file.state is FileState.FAILED
    meta = colors.meta_out if is_own else colors.meta_in
    upper, lower = rect.top() + scaled(12), rect.bottom() - scaled(11)
    _draw_middle(painter, name_words(file.name), left, right, upper, 14, 600, colors.text)
    limit = rect.right()
    if not bubble.row.text and not bubble.chips:
        limit = bubble.meta.translated(corner).left() - 6
    ink = colors.danger if is_failed else meta
    words = status_words(file, progress)
    _draw_middle(painter, words, left, limit, lower, 13, 400, ink)
    if bubble.cancel is not None:
        center = bubble.cancel.translated(corner).center()
        paint_icon(painter, "x", QRectF(center.x() - 8, center.y() - 8, 16, 16), meta)


def paint_picture(painter: QPainter, corner: QPointF, bubble: Bubble, scene: Scene) -> None:
    """Paint the best picture there is, and over it what can be done while it is not here."""
    file, rect = bubble.row.file, bubble.picture
    assert file is not None
    assert rect is not None
    rect = rect.translated(corner)
    size = QSize(round(rect.width() * scene.ratio), round(rect.height() * scene.ratio))
    image = scene.image_of(bubble.row, size)
    painter.setPen(Qt.PenStyle.NoPen)
    if image is None:
        painter.setBrush(tokens().quote_out if bubble.row.is_own else tokens().quote_in)
        painter.drawRoundedRect(rect, PICTURE_RADIUS, PICTURE_RADIUS)
    else:
        _paint_image(painter, rect, image, bubble)
    if file.state is FileState.HERE:
        return
    circle = bubble.circle
    assert circle is not None
    colors, progress = tokens(), scene.progress_of(bubble.row)
    circle = circle.translated(corner)
    _paint_circle(painter, circle, bubble, progress, colors.service, colors.on_service)
    words = size_words(file.size)
    if file.state is not FileState.REMOTE:
        words = status_words(file, progress)
    room = rect.width() - 16
    if bubble.cancel is not None:
        room -= bubble.cancel.width()
        at = bubble.cancel.translated(corner).adjusted(4, 4, -4, -4)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colors.service)
        painter.drawEllipse(at)
        paint_icon(painter, "x", at.adjusted(5, 5, -5, -5), colors.on_service)
    _paint_pill(painter, rect.topLeft() + QPointF(8, 8), words, room)


def _paint_image(painter: QPainter, rect: QRectF, image: QImage, bubble: Bubble) -> None:
    """Fill a rounded rectangle: with all of the picture, or with its middle if it is too long."""
    share = max(rect.width() / image.width(), rect.height() / image.height())
    file = bubble.row.file
    assert file is not None
    if file.width < rect.width() and file.height < rect.height():
        # A tiny picture is not enlarged; it stands on a ground.
        painter.setBrush(tokens().quote_out if bubble.row.is_own else tokens().quote_in)
        painter.drawRoundedRect(rect, PICTURE_RADIUS, PICTURE_RADIUS)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        at = QRectF(0, 0, file.width, file.height)
        at.moveCenter(rect.center())
        painter.drawImage(at, image)
        return
    brush = QBrush(image)
    left = rect.center().x() - image.width() * share / 2
    top = rect.center().y() - image.height() * share / 2
    brush.setTransform(QTransform.fromTranslate(left, top).scale(share, share))
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, share != 1.0)
    painter.setBrush(brush)
    painter.drawRoundedRect(rect, PICTURE_RADIUS, PICTURE_RADIUS)


def _paint_circle(
    painter: QPainter,
    rect: QRectF,
    bubble: Bubble,
    progress: Progress,
    ground: QColor,
    ink: QColor,
) -> None:
    file = bubble.row.file
    assert file is not None
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(ground)
    painter.drawEllipse(rect)
    act = main_act(file)
    icon = "rotate-cw" if file.state is FileState.FAILED else _ICONS.get(act, "file")
    center = rect.center()
    paint_icon(painter, icon, QRectF(center.x() - 10, center.y() - 10, 20, 20), ink)
    if file.state not in (FileState.RUNNING, FileState.PAUSED, FileState.WAITING):
        return
    painter.setPen(QPen(ink, RING_WIDTH, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    # A little of the ring stands there from the start: it says that something is going on.
    span = max(0.02, progress.share) * 360 * 16
    painter.drawArc(rect.adjusted(4, 4, -4, -4), 90 * 16, -round(span))


def _paint_pill(painter: QPainter, at: QPointF, words: str, room: float) -> None:
    metrics = QFontMetricsF(font(12))
    shown = metrics.elidedText(words, Qt.TextElideMode.ElideRight, room - 14)
    rect = QRectF(at.x(), at.y(), metrics.horizontalAdvance(shown) + 14, scaled(20))
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(tokens().service)
    painter.drawRoundedRect(rect, 10, 10)
    painter.setFont(font(12))
    painter.setPen(tokens().on_service)
    painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, shown)


def _draw_middle(
    painter: QPainter,
    words: str,
    left: float,
    right: float,
    center: float,
    pixels: int,
    weight: int,
    ink: QColor,
) -> None:
    """Draw one line; what does not fit is left out of its middle: endings of names matter."""
    used = font(pixels, weight)
    room = max(0.0, right - left)
    shown = QFontMetricsF(used).elidedText(words, Qt.TextElideMode.ElideMiddle, room)
    painter.setFont(used)
    painter.setPen(ink)
    rect = QRectF(left, center - scaled(12), room, scaled(24))
    painter.drawText(rect, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, shown)
