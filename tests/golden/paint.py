"""Paints scenes: ``python -m tests.golden.paint [--level N] FOLDER LOOK [SCENE…]``.

Only in a fixed environment, which `paint` makes.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import struct
import subprocess
import sys
import tempfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import QApplication, QWidget

from desktop.ui.theme import tokens
from tests.exhibits.scenes import SCENES, Scene, close
from tests.exhibits.stage import make_application, set_look
from tests.golden.look import LOOKS, ROOT, Look, environment

__all__ = ["FAST", "SMALL", "paint", "paint_here", "running_application", "save"]

FAST, SMALL = 1, 9


def paint(folder: Path, look: Look, scenes: Iterable[str] = (), *, level: int = FAST) -> None:
    """Paint scenes in a process of their own into a folder.

    Args:
        folder: Where the pictures go.
        look: In which theme and language.
        scenes: Their names; all of them if none.
        level: Of zlib's compression; pictures that are kept are made as small as they can be.

    Raises:
        RuntimeError: If it fails; with what it said.
    """
    with tempfile.TemporaryDirectory(prefix="mim-golden-") as scratch:
        done = subprocess.run(
            [
                *(sys.executable, "-m", "tests.golden.paint"),
                *("--level", str(level), str(folder), look.name, *scenes),
            ],
            cwd=ROOT,
            env=environment(Path(scratch)),
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode:
        raise RuntimeError(done.stderr)


@contextmanager
def running_application() -> Iterator[QApplication]:
    """Run an application as pictures need it: coroutines step while Qt's events are worked on."""
    application, loop = make_application()
    application.setQuitOnLastWindowClosed(False)
    asyncio.events._set_running_loop(loop)
    try:
        yield application
    finally:
        asyncio.events._set_running_loop(None)
        loop.close()


def paint_here(folder: Path, look: Look, scenes: Iterable[Scene], *, level: int) -> None:
    """Paint scenes with the application of this process."""
    for scene in scenes:
        set_look(look.appearance, look.language)
        stage = scene.set_up()
        save(stage.window, look.path(scene.name, folder), level)
        close(stage)


def save(widget: QWidget, path: Path, level: int) -> int:
    """Store a picture of a widget as a PNG; return its size in bytes.

    Flat areas are stored as they are: without row filters, which Qt's writer uses, they are a
    quarter smaller, and there are many pictures.
    """
    image = _opaque(widget.grab().toImage())
    width, height, stride = image.width(), image.height(), image.bytesPerLine()
    pixels = bytes(image.constBits())
    rows = b"".join(b"\0" + pixels[y * stride : y * stride + 3 * width] for y in range(height))
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = ((b"IHDR", header), (b"IDAT", zlib.compress(rows, level)), (b"IEND", b""))
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(*part) for part in parts))
    return path.stat().st_size


def _opaque(image: QImage) -> QImage:
    """Put what can be seen through, as shadows can, on the colour of the window's ground."""
    ground = QImage(image.size(), QImage.Format.Format_RGB888)
    ground.fill(tokens().chat)
    painter = QPainter(ground)
    painter.drawImage(0, 0, image)
    painter.end()
    return ground


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--level", type=int, default=FAST)
    parser.add_argument("folder", type=Path)
    parser.add_argument("look", choices=[look.name for look in LOOKS])
    parser.add_argument("scenes", nargs="*")
    wanted = parser.parse_args(arguments)
    assert "FONTCONFIG_FILE" in os.environ, "the fonts of this machine would be in the pictures"
    look = next(look for look in LOOKS if look.name == wanted.look)
    with running_application():
        chosen = [each for each in SCENES if not wanted.scenes or each.name in wanted.scenes]
        paint_here(wanted.folder, look, chosen, level=wanted.level)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
