from __future__ import annotations

import stat
from pathlib import Path

import pytest

from desktop.storage import key_store
from desktop.storage.key_store import (
    delete_key,
    keep_key,
    load_or_make_key,
    system_backend,
)
from shared.errors import LocalError


class MemoryBackend:
    """A key store that works."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        del self.kept[service, username]


class ForgetfulBackend(MemoryBackend):
    """A key store that takes everything and keeps nothing."""

    def set_password(self, service: str, username: str, password: str) -> None:
        pass


class BrokenBackend(MemoryBackend):
    """A key store that is locked."""

    def get_password(self, service: str, username: str) -> str | None:
        raise RuntimeError("locked")

    def delete_password(self, service: str, username: str) -> None:
        raise RuntimeError("locked")


def test_the_key_lies_in_the_key_store_and_stays_the_same(tmp_path: Path) -> None:
    backend = MemoryBackend()

    first = load_or_make_key(tmp_path, "p", backend, has_database=False)
    again = load_or_make_key(tmp_path, "p", backend, has_database=True)

    assert first.is_new
    assert not again.is_new
    assert first.secret == again.secret
    assert len(first.secret) == 32
    assert first.file is None
    assert not (tmp_path / "key").exists()


def test_without_a_key_store_the_key_lies_in_a_file_of_its_owner(tmp_path: Path) -> None:
    first = load_or_make_key(tmp_path, "p", None, has_database=False)
    again = load_or_make_key(tmp_path, "p", MemoryBackend(), has_database=True)

    assert first.file == tmp_path / "key"
    assert stat.S_IMODE((tmp_path / "key").stat().st_mode) == 0o600
    assert again.secret == first.secret
    assert not again.is_new


@pytest.mark.logs_warnings
@pytest.mark.parametrize("backend", [ForgetfulBackend(), BrokenBackend()])
def test_a_key_store_that_does_not_keep_is_not_used(tmp_path: Path, backend: MemoryBackend) -> None:
    key = load_or_make_key(tmp_path, "p", backend, has_database=False)

    assert key.file == tmp_path / "key"


def test_a_locked_key_store_is_an_error_where_there_is_a_database(tmp_path: Path) -> None:
    with pytest.raises(LocalError):
        load_or_make_key(tmp_path, "p", BrokenBackend(), has_database=True)


@pytest.mark.parametrize("text", ["xyz", "00" * 31])
def test_a_damaged_key_is_an_error(tmp_path: Path, text: str) -> None:
    (tmp_path / "key").write_text(text)

    with pytest.raises(LocalError):
        load_or_make_key(tmp_path, "p", None, has_database=True)


def test_a_damaged_key_of_the_key_store_is_an_error(tmp_path: Path) -> None:
    backend = MemoryBackend()
    backend.set_password("Mim", "p", "nonsense")

    with pytest.raises(LocalError):
        load_or_make_key(tmp_path, "p", backend, has_database=True)


def test_deleting_forgets_the_key_wherever_it_is(tmp_path: Path) -> None:
    backend = MemoryBackend()
    load_or_make_key(tmp_path, "p", backend, has_database=False)
    delete_key(tmp_path, "p", backend)
    load_or_make_key(tmp_path, "p", None, has_database=False)
    delete_key(tmp_path, "p", None)

    assert backend.kept == {}
    assert not (tmp_path / "key").exists()


@pytest.mark.logs_warnings
def test_a_key_store_that_does_not_delete_is_no_error(tmp_path: Path) -> None:
    delete_key(tmp_path, "p", BrokenBackend())


def test_a_backend_that_fails_or_forgets_is_taken_for_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import keyring
    from keyring.backends import fail, null

    for backend in (fail.Keyring(), null.Keyring()):  # type: ignore[no-untyped-call]
        monkeypatch.setattr(keyring, "get_keyring", lambda backend=backend: backend)
        assert system_backend() is None


def test_a_backend_that_works_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    import keyring

    backend = MemoryBackend()
    monkeypatch.setattr(keyring, "get_keyring", lambda: backend)

    assert system_backend() is backend


@pytest.mark.logs_warnings
def test_a_key_store_that_cannot_be_loaded_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    import keyring

    def broken() -> None:
        raise ImportError("no such backend")

    monkeypatch.setattr(keyring, "get_keyring", broken)

    assert system_backend() is None


def test_a_key_never_shows() -> None:
    key = key_store.DatabaseKey(b"s" * 32, None, is_new=True)

    assert "sss" not in repr(key)


def test_a_known_key_goes_where_a_new_one_would(tmp_path: Path) -> None:
    backend = MemoryBackend()

    keep_key(tmp_path, "p", backend, bytes(32))

    assert load_or_make_key(tmp_path, "p", backend, has_database=True).secret == bytes(32)
    assert not (tmp_path / "key").exists()


@pytest.mark.logs_warnings
@pytest.mark.parametrize("backend", [None, ForgetfulBackend(), BrokenBackend()])
def test_a_known_key_is_kept_in_a_file_where_no_key_store_takes_it(
    tmp_path: Path, backend: MemoryBackend | None
) -> None:
    keep_key(tmp_path, "p", backend, bytes(32))

    kept = load_or_make_key(tmp_path, "p", None, has_database=True)
    assert kept.secret == bytes(32)
    assert kept.file == tmp_path / "key"


@pytest.mark.logs_warnings
def test_it_is_told_whether_a_key_is_gone(tmp_path: Path) -> None:
    assert delete_key(tmp_path, "p", None)
    assert delete_key(tmp_path, "p", MemoryBackend())
    assert not delete_key(tmp_path, "p", BrokenBackend())
