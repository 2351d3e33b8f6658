from __future__ import annotations

import os
from pathlib import Path

import pytest

from desktop.storage.file_cache import FileCache
from shared.errors import LocalError


def whole(cache: FileCache, blob_id: int, data: bytes, *, at: int = 0) -> None:
    cache.append(blob_id, data, offset=0)
    cache.complete(blob_id)
    os.utime(cache._path(blob_id), (at, at))


def test_a_file_grows_and_is_whole_once_that_is_said(tmp_path: Path) -> None:
    cache = FileCache(tmp_path / "files")

    cache.append(7, b"first ", offset=0)
    cache.append(7, b"second", offset=6)
    growing = (cache.has(7), cache.size(7), cache.read(7, 0, 100))
    cache.complete(7)

    assert growing == (False, 12, b"first second")
    assert cache.has(7)
    assert (cache.size(7), cache.read(7, 6, 3), cache.read(7, 12, 5)) == (12, b"sec", b"")


def test_what_is_behind_the_place_it_grows_at_is_gone(tmp_path: Path) -> None:
    cache = FileCache(tmp_path)
    cache.append(7, b"first wrong", offset=0)

    cache.append(7, b"right", offset=6)
    cut = cache.read(7, 0, 100)
    cache.append(7, b"", offset=3)

    assert cut == b"first right"
    assert cache.read(7, 0, 100) == b"fir"


def test_what_is_not_here_has_no_size_and_cannot_be_read(tmp_path: Path) -> None:
    cache = FileCache(tmp_path / "none")

    assert (cache.has(7), cache.size(7)) == (False, 0)
    cache.remove(7)
    with pytest.raises(LocalError):
        cache.read(7, 0, 1)
    with pytest.raises(LocalError):
        cache.complete(7)


def test_a_disk_that_takes_nothing_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")

    with pytest.raises(LocalError, match="cannot be stored"):
        FileCache(tmp_path / "file").append(7, b"x", offset=0)


def test_a_file_goes_with_what_has_grown(tmp_path: Path) -> None:
    cache = FileCache(tmp_path)
    whole(cache, 7, b"x")
    cache.append(8, b"x", offset=0)

    cache.remove(7)
    cache.remove(8)

    assert list(tmp_path.iterdir()) == []


def test_the_files_used_longest_ago_go_first(tmp_path: Path) -> None:
    cache = FileCache(tmp_path)
    for blob_id, at in ((1, 300), (2, 100), (3, 200), (4, 400)):
        whole(cache, blob_id, b"x" * 10, at=at)

    removed = cache.trim(20, keep={2})

    assert removed == [3, 1]
    assert [each for each in (1, 2, 3, 4) if cache.has(each)] == [2, 4]
    assert cache.trim(20, keep=()) == []


def test_what_grew_for_nobody_goes_too(tmp_path: Path) -> None:
    cache = FileCache(tmp_path)
    cache.append(1, b"x", offset=0)
    cache.append(2, b"x", offset=0)

    cache.trim(1000, keep={2})

    assert (cache.size(1), cache.size(2)) == (0, 1)


def test_a_file_that_cannot_go_stays(tmp_path: Path) -> None:
    cache = FileCache(tmp_path)
    (tmp_path / f"{7:016x}").mkdir()

    cache.remove(7)

    assert cache.trim(0, keep=()) == []


def test_a_wiped_cache_is_gone(tmp_path: Path) -> None:
    cache = FileCache(tmp_path / "files")
    whole(cache, 7, b"x")

    cache.wipe()

    assert not (tmp_path / "files").exists()


def test_room_is_counted_and_what_may_go_of_it(tmp_path: Path) -> None:
    cache = FileCache(tmp_path / "files")
    nothing = cache.usage(keep=())
    whole(cache, 7, b"seven")
    whole(cache, 8, b"eight!")
    cache.append(9, b"growing", offset=0)

    assert nothing == (0, 0)
    assert cache.usage(keep={8, 9}) == (18, 5)
