from __future__ import annotations

from pathlib import Path

import pytest

from backend.blobs import FileBlobs, GrowingBlobs
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


def test_an_attachment_grows_and_is_read(tmp_path: Path) -> None:
    blobs = GrowingBlobs(tmp_path)

    blobs.append(7, b"first ", offset=0)
    blobs.append(7, b"second", offset=6)
    blobs.settle(7)

    file = blobs.open(7)
    assert file is not None
    with file:
        assert file.read() == b"first second"
    assert blobs.size(7) == 12
    assert blobs.touched_ms(7) > 0
    assert list(blobs.numbers()) == [7]


def test_what_is_not_there_has_no_size(tmp_path: Path) -> None:
    blobs = GrowingBlobs(tmp_path / "none")

    assert (blobs.size(7), blobs.touched_ms(7), blobs.open(7)) == (0, 0, None)
    assert list(blobs.numbers()) == []
    assert blobs.free_bytes() > 0
    blobs.remove(7)
    with pytest.raises(TransportError):
        blobs.settle(7)


def test_other_files_of_the_folder_are_no_attachments(tmp_path: Path) -> None:
    blobs = GrowingBlobs(tmp_path)
    blobs.append(2**63 - 1, b"x", offset=0)
    for name in ("short", "x" * 16, "A" * 16):
        (tmp_path / "ff" / name).write_bytes(b"")

    assert list(blobs.numbers()) == [2**63 - 1]


def test_a_part_that_does_not_fit_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    resource = pytest.importorskip("resource")
    signal = pytest.importorskip("signal")
    blobs = GrowingBlobs(tmp_path)
    blobs.append(7, b"x" * 1000, offset=0)
    bounds = resource.getrlimit(resource.RLIMIT_FSIZE)
    # The system's own way to say that a file may not grow any more.
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (5000, bounds[1]))
    try:
        with pytest.raises(TransportError):
            blobs.append(7, b"y" * 100_000, offset=1000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, bounds)
        signal.signal(signal.SIGXFSZ, ignored)

    assert blobs.size(7) == 1000


def test_a_file_that_cannot_go_is_told(tmp_path: Path) -> None:
    blobs = GrowingBlobs(tmp_path)
    blobs.append(7, b"x", offset=0)
    path = next(path for path in tmp_path.rglob("*") if path.is_file())
    path.unlink()
    path.mkdir()

    with pytest.raises(TransportError):
        blobs.remove(7)
