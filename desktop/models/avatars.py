"""Pictures of people: fetched once, decoded with a bound on size, kept while they are in use."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Callable, Coroutine
from typing import Any

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QObject, Signal
from PySide6.QtGui import QImage, QImageReader

from desktop.commands import LoadAvatar
from desktop.events import AvatarLoaded, ConversationRow, Profile
from desktop.models.port import CommandFailedError, Port
from shared.identifiers import AccountId
from shared.roster import ConversationKind

__all__ = ["AVATARS_KEPT_MAX", "PICTURE_PIXELS_MAX", "AvatarStore", "decode_picture"]

AVATARS_KEPT_MAX = 500  # More: the one that was not asked for the longest is forgotten.
PICTURE_PIXELS_MAX = 50_000_000
PICTURE_MEGABYTES_MAX = 256

Spawn = Callable[[Coroutine[Any, Any, None]], object]


def decode_picture(data: bytes) -> QImage:
    """Decode PNG or JPEG; a null image if it is neither, broken, or too large to decode."""
    buffer = QBuffer()
    buffer.setData(QByteArray(data))
    buffer.open(QIODevice.OpenModeFlag.ReadOnly)
    reader = QImageReader(buffer)
    QImageReader.setAllocationLimit(PICTURE_MEGABYTES_MAX)
    reader.setAutoTransform(True)
    reader.setDecideFormatFromContent(True)
    size = reader.size()
    if bytes(reader.format().data()) not in (b"png", b"jpeg"):
        return QImage()
    if not size.isValid() or size.width() * size.height() > PICTURE_PIXELS_MAX:
        return QImage()
    return reader.read()


class AvatarStore(QObject):
    """Gives the picture of a profile, or none yet; `loaded` follows when it has come."""

    loaded = Signal(object)  # AccountId

    def __init__(self, port: Port, spawn: Spawn) -> None:
        super().__init__()
        self._port = port
        self._spawn = spawn
        self._images: OrderedDict[str, QImage] = OrderedDict()
        self._asked: set[str] = set()

    def image(self, profile: Profile) -> QImage | None:
        """Return the picture, if it is here; else ask for it, once."""
        if not profile.avatar:
            return None
        image = self._images.get(profile.avatar)
        if image is not None:
            self._images.move_to_end(profile.avatar)
            return None if image.isNull() else image
        if profile.avatar not in self._asked:
            self._asked.add(profile.avatar)
            self._spawn(self._load(profile.account, profile.avatar))
        return None

    def picture_of(self, row: ConversationRow) -> QImage | None:
        """Return the picture of a conversation: the other person's, or the group's own."""
        if row.kind != ConversationKind.GROUP:
            return self.image(row.peer)
        if not row.avatar:
            return None
        name = hashlib.blake2b(row.avatar, digest_size=16).hexdigest()
        image = self._images.get(name)
        if image is None:
            image = self._keep(name, decode_picture(row.avatar))
        return None if image.isNull() else image

    def retry(self) -> None:
        """Ask again for what could not be fetched, once the server is back."""
        self._asked &= set(self._images)

    async def _load(self, account: AccountId, avatar: str) -> None:
        try:
            answer = await self._port.ask(LoadAvatar(account=account, avatar=avatar))
        except CommandFailedError:
            # Without a picture the person is painted with a letter; `retry` asks again.
            return
        assert isinstance(answer, AvatarLoaded)
        self._keep(avatar, decode_picture(answer.data))
        self.loaded.emit(account)

    def _keep(self, name: str, image: QImage) -> QImage:
        self._images[name] = image
        while len(self._images) > AVATARS_KEPT_MAX:
            forgotten, _ = self._images.popitem(last=False)
            self._asked.discard(forgotten)
        return image
