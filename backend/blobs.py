"""What the server keeps as files: small pictures by their hash, attachments by their number.

A picture is written whole. An attachment grows part by part; how much of it there is is the size
of its file, so that a part costs no entry in the database.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from shared.errors import TransportError

__all__ = ["FileBlobs", "GrowingBlobs"]


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


class GrowingBlobs:
    """A folder of attachments; names are the 16 hexadecimal digits of their number."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def size(self, blob_id: int) -> int:
        """Return how many bytes there are of it."""
        try:
            return self._path(blob_id).stat().st_size
        except FileNotFoundError:
            return 0

    def touched_ms(self, blob_id: int) -> int:
        """Return when it has last been written to, 0 if it is not there."""
        try:
            return self._path(blob_id).stat().st_mtime_ns // 1_000_000
        except FileNotFoundError:
            return 0

    def append(self, blob_id: int, data: bytes, *, offset: int) -> None:
        """Write a part at its end, which is at ``offset``; all of it or nothing.

        Raises:
            TransportError: If the disk does not take it.
        """
        path = self._path(blob_id)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("ab") as file:
                try:
                    file.write(data)
                    file.flush()
                except OSError:
                    # A part that is half there would be gone on with at the wrong place.
                    os.ftruncate(file.fileno(), offset)
                    raise
        except OSError as error:
            raise TransportError("The server could not write this to its disk.") from error

    def open(self, blob_id: int) -> BinaryIO | None:
        """Return its file for reading, or ``None`` if it is not there."""
        try:
            return self._path(blob_id).open("rb")
        except FileNotFoundError:
            return None

    def settle(self, blob_id: int) -> None:
        """Make sure that it survives a power cut.

        Raises:
            TransportError: If the disk does not take it.
        """
        path = self._path(blob_id)
        try:
            for each in (path, path.parent):
                descriptor = os.open(each, os.O_RDONLY)
                try:
                    os.fsync(descriptor)
                finally:
                    os.close(descriptor)
        except OSError as error:
            raise TransportError("The server could not write this to its disk.") from error

    def remove(self, blob_id: int) -> None:
        """Take it away; who is reading it reads on.

        Raises:
            TransportError: If the system does not let go of it.
        """
        try:
            self._path(blob_id).unlink(missing_ok=True)
        except OSError as error:
            raise TransportError("The server could not remove a file.") from error

    def numbers(self) -> Iterator[int]:
        """Return the numbers of all that are there."""
        for path in self._folder.glob("??/*"):
            if len(path.name) == 16 and all(digit in "0123456789abcdef" for digit in path.name):
                yield int(path.name, 16)

    def free_bytes(self) -> int:
        """Return how much more the disk takes."""
        self._folder.mkdir(parents=True, exist_ok=True)
        return shutil.disk_usage(self._folder).free

    def _path(self, blob_id: int) -> Path:
        name = f"{blob_id:016x}"
        # The last digits: those of random numbers are spread evenly.
        return self._folder / name[-2:] / name
