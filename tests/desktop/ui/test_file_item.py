from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from desktop.events import FileLookedAt
from desktop.ui.file_item import FileItem, item_height
from desktop.ui.translate import Language, set_language
from tests.exhibits.stage import make_picture


@pytest.fixture
def item(windows: None, qtbot: QtBot) -> Iterator[FileItem]:
    window = QWidget()
    window.resize(360, 240)
    qtbot.addWidget(window)
    made = FileItem("/tmp/sunset.png", "sunset.png", window)
    made.resize(360, item_height())
    window.show()
    yield made
    window.close()


def seen() -> FileLookedAt:
    return FileLookedAt(
        size=2_400_000, media_type="image/png", width=1920, height=1080, thumbnail=make_picture()
    )


def test_a_picture_says_its_size_in_pixels_and_bytes(item: FileItem) -> None:
    item.show_seen(seen())

    assert item.detail == "1920 × 1080 · 2.4 MB"
    assert item.accessibleName() == "sunset.png, 1920 × 1080 · 2.4 MB"
    assert item.is_picture
    assert item.can_be_sent


def test_what_is_in_the_way_is_said_instead_until_it_is_gone(item: FileItem) -> None:
    item.fail(lambda: "It cannot be read.")
    refused = (item.detail, item.can_be_sent, item.accessibleName())

    item.show_seen(seen())

    assert refused == ("It cannot be read.", False, "sunset.png, It cannot be read.")
    assert item.can_be_sent


def test_something_that_is_no_file_is_never_sent(windows: None, qtbot: QtBot) -> None:
    parent = QWidget()
    qtbot.addWidget(parent)
    item = FileItem("", "empty", parent, reason=lambda: "The folder has no files right inside.")

    assert not item.can_be_sent


def test_the_only_picture_is_shown_large(item: FileItem) -> None:
    item.set_large(True)
    early = item.height()
    item.show_seen(seen())
    item.set_large(True)
    large = item.height()
    item.set_large(False)

    assert (early, large, item.height()) == (60, 216, 60)


def test_it_is_painted_with_and_without_a_picture(item: FileItem) -> None:
    bare = item.grab().toImage()
    item.show_seen(seen())
    small = item.grab().toImage()
    item.fail(lambda: "No.")
    failed = item.grab().toImage()

    assert bare != small != failed


def test_a_press_on_the_cross_takes_it_out(item: FileItem, qtbot: QtBot) -> None:
    with qtbot.waitSignal(item.removed) as told:
        QTest.mouseClick(item.remove_button, Qt.MouseButton.LeftButton)

    assert told.args == [item]
    assert item.remove_button.accessibleName() == "Take out sunset.png"


def test_names_follow_the_language(item: FileItem) -> None:
    set_language(Language.CHINESE)
    item.retranslate()

    assert item.remove_button.accessibleName() == "移除 sunset.png"
