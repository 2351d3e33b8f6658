from __future__ import annotations

import msgspec
import pytest
from PySide6.QtCore import QPointF
from PySide6.QtGui import QColor, QImage, QPainter

from desktop.events import FileRow, FileState, MessageKind
from desktop.models.transfers import Progress
from desktop.ui.bubble import Bubble
from desktop.ui.bubble_layout import lay_out_bubble
from desktop.ui.file_paint import paint_file, paint_picture
from desktop.ui.theme import tokens
from desktop.ui.timeline_scene import Scene
from tests.desktop.fake_port import FakePort, profile

FILE = FileRow(name="icons_v3.zip", size=12_600_000)
PICTURE = FileRow(name="a.jpg", size=9, width=300, height=200)


def bubble_of(port: FakePort, file: FileRow) -> Bubble:
    conversation_id = port.add_conversation(profile(2, "wang", "Wang"))
    row = port.add_message(conversation_id, "", kind=MessageKind.FILE, file=file)
    return lay_out_bubble(row, 420)


def painted(bubble: Bubble, scene: Scene | None = None) -> QImage:
    image = QImage(420, 400, QImage.Format.Format_RGB32)
    image.fill(tokens().bubble_in)
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    paint = paint_file if bubble.picture is None else paint_picture
    paint(painter, QPointF(0, 0), bubble, scene or Scene())
    painter.end()
    return image


@pytest.mark.parametrize("file", [FILE, PICTURE])
def test_every_state_looks_different(port: FakePort, file: FileRow) -> None:
    images = {
        state: painted(bubble_of(port, msgspec.structs.replace(file, state=state, done=1, total=3)))
        for state in (FileState.REMOTE, FileState.RUNNING, FileState.FAILED, FileState.HERE)
    }

    seen = list(images.values())
    assert all(one != other for number, one in enumerate(seen) for other in seen[number + 1 :])


def test_the_ring_grows_with_what_has_come(port: FakePort) -> None:
    bubble = bubble_of(port, msgspec.structs.replace(FILE, state=FileState.RUNNING))
    assert bubble.circle is not None

    def ring(done: int) -> int:
        image = painted(bubble, Scene(progress_of=lambda _: Progress(done, 100)))
        area = bubble.circle.toAlignedRect() if bubble.circle is not None else None
        assert area is not None
        ink = tokens().on_accent
        return sum(
            image.pixelColor(x, y) == ink
            for x in range(area.left(), area.right())
            for y in range(area.top(), area.bottom())
        )

    assert ring(5) < ring(40) < ring(95)


def test_a_picture_fills_its_place(port: FakePort) -> None:
    bubble = bubble_of(port, msgspec.structs.replace(PICTURE, state=FileState.HERE))
    assert bubble.picture is not None
    image = QImage(30, 20, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(QColor("red"))

    seen = painted(bubble, Scene(image_of=lambda _row, _size: image))

    center = bubble.picture.center().toPoint()
    assert seen.pixelColor(center) == QColor("red")
    assert seen.pixelColor(center) != painted(bubble).pixelColor(center)


def test_a_tiny_picture_is_not_enlarged(port: FakePort) -> None:
    bubble = bubble_of(port, msgspec.structs.replace(PICTURE, width=8, height=8))
    assert bubble.picture is not None
    image = QImage(8, 8, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(QColor("red"))
    here = msgspec.structs.replace(
        bubble.row, file=msgspec.structs.replace(PICTURE, width=8, height=8, state=FileState.HERE)
    )
    bubble.row = here

    seen = painted(bubble, Scene(image_of=lambda _row, _size: image))

    red = sum(seen.pixelColor(x, y) == QColor("red") for x in range(420) for y in range(400))
    assert 40 <= red <= 64


def test_a_picture_is_asked_for_in_device_pixels(port: FakePort) -> None:
    bubble = bubble_of(port, PICTURE)
    asked: list[tuple[int, int]] = []

    def image_of(_row: object, size: object) -> None:
        asked.append((size.width(), size.height()))  # type: ignore[attr-defined]

    painted(bubble, Scene(ratio=2.0, image_of=image_of))

    assert bubble.picture is not None
    assert asked == [(round(bubble.picture.width() * 2), round(bubble.picture.height() * 2))]
