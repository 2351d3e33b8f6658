"""Pictures for tests, painted here."""

from __future__ import annotations

from random import Random

from PySide6.QtCore import QBuffer, QByteArray, QIODevice
from PySide6.QtGui import QColor, QImage, QImageWriter

__all__ = ["picture_bytes"]


def picture_bytes(
    width: int, height: int, kind: str = "PNG", *, is_noisy: bool = False, has_alpha: bool = False
) -> bytes:
    """Return the bytes of a picture: red with a blue line, or noise."""
    form = QImage.Format.Format_ARGB32 if has_alpha else QImage.Format.Format_RGB32
    if is_noisy:
        noise = Random(1).randbytes(width * height * 4)  # No secret: the same every time.
        image = QImage(noise, width, height, width * 4, form).copy()
    else:
        alpha = 100 if has_alpha else 255
        image = QImage(width, height, form)
        image.fill(QColor(200, 30, 30, alpha))
        for y in range(height // 2, height):
            image.setPixelColor(width // 2, y, QColor(30, 30, 200, alpha))
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    assert QImageWriter(buffer, QByteArray(kind.encode())).write(image)
    return bytes(buffer.data().data())
