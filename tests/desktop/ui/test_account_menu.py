from __future__ import annotations

import pytest
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from desktop.ui.account_menu import AccountEntry, AccountMenu
from desktop.ui.translate import Language, set_language
from shared import limits
from tests.desktop.fake_port import profile
from tests.desktop.ui.hands import choose

ENTRIES = [
    AccountEntry(number=1, profile=profile(1, "linxiao", "林晓"), unread=2, is_shown=True),
    AccountEntry(number=3, profile=profile(9, "work", "R & D"), unread=5),
    AccountEntry(number=4, profile=None, is_locked=True),
]


def texts(menu: AccountMenu) -> list[str]:
    return [action.text() for action in menu.actions() if not action.isSeparator()]


def action(menu: AccountMenu, text: str) -> QAction:
    return next(each for each in menu.actions() if each.text() == text)


def test_it_lists_accounts_with_what_waits_elsewhere(windows: None) -> None:
    menu = AccountMenu(ENTRIES, can_lock=True)

    assert texts(menu) == [
        "林晓",
        "R && D  (5)",
        "New account",
        "Add account",
        "My profile",
        "Passcode…",
        "Lock",
    ]
    tips = [each.toolTip() for each in menu.actions()[:3]]
    assert tips == ["林晓, shown now", "R & D, 5 unread messages", "New account, locked"]
    assert action(menu, "R && D  (5)").shortcut().toString() == "Ctrl+Shift+2"


def test_its_entries_ask_for_what_they_say(windows: None, qtbot: QtBot) -> None:
    button = QPushButton()
    qtbot.addWidget(button)
    button.show()
    told: list[object] = []

    for words in ("R && D  (5)", "Add account", "My profile", "Passcode…", "Lock"):
        menu = AccountMenu(ENTRIES, can_lock=True, parent=button)
        menu.account_chosen.connect(told.append)
        menu.add_requested.connect(lambda: told.append("add"))
        menu.profile_requested.connect(lambda: told.append("profile"))
        menu.passcode_requested.connect(lambda: told.append("passcode"))
        menu.lock_requested.connect(lambda: told.append("lock"))
        menu.open_at(button)
        choose(menu, words)

    assert told == [3, "add", "profile", "passcode", "lock"]


def test_an_account_that_comes_while_it_is_open_is_shown(windows: None, qtbot: QtBot) -> None:
    button = QPushButton()
    qtbot.addWidget(button)
    button.show()
    menu = AccountMenu(ENTRIES[:1], can_lock=True, parent=button)
    menu.open_at(button)
    menu.setActiveAction(action(menu, "Add account"))

    menu.show_entries(ENTRIES)

    assert texts(menu)[:3] == ["林晓", "R && D  (5)", "New account"]
    assert menu.activeAction() is action(menu, "Add account")
    menu.close()


def test_without_a_passcode_there_is_no_lock(windows: None) -> None:
    assert "Lock" not in texts(AccountMenu(ENTRIES, can_lock=False))


def test_no_more_accounts_than_the_bound_are_offered(windows: None) -> None:
    full = [ENTRIES[0]] * limits.ACCOUNTS_MAX

    add = action(AccountMenu(full, can_lock=False), "Add account")

    assert not add.isEnabled()
    assert str(limits.ACCOUNTS_MAX) in add.toolTip()


@pytest.mark.parametrize("spoken", [Language.ENGLISH, Language.CHINESE])
def test_it_opens_beside_its_button(windows: None, qtbot: QtBot, spoken: Language) -> None:
    set_language(spoken)
    button = QPushButton()
    button.show()
    menu = AccountMenu(ENTRIES, can_lock=True, parent=button)

    menu.open_at(button)

    qtbot.waitUntil(menu.isVisible)
    assert menu.accessibleName() in ("Accounts", "账号")
    menu.close()
