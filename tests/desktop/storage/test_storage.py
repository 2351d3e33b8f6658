from __future__ import annotations

from pathlib import Path

import pytest

from desktop.storage.profile_lock import ProfileInUseError
from desktop.storage.storage import open_storage, wipe_locked


def test_a_profile_is_found_as_it_was_left(tmp_path: Path) -> None:
    first = open_storage(tmp_path, uses_key_store=False)
    first.account.set_setting("name", "value")
    first.close()

    again = open_storage(tmp_path, uses_key_store=False)

    assert again.account.setting("name") == "value"
    assert again.key_file == tmp_path / "key"
    again.close()


def test_a_profile_is_open_once(tmp_path: Path) -> None:
    first = open_storage(tmp_path, uses_key_store=False)

    with pytest.raises(ProfileInUseError):
        open_storage(tmp_path, uses_key_store=False)

    first.close()
    open_storage(tmp_path, uses_key_store=False).close()


def test_wiping_leaves_neither_database_nor_key(tmp_path: Path) -> None:
    storage = open_storage(tmp_path, uses_key_store=True)
    storage.file_cache.append(5, b"sealed", offset=0)

    storage.wipe()

    assert [path.name for path in tmp_path.iterdir()] == ["profile.lock"]
    open_storage(tmp_path, uses_key_store=False).close()


@pytest.mark.logs_warnings
def test_without_its_key_a_database_is_set_aside(tmp_path: Path) -> None:
    open_storage(tmp_path, uses_key_store=False).close()
    (tmp_path / "key").unlink()

    storage = open_storage(tmp_path, uses_key_store=False)

    assert (tmp_path / "mim.db.lost").exists()
    assert storage.account.load() is None
    storage.close()


def test_with_a_key_of_its_passcode_no_other_place_is_asked(tmp_path: Path) -> None:
    first = open_storage(tmp_path, uses_key_store=False)
    first.account.set_setting("name", "value")
    secret = first.secret
    assert first.forget_key()
    first.close()

    again = open_storage(tmp_path, uses_key_store=False, key=secret)

    assert again.account.setting("name") == "value"
    assert again.key_file is None
    assert not (tmp_path / "key").exists()
    again.keep_key()
    again.close()
    open_storage(tmp_path, uses_key_store=False).close()


def test_a_profile_nobody_can_open_is_wiped_too(tmp_path: Path) -> None:
    open_storage(tmp_path, uses_key_store=False).close()
    (tmp_path / "passcode").write_text("{}", encoding="ascii")

    wipe_locked(tmp_path, "p", uses_key_store=False)

    assert [path.name for path in tmp_path.iterdir()] == ["profile.lock"]


def test_the_key_is_not_shown(tmp_path: Path) -> None:
    storage = open_storage(tmp_path, uses_key_store=False)

    assert storage.secret.hex() not in repr(storage)
    assert "secret" not in repr(storage)
    storage.close()
