from __future__ import annotations

from pathlib import Path

import pytest

from backend.blobs import FileBlobs
from shared.errors import TransportError


def test_what_is_stored_is_loaded_and_stored_once(tmp_path: Path) -> None:
    blobs = FileBlobs(tmp_path)

    name = blobs.store(b"picture")

    assert blobs.store(b"picture") == name
    assert blobs.load(name) == b"picture"
    assert len([path for path in tmp_path.rglob("*") if path.is_file()]) == 1


@pytest.mark.parametrize("name", ["", "0" * 64, "../" * 21 + "x", "A" * 64, "0" * 63 + "/"])
def test_other_names_load_nothing(tmp_path: Path, name: str) -> None:
    assert FileBlobs(tmp_path).load(name) is None


def test_a_disk_that_takes_nothing_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")

    with pytest.raises(TransportError):
        FileBlobs(tmp_path / "file").store(b"picture")
