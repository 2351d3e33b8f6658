from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from desktop.ui.emoji_picker import EmojiPicker, load_emoji


@pytest.fixture
def picker(windows: None) -> Iterator[EmojiPicker]:
    parent = QWidget()
    made = EmojiPicker(parent)
    made.pop_up(parent.mapToGlobal(parent.rect().bottomRight()))
    yield made
    parent.deleteLater()


def test_every_emoji_has_a_name_in_both_languages(windows: None) -> None:
    assert len(load_emoji()) > 400
    assert all(emoji.sign and emoji.english and emoji.chinese for emoji in load_emoji())


def test_emoji_are_found_by_chinese_names(picker: EmojiPicker) -> None:
    picker.search.setText("火箭")

    assert picker.grid.model().rowCount() == 1


def test_an_emoji_is_picked_with_the_keyboard(picker: EmojiPicker, qtbot: QtBot) -> None:
    picker.grid.setCurrentIndex(picker.grid.model().index(0, 0))
    picker.grid.setFocus()

    with qtbot.waitSignal(picker.picked) as told:
        QTest.keyClick(picker, Qt.Key.Key_Return)

    assert told.args == ["😀"]


def test_escape_closes_the_panel(picker: EmojiPicker) -> None:
    QTest.keyClick(picker, Qt.Key.Key_Escape)

    assert not picker.isVisible()
