"""What a passcode has sealed: ``HOME/passcode``, JSON, readable by its owner only.

The database key lies in there under the passcode and nowhere else. The order of writing keeps it
from being lost: first here, then gone from the key store; and back the other way round. After a
crash in between it is in both places, and ``is_key_elsewhere`` says that the other is to go.
"""

from __future__ import annotations

from pathlib import Path

import msgspec

from desktop.storage.key_store import sync_folder, write_private
from shared.e2ee.passcode import SealedKey
from shared.errors import LocalError, TransportError

__all__ = ["PasscodeFile", "PasscodeRecord"]

_BYTES_MAX = 4096


class PasscodeRecord(msgspec.Struct, frozen=True, kw_only=True):
    """The sealed key, and how many wrong passcodes were tried in a row.

    ``failed_at_ms`` is the wall clock at the last of them; it is stored before it is judged, so
    that ending the app does not give a try back.
    """

    sealed: SealedKey
    failures: int = 0
    failed_at_ms: int = 0
    is_key_elsewhere: bool = False

    def __repr__(self) -> str:
        return f"PasscodeRecord(failures={self.failures})"


class PasscodeFile:
    """The file of one profile."""

    def __init__(self, home: Path) -> None:
        self._path = home / "passcode"

    @property
    def is_there(self) -> bool:
        """Whether this profile has a passcode."""
        return self._path.exists()

    def load(self) -> PasscodeRecord:
        """Return what is stored.

        Raises:
            LocalError: If it cannot be read; there is a passcode all the same.
        """
        try:
            with self._path.open("rb") as file:
                return msgspec.json.decode(file.read(_BYTES_MAX), type=PasscodeRecord)
        except (OSError, msgspec.DecodeError) as error:
            raise LocalError("The passcode's file is damaged.") from error

    def store(self, record: PasscodeRecord) -> None:
        """Store it, durably and as a whole.

        Raises:
            TransportError: If the disk does not take it; what was there is as it was.
        """
        try:
            write_private(self._path, msgspec.json.encode(record))
        except OSError as error:
            raise TransportError("The disk is full or failing.") from error

    def delete(self) -> None:
        """Have no passcode any more."""
        self._path.unlink(missing_ok=True)
        if self._path.parent.exists():
            sync_folder(self._path.parent)
