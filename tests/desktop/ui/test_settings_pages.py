from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from desktop.ui.fonts import font, set_fonts
from desktop.ui.settings import DND_FOR_EVER, Previews, SettingsStore
from desktop.ui.settings_pages import (
    AppearancePage,
    ChatsPage,
    NotificationsPage,
    ShortcutsPage,
)
from desktop.ui.shortcuts import Shortcut
from desktop.ui.theme import Appearance, set_appearance, tokens
from desktop.ui.translate import Language, active_language, set_language
from tests.desktop.fake_port import NOW
from tests.desktop.ui.hands import press
from tests.desktop.ui.spoken import unnamed_controls


@pytest.fixture
def store(windows: None, tmp_path: Path) -> Iterator[SettingsStore]:
    yield SettingsStore(tmp_path / "windows.json")
    set_appearance(Appearance.LIGHT)
    set_language(Language.ENGLISH)
    set_fonts()


def test_the_appearance_changes_at_once_and_is_kept(store: SettingsStore) -> None:
    page = AppearancePage(store)
    page.resize(520, 900)
    page.show()

    press(page.appearance.segments[2])

    assert tokens().is_dark
    assert store.settings.appearance is Appearance.DARK


def test_the_language_changes_at_once_and_is_kept(store: SettingsStore) -> None:
    page = AppearancePage(store)
    page.resize(520, 900)
    page.show()

    press(page.language.segments[2])

    assert active_language() is Language.CHINESE
    assert store.settings.language is Language.CHINESE


def test_letters_grow_at_once_and_the_scale_is_kept(store: SettingsStore) -> None:
    page = AppearancePage(store)
    page.resize(520, 900)
    page.show()

    press(page.scale.segments[4])

    assert font(14).pixelSize() == 21
    assert page.reduces_motion.font().pixelSize() == 21
    assert store.settings.scale_percent == 150


def test_the_systems_font_is_taken_and_kept(store: SettingsStore) -> None:
    page = AppearancePage(store)
    page.resize(520, 900)
    page.show()

    press(page.family.segments[1])

    assert store.settings.font_family == "system"
    press(page.family.segments[0])
    assert font(14).families()[0] == "Inter"


@pytest.mark.parametrize(
    ("place", "until"),
    [
        (1, NOW + timedelta(hours=1)),
        (2, NOW.replace(hour=8, minute=0) + timedelta(days=1)),
    ],
)
def test_do_not_disturb_ends_by_itself(store: SettingsStore, place: int, until: object) -> None:
    page = NotificationsPage(store)
    page.resize(520, 900)
    page.show()

    press(page.quiet.segments[place])

    assert store.settings.dnd_until_ms == round(until.timestamp() * 1000)  # type: ignore[attr-defined]
    assert "Quiet until" in page.quiet_words.text()


def test_do_not_disturb_lasts_until_it_is_taken_back(store: SettingsStore) -> None:
    page = NotificationsPage(store)
    page.resize(520, 900)
    page.show()

    press(page.quiet.segments[3])
    assert store.settings.dnd_until_ms == DND_FOR_EVER
    assert "until you turn" in page.quiet_words.text()
    press(page.quiet.segments[0])

    assert store.settings.dnd_until_ms == 0


def test_a_quiet_time_that_is_over_is_shown_as_off(store: SettingsStore) -> None:
    store.change(dnd_until_ms=round(NOW.timestamp() * 1000) - 1)

    page = NotificationsPage(store)

    assert page.quiet.segments[0].isChecked()


def test_what_notifications_show_is_kept(store: SettingsStore) -> None:
    page = NotificationsPage(store)
    page.resize(520, 900)
    page.show()

    press(page.previews.segments[1])

    assert store.settings.previews is Previews.NAMES


def test_every_row_of_every_page_has_a_name(store: SettingsStore) -> None:
    for page in (AppearancePage(store), NotificationsPage(store), ChatsPage(store)):
        page.show()

        assert unnamed_controls(page) == []


def test_the_shortcuts_are_those_of_the_dialog(store: SettingsStore) -> None:
    assert set(ShortcutsPage(store).table.words) == set(Shortcut)
