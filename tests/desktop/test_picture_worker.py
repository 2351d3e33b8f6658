from __future__ import annotations

import io
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import pytest

from desktop import picture_worker
from shared import limits
from tests.desktop.pictures import picture_bytes

WORKER = Path(picture_worker.__file__)


@pytest.fixture(autouse=True)
def _unbound(monkeypatch: pytest.MonkeyPatch) -> None:
    """These tests' own process keeps its memory and time."""
    monkeypatch.setattr(picture_worker, "_bound_this_process", lambda: None)


def ask(data: bytes, *arguments: str) -> bytes | None:
    target = io.BytesIO()
    status = picture_worker.main(list(arguments), io.BytesIO(data), target)
    assert (status == 0) is bool(target.getvalue())
    return target.getvalue() or None


def preview(data: bytes) -> tuple[int, int, bytes, bytes]:
    answer = ask(data, "preview")
    assert answer is not None
    width, height, first, second = struct.unpack_from(">IIII", answer)
    body = answer[16:]
    assert len(body) == first + second
    return width, height, body[:first], body[first:]


def png(width: int, height: int, body: bytes = b"") -> bytes:
    """Return a PNG that claims to be so large."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        checksum = zlib.crc32(kind + data)
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", checksum)

    head = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def test_its_bounds_are_those_of_all() -> None:
    assert (
        picture_worker.BYTES_MAX,
        picture_worker.PIXELS_MAX,
        picture_worker.SECONDS_MAX,
        picture_worker.SHOWN_SIDE_MAX,
        picture_worker.THUMBNAIL_PIXELS,
        picture_worker.THUMBNAIL_BYTES_MAX,
        picture_worker.PREVIEW_PIXELS,
        picture_worker.PREVIEW_BYTES_MAX,
    ) == (
        limits.PICTURE_BYTES_MAX,
        limits.PICTURE_PIXELS_MAX,
        limits.PICTURE_SECONDS_MAX,
        limits.PICTURE_SHOWN_SIDE_MAX,
        limits.THUMBNAIL_PIXELS,
        limits.THUMBNAIL_BYTES_MAX,
        limits.PREVIEW_PIXELS,
        limits.PREVIEW_BYTES_MAX,
    )


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "BMP", "WEBP"])
def test_a_picture_gets_a_preview_and_a_thumbnail(kind: str) -> None:
    from PySide6.QtGui import QImage

    width, height, small, thumbnail = preview(picture_bytes(800, 400, kind))

    assert (width, height) == (800, 400)
    sizes = [QImage.fromData(each).size().toTuple() for each in (small, thumbnail)]
    assert sizes == [(20, 10), (320, 160)]


def test_noise_keeps_to_the_bounds() -> None:
    _, _, small, thumbnail = preview(picture_bytes(640, 640, is_noisy=True))

    assert 0 < len(small) <= limits.PREVIEW_BYTES_MAX
    assert 0 < len(thumbnail) <= limits.THUMBNAIL_BYTES_MAX


def test_what_can_be_seen_through_stays_so_if_it_fits() -> None:
    from PySide6.QtGui import QImage

    _, _, _, clear = preview(picture_bytes(300, 300, has_alpha=True))
    _, _, _, flat = preview(picture_bytes(320, 320, has_alpha=True, is_noisy=True))

    assert QImage.fromData(clear).hasAlphaChannel()
    assert not QImage.fromData(flat).hasAlphaChannel()


def test_a_small_picture_is_not_made_larger() -> None:
    from PySide6.QtGui import QImage

    _, _, small, thumbnail = preview(picture_bytes(8, 4))

    assert QImage.fromData(small).width() == QImage.fromData(thumbnail).width() == 8


def test_a_picture_is_shown_in_its_bounds_as_rgba() -> None:
    answer = ask(picture_bytes(400, 200), "show", "100", "100")

    assert answer is not None
    assert struct.unpack_from(">II", answer) == (100, 50)
    assert len(answer) == 8 + 100 * 50 * 4
    assert answer[8:12] == bytes((200, 30, 30, 255))


def test_a_huge_picture_is_shown_smaller() -> None:
    answer = ask(picture_bytes(5000, 10), "show", "10000", "10000")

    assert answer is not None
    assert struct.unpack_from(">II", answer) == (limits.PICTURE_SHOWN_SIDE_MAX, 8)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"hello",
        b"<svg xmlns='http://www.w3.org/2000/svg' width='5' height='5'/>",
        b"\x89PNG\r\n\x1a\n",
        png(0, 5),
        png(50_001, 1_000),
        png(2**31 - 1, 2**31 - 1),
        b"\xff\xd8\xff" + bytes(100),
        b"RIFF\x00\x00\x00\x00WEBPnothing",
        bytes(limits.PICTURE_BYTES_MAX + 1),
        b"BM" + bytes(limits.PICTURE_BYTES_MAX),
    ],
    ids=[
        "nothing",
        "text",
        "svg",
        "cut",
        "empty",
        "too many pixels",
        "far too many",
        "no jpeg",
        "no webp",
        "too long",
        "long bitmap",
    ],
)
@pytest.mark.qt_log_ignore(".*")  # The libraries say what is wrong with it.
def test_what_is_no_picture_or_too_large_is_refused(data: bytes) -> None:
    assert ask(data, "preview") is None
    assert ask(data, "show", "10", "10") is None


def test_a_bomb_costs_its_own_process_alone() -> None:
    """Within the bound on pixels, and nothing but zeros: it unpacks to 200 MB and is let go."""
    body = zlib.compress(bytes((7_000 * 4 + 1) * 7_000), 9)

    done = subprocess.run(
        [sys.executable, "-P", str(WORKER), "preview"],
        input=png(7_000, 7_000, body),
        capture_output=True,
        timeout=60,
        check=False,
    )

    assert done.returncode == 0
    assert struct.unpack_from(">II", done.stdout) == (7_000, 7_000)


def test_memory_is_bounded_by_the_system() -> None:
    code = (
        "import runpy, sys\n"
        f"worker = runpy.run_path({str(WORKER)!r})\n"
        "worker['_bound_this_process']()\n"
        "try:\n"
        "    bytearray(2 * 1024**3)\n"
        "except MemoryError:\n"
        "    sys.exit(7)\n"
    )

    done = subprocess.run([sys.executable, "-c", code], timeout=60, check=False)

    assert done.returncode == 7
