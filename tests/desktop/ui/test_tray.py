from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QSystemTrayIcon
from pytestqt.qtbot import QtBot

from desktop.ui.badge import Badge
from desktop.ui.settings import DND_FOR_EVER, SettingsStore
from desktop.ui.translate import Language, set_language
from desktop.ui.tray import AccountLine, Closing, Tray, TrayState, closing_of

NOW = 1_000_000


@pytest.fixture
def settings(tmp_path: Path) -> SettingsStore:
    return SettingsStore(tmp_path / "windows.json")


@pytest.fixture
def tray(windows: None, settings: SettingsStore) -> Iterator[Tray]:
    made = Tray(settings, wall_ms=lambda: NOW)
    yield made
    made.stop()


def words(tray: Tray) -> list[str]:
    tray.menu.aboutToShow.emit()
    return [action.text() for action in tray.menu.actions() if not action.isSeparator()]


def action(tray: Tray, text: str) -> QAction:
    tray.menu.aboutToShow.emit()
    return next(each for each in tray.menu.actions() if each.text() == text)


ANNA, BEN = AccountLine(1, "Anna", 0, True), AccountLine(2, "Ben & Co", 3, False)


@pytest.mark.parametrize(
    ("has_tray", "keeps", "is_told", "expected"),
    [
        (False, False, False, Closing.QUIT),
        (False, True, True, Closing.QUIT),
        (True, False, False, Closing.ASK),
        (True, False, True, Closing.QUIT),
        (True, True, False, Closing.HIDE),
        (True, True, True, Closing.HIDE),
    ],
)
def test_closing_never_hides_what_nobody_would_find_again(
    has_tray: bool, keeps: bool, is_told: bool, expected: Closing
) -> None:
    assert closing_of(has_tray=has_tray, keeps_in_tray=keeps, is_told=is_told) is expected


def test_one_account_has_a_short_menu(tray: Tray) -> None:
    tray.set_state(TrayState(badge=Badge(), accounts=(ANNA,)))

    assert words(tray) == ["Open Mim", "Do not disturb", "Quit Mim"]


def test_several_accounts_are_listed_with_what_waits(tray: Tray, qtbot: QtBot) -> None:
    tray.set_state(TrayState(badge=Badge(3), accounts=(ANNA, BEN), can_lock=True))

    assert words(tray) == [
        "Open Mim",
        "Anna",
        "Ben && Co (3)",
        "Do not disturb",
        "Lock",
        "Quit Mim",
    ]
    assert action(tray, "Anna").isChecked()
    with qtbot.waitSignal(tray.account_chosen) as chosen:
        action(tray, "Ben && Co (3)").trigger()
    assert chosen.args == [2]


def test_locked_it_names_nobody(tray: Tray) -> None:
    tray.set_state(TrayState(badge=Badge(3), accounts=(ANNA, BEN), can_lock=True, is_locked=True))

    assert words(tray) == ["Open Mim", "Do not disturb", "Quit Mim"]


def test_its_entries_ask_for_what_they_say(tray: Tray, qtbot: QtBot) -> None:
    tray.set_state(TrayState(badge=Badge(), accounts=(ANNA,), can_lock=True))

    for text, signal in (
        ("Open Mim", tray.open_requested),
        ("Lock", tray.lock_requested),
        ("Quit Mim", tray.quit_requested),
    ):
        with qtbot.waitSignal(signal):
            action(tray, text).trigger()


def test_do_not_disturb_is_kept_and_ends_by_itself(tray: Tray, settings: SettingsStore) -> None:
    action(tray, "Do not disturb").trigger()
    assert settings.settings.dnd_until_ms == DND_FOR_EVER
    assert action(tray, "Do not disturb").isChecked()

    action(tray, "Do not disturb").trigger()
    assert settings.settings.dnd_until_ms == 0
    settings.change(dnd_until_ms=NOW)
    assert not action(tray, "Do not disturb").isChecked()


def test_a_click_opens_and_the_menu_button_does_not(tray: Tray, qtbot: QtBot) -> None:
    with qtbot.waitSignal(tray.open_requested):
        tray.icon.activated.emit(QSystemTrayIcon.ActivationReason.Trigger)
    with qtbot.assertNotEmitted(tray.open_requested):
        tray.icon.activated.emit(QSystemTrayIcon.ActivationReason.Context)


def test_its_tool_tip_counts(tray: Tray) -> None:
    assert tray.icon.toolTip() == "Mim"
    tray.set_state(TrayState(badge=Badge(1)))
    assert tray.icon.toolTip() == "Mim – 1 unread message"
    set_language(Language.CHINESE)
    assert tray.icon.toolTip() == "Mim – 1 条未读消息"
    assert words(tray)[0] == "打开 Mim"


def test_the_icon_is_painted_only_where_somebody_sees_it(tray: Tray) -> None:
    tray.set_state(TrayState(badge=Badge(200)))

    assert tray.icon.icon().isNull()


def test_a_count_leaves_the_menu_as_it_is(tray: Tray) -> None:
    tray.set_state(TrayState(badge=Badge(), accounts=(ANNA,)))
    before = tray.menu.actions()

    tray.set_state(TrayState(badge=Badge(1), accounts=(AccountLine(1, "Anna", 1, True),)))

    assert tray.menu.actions() == before


def test_the_icon_is_painted_anew_only_when_it_changes(
    tray: Tray, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tray.icon, "isVisible", lambda: True)
    tray.set_state(TrayState(badge=Badge(200)))
    before = tray.icon.icon().cacheKey()

    tray.set_state(TrayState(badge=Badge(300), can_lock=True))
    assert tray.icon.icon().cacheKey() == before
    tray.set_state(TrayState(badge=Badge(3)))
    assert tray.icon.icon().cacheKey() != before


def test_without_a_tray_it_waits_for_one(tray: Tray) -> None:
    tray.start()

    assert not tray.is_there
    assert not tray.icon.isVisible()
    assert tray._waiting.isActive()
    tray.stop()
    assert not tray._waiting.isActive()


def test_do_not_disturb_that_ends_is_no_longer_ticked_in_a_menu_that_was_kept(
    windows: None, settings: SettingsStore, qtbot: QtBot
) -> None:
    now_ms = [NOW]
    settings.change(dnd_until_ms=NOW + 20)
    made = Tray(settings, wall_ms=lambda: now_ms[0])

    def is_quiet() -> bool:
        return next(each.isChecked() for each in made.menu.actions() if each.isCheckable())

    assert is_quiet()
    now_ms[0] = NOW + 21

    qtbot.waitUntil(lambda: not is_quiet())
    made.stop()
