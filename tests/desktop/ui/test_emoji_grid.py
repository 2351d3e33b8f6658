from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from desktop.ui.emoji import Emoji, find_emoji, load_emoji
from desktop.ui.emoji_grid import EmojiGrid, cell_side
from desktop.ui.fonts import set_fonts


@pytest.fixture
def grid(windows: None, qtbot: QtBot) -> Iterator[EmojiGrid]:
    parent = QWidget()
    qtbot.addWidget(parent)
    made = EmojiGrid(parent)
    made.setFixedSize(5 * cell_side() + 12, 4 * cell_side())
    parent.show()
    parent.activateWindow()
    qtbot.waitActive(parent)
    made.show_signs([(each, each.sign) for each in load_emoji()[:40]])
    yield made
    parent.close()


def show_people(grid: EmojiGrid) -> Emoji:
    wave = find_emoji("waving hand")[0]
    grid.show_signs([(wave, wave.sign), *((each, each.sign) for each in load_emoji()[:9])])
    return wave


def test_arrows_move_in_rows_and_enter_picks(grid: EmojiGrid, qtbot: QtBot) -> None:
    grid.enter()
    QTest.keyClick(grid, Qt.Key.Key_Down)
    QTest.keyClick(grid, Qt.Key.Key_Right)

    with qtbot.waitSignal(grid.picked) as told:
        QTest.keyClick(grid, Qt.Key.Key_Return)

    assert told.args[1] == load_emoji()[6].sign


def test_up_in_the_first_row_leaves_the_grid(grid: EmojiGrid, qtbot: QtBot) -> None:
    grid.enter()
    QTest.keyClick(grid, Qt.Key.Key_Right)

    with qtbot.waitSignal(grid.left_upwards):
        QTest.keyClick(grid, Qt.Key.Key_Up)


def test_letters_are_for_the_search(grid: EmojiGrid, qtbot: QtBot) -> None:
    grid.enter()

    with qtbot.waitSignal(grid.typed) as told:
        QTest.keyClicks(grid, "c")

    assert told.args == ["c"]


def test_a_click_picks_where_it_began(grid: EmojiGrid) -> None:
    told: list[str] = []
    grid.picked.connect(lambda _emoji, sign: told.append(sign))
    first, second = (grid.visualRect(grid.emoji.index(row)).center() for row in (0, 1))

    QTest.mouseClick(grid.viewport(), Qt.MouseButton.LeftButton, pos=first)
    QTest.mousePress(grid.viewport(), Qt.MouseButton.LeftButton, pos=first)
    QTest.mouseRelease(grid.viewport(), Qt.MouseButton.LeftButton, pos=second)

    assert told == [load_emoji()[0].sign]


@pytest.mark.parametrize("way", ["right", "hold", "key"])
def test_skin_tones_are_asked_for_where_there_are_any(
    grid: EmojiGrid, qtbot: QtBot, way: str
) -> None:
    wave = show_people(grid)
    place = grid.visualRect(grid.emoji.index(0)).center()
    picked: list[str] = []
    grid.picked.connect(lambda _emoji, sign: picked.append(sign))

    with qtbot.waitSignal(grid.tones_requested) as told:
        match way:
            case "right":
                QTest.mouseClick(grid.viewport(), Qt.MouseButton.RightButton, pos=place)
            case "hold":
                QTest.mousePress(grid.viewport(), Qt.MouseButton.LeftButton, pos=place)
            case _:
                grid.enter()
                QTest.keyClick(grid, Qt.Key.Key_Menu)
    QTest.mouseRelease(grid.viewport(), Qt.MouseButton.LeftButton, pos=place)

    assert told.args[0] == wave
    assert not picked


def test_where_there_are_no_tones_none_are_asked_for(grid: EmojiGrid) -> None:
    asked: list[object] = []
    grid.tones_requested.connect(lambda emoji, _rect: asked.append(emoji))
    place = grid.visualRect(grid.emoji.index(0)).center()

    QTest.mouseClick(grid.viewport(), Qt.MouseButton.RightButton, pos=place)
    grid.enter()
    QTest.keyClick(grid, Qt.Key.Key_Menu)

    assert not asked


def test_a_screen_reader_is_told_the_names_of_emoji(grid: EmojiGrid) -> None:
    access = QAccessible.queryAccessibleInterface(grid)

    names = [access.child(row).text(QAccessible.Text.Name) for row in range(2)]

    assert names == ["grinning face", "grinning face with big eyes"]


def test_what_the_mouse_is_at_is_told(grid: EmojiGrid, qtbot: QtBot) -> None:
    place = grid.visualRect(grid.emoji.index(3)).center()

    with qtbot.waitSignal(grid.pointed) as told:
        QTest.mouseMove(grid.viewport(), place)

    assert told.args == [load_emoji()[3]]


def test_cells_of_an_open_grid_grow_with_the_signs(grid: EmojiGrid) -> None:
    try:
        set_fonts(scale_percent=150)

        assert grid.gridSize().width() == cell_side() == 57
        assert grid.font().pixelSize() == 36
    finally:
        set_fonts()
