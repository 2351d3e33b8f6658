"""Pictures, decoded in a process of their own: what is hostile harms that one alone.

`Imaging` is the seam; the engine knows no toolkit. `ImagingProcess` asks `desktop.picture_worker`,
which has bounds on pixels, memory and time and is ended when it takes too long. Where it cannot
run, pictures are sent and shown as files.
"""

from __future__ import annotations

import logging
import struct
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

from desktop.engine.threads import in_thread
from shared import limits

__all__ = ["Imaging", "ImagingProcess", "Picture", "Preview", "picture_command"]

logger = logging.getLogger(__name__)

_PREVIEW_HEAD = struct.Struct(">IIII")
_PICTURE_HEAD = struct.Struct(">II")


@dataclass(frozen=True, slots=True)
class Preview:
    """What a picture looks like: its size in pixels, 20 pixels of it, 320 pixels of it."""

    width: int
    height: int
    preview: bytes
    thumbnail: bytes


@dataclass(frozen=True, slots=True)
class Picture:
    """A decoded picture: rows of RGBA, 8 bits each, from the top, without gaps."""

    width: int
    height: int
    data: bytes


class Imaging(Protocol):
    """What the engine needs of pictures."""

    async def preview(self, path: Path) -> Preview | None:
        """Return what the picture in a file looks like, ``None`` if there is none to be shown."""

    async def decode(self, data: bytes, *, width: int, height: int) -> Picture | None:
        """Return a picture scaled down into these bounds, ``None`` if it is none."""


class ImagingProcess:
    """Asks a process for each picture."""

    def __init__(
        self,
        command: Sequence[str] | None = None,
        *,
        seconds_max: float = limits.PICTURE_SECONDS_MAX,
    ) -> None:
        self._command = list(command or picture_command())
        self._seconds_max = seconds_max

    async def preview(self, path: Path) -> Preview | None:
        """See `Imaging.preview`."""
        return await in_thread(lambda: self._preview(path))

    async def decode(self, data: bytes, *, width: int, height: int) -> Picture | None:
        """See `Imaging.decode`."""
        arguments = ["show", str(width), str(height)]
        answer = await in_thread(lambda: self._ask(arguments, data=data))
        if answer is None or len(answer) < _PICTURE_HEAD.size:
            return None
        found_width, found_height = _PICTURE_HEAD.unpack_from(answer)
        pixels = answer[_PICTURE_HEAD.size :]
        if len(pixels) != found_width * found_height * 4:
            return None
        return Picture(found_width, found_height, pixels)

    def _preview(self, path: Path) -> Preview | None:
        try:
            with path.open("rb") as file:
                answer = self._ask(["preview"], source=file)
        except OSError:
            return None  # Whoever reads it next says why.
        if answer is None or len(answer) < _PREVIEW_HEAD.size:
            return None
        width, height, preview_size, thumbnail_size = _PREVIEW_HEAD.unpack_from(answer)
        body = answer[_PREVIEW_HEAD.size :]
        fits = preview_size <= limits.PREVIEW_BYTES_MAX
        fits &= thumbnail_size <= limits.THUMBNAIL_BYTES_MAX
        fits &= 0 < width <= limits.PICTURE_SIDE_MAX and 0 < height <= limits.PICTURE_SIDE_MAX
        if not fits or len(body) != preview_size + thumbnail_size:
            return None
        return Preview(width, height, body[:preview_size], body[preview_size:])

    def _ask(
        self, arguments: list[str], *, data: bytes | None = None, source: BinaryIO | None = None
    ) -> bytes | None:
        try:
            done = subprocess.run(
                [*self._command, *arguments],
                input=data,
                stdin=source,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                timeout=self._seconds_max,
                check=True,
            )
        except (OSError, subprocess.SubprocessError) as error:
            # It is no picture, or too large or too slow, or there is no toolkit here.
            logger.info("a picture was not decoded: %s", type(error).__name__)
            return None
        return done.stdout


def picture_command() -> tuple[str, ...]:
    """Return how the worker is started: by this program itself if it is a frozen one."""
    if getattr(sys, "frozen", False):
        return (sys.executable, "--picture-worker")
    # By its path and without its folder on the path: where this program was started from does
    # not matter, and the modules beside it are no libraries.
    worker = Path(__file__).resolve().parent.parent / "picture_worker.py"
    return (sys.executable, "-P", str(worker))
