"""Copies of files that other programs were asked to open, in a folder that only the owner reads.

What is sealed in the profile has to lie open on the disk for as long as another program shows it:
in a folder of this run, deleted when the app ends. What an app that was killed has left behind is
deleted a day later, the next time a file is opened.
"""

from __future__ import annotations

import atexit
import logging
import shutil
import tempfile
import time
from pathlib import Path

from shared import limits

__all__ = ["OpenedFiles", "harmless_name", "opened_files"]

logger = logging.getLogger(__name__)

PREFIX = "mim-opened-"


def harmless_name(name: str) -> str:
    """Return what a file that somebody else named may be called on this disk."""
    # Imported late: the engine's package brings its libraries along, which are loaded by the
    # time there is a file to open.
    from desktop.engine.file_names import safe_name

    return safe_name(name)


class OpenedFiles:
    """Gives each file a place; none is made before the first one.

    Args:
        parent: Where the folder is made; the system's folder for such things if ``None``.
    """

    def __init__(self, parent: Path | None = None) -> None:
        self._parent = parent or Path(tempfile.gettempdir())
        self._folder: Path | None = None

    def place(self, local_id: int, name: str) -> Path:
        """Return where to put a copy of a message's file.

        Raises:
            OSError: If there is no room or no right to make it.
        """
        if self._folder is None:
            self._delete_leftovers()
            self._folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=self._parent))
            atexit.register(self.clear)
        folder = self._folder / str(local_id)
        folder.mkdir(mode=0o700, exist_ok=True)
        return folder / harmless_name(name)

    def clear(self) -> None:
        """Delete all copies."""
        folder, self._folder = self._folder, None
        if folder is not None:
            atexit.unregister(self.clear)
            # Another program may still hold one open; the system deletes it in its time.
            shutil.rmtree(folder, ignore_errors=True)

    def _delete_leftovers(self) -> None:
        oldest_s = time.time() - limits.OPENED_FILES_KEPT_MS / 1000
        for path in self._parent.glob(f"{PREFIX}*"):
            try:
                is_old = path.stat().st_mtime < oldest_s
            except OSError:
                continue  # Gone meanwhile.
            if is_old and path.is_dir() and not path.is_symlink():
                shutil.rmtree(path, ignore_errors=True)
                logger.info("copies that an earlier run left were deleted")


_opened: list[OpenedFiles] = []


def opened_files() -> OpenedFiles:
    """Return the one of this process, made when it is first asked for."""
    if not _opened:
        _opened.append(OpenedFiles())
    return _opened[0]
