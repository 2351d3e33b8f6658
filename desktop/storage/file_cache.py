"""The sealed bytes of files in a profile's folder: whole ones, and those that grow.

A file is named by its blob. ``NAME`` is whole and stays as it is; ``NAME.part`` grows, by sealing
or by fetching, and is renamed once it is whole. Nothing in here can be read without the keys in
the encrypted database. Every method is short and may be called on a thread of its own.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Collection
from pathlib import Path

from shared.errors import LocalError

__all__ = ["FileCache"]

_PART = ".part"


class FileCache:
    """A folder of sealed files."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def has(self, blob_id: int) -> bool:
        """Whether it is here and whole."""
        return self._path(blob_id).exists()

    def size(self, blob_id: int) -> int:
        """Return how many bytes of it are here, whole or growing."""
        for path in (self._path(blob_id), self._part(blob_id)):
            try:
                return path.stat().st_size
            except FileNotFoundError:
                continue
        return 0

    def append(self, blob_id: int, data: bytes, *, offset: int) -> None:
        """Let it grow at ``offset``; what was behind that is gone.

        Raises:
            LocalError: If the disk does not take it.
        """
        path = self._part(blob_id)
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            with path.open("r+b" if path.exists() else "x+b") as file:
                file.truncate(offset)
                file.seek(offset)
                file.write(data)
        except OSError as error:
            raise LocalError(f"A file cannot be stored: {error.strerror}.") from error

    def complete(self, blob_id: int) -> None:
        """Note that it is whole; it survives a power cut from here on.

        Raises:
            LocalError: If the disk does not take it.
        """
        part = self._part(blob_id)
        try:
            descriptor = os.open(part, os.O_RDWR)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
            part.replace(self._path(blob_id))
        except OSError as error:
            raise LocalError(f"A file cannot be stored: {error.strerror}.") from error

    def read(self, blob_id: int, offset: int, size: int) -> bytes:
        """Return some of its bytes, whole or growing; fewer at its end.

        Raises:
            LocalError: If it is not here.
        """
        path = self._path(blob_id)
        try:
            with (path if path.exists() else self._part(blob_id)).open("rb") as file:
                file.seek(offset)
                return file.read(size)
        except OSError as error:
            raise LocalError(f"A file cannot be read: {error.strerror}.") from error

    def remove(self, blob_id: int) -> None:
        """Take it away, whole or growing; what cannot go stays until `trim`."""
        for path in (self._path(blob_id), self._part(blob_id)):
            _try_unlink(path)

    def trim(self, bytes_max: int, *, keep: Collection[int]) -> list[int]:
        """Remove whole files, the ones used longest ago first, until the rest has so many bytes.

        What grows and is not to be kept goes in any case.

        Returns:
            Which whole ones were removed.
        """
        kept = {f"{blob_id:016x}" for blob_id in keep}
        for path in self._folder.glob(f"*{_PART}"):
            if path.stem not in kept:
                _try_unlink(path)
        found = []
        for path in self._folder.glob("?" * 16):
            status = path.stat()
            found.append((status.st_mtime_ns, status.st_size, path))
        total = sum(size for _, size, _ in found)
        removed = []
        for _, size, path in sorted(found):
            if total <= bytes_max:
                break
            if path.name not in kept and _try_unlink(path):
                total -= size
                removed.append(int(path.name, 16))
        return removed

    def usage(self, *, keep: Collection[int]) -> tuple[int, int]:
        """Return how many bytes are here, and how many of them `trim` may remove."""
        kept = {f"{blob_id:016x}" for blob_id in keep}
        total = clearable = 0
        for path in self._folder.glob("*"):
            try:
                size = path.stat().st_size
            except FileNotFoundError:
                continue  # It has just been renamed, or has gone.
            total += size
            clearable += 0 if path.stem in kept else size
        return total, clearable

    def wipe(self) -> None:
        """Remove everything."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def _path(self, blob_id: int) -> Path:
        return self._folder / f"{blob_id:016x}"

    def _part(self, blob_id: int) -> Path:
        return self._folder / f"{blob_id:016x}{_PART}"


def _try_unlink(path: Path) -> bool:
    try:
        path.unlink(missing_ok=True)
    except OSError:
        return False  # Somebody reads it, on a system that minds.
    return True
