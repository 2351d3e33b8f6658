"""Pictures from the clipboard, written into the profile so that they can be sent as files.

They are the only files in plain that the app makes: readable to their owner alone, deleted by the
engine once sealed (`desktop.commands.PASTED_FOLDER`) and here when they are not sent after all.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from PySide6.QtCore import QBuffer, QDateTime, QIODevice
from PySide6.QtGui import QImage, QImageWriter

from desktop.commands import PASTED_FOLDER

__all__ = ["PastedPictures"]

_SAME_SECOND_MAX = 1_000


class PastedPictures:
    """The folder of them.

    Args:
        profile: The profile's folder; without one, a folder of the system's is made for them.
    """

    def __init__(self, profile: Path | None) -> None:
        self._folder = None if profile is None else (profile / PASTED_FOLDER).absolute()

    async def save(self, image: QImage) -> Path:
        """Write a picture as PNG, on another thread: a large one takes a while.

        Raises:
            OSError: If the disk does not take it.
        """
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(None, self._save, QImage(image))

    def drop(self, paths: Iterable[str]) -> None:
        """Delete those that were not sent; files that are not from here stay."""
        for path in paths:
            if self._folder is not None and Path(path).parent == self._folder:
                # The engine sweeps when it starts.
                with suppress(OSError):
                    Path(path).unlink(missing_ok=True)

    def _save(self, image: QImage) -> Path:
        if self._folder is None:
            self._folder = Path(tempfile.mkdtemp(prefix="mim-"))
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        data = _png(image)
        path, file = _new_file(self._folder)
        with os.fdopen(file, "wb") as target:
            target.write(data)
        return path


def _png(image: QImage) -> bytes:
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    writer = QImageWriter(buffer, b"png")
    if not writer.write(image):
        raise OSError(f"the picture cannot be written: {writer.error().name}")
    return bytes(buffer.data().data())


def _new_file(folder: Path) -> tuple[Path, int]:
    """Make a file nobody else reads, named by the local time; return its path and descriptor."""
    stem = "image-" + QDateTime.currentDateTime().toString("yyyyMMdd-HHmmss")
    for number in range(1, _SAME_SECOND_MAX):
        path = folder / (f"{stem}.png" if number == 1 else f"{stem}-{number}.png")
        with suppress(FileExistsError):
            return path, os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    raise OSError("too many pictures in one second")
