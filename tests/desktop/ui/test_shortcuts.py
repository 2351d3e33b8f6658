from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget

from desktop.ui.shortcuts import SHORTCUTS, Group, Shortcut, keys_of, register
from desktop.ui.translate import Language, catalogue, set_language
from shared import limits


@pytest.mark.parametrize("shortcut", list(Shortcut))
def test_every_shortcut_has_keys_and_words_in_both_languages(
    windows: None, shortcut: Shortcut
) -> None:
    assert keys_of(shortcut)
    assert all(
        f"shortcut.{shortcut.value}" in catalogue(each)
        for each in (Language.ENGLISH, Language.CHINESE)
    )


def test_no_keys_do_two_things_in_one_place() -> None:
    places = [(group, key) for group, keys in SHORTCUTS.values() for key in keys]

    assert len(places) == len(set(places))


def test_registered_keys_act_in_their_window(windows: None) -> None:
    window, acts = QWidget(), []
    register(window, Shortcut.SWITCH, lambda: acts.append("switch"))
    window.show()
    window.activateWindow()
    QTest.qWaitForWindowActive(window)

    QTest.keyClick(window, Qt.Key.Key_K, Qt.KeyboardModifier.ControlModifier)

    assert acts == ["switch"]


def test_accounts_are_said_by_the_first_and_the_last_key(windows: None) -> None:
    assert keys_of(Shortcut.ACCOUNTS) == f"Ctrl+Shift+1 … {limits.ACCOUNTS_MAX}"


def test_arrows_are_written_as_on_their_keys_in_every_language(windows: None) -> None:
    try:
        for each in (Language.ENGLISH, Language.CHINESE):
            set_language(each)

            assert keys_of(Shortcut.MOVE_ROWS) == "↑ / ↓"
            assert keys_of(Shortcut.PREVIOUS_CHAT) == "Ctrl+Shift+Tab / Alt+↑"
    finally:
        set_language(Language.ENGLISH)


def test_keys_that_work_everywhere_are_no_ones_else() -> None:
    everywhere = {
        key for group, keys in SHORTCUTS.values() if group is Group.EVERYWHERE for key in keys
    }
    typed = [key for shortcut in EDITOR for key in SHORTCUTS[shortcut][1]]

    assert everywhere.isdisjoint(typed)


EDITOR = (Shortcut.MARK_BOLD, Shortcut.MARK_ITALIC, Shortcut.MARK_STRUCK, Shortcut.MARK_CODE)
