"""Mim's sign with its badges, in all sizes on light and dark panels."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPixmap
from PySide6.QtWidgets import QWidget

from desktop.ui.badge import SIZES, Badge, paint_app_icon
from tests.exhibits.stage import make_application, show

BADGES = [Badge(), Badge(has_muted=True), *(Badge(count) for count in (1, 4, 9, 10, 28, 99, 100))]
PANELS = ((QColor("#F4F4F4"), False), (QColor("#24272B"), True))
ZOOM = 4
NARROW, WIDE = 60, 200  # Columns as they are, and zoomed.
ROWS = [max(52, size * ZOOM) + 8 for size in SIZES]


class Sheet(QWidget):
    """All of them, as they are and four times as large."""

    def __init__(self) -> None:
        super().__init__()
        self.setWindowTitle("badges")
        self.setFixedSize((NARROW + WIDE) * len(BADGES), sum(ROWS) * len(PANELS))

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        painter = QPainter(self)
        top = 0
        for ground, is_dark in PANELS:
            painter.fillRect(0, top, self.width(), sum(ROWS), ground)
            for size, height in zip(SIZES, ROWS, strict=True):
                for column, badge in enumerate(BADGES):
                    icon = _pixmap(size, badge, is_dark=is_dark)
                    painter.drawPixmap(QPoint(8 + column * NARROW, top + 4), icon)
                    left = NARROW * len(BADGES) + column * WIDE
                    painter.drawPixmap(QPoint(left, top + 4), icon.scaledToHeight(size * ZOOM))
                top += height


def _pixmap(size: int, badge: Badge, *, is_dark: bool) -> QPixmap:
    pixmap = QPixmap(size, size)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    paint_app_icon(painter, size, badge, is_dark=is_dark)
    painter.end()
    return pixmap


def main() -> None:
    _, loop = make_application()
    show(Sheet(), loop)


if __name__ == "__main__":
    main()
