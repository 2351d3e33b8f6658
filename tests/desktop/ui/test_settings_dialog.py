from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from desktop.ui.settings import SettingsStore
from desktop.ui.settings_dialog import SettingsDialog
from desktop.ui.translate import Language, set_language
from tests.desktop.fake_port import FakePort
from tests.desktop.ui.hands import press, press_key
from tests.desktop.ui.spoken import unnamed_controls


@pytest.fixture
def dialog(port: FakePort, tmp_path: Path) -> SettingsDialog:
    store = SettingsStore(tmp_path / "windows.json")
    made = SettingsDialog(port.session, port, store, version="1", has_passcode=True)
    made.open()
    return made


def test_a_page_is_chosen_from_the_list(dialog: SettingsDialog) -> None:
    row = dialog.page_rows[dialog.pages.index(dialog.chats)]

    press(row)

    assert dialog.chats.isVisible()
    assert dialog.page_title.text() == "Chats"


def test_arrows_go_from_page_to_page(dialog: SettingsDialog) -> None:
    press(dialog.page_rows[0])

    press_key(dialog, Qt.Key.Key_Down)

    assert dialog.privacy.isVisible()


def test_a_narrow_dialog_shows_the_list_and_then_the_page(dialog: SettingsDialog) -> None:
    dialog.resize(380, 560)
    QApplication.processEvents()
    assert dialog.list.isVisible()
    assert not dialog.page.isVisible()

    press(dialog.page_rows[3])
    assert dialog.appearance.isVisible()
    assert not dialog.list.isVisible()
    press(dialog.back_button)

    assert dialog.list.isVisible()


def test_it_speaks_the_language_that_holds(dialog: SettingsDialog) -> None:
    set_language(Language.CHINESE)

    assert dialog.list_title.text() == "设置"
    assert dialog.page_rows[0].accessibleName() == "账号"


@pytest.mark.parametrize("name", ["log_out", "devices", "password", "code", "profile", "passcode"])
def test_other_dialogs_are_asked_for_from_here(
    dialog: SettingsDialog, qtbot: QtBot, name: str
) -> None:
    page = dialog.privacy if name == "passcode" else dialog.account
    dialog.show_page(page)

    with qtbot.waitSignals([getattr(dialog, f"{name}_requested"), dialog.finished]):
        press(getattr(page, f"{name}_row"))


def test_escape_closes_it(dialog: SettingsDialog, qtbot: QtBot) -> None:
    with qtbot.waitSignal(dialog.finished):
        QTest.keyClick(dialog, Qt.Key.Key_Escape)


def test_every_control_of_every_page_has_a_name(dialog: SettingsDialog) -> None:
    for page in dialog.pages:
        dialog.show_page(page)

        assert unnamed_controls(dialog) == []


def test_tab_goes_from_the_list_over_the_top_into_the_page(dialog: SettingsDialog) -> None:
    dialog.show_page(dialog.chats)
    row = dialog.page_rows[dialog.pages.index(dialog.chats)]
    row.setFocus()
    reached = []
    for _ in range(3):
        QTest.keyClick(dialog.focusWidget(), Qt.Key.Key_Tab)
        reached.append(dialog.focusWidget())

    assert reached == [
        dialog.close_button,
        dialog.chats.enter_sends,
        dialog.chats.downloads_pictures,
    ]
