"""Pictures of messages: what can be shown of one now, with a bound on what is kept.

A picture comes in three steps: 20 pixels that are part of the message (blurred, at once), 320
pixels likewise, and the picture itself, decoded by the engine's process once its bytes are here.
Only the two small ones are decoded in this process: PNG or JPEG, and only if their size is small.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Coroutine
from typing import Any

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QObject, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QImage, QImageReader

from desktop.commands import LoadPicture
from desktop.events import FileRow, FileState, MessageRow, PictureLoaded
from desktop.models.port import CommandFailedError, Port
from shared import limits
from shared.identifiers import ConversationId

__all__ = ["PictureStore", "decode_small", "image_of", "is_picture"]

Spawn = Callable[[Coroutine[Any, Any, None]], object]

SMALL_SIDE_MAX = 2 * limits.THUMBNAIL_PIXELS  # Of what is decoded in this process.

_BEGINNINGS = ((b"\x89PNG\r\n\x1a\n", b"png"), (b"\xff\xd8\xff", b"jpeg"))
_BLUR_STEP = 4  # Enlarged in two steps, 20 pixels look soft and not like a net.
_Key = tuple[int, int, int]  # Local id, width, height; both 0: the thumbnail; -1: the preview.


def is_picture(file: FileRow | None) -> bool:
    """Whether a file is shown as a picture: its sender said how large it is, and that is sane."""
    if file is None or file.width <= 0 or file.height <= 0:
        return False
    return file.width * file.height <= limits.PICTURE_PIXELS_MAX


def decode_small(data: bytes) -> QImage:
    """Decode a preview or a thumbnail; a null image if it is none, broken, or not small."""
    kind = next((kind for start, kind in _BEGINNINGS if data.startswith(start)), None)
    if kind is None or len(data) > limits.THUMBNAIL_BYTES_MAX:
        return QImage()
    buffer = QBuffer()
    buffer.setData(QByteArray(data))
    buffer.open(QIODevice.OpenModeFlag.ReadOnly)
    reader = QImageReader(buffer, QByteArray(kind))
    reader.setAutoDetectImageFormat(False)
    reader.setDecideFormatFromContent(False)
    size = reader.size()
    if not size.isValid() or max(size.width(), size.height()) > SMALL_SIDE_MAX:
        return QImage()
    return reader.read().convertToFormat(QImage.Format.Format_ARGB32_Premultiplied)


def image_of(picture: PictureLoaded) -> QImage:
    """Return a decoded picture; a null image if its numbers do not fit together."""
    width, height = picture.width, picture.height
    if width <= 0 or height <= 0 or len(picture.data) != width * height * 4:
        return QImage()
    form = QImage.Format.Format_RGBA8888
    image = QImage(picture.data, width, height, width * 4, form)
    # The other format has memory of its own, and is the one that is painted quickest.
    return image.convertToFormat(QImage.Format.Format_ARGB32_Premultiplied)


class PictureStore(QObject):
    """Gives the best picture of a message there is now; `loaded` tells when there is a better one.

    At most `limits.PICTURES_SHOWN_BYTES_MAX` are kept, `limits.PICTURES_DECODED_AT_ONCE` decoded
    at a time, those asked for last first.
    """

    loaded = Signal(int)  # local_id

    def __init__(self, port: Port, spawn: Spawn) -> None:
        super().__init__()
        self._port = port
        self._spawn = spawn
        self._images: OrderedDict[_Key, QImage] = OrderedDict()
        self._bytes = 0
        self._failed: set[_Key] = set()
        self._waiting: OrderedDict[_Key, MessageRow] = OrderedDict()
        self._running = 0
        self._small: OrderedDict[int, MessageRow] = OrderedDict()
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._decode_small)

    @property
    def kept_bytes(self) -> int:
        """How much memory the kept pictures take."""
        return self._bytes

    def image(self, row: MessageRow, size: QSize) -> QImage | None:
        """Return what can be shown of a picture that takes so many device pixels."""
        if row.file is None:
            return None
        key = (row.local_id, size.width(), size.height())
        image = self._kept(key)
        if row.file.state is not FileState.HERE:
            self._failed.discard(key)  # Once it has come again it may be whole.
        elif image is None:
            self._ask(key, row)
        return image or self._kept((row.local_id, 0, 0)) or self._soft(row)

    def thumbnail(self, row: MessageRow) -> QImage | None:
        """Return the small picture that came with a message, if it can be decoded."""
        image = self._kept((row.local_id, 0, 0))
        if image is None and row.file is not None and row.file.thumbnail:
            image = self._keep((row.local_id, 0, 0), decode_small(row.file.thumbnail))
        return image

    def clear(self) -> None:
        """Forget all of them: another account's come."""
        self._images.clear()
        self._failed.clear()
        self._waiting.clear()
        self._small.clear()
        self._bytes = 0

    def _kept(self, key: _Key) -> QImage | None:
        image = self._images.get(key)
        if image is None:
            return None
        self._images.move_to_end(key)
        return None if image.isNull() else image

    def _soft(self, row: MessageRow) -> QImage | None:
        """Return the preview at once; the thumbnail follows when nothing else is to be done."""
        key = (row.local_id, -1, -1)
        if row.file is not None and row.file.thumbnail and (row.local_id, 0, 0) not in self._images:
            self._small[row.local_id] = row
            if len(self._small) > limits.PICTURES_WAITING_MAX:
                self._small.popitem(last=False)
            self._timer.start(0)
        image = self._kept(key)
        if image is None and key not in self._images and row.file is not None:
            image = self._keep(key, _softened(decode_small(row.file.preview)))
        return image

    def _decode_small(self) -> None:
        """Decode one thumbnail; the next one in the next turn of the loop."""
        if not self._small:
            return
        local_id, row = self._small.popitem()
        if self.thumbnail(row) is not None:
            self.loaded.emit(local_id)
        if self._small:
            self._timer.start(0)

    def _ask(self, key: _Key, row: MessageRow) -> None:
        if key in self._failed or key in self._images:
            return
        self._waiting[key] = row
        self._waiting.move_to_end(key)
        if len(self._waiting) > limits.PICTURES_WAITING_MAX:
            self._waiting.popitem(last=False)
        if self._running < limits.PICTURES_DECODED_AT_ONCE:
            self._running += 1
            self._spawn(self._work())

    async def _work(self) -> None:
        """Have pictures decoded, the one asked for last first, until none waits."""
        try:
            while self._waiting:
                key, row = self._waiting.popitem()
                if key not in self._images and key not in self._failed:
                    await self._load(key, row.conversation_id)
        finally:
            self._running -= 1

    async def _load(self, key: _Key, conversation_id: ConversationId) -> None:
        local_id, width, height = key
        self._failed.add(key)  # While it runs, nobody else asks for it.
        command = LoadPicture(
            conversation_id=conversation_id, local_id=local_id, width=width, height=height
        )
        try:
            answer = await self._port.ask(command)
        except CommandFailedError:
            return  # The small picture stays; a broken one does not heal by asking again.
        assert isinstance(answer, PictureLoaded)
        self._failed.discard(key)
        self._keep(key, image_of(answer))
        self.loaded.emit(local_id)

    def _keep(self, key: _Key, image: QImage) -> QImage | None:
        self._drop(key)
        self._images[key] = image
        self._bytes += image.sizeInBytes()
        while self._bytes > limits.PICTURES_SHOWN_BYTES_MAX and len(self._images) > 1:
            self._drop(next(iter(self._images)))
        return None if image.isNull() else image

    def _drop(self, key: _Key) -> None:
        image = self._images.pop(key, None)
        if image is not None:
            self._bytes -= image.sizeInBytes()


def _softened(image: QImage) -> QImage:
    """Return a tiny picture, larger and without edges."""
    if image.isNull():
        return image
    smooth = Qt.TransformationMode.SmoothTransformation
    size = image.size()
    middle = image.scaled(size * _BLUR_STEP, Qt.AspectRatioMode.KeepAspectRatio, smooth)
    return middle.scaled(size * _BLUR_STEP**2 * 0.5, Qt.AspectRatioMode.KeepAspectRatio, smooth)
