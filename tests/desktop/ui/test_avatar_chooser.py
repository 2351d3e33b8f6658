from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from desktop.commands import DecodePicture
from desktop.models.avatars import decode_picture
from desktop.ui.avatar_chooser import DECODED_SIDE, AvatarChooser
from desktop.ui.dialog import Dialog
from shared import limits
from tests.desktop.fake_port import FakePort
from tests.desktop.pictures import picture_bytes


@pytest.fixture
def dialog(port: FakePort) -> Dialog:
    made = Dialog()
    made.open()
    return made


def test_a_picture_is_decoded_by_the_engine_cropped_and_given(
    port: FakePort, dialog: Dialog, tmp_path: Path, qtbot: QtBot
) -> None:
    path = tmp_path / "me.png"
    path.write_bytes(picture_bytes(400, 300))
    chooser = AvatarChooser(port, dialog)

    chooser.take(str(path))
    qtbot.waitUntil(lambda: chooser.crop is not None)
    assert chooser.crop is not None
    with qtbot.waitSignal(chooser.chosen) as told:
        QTest.mouseClick(chooser.crop.done_button, Qt.MouseButton.LeftButton)

    assert port.of(DecodePicture)[0].width == DECODED_SIDE
    assert decode_picture(told.args[0]).width() == limits.AVATAR_PIXELS
    assert chooser.crop is None


@pytest.mark.parametrize("content", [b"", b"<svg/>", b"\x89PNG\r\n\x1a\nbroken"])
def test_what_is_no_picture_is_refused_in_the_dialog(
    port: FakePort, dialog: Dialog, tmp_path: Path, qtbot: QtBot, content: bytes
) -> None:
    path = tmp_path / "me.png"
    path.write_bytes(content)

    AvatarChooser(port, dialog).take(str(path))

    qtbot.waitUntil(lambda: "PNG, JPEG" in dialog.error.text())


def test_a_file_that_is_gone_is_refused_in_the_dialog(
    port: FakePort, dialog: Dialog, tmp_path: Path, qtbot: QtBot
) -> None:
    AvatarChooser(port, dialog).take(str(tmp_path / "gone.png"))

    qtbot.waitUntil(lambda: "cannot be read" in dialog.error.text())


def test_only_pictures_are_offered(port: FakePort, dialog: Dialog) -> None:
    AvatarChooser(port, dialog).open()

    (files,) = dialog.findChildren(QFileDialog)
    assert "*.png *.jpg" in files.nameFilters()[0]
    files.reject()
