from __future__ import annotations

import struct
import sys
from pathlib import Path

import pytest

from desktop.engine.imaging import ImagingProcess, Preview, picture_command
from tests.desktop.pictures import picture_bytes


def answering(tmp_path: Path, code: str) -> list[str]:
    """Return a worker that answers so."""
    path = tmp_path / "worker.py"
    path.write_text(f"import sys\nout = sys.stdout.buffer\n{code}\n", encoding="utf-8")
    return [sys.executable, str(path)]


@pytest.mark.asyncio
async def test_a_picture_is_looked_at_and_decoded(tmp_path: Path) -> None:
    data = picture_bytes(640, 480)
    (tmp_path / "picture").write_bytes(data)
    imaging = ImagingProcess()

    preview = await imaging.preview(tmp_path / "picture")
    picture = await imaging.decode(data, width=100, height=100)

    assert preview is not None
    assert (preview.width, preview.height) == (640, 480)
    assert preview.preview
    assert preview.thumbnail
    assert picture is not None
    assert (picture.width, picture.height, len(picture.data)) == (100, 75, 100 * 75 * 4)


@pytest.mark.asyncio
async def test_what_is_no_picture_is_none(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("hello", encoding="utf-8")
    imaging = ImagingProcess()

    assert await imaging.preview(tmp_path / "text") is None
    assert await imaging.preview(tmp_path / "missing") is None
    assert await imaging.decode(b"hello", width=5, height=5) is None


@pytest.mark.asyncio
async def test_without_a_worker_pictures_are_files(tmp_path: Path) -> None:
    (tmp_path / "picture").write_bytes(picture_bytes(10, 10))
    imaging = ImagingProcess([str(tmp_path / "nowhere")])

    assert await imaging.preview(tmp_path / "picture") is None


@pytest.mark.asyncio
async def test_a_worker_that_takes_too_long_is_ended(tmp_path: Path) -> None:
    (tmp_path / "picture").write_bytes(picture_bytes(10, 10))
    command = answering(tmp_path, "import time; time.sleep(600)")
    imaging = ImagingProcess(command, seconds_max=0.5)

    assert await imaging.preview(tmp_path / "picture") is None


@pytest.mark.asyncio
@pytest.mark.parametrize(
    "answer",
    [
        b"",
        struct.pack(">IIII", 5, 5, 1, 1) + b"x",
        struct.pack(">IIII", 0, 5, 1, 1) + b"xx",
        struct.pack(">IIII", 5, 2**31, 1, 1) + b"xx",
        struct.pack(">IIII", 5, 5, 2000, 1) + bytes(2001),
        struct.pack(">IIII", 5, 5, 1, 30_000) + bytes(30_001),
    ],
    ids=["nothing", "cut", "no width", "too high", "large preview", "large thumbnail"],
)
async def test_what_a_worker_answers_is_checked(tmp_path: Path, answer: bytes) -> None:
    (tmp_path / "picture").write_bytes(picture_bytes(10, 10))
    imaging = ImagingProcess(answering(tmp_path, f"out.write({answer!r})"))

    assert await imaging.preview(tmp_path / "picture") is None
    assert await imaging.decode(b"x", width=5, height=5) is None


@pytest.mark.asyncio
async def test_a_right_answer_is_taken(tmp_path: Path) -> None:
    (tmp_path / "picture").write_bytes(b"")
    answer = struct.pack(">IIII", 5, 6, 1, 2) + b"ptt"
    imaging = ImagingProcess(answering(tmp_path, f"out.write({answer!r})"))

    assert await imaging.preview(tmp_path / "picture") == Preview(5, 6, b"p", b"tt")


def test_a_frozen_app_is_its_own_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    assert picture_command()[-1].endswith("picture_worker.py")

    monkeypatch.setattr(sys, "frozen", True, raising=False)

    assert picture_command() == (sys.executable, "--picture-worker")
