from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QPoint, QPointF, QSizeF, Qt
from PySide6.QtGui import QColor, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from desktop.ui.picture_canvas import ZOOM_MAX, PictureCanvas
from tests.desktop.ui.hands import drag, wheel


def picture(width: int, height: int) -> QImage:
    image = QImage(width, height, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(QColor("red"))
    return image


@pytest.fixture
def canvas(windows: None, qtbot: QtBot) -> Iterator[PictureCanvas]:
    window = QWidget()
    qtbot.addWidget(window)
    made = PictureCanvas(window)
    made.resize(400, 300)
    window.resize(400, 300)
    window.show()
    made.show_picture(picture(1000, 500), QSizeF(1000, 500))
    yield made
    window.close()


def test_a_large_picture_fits_and_a_small_one_keeps_its_size(canvas: PictureCanvas) -> None:
    fitting = canvas.picture_rect()
    canvas.show_picture(picture(50, 40), QSizeF(50, 40))
    small = canvas.picture_rect()

    assert canvas.rect().contains(fitting.toAlignedRect())
    assert fitting.width() / fitting.height() == pytest.approx(2)
    assert (small.width(), small.height()) == (50, 40)
    assert small.center() == QPointF(200, 150)


def test_zooming_keeps_what_is_under_the_mouse(canvas: PictureCanvas) -> None:
    place = QPointF(120, 160)
    rect = canvas.picture_rect()
    part = (place.x() - rect.left()) / rect.width()

    for _ in range(8):
        canvas.zoom_by(1, place)

    rect = canvas.picture_rect()
    assert (place.x() - rect.left()) / rect.width() == pytest.approx(part, abs=0.01)


def test_zoom_has_bounds(canvas: PictureCanvas) -> None:
    for _ in range(60):
        canvas.zoom_by(1)
    largest = canvas.scale
    for _ in range(90):
        canvas.zoom_by(-1)

    assert largest == ZOOM_MAX
    assert 0 < canvas.scale < 1


def test_the_wheel_zooms(canvas: PictureCanvas) -> None:
    before = canvas.scale

    wheel(canvas, 1)

    assert canvas.scale > before


def test_a_picture_larger_than_the_room_is_moved_by_the_mouse(canvas: PictureCanvas) -> None:
    QTest.mouseDClick(canvas, Qt.MouseButton.LeftButton, pos=QPoint(200, 150))
    before = canvas.picture_rect()

    drag(canvas, QPoint(200, 150), QPoint(150, 120))
    moved = canvas.picture_rect()
    for _ in range(3):
        drag(canvas, QPoint(390, 290), QPoint(10, 10))

    assert moved.topLeft() == before.topLeft() + QPointF(-50, -30)
    assert canvas.picture_rect().right() == 400


def test_a_double_press_changes_between_whole_and_own_size(canvas: PictureCanvas) -> None:
    sizes = []

    for _ in range(2):
        QTest.mouseDClick(canvas, Qt.MouseButton.LeftButton, pos=QPoint(200, 150))
        sizes.append(canvas.zoom)

    assert sizes == [1.0, 0.0]


def test_a_smaller_stand_in_takes_the_room_of_the_picture(canvas: PictureCanvas) -> None:
    rect = canvas.picture_rect()

    canvas.show_picture(picture(100, 50), QSizeF(1000, 500))

    assert canvas.picture_rect() == rect
    assert canvas.grab().toImage().pixelColor(200, 150) == QColor("red")


def test_words_are_shown_over_what_is_still_to_come(canvas: PictureCanvas) -> None:
    canvas.show_picture(None, QSizeF(1000, 500))
    empty = canvas.grab().toImage()

    canvas.show_picture(None, QSizeF(1000, 500), "Loading…")

    assert canvas.grab().toImage() != empty


def test_nothing_to_show_has_no_size(canvas: PictureCanvas) -> None:
    canvas.show_picture(None, QSizeF())

    assert canvas.scale == 1
    assert not canvas.grab().isNull()
