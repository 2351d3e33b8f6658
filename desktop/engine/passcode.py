"""The passcode of one profile: opens it, changes, and is guessed slowly.

Wrong ones are counted on disk. The first few cost nothing; each further one in a row doubles the
wait before the next is looked at, from 5 s to `limits.PASSCODE_WAIT_MAX_MS`. This slows the hand
at this computer; who copies the disk is slowed by what deriving costs alone.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import msgspec

from desktop.config import EngineConfig
from desktop.engine.context import Surroundings
from desktop.engine.errors import CommandFailedError
from desktop.engine.threads import in_thread
from desktop.events import Event, PasscodeChanged
from desktop.storage.passcode_file import PasscodeFile, PasscodeRecord
from desktop.storage.profile_lock import ProfileLock
from desktop.storage.storage import Storage, wipe_locked
from shared import limits
from shared.e2ee.passcode import open_key, seal_key
from shared.errors import LocalError, SealError, TransportError

__all__ = ["Passcode", "wait_ms"]

_WAIT_MIN_MS = 5_000


def wait_ms(record: PasscodeRecord, *, wall_ms: int) -> int:
    """Return for how long no passcode is tried, in ms; 0: at once.

    A clock that was set back does not make the wait longer than it was at first.
    """
    over = record.failures - limits.PASSCODE_TRIES_FREE
    if over < 0:
        return 0
    whole = min(limits.PASSCODE_WAIT_MAX_MS, _WAIT_MIN_MS << min(over, 20))
    return max(0, min(whole, record.failed_at_ms + whole - wall_ms))


class Passcode:
    """Guards one profile; while `is_locked` it holds the profile's lock and nothing else."""

    def __init__(
        self, config: EngineConfig, around: Surroundings, emit: Callable[[Event], None]
    ) -> None:
        self._config = config
        self._around = around
        self._emit = emit
        self._file = PasscodeFile(config.home)
        self._lock: ProfileLock | None = None
        self._name = ""

    @property
    def home(self) -> Path:
        """The profile's folder."""
        return self._config.home

    @property
    def is_set(self) -> bool:
        """Whether the profile has a passcode."""
        return self._file.is_there

    @property
    def is_locked(self) -> bool:
        """Whether the profile waits for its passcode."""
        return self._lock is not None

    def lock(self) -> None:
        """Keep the profile closed until `unlock`.

        Raises:
            ProfileInUseError: If another process has it.
        """
        lock = ProfileLock(self.home)
        self._name = lock.acquire()
        self._lock = lock
        self.tell()

    def release(self) -> None:
        """Let go of the profile, to open it or to end."""
        if self._lock is not None:
            self._lock.release()
            self._lock = None

    def tell(self) -> None:
        """Tell how things stand."""
        pause_ms, now_ms = 0, self._around.wall_ms()
        if self.is_set:
            # Who cannot be let in any more is still offered to begin anew.
            with suppress(LocalError):
                pause_ms = wait_ms(self._file.load(), wall_ms=now_ms)
        self._emit(
            PasscodeChanged(
                is_set=self.is_set,
                is_locked=self.is_locked,
                retry_at_ms=now_ms + pause_ms if pause_ms else 0,
            )
        )

    async def open(self, passcode: str) -> bytes:
        """Return the database key.

        Raises:
            CommandFailedError: ``wrong_passcode``; ``passcode_wait``: it was not even tried.
            LocalError: If what is stored is damaged.
            TransportError: If the disk is full; then nothing is tried either.
        """
        record = self._file.load()
        if wait_ms(record, wall_ms=self._around.wall_ms()):
            raise CommandFailedError("passcode_wait", "Wait before the next try.")
        # Counted before it is judged: ending the app meanwhile does not give the try back.
        counted = msgspec.structs.replace(
            record, failures=record.failures + 1, failed_at_ms=self._around.wall_ms()
        )
        self._file.store(counted)
        try:
            key = await in_thread(lambda: open_key(passcode, record.sealed))
        except SealError as error:
            self.tell()
            raise CommandFailedError("wrong_passcode", "This is another passcode.") from error
        self._file.store(msgspec.structs.replace(record, failures=0, failed_at_ms=0))
        return key

    def settle(self, storage: Storage) -> None:
        """Let the key be nowhere else; what a crash or a locked key store left is tried again."""
        record = self._file.load()
        if record.is_key_elsewhere and storage.forget_key():
            self._file.store(msgspec.structs.replace(record, is_key_elsewhere=False))

    async def change(self, storage: Storage, passcode: str, new_passcode: str) -> None:
        """Set, change or remove the passcode of an open profile; errors as in `open`.

        Raises:
            CommandFailedError: Also ``bad_passcode``: too short or too long.
        """
        length = len(new_passcode)
        if length and not limits.PASSCODE_LENGTH_MIN <= length <= limits.PASSCODE_LENGTH_MAX:
            raise CommandFailedError("bad_passcode", "A passcode has 6 to 128 characters.")
        if self.is_set:
            await self.open(passcode)
        if new_passcode:
            await self._set(storage, new_passcode)
        elif self.is_set:
            self._remove(storage)
        self.tell()

    def wipe(self) -> None:
        """Delete a locked profile; it stays locked for others until `release`."""
        assert self._lock is not None
        wipe_locked(self.home, self._name, uses_key_store=self._config.uses_key_store)

    async def _set(self, storage: Storage, passcode: str) -> None:
        kdf, random = self._config.passcode_kdf, self._around.random
        sealed = await in_thread(lambda: seal_key(passcode, storage.secret, kdf=kdf, random=random))
        self._file.store(PasscodeRecord(sealed=sealed, is_key_elsewhere=True))
        self.settle(storage)

    def _remove(self, storage: Storage) -> None:
        try:
            storage.keep_key()
        except OSError as error:
            raise TransportError("The disk is full or failing.") from error
        self._file.delete()
