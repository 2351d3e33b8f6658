"""Decodes one picture and ends: run by `desktop.engine.imaging`, never imported by the app.

The picture comes on standard input. Only formats named here are tried, by how they begin; a
picture beyond the bounds on bytes and pixels is not decoded; memory and time of this process are
bounded by the system where it can do that. On standard output:

| command | answer |
| --- | --- |
| ``preview`` | width, height, size of the preview, size of the thumbnail (4 bytes each), both |
| ``show WIDTH HEIGHT`` | width, height (4 bytes each), rows of RGBA |

Exit status 1: no picture. It stands alone, so that it starts quickly and from any folder.
"""

from __future__ import annotations

import struct
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from PySide6.QtGui import QImage

__all__ = ["main"]

# The same as in `shared.limits`; a test compares them.
BYTES_MAX = 64 * 1024**2
PIXELS_MAX = 50_000_000
SECONDS_MAX = 10
SHOWN_SIDE_MAX = 4_096
THUMBNAIL_PIXELS = 320
THUMBNAIL_BYTES_MAX = 24 * 1024
PREVIEW_PIXELS = 20
PREVIEW_BYTES_MAX = 1024

_MEMORY_BYTES_MAX = 1536 * 1024**2  # Of addresses: Qt's libraries take a third of it.
_IMAGE_MEGABYTES_MAX = 256  # 50 megapixels of 4 bytes, and a little.
_BEGINNINGS = (
    (b"\x89PNG\r\n\x1a\n", b"png"),
    (b"\xff\xd8\xff", b"jpeg"),
    (b"GIF87a", b"gif"),
    (b"GIF89a", b"gif"),
    (b"BM", b"bmp"),
)
_QUALITIES = (75, 60, 45, 30, 15)


def main(arguments: list[str], source: BinaryIO, target: BinaryIO) -> int:
    """Carry out one command; return the exit status."""
    _bound_this_process()
    data = source.read(BYTES_MAX + 1)
    kind = _kind_of(data)
    if kind is None or len(data) > BYTES_MAX:
        return 1
    if arguments == ["preview"]:
        answer = _preview(data, kind)
    else:
        _, width, height = arguments
        answer = _show(data, kind, width=int(width), height=int(height))
    if answer is None:
        return 1
    target.write(answer)
    target.flush()
    return 0


def _bound_this_process() -> None:
    if sys.platform == "win32":  # pragma: no cover # The caller's own clock bounds it there.
        return
    import resource

    with suppress(ValueError, OSError):  # A bound below these is in force already.
        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES_MAX, _MEMORY_BYTES_MAX))
        resource.setrlimit(resource.RLIMIT_CPU, (SECONDS_MAX, SECONDS_MAX))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _kind_of(data: bytes) -> bytes | None:
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return b"webp"
    return next((kind for start, kind in _BEGINNINGS if data.startswith(start)), None)


def _load(data: bytes, kind: bytes, *, side_max: int) -> tuple[QImage, int, int] | None:
    """Return the picture with no side above ``side_max``, and its size as it came."""
    from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QSize, Qt
    from PySide6.QtGui import QImageIOHandler, QImageReader

    QImageReader.setAllocationLimit(_IMAGE_MEGABYTES_MAX)
    buffer = QBuffer()
    buffer.setData(QByteArray(data))
    buffer.open(QIODevice.OpenModeFlag.ReadOnly)
    reader = QImageReader(buffer, QByteArray(kind))
    reader.setAutoDetectImageFormat(False)
    reader.setDecideFormatFromContent(False)
    reader.setAutoTransform(True)
    size = reader.size()
    if not size.isValid() or size.isEmpty() or size.width() * size.height() > PIXELS_MAX:
        return None
    if max(size.width(), size.height()) > side_max:
        fitting = size.scaled(QSize(side_max, side_max), Qt.AspectRatioMode.KeepAspectRatio)
        # A JPEG is decoded at a fraction of its size then, at a fraction of the cost.
        reader.setScaledSize(fitting.expandedTo(QSize(1, 1)))
    is_turned = bool(
        reader.transformation().value & QImageIOHandler.Transformation.TransformationRotate90.value
    )
    image = reader.read()
    if image.isNull():
        return None
    if is_turned:
        size.transpose()
    return image, size.width(), size.height()


def _preview(data: bytes, kind: bytes) -> bytes | None:
    loaded = _load(data, kind, side_max=THUMBNAIL_PIXELS)
    if loaded is None:
        return None
    image, width, height = loaded
    thumbnail = _packed(image, THUMBNAIL_BYTES_MAX)
    preview = _packed(_scaled(image, PREVIEW_PIXELS, PREVIEW_PIXELS), PREVIEW_BYTES_MAX)
    return struct.pack(">IIII", width, height, len(preview), len(thumbnail)) + preview + thumbnail


def _show(data: bytes, kind: bytes, *, width: int, height: int) -> bytes | None:
    from PySide6.QtGui import QImage

    loaded = _load(data, kind, side_max=SHOWN_SIDE_MAX)
    if loaded is None:
        return None
    image = _scaled(loaded[0], max(1, width), max(1, height))
    image = image.convertToFormat(QImage.Format.Format_RGBA8888)
    head = struct.pack(">II", image.width(), image.height())
    # Rows of four bytes a pixel have no gaps.
    return head + bytes(image.constBits())


def _scaled(image: QImage, width: int, height: int) -> QImage:
    """Return the picture in these bounds; it is never made larger."""
    from PySide6.QtCore import Qt

    if image.width() <= width and image.height() <= height:
        return image
    return image.scaled(
        width,
        height,
        Qt.AspectRatioMode.KeepAspectRatio,
        Qt.TransformationMode.SmoothTransformation,
    )


def _packed(image: QImage, bytes_max: int) -> bytes:
    """Return the picture as a file: PNG if it can be seen through and fits, else JPEG."""
    if image.hasAlphaChannel():
        data = _saved(image, b"PNG", -1)
        if len(data) <= bytes_max:
            return data
        image = _on_white(image)
    for quality in _QUALITIES:
        data = _saved(image, b"JPEG", quality)
        if len(data) <= bytes_max:
            return data
    return b""


def _saved(image: QImage, kind: bytes, quality: int) -> bytes:
    from PySide6.QtCore import QBuffer, QByteArray, QIODevice
    from PySide6.QtGui import QImageWriter

    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    writer = QImageWriter(buffer, QByteArray(kind))
    writer.setQuality(quality)
    writer.write(image)
    return bytes(buffer.data().data())


def _on_white(image: QImage) -> QImage:
    from PySide6.QtGui import QImage as Image
    from PySide6.QtGui import QPainter

    flat = Image(image.size(), Image.Format.Format_RGB32)
    flat.fill(0xFFFFFFFF)
    painter = QPainter(flat)
    painter.drawImage(0, 0, image)
    painter.end()
    return flat


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], sys.stdin.buffer, sys.stdout.buffer))
