from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor, QImage
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from desktop.models.avatars import decode_picture
from desktop.ui.avatar_crop_dialog import AvatarCropDialog, CropView, avatar_bytes
from shared import limits
from tests.desktop.pictures import picture_bytes
from tests.desktop.ui.hands import drag, wheel
from tests.desktop.ui.spoken import unnamed_controls


def halves(width: int, height: int) -> QImage:
    """A picture that is red on the left and blue on the right."""
    image = QImage(width, height, QImage.Format.Format_RGB32)
    image.fill(QColor(200, 0, 0))
    for x in range(width // 2, width):
        for y in range(height):
            image.setPixelColor(x, y, QColor(0, 0, 200))
    return image


@pytest.mark.parametrize("is_transparent", [False, True])
@pytest.mark.parametrize(("width", "height"), [(300, 200), (40, 90), (256, 256)])
@pytest.mark.parametrize("bytes_max", [limits.AVATAR_BYTES_MAX, limits.GROUP_AVATAR_BYTES_MAX])
def test_an_avatar_is_square_and_small_enough(
    windows: None, width: int, height: int, is_transparent: bool, bytes_max: int
) -> None:
    noise = picture_bytes(width, height, is_noisy=True, has_alpha=is_transparent)
    data = avatar_bytes(decode_picture(noise), bytes_max)

    image = decode_picture(data)
    assert image.width() == image.height() == limits.AVATAR_PIXELS
    assert len(data) <= bytes_max


def test_dragging_brings_another_part_into_the_circle(windows: None) -> None:
    view = CropView(halves(600, 200))
    view.show()
    middle = view.rect().center()

    for _ in range(2):
        drag(view, middle, middle + QPoint(150, 0))

    assert view.crop.left == 0
    assert view.square().pixelColor(199, 100) == QColor(200, 0, 0)


def test_the_wheel_and_the_keys_zoom_and_move(windows: None) -> None:
    view = CropView(halves(600, 600))
    view.show()

    wheel(view, 1)
    zoomed = view.crop.zoom
    QTest.keyClick(view, Qt.Key.Key_Plus)
    left = view.crop.left
    QTest.keyClick(view, Qt.Key.Key_Left)

    assert zoomed > 1
    assert view.crop.zoom > zoomed
    assert view.crop.left < left


def test_what_is_in_the_circle_is_what_is_sent(windows: None, qtbot: QtBot) -> None:
    dialog = AvatarCropDialog(halves(600, 200))
    dialog.open()
    for _ in range(40):
        QTest.keyClick(dialog.view, Qt.Key.Key_Right)

    with qtbot.waitSignal(dialog.cropped) as told:
        QTest.mouseClick(dialog.done_button, Qt.MouseButton.LeftButton)

    image = decode_picture(told.args[0])
    assert image.width() == limits.AVATAR_PIXELS
    color = image.pixelColor(5, 128)
    assert color.blue() > 150
    assert color.red() < 60


def test_slider_and_buttons_zoom_as_far_as_the_picture_lets(windows: None) -> None:
    dialog = AvatarCropDialog(halves(600, 600))
    dialog.open()
    assert not dialog.out_button.isEnabled()

    QTest.mouseClick(dialog.in_button, Qt.MouseButton.LeftButton)
    assert dialog.slider.value() > 0
    dialog.slider.setValue(100)

    assert dialog.view.crop.zoom == dialog.view.crop.zoom_max
    assert not dialog.in_button.isEnabled()


def test_a_tiny_picture_cannot_be_zoomed(windows: None) -> None:
    dialog = AvatarCropDialog(halves(20, 20))
    dialog.open()

    assert not dialog.slider.isEnabled()
    assert not dialog.in_button.isEnabled()


def test_every_control_has_a_name(windows: None) -> None:
    dialog = AvatarCropDialog(halves(600, 600))
    dialog.open()

    assert unnamed_controls(dialog) == []
    assert dialog.slider.accessibleName() == "Zoom"
    assert dialog.focusWidget() is dialog.view
