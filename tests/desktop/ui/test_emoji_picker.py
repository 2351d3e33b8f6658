from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from desktop.ui.emoji import load_groups
from desktop.ui.emoji_picker import EmojiPicker
from desktop.ui.settings import SettingsStore
from desktop.ui.translate import Language, set_language
from shared import limits
from tests.desktop.ui.hands import (
    choose,
    menu_of,
    open_menu,
    press,
    press_key,
    press_row,
    retype,
    type_into,
)


@pytest.fixture
def settings() -> SettingsStore:
    return SettingsStore()


@pytest.fixture
def window(windows: None, qtbot: QtBot) -> Iterator[QWidget]:
    made = QWidget()
    made.resize(500, 520)
    made.show()
    qtbot.addWidget(made)
    made.activateWindow()
    qtbot.waitActive(made)
    yield made
    made.close()


def open_picker(
    window: QWidget, settings: SettingsStore, *, is_single: bool = False
) -> EmojiPicker:
    picker = EmojiPicker(window, settings, is_single=is_single)
    picker.pop_up(window.mapToGlobal(window.rect().bottomRight()))
    return picker


def shown(picker: EmojiPicker) -> list[str]:
    model = picker.grid.emoji
    return [str(model.index(row).data()) for row in range(model.rowCount())]


def test_it_opens_with_the_keyboard_in_the_search(window: QWidget, settings: SettingsStore) -> None:
    picker = open_picker(window, settings)

    assert picker.search.hasFocus()
    assert shown(picker)[0] == "😀"
    assert picker.title.text() == "Smileys"


@pytest.mark.parametrize("text", ["火箭", "rocket"])
def test_emoji_are_found_and_picked_with_the_keyboard_alone(
    window: QWidget, settings: SettingsStore, qtbot: QtBot, text: str
) -> None:
    picker = open_picker(window, settings)

    type_into(picker.search, text)
    with qtbot.waitSignal(picker.picked) as told:
        QTest.keyClick(picker.search, Qt.Key.Key_Return)

    assert told.args == ["🚀"]
    assert picker.isVisible()


def test_down_leads_into_the_grid_and_up_back(window: QWidget, settings: SettingsStore) -> None:
    picker = open_picker(window, settings)

    QTest.keyClick(picker.search, Qt.Key.Key_Down)
    is_in_grid = picker.grid.hasFocus()
    name = picker.footer.text()
    QTest.keyClick(picker.grid, Qt.Key.Key_Up)

    assert is_in_grid
    assert name == "grinning face  :grinning:"
    assert picker.search.hasFocus()


def test_letters_typed_in_the_grid_search(window: QWidget, settings: SettingsStore) -> None:
    picker = open_picker(window, settings)
    press_key(picker, Qt.Key.Key_Down)

    QTest.keyClicks(picker.grid, "p")
    QTest.keyClicks(picker.search, "izza")

    assert picker.search.text() == "pizza"
    assert shown(picker) == ["🍕"]


def test_groups_are_opened_by_their_tabs_and_turned_by_keys(
    window: QWidget, settings: SettingsStore
) -> None:
    picker = open_picker(window, settings)

    press(picker.tabs["food"])
    by_mouse = picker.title.text()
    QTest.keyClick(picker.search, Qt.Key.Key_PageDown)

    assert by_mouse == "Food and drink"
    assert picker.title.text() == "Travel and places"
    assert shown(picker) == [each.sign for each in load_groups()[4].items]
    assert picker.tabs["travel"].isChecked()


def test_what_was_picked_is_remembered_up_to_a_bound(
    window: QWidget, settings: SettingsStore
) -> None:
    many = tuple(each.sign for each in load_groups()[2].items[: limits.EMOJI_RECENT_MAX])
    settings.change(recent_emoji=many)
    picker = open_picker(window, settings)
    retype(picker.search, "rocket")
    QTest.keyClick(picker.search, Qt.Key.Key_Return)
    picker.close()

    again = open_picker(window, settings)

    assert shown(again) == ["🚀", *many[:-1]]
    assert again.title.text() == "Recently used"


def test_a_skin_tone_is_chosen_once_and_remembered(
    window: QWidget, settings: SettingsStore, qtbot: QtBot
) -> None:
    picker = open_picker(window, settings)
    retype(picker.search, "waving hand")
    told: list[str] = []
    picker.picked.connect(told.append)

    hand = picker.grid.emoji.index(0)
    menu = menu_of(lambda: press_row(picker.grid, hand, button=Qt.MouseButton.RightButton))
    words = [action.text() for action in menu.actions()]
    choose(menu, words[3])
    QTest.keyClick(picker.search, Qt.Key.Key_Return)

    assert words[0] == "👋  Default"
    assert told == ["👋🏽", "👋🏽"]
    assert settings.settings.skin_tone == 3


def test_the_default_tone_has_a_button(window: QWidget, settings: SettingsStore) -> None:
    picker = open_picker(window, settings)
    press(picker.tabs["people"])
    before = shown(picker)[0]

    menu = open_menu(picker.tone_button)
    choose(menu, menu.actions()[5].text())

    assert (before, shown(picker)[0]) == ("👋", "👋🏿")


def test_a_picker_for_one_closes_with_it(window: QWidget, settings: SettingsStore) -> None:
    picker = open_picker(window, settings, is_single=True)

    QTest.keyClick(picker.search, Qt.Key.Key_Return)

    assert picker.isHidden()


def test_escape_empties_the_search_and_then_closes(
    window: QWidget, settings: SettingsStore
) -> None:
    picker = open_picker(window, settings)
    retype(picker.search, "cat")

    QTest.keyClick(picker.search, Qt.Key.Key_Escape)
    is_open = picker.isVisible()
    QTest.keyClick(picker.search, Qt.Key.Key_Escape)

    assert is_open
    assert picker.isHidden()


def test_nothing_found_is_said(window: QWidget, settings: SettingsStore) -> None:
    picker = open_picker(window, settings)

    retype(picker.search, "qqqq")

    assert picker.title.text() == "No emoji is called that. Try another word."


def test_names_change_with_the_language(window: QWidget, settings: SettingsStore) -> None:
    picker = open_picker(window, settings)
    press_key(picker, Qt.Key.Key_Down)

    set_language(Language.CHINESE)

    assert picker.title.text() == "笑脸"
    assert picker.footer.text() == "嘿嘿  :grinning:"
    assert picker.tabs["flags"].accessibleName() == "旗帜"
