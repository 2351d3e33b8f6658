from __future__ import annotations

import msgspec
import pytest
from PySide6.QtCore import QSize
from PySide6.QtGui import QImage
from pytestqt.qtbot import QtBot

from desktop.commands import LoadPicture
from desktop.events import FileRow, FileState, MessageKind, MessageRow, PictureLoaded
from desktop.models.pictures import PictureStore, decode_small, image_of, is_picture
from desktop.models.session import Session
from shared import limits
from tests.desktop.fake_port import FakePort, profile
from tests.desktop.pictures import picture_bytes

SIZE = QSize(200, 100)


small = picture_bytes


@pytest.fixture
def row(port: FakePort) -> MessageRow:
    """A picture that is here."""
    file = FileRow(
        name="a.png",
        size=9,
        width=400,
        height=200,
        preview=small(20, 10),
        thumbnail=small(320, 160),
        state=FileState.HERE,
    )
    conversation_id = port.add_conversation(profile(2, "wang", "Wang"))
    made = port.add_message(conversation_id, "", kind=MessageKind.FILE, file=file)
    port.pictures[made.local_id] = QImage(400, 200, QImage.Format.Format_RGB32)
    return made


def with_file(row: MessageRow, **changes: object) -> MessageRow:
    assert row.file is not None
    return msgspec.structs.replace(row, file=msgspec.structs.replace(row.file, **changes))


def store_of(port: FakePort) -> PictureStore:
    session: Session = port.session
    return session.pictures


def test_the_blurred_one_is_there_at_once_and_better_ones_follow(
    port: FakePort, row: MessageRow, qtbot: QtBot
) -> None:
    store = store_of(port)

    first = store.image(row, SIZE)
    seen: list[int] = []
    store.loaded.connect(lambda _: seen.append(shown_width(store, row)))
    qtbot.waitUntil(lambda: len(seen) == 2)

    assert first is not None
    assert seen[-1] == SIZE.width()
    assert len(port.of(LoadPicture)) == 1


def shown_width(store: PictureStore, row: MessageRow) -> int:
    image = store.image(row, SIZE)
    return image.width() if image is not None else 0


def test_what_is_not_here_is_not_decoded(port: FakePort, row: MessageRow, qtbot: QtBot) -> None:
    store, remote = store_of(port), with_file(row, state=FileState.REMOTE)

    store.image(remote, SIZE)
    qtbot.waitUntil(lambda: shown_width(store, remote) == 320)

    assert port.of(LoadPicture) == []
    assert shown_width(store, remote) == 320


def test_what_cannot_be_decoded_is_asked_for_once(
    port: FakePort, row: MessageRow, qtbot: QtBot
) -> None:
    store = store_of(port)
    port.pictures.clear()

    for _ in range(3):
        store.image(row, SIZE)
        qtbot.wait(1)

    assert len(port.of(LoadPicture)) == 1
    assert store.image(row, SIZE) is not None


def test_what_has_come_again_is_asked_for_again(
    port: FakePort, row: MessageRow, qtbot: QtBot
) -> None:
    store = store_of(port)
    picture = port.pictures.pop(row.local_id)
    store.image(row, SIZE)
    qtbot.waitUntil(lambda: bool(port.of(LoadPicture)))
    port.pictures[row.local_id] = picture

    store.image(with_file(row, state=FileState.REMOTE), SIZE)
    store.image(row, SIZE)
    qtbot.waitUntil(lambda: shown_width(store, row) == SIZE.width())

    assert len(port.of(LoadPicture)) == 2


def test_no_more_is_kept_than_the_bound(
    port: FakePort, row: MessageRow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = store_of(port)
    one_bytes = 200 * 100 * 4
    monkeypatch.setattr(limits, "PICTURES_SHOWN_BYTES_MAX", 3 * one_bytes)
    for number in range(6):
        other = msgspec.structs.replace(
            with_file(row, preview=b"", thumbnail=b""), local_id=100 + number
        )
        port.pictures[other.local_id] = port.pictures[row.local_id]
        store.image(other, SIZE)
        qtbot.waitUntil(lambda other=other: store.image(other, SIZE) is not None)  # type: ignore[misc]

    assert store.kept_bytes <= 3 * one_bytes
    store.clear()
    assert store.kept_bytes == 0


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x89PNG\r\n\x1a\n and nothing",
        b"GIF89a" + bytes(50),
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        small(700, 10),
        small(20, 20) + bytes(limits.THUMBNAIL_BYTES_MAX),
    ],
)
def test_what_is_not_small_png_or_jpeg_is_not_decoded_here(data: bytes) -> None:
    assert decode_small(data).isNull()


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_small_pictures_are_decoded(kind: str) -> None:
    assert decode_small(small(30, 20, kind)).size() == QSize(30, 20)


def test_numbers_that_do_not_fit_make_no_picture() -> None:
    good = PictureLoaded(local_id=1, width=2, height=1, data=bytes(8))

    assert image_of(good).size() == QSize(2, 1)
    assert image_of(msgspec.structs.replace(good, width=3)).isNull()
    assert image_of(msgspec.structs.replace(good, width=0, data=b"")).isNull()


def test_a_file_of_a_sane_size_in_pixels_is_a_picture() -> None:
    file = FileRow(name="a", size=1, width=4000, height=3000)

    assert is_picture(file)
    assert not is_picture(None)
    assert not is_picture(msgspec.structs.replace(file, width=0))
    assert not is_picture(msgspec.structs.replace(file, width=100_000, height=100_000))


def test_a_message_without_a_file_has_no_picture(port: FakePort, row: MessageRow) -> None:
    store, plain = store_of(port), msgspec.structs.replace(row, file=None)

    assert store.image(plain, SIZE) is None
    assert store.thumbnail(plain) is None
