from __future__ import annotations

from pathlib import Path

import pytest

from desktop.ui.settings import Previews, Settings, SettingsStore
from desktop.ui.theme import Appearance
from desktop.ui.translate import Language


def test_what_was_changed_is_there_after_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "new" / "windows.json"

    SettingsStore(path).change(appearance=Appearance.DARK, language=Language.CHINESE, width=900)

    again = SettingsStore(path).settings
    assert again == Settings(appearance=Appearance.DARK, language=Language.CHINESE, width=900)


@pytest.mark.parametrize("content", ["", "{", '{"appearance": "pink"}', "[]"])
def test_a_broken_file_means_the_defaults(tmp_path: Path, content: str) -> None:
    path = tmp_path / "windows.json"
    path.write_text(content, encoding="utf-8")

    assert SettingsStore(path).settings == Settings()


@pytest.mark.logs_warnings
def test_a_folder_that_cannot_be_made_is_no_trouble(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    store = SettingsStore(tmp_path / "file" / "windows.json")

    store.change(width=800)

    assert store.settings.width == 800


def test_settings_of_an_older_version_are_read(tmp_path: Path) -> None:
    path = tmp_path / "windows.json"
    path.write_text('{"width": 900}', encoding="utf-8")

    settings = SettingsStore(path).settings

    assert settings.width == 900
    assert settings.enter_sends
    assert settings.previews is Previews.ALL


def test_what_belongs_to_the_app_is_kept_with_the_first_account(tmp_path: Path) -> None:
    first = SettingsStore(tmp_path / "1" / "windows.json")
    second = SettingsStore(tmp_path / "2" / "windows.json", base=first)

    second.change(language=Language.CHINESE, notifies=False, width=700)

    assert second.settings.width == 700
    assert not second.settings.notifies
    again = SettingsStore(tmp_path / "1" / "windows.json").settings
    assert again == Settings(language=Language.CHINESE, notifies=False)


def test_who_listens_hears_of_a_change_and_of_nothing_else(tmp_path: Path) -> None:
    store = SettingsStore(tmp_path / "windows.json")
    heard: list[int] = []
    store.on_change.append(lambda: heard.append(store.settings.auto_lock_minutes))

    store.change(auto_lock_minutes=5)
    store.change(auto_lock_minutes=15)

    assert heard == [15]
