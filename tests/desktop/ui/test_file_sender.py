from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QFileDialog, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from desktop.ui.file_sender import FileSender
from desktop.ui.settings import SettingsStore
from shared.identifiers import ConversationId
from tests.desktop.fake_port import FakePort
from tests.desktop.ui.hands import choose, name_files, open_menu


class Desk:
    """A window with a button, and what was told."""

    def __init__(self, port: FakePort, profile: Path) -> None:
        self.window = QWidget()
        self.button = QPushButton("attach", self.window)
        self.settings = SettingsStore(profile / "windows.json")
        self.sender = FileSender(ConversationId(1002), port, self.settings, self.window)
        self.chosen: list[str] = []
        self.sender.files_chosen.connect(self.chosen.extend)
        self.button.clicked.connect(lambda: self.sender.open_menu(self.button))
        self.window.show()


@pytest.fixture
def desk(port: FakePort, qtbot: QtBot, tmp_path: Path) -> Iterator[Desk]:
    made = Desk(port, tmp_path)
    qtbot.addWidget(made.window)
    yield made
    made.window.close()


@pytest.mark.parametrize("kind", ["Photo", "File"])
def test_the_menu_leads_to_a_choice_of_files(desk: Desk, tmp_path: Path, kind: str) -> None:
    paths = [tmp_path / name for name in ("a.png", "b.png")]
    for path in paths:
        path.write_text("x", encoding="utf-8")

    choose(open_menu(desk.button), kind)
    chooser = desk.window.findChild(QFileDialog)
    assert isinstance(chooser, QFileDialog)
    title, filters = chooser.windowTitle(), chooser.nameFilters()
    name_files(chooser, *paths)

    assert title == kind
    assert ("*.png" in filters[0]) is (kind == "Photo")
    assert desk.chosen == [str(path) for path in paths]


def test_files_offered_while_the_dialog_is_open_are_added(
    desk: Desk, qtbot: QtBot, tmp_path: Path
) -> None:
    paths = [tmp_path / name for name in ("one", "two")]
    for path in paths:
        path.write_text("x", encoding="utf-8")

    desk.sender.offer([str(paths[0])], caption="look")
    dialog = desk.sender.dialog
    desk.sender.offer([str(paths[1])], caption="other")
    assert dialog is not None
    qtbot.waitUntil(lambda: len(dialog.items) == 2)

    assert desk.sender.dialog is dialog
    assert dialog.caption.editor.text == "look"
    dialog.reject()
    assert desk.sender.dialog is None


def test_the_setting_for_enter_holds_in_the_caption_too(desk: Desk, tmp_path: Path) -> None:
    desk.settings.change(enter_sends=False)

    desk.sender.offer([str(tmp_path)], caption=None)

    assert desk.sender.dialog is not None
    assert not desk.sender.dialog.caption.editor.enter_sends()
    desk.sender.dialog.reject()


def test_a_picture_becomes_a_file_and_is_offered(desk: Desk, qtbot: QtBot) -> None:
    image = QImage(3, 2, QImage.Format.Format_RGB32)
    image.fill(Qt.GlobalColor.darkGreen)

    desk.sender.paste(image)

    qtbot.waitUntil(lambda: len(desk.chosen) == 1)
    assert QImage(desk.chosen[0]) == image


def test_a_picture_that_cannot_be_written_is_told(desk: Desk, qtbot: QtBot) -> None:
    with qtbot.waitSignal(desk.sender.failed) as told:
        desk.sender.paste(QImage())

    assert told.args == ["The picture cannot be saved here. Is the disk full?"]
