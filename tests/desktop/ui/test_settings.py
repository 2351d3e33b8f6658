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
