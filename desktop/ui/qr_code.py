"""A QR code that another device's camera reads from the screen."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from desktop.ui.theme import QR_GROUND, QR_INK

__all__ = ["QrCode", "qr_modules"]

QUIET_MODULES = 4  # White around the code, without which cameras do not find it (ISO/IEC 18004).


def qr_modules(content: bytes | str) -> list[list[bool]]:
    """Return the rows of a code, dark modules as ``True``, without the quiet zone.

    It can be read with a seventh of it covered (level M); ``content`` has at most 2,331 bytes.
    """
    # Imported late: most people never look at a code.
    import segno

    code = segno.make(content, error="m", micro=False, boost_error=False)
    return [[module & 1 == 1 for module in row] for row in code.matrix]


class QrCode(QWidget):
    """Shows one code, or a blank square while there is none.

    Args:
        pixels: How wide and high it is.
        parent: The dialog.
    """

    def __init__(self, pixels: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.modules: list[list[bool]] = []
        self.setFixedSize(pixels, pixels)

    def show_content(self, content: bytes | str) -> None:
        """Show what is to be read; nothing for nothing."""
        self.modules = qr_modules(content) if content else []
        self.update()

    def sizeHint(self) -> QSize:  # noqa: N802
        """A square."""
        return self.size()

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        """Paint the code in whole pixels, so that its edges are sharp."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QR_GROUND)
        painter.drawRoundedRect(QRectF(self.rect()), 10, 10)
        if not self.modules:
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)
        count = len(self.modules)
        side = max(1, self.width() // (count + 2 * QUIET_MODULES))
        corner = (self.width() - side * count) // 2
        for y, row in enumerate(self.modules):
            for x, is_dark in enumerate(row):
                if is_dark:
                    painter.fillRect(corner + x * side, corner + y * side, side, side, QR_INK)
