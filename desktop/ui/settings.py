"""What the windows remember of themselves: looks, language, sizes. One small file per profile."""

from __future__ import annotations

import logging
from enum import StrEnum
from pathlib import Path

import msgspec

from desktop.ui.theme import Appearance
from desktop.ui.translate import Language

__all__ = ["Previews", "Settings", "SettingsStore"]

logger = logging.getLogger(__name__)


class Previews(StrEnum):
    """How much a notification says."""

    ALL = "all"  # Who wrote, and what.
    NAMES = "names"  # Who wrote.
    NONE = "none"  # That there is a message.


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """What is remembered; a missing or broken file means the defaults."""

    appearance: Appearance = Appearance.SYSTEM
    language: Language = Language.SYSTEM
    width: int = 1100
    height: int = 760
    is_maximized: bool = False
    list_width: int = 320
    was_logged_in: bool = False  # Show the main window at once, before the engine has spoken.
    scale_percent: int = 100  # Of letters and of what grows with them; `fonts.SCALES`.
    font_family: str = ""  # Empty: the bundled one; else `fonts.SYSTEM_FAMILY`.
    reduces_motion: bool = False
    enter_sends: bool = True  # Else Enter breaks the line and Ctrl+Enter sends.
    closes_private_windows: bool = False  # A chat of its own, when the other one goes offline.
    downloads_pictures: bool = True  # When they come into sight, without being asked.
    notifies: bool = True
    previews: Previews = Previews.ALL
    plays_sound: bool = True
    dnd_until_ms: int = -1  # Do not disturb: -1 off, 0 until ended, else until then (wall clock).
    keeps_in_tray: bool = False  # Closing the last window keeps the app, if there is a tray.
    auto_lock_minutes: int = 5  # Without input, where a passcode is set; 0: never by itself.


class SettingsStore:
    """Keeps the settings in a file.

    Args:
        path: Of the file; its folder is made when something is first stored.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self.settings = self._load()

    def change(self, **changes: object) -> None:
        """Change some settings and store them all."""
        changed = msgspec.structs.replace(self.settings, **changes)
        if changed != self.settings:
            self.settings = changed
            self._store()

    def _load(self) -> Settings:
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=Settings)
        except (OSError, msgspec.DecodeError):
            # A lost size or colour is not worth a word.
            return Settings()

    def _store(self) -> None:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            fresh = self._path.with_suffix(".new")
            fresh.write_bytes(msgspec.json.format(msgspec.json.encode(self.settings)))
            fresh.replace(self._path)
        except OSError as error:
            logger.warning("settings are not stored: %s", type(error).__name__)
