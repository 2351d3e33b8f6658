"""Where the database key lives: the system's key store, else a file only its owner can read.

With a passcode the key is in none of these places, but sealed in ``HOME/passcode``
(`desktop.storage.passcode_file`).

| found | then |
| --- | --- |
| ``HOME/key`` | that key; the key store is not asked |
| the key store works | the key under ("Mim", the profile's name) |
| no key store, or it fails while a key is being made | a new ``HOME/key``, and the person is told |
| the key store fails and there is a database | an error: the key may be back later |
"""

from __future__ import annotations

import logging
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from shared.errors import LocalError

__all__ = [
    "KEY_BYTES",
    "DatabaseKey",
    "KeyBackend",
    "delete_key",
    "keep_key",
    "load_or_make_key",
    "sync_folder",
    "system_backend",
    "write_private",
]

logger = logging.getLogger(__name__)

KEY_BYTES = 32
_SERVICE = "Mim"


class KeyBackend(Protocol):
    """The part of a `keyring` backend that is used."""

    def get_password(self, service: str, username: str) -> str | None:
        """Return what is kept, ``None`` if there is nothing."""

    def set_password(self, service: str, username: str, password: str) -> None:
        """Keep it."""

    def delete_password(self, service: str, username: str) -> None:
        """Forget it."""


@dataclass(frozen=True, slots=True, repr=False)
class DatabaseKey:
    """The key of the local database, 32 random bytes; ``file`` if it lies in one."""

    secret: bytes
    file: Path | None
    is_new: bool


def system_backend() -> KeyBackend | None:
    """Return the system's key store, ``None`` where there is none that works."""
    try:
        # Imported here: it takes 115 ms, and only a profile's first start needs it.
        import keyring
        from keyring.backends import fail, null

        backend = keyring.get_keyring()
    except Exception as error:  # noqa: BLE001  # Backends load code of any quality.
        logger.warning("key store cannot be loaded: %s", type(error).__name__)
        return None
    return None if isinstance(backend, fail.Keyring | null.Keyring) else backend


def load_or_make_key(
    home: Path, profile_name: str, backend: KeyBackend | None, *, has_database: bool
) -> DatabaseKey:
    """Return the profile's key, a new one if there is none.

    Raises:
        LocalError: If there is a database and the key store does not answer.
    """
    path = home / "key"
    if path.exists():
        return DatabaseKey(_decode(path.read_text("ascii")), path, is_new=False)
    if backend is not None:
        try:
            return _key_from_backend(backend, profile_name)
        except LocalError:
            raise
        except Exception as error:  # As above: any backend may raise anything.
            if has_database:
                raise LocalError("The key store did not give the key of this profile.") from error
            logger.warning("key store does not work: %s", type(error).__name__)
    secret = os.urandom(KEY_BYTES)
    _write_key_file(path, secret)
    return DatabaseKey(secret, path, is_new=True)


def keep_key(home: Path, profile_name: str, backend: KeyBackend | None, secret: bytes) -> None:
    """Put a known key where a new one would go: into the key store, else into the file.

    Raises:
        OSError: If the disk does not take it.
    """
    if backend is not None:
        try:
            _put(backend, profile_name, secret)
        except Exception as error:  # noqa: BLE001  # As below: any backend may raise anything.
            logger.warning("key store does not work: %s", type(error).__name__)
        else:
            return
    _write_key_file(home / "key", secret)


def delete_key(home: Path, profile_name: str, backend: KeyBackend | None) -> bool:
    """Forget the profile's key, wherever it is; return whether it is gone for certain.

    What it opened can never be read again, unless it is kept under a passcode.
    """
    path = home / "key"
    if path.exists():
        path.unlink()
        return True
    try:
        if backend is not None and backend.get_password(_SERVICE, profile_name) is not None:
            backend.delete_password(_SERVICE, profile_name)
    except Exception as error:  # noqa: BLE001  # As above.
        logger.warning("key store did not delete the key: %s", type(error).__name__)
        return False
    return True


def _key_from_backend(backend: KeyBackend, profile_name: str) -> DatabaseKey:
    kept = backend.get_password(_SERVICE, profile_name)
    if kept is not None:
        return DatabaseKey(_decode(kept), None, is_new=False)
    secret = os.urandom(KEY_BYTES)
    _put(backend, profile_name, secret)
    return DatabaseKey(secret, None, is_new=True)


def _put(backend: KeyBackend, profile_name: str, secret: bytes) -> None:
    backend.set_password(_SERVICE, profile_name, secret.hex())
    # Some stores accept and forget: a key that is not there tomorrow loses everything.
    if backend.get_password(_SERVICE, profile_name) != secret.hex():
        raise OSError("The key store did not keep the key.")


def _decode(text: str) -> bytes:
    try:
        secret = bytes.fromhex(text.strip())
    except ValueError as error:
        raise LocalError("The key of this profile is damaged.") from error
    if len(secret) != KEY_BYTES:
        raise LocalError("The key of this profile is damaged.")
    return secret


def _write_key_file(path: Path, secret: bytes) -> None:
    write_private(path, secret.hex().encode())


def write_private(path: Path, data: bytes) -> None:
    """Write a file that only its owner can read, durably and as a whole."""
    # Written beside and renamed: a crash never leaves half of it under the real name.
    partial = path.with_suffix(".new")
    partial.unlink(missing_ok=True)
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        os.write(descriptor, data)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    partial.replace(path)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Let what was renamed or deleted in a folder survive a power cut."""
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
