"""Line icons from `assets/icons`, painted in any colour at any scale."""

from __future__ import annotations

from functools import lru_cache

from PySide6.QtCore import QByteArray, QRectF, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from desktop.ui.assets import ASSETS

__all__ = ["icon", "paint_icon"]

STROKE = "1.75"


def paint_icon(painter: QPainter, name: str, rect: QRectF, color: QColor) -> None:
    """Paint an icon into a square."""
    _renderer(name, color.name()).render(painter, rect)


def icon(name: str, color: QColor, pixels: int = 18, scale: float = 2.0) -> QIcon:
    """Return an icon for Qt's own parts (menus, text fields)."""
    pixmap = QPixmap(round(pixels * scale), round(pixels * scale))
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    paint_icon(painter, name, QRectF(pixmap.rect()), color)
    painter.end()
    pixmap.setDevicePixelRatio(scale)
    return QIcon(pixmap)


@lru_cache(maxsize=256)
def _renderer(name: str, color: str) -> QSvgRenderer:
    source = (ASSETS / "icons" / f"{name}.svg").read_text(encoding="utf-8")
    source = source.replace("currentColor", color)
    source = source.replace('stroke-width="2"', f'stroke-width="{STROKE}"')
    return QSvgRenderer(QByteArray(source.encode()))
