"""One process per profile: an exclusive lock on ``HOME/profile.lock``.

The operating system lets go of the lock when the process ends, however it ends. The file also
holds the profile's name, 32 hex digits made once, under which the key store keeps its key.
"""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

from shared.errors import LocalError

__all__ = ["ProfileInUseError", "ProfileLock"]

_NAME_FORM = re.compile(r"[0-9a-f]{32}")
_LOCKED_BYTE = 4096  # Beyond the name, so that Windows lets others read it.


class ProfileInUseError(LocalError):
    """Another process has this profile open."""


class ProfileLock:
    """The lock of one profile folder, held from `acquire` to `release`."""

    def __init__(self, home: Path) -> None:
        self._path = home / "profile.lock"
        self._descriptor: int | None = None

    def acquire(self) -> str:
        """Take the lock and return the profile's name.

        Raises:
            ProfileInUseError: If another process holds it, or another engine of this one.
        """
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            _lock(descriptor)
            name = _read_or_make_name(descriptor)
        except OSError as error:
            os.close(descriptor)
            raise ProfileInUseError("This profile is open in another window.") from error
        self._descriptor = descriptor
        return name

    def release(self) -> None:
        """Let go of the lock; the file stays, since others may be waiting for it."""
        if self._descriptor is not None:
            # Closing is not enough: a process that another thread starts just now has a copy of
            # the descriptor for a moment, and with it the lock.
            _unlock(self._descriptor)
            os.close(self._descriptor)
            self._descriptor = None


def _read_or_make_name(descriptor: int) -> str:
    os.lseek(descriptor, 0, os.SEEK_SET)
    found = os.read(descriptor, 64).decode("ascii", "replace").strip()
    if _NAME_FORM.fullmatch(found):
        return found
    name = os.urandom(16).hex()
    os.ftruncate(descriptor, 0)
    os.lseek(descriptor, 0, os.SEEK_SET)
    os.write(descriptor, name.encode())
    os.fsync(descriptor)
    return name


if sys.platform == "win32":  # pragma: no cover (written for Windows, untried there)
    import msvcrt

    def _lock(descriptor: int) -> None:
        os.lseek(descriptor, _LOCKED_BYTE, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)

    def _unlock(descriptor: int) -> None:
        os.lseek(descriptor, _LOCKED_BYTE, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    def _lock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def _unlock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_UN)
