from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from desktop.storage.passcode_file import PasscodeFile, PasscodeRecord
from shared.e2ee.passcode import SealedKey
from shared.errors import LocalError, TransportError
from shared.rest import Kdf

SEALED = SealedKey(
    salt=bytes(16), kdf=Kdf(version=1, passes=1, memory_bytes=8 * 1024 * 1024), box=b"box"
)


def test_what_was_stored_is_loaded_and_is_its_owners(tmp_path: Path) -> None:
    file = PasscodeFile(tmp_path)
    record = PasscodeRecord(sealed=SEALED, failures=2, failed_at_ms=5, is_key_elsewhere=True)

    file.store(record)

    assert file.is_there
    assert PasscodeFile(tmp_path).load() == record
    assert stat.S_IMODE((tmp_path / "passcode").stat().st_mode) == 0o600


def test_deleting_leaves_none(tmp_path: Path) -> None:
    file = PasscodeFile(tmp_path)
    file.store(PasscodeRecord(sealed=SEALED))

    file.delete()
    file.delete()

    assert not file.is_there
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff" * 10_000])
def test_a_damaged_file_is_a_passcode_all_the_same(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "passcode").write_bytes(content)
    file = PasscodeFile(tmp_path)

    assert file.is_there
    with pytest.raises(LocalError):
        file.load()


def test_a_disk_that_takes_nothing_leaves_what_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = PasscodeFile(tmp_path)
    record = PasscodeRecord(sealed=SEALED)
    file.store(record)

    def fail(_descriptor: int, _data: bytes) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "write", fail)
    with pytest.raises(TransportError):
        file.store(PasscodeRecord(sealed=SEALED, failures=9))

    assert file.load() == record
