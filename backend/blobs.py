"""Pictures as files, named by their hash, so that the same picture is stored once."""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path

from shared.errors import TransportError

__all__ = ["FileBlobs"]


class FileBlobs:
    """A folder of blobs; names are the hex of BLAKE2b-256."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def store(self, content: bytes) -> str:
        """Store the content durably and return its name.

        Raises:
            TransportError: If the disk does not take it.
        """
        name = hashlib.blake2b(content, digest_size=32).hexdigest()
        path = self._path(name)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            Path(file.name).replace(path)
        except OSError as error:
            raise TransportError("The server could not write this to its disk.") from error
        return name

    def load(self, name: str) -> bytes | None:
        """Return the content, or ``None`` if there is no such blob."""
        is_name = len(name) == 64 and all(character in "0123456789abcdef" for character in name)
        if not is_name:
            return None
        try:
            return self._path(name).read_bytes()
        except FileNotFoundError:
            return None

    def _path(self, name: str) -> Path:
        return self._folder / name[:2] / name
