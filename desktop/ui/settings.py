"""What the windows remember of themselves: looks, language, sizes. One small file per profile.

Some settings belong to the app and not to one account (`APP_WIDE`): where several accounts are open
in one process, they are kept in the file of the first and hold for all.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

import msgspec

from desktop.models.notifications import Previews
from desktop.models.reading_place import ReadingPlace
from desktop.ui.theme import Appearance
from desktop.ui.translate import Language
from desktop.ui.window_place import ChatPlace, WindowPlace
from shared.identifiers import ConversationId

__all__ = ["APP_WIDE", "DND_FOR_EVER", "Previews", "Settings", "SettingsStore"]

logger = logging.getLogger(__name__)

DND_FOR_EVER = 2**53 - 1


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """What is remembered; a missing or broken file means the defaults."""

    appearance: Appearance = Appearance.SYSTEM
    language: Language = Language.SYSTEM
    width: int = 1100
    height: int = 760
    is_maximized: bool = False
    list_width: int = 320
    place: WindowPlace | None = None  # Of the main window; `None`: where the system puts it.
    is_list_folded: bool = False
    is_info_open: bool = False
    open_conversation: ConversationId | None = None
    chat_windows: tuple[ChatPlace, ...] = ()  # At most `limits.CHAT_WINDOWS_MAX`.
    places: tuple[tuple[ConversationId, ReadingPlace], ...] = ()  # The one left last is last.
    was_logged_in: bool = False  # Show the main window at once, before the engine has spoken.
    scale_percent: int = 100  # Of letters and of what grows with them; `fonts.SCALES`.
    font_family: str = ""  # Empty: the bundled one; else `fonts.SYSTEM_FAMILY`.
    reduces_motion: bool = False
    enter_sends: bool = True  # Else Enter breaks the line and Ctrl+Enter sends.
    recent_emoji: tuple[str, ...] = ()  # At most `limits.EMOJI_RECENT_MAX`, the newest first.
    skin_tone: int = 0  # 0: none; 1 … 5 from light to dark.
    closes_private_windows: bool = False  # A chat of its own, when the other one goes offline.
    downloads_pictures: bool = True  # When they come into sight, without being asked.
    notifies: bool = True
    previews: Previews = Previews.ALL
    plays_sound: bool = True
    dnd_until_ms: int = 0  # Local clock; 0: not; `DND_FOR_EVER`: until it is taken back.
    keeps_in_tray: bool = False  # Closing the last window keeps the app, if there is a tray.
    is_tray_told: bool = False  # What closing the window does was said once.
    auto_lock_minutes: int = 5  # Without input, where a passcode is set; 0: never by itself.
    with_profiles: tuple[int, ...] = ()  # Further profiles that this window opened; see `seats`.


APP_WIDE = frozenset(
    {
        "appearance",
        "scale_percent",
        "font_family",
        "reduces_motion",
        "language",
        "notifies",
        "previews",
        "plays_sound",
        "dnd_until_ms",
        "keeps_in_tray",
        "is_tray_told",
        "auto_lock_minutes",
        "with_profiles",
    }
)


class SettingsStore:
    """Keeps the settings in a file.

    Args:
        path: Of the file; its folder is made when something is first stored. Without one, nothing
            is remembered beyond this store's life.
        base: The store of the process's first account, which keeps what is `APP_WIDE`.
    """

    def __init__(self, path: Path | None = None, *, base: SettingsStore | None = None) -> None:
        self._path = path
        self._base = base
        self._own = self._load()
        # Called after every change. A list and no signal: this is no part of Qt.
        self.on_change: list[Callable[[], None]] = []

    @property
    def settings(self) -> Settings:
        """What holds for this account."""
        if self._base is None:
            return self._own
        wide = {name: getattr(self._base.settings, name) for name in APP_WIDE}
        return msgspec.structs.replace(self._own, **wide)

    @property
    def folder(self) -> Path | None:
        """The profile's folder, if this is a profile's."""
        return None if self._path is None else self._path.parent

    def change(self, **changes: object) -> None:
        """Change some settings and store them all."""
        if self._base is not None:
            wide = {name: value for name, value in changes.items() if name in APP_WIDE}
            changes = {name: value for name, value in changes.items() if name not in APP_WIDE}
            self._base.change(**wide)
        changed = msgspec.structs.replace(self._own, **changes)
        if changed != self._own:
            self._own = changed
            self._store()
            for tell in list(self.on_change):
                tell()

    def _load(self) -> Settings:
        if self._path is None:
            return Settings()
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=Settings)
        except (OSError, msgspec.DecodeError):
            # A lost size or colour is not worth a word.
            return Settings()

    def _store(self) -> None:
        if self._path is None:
            return
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            fresh = self._path.with_suffix(".new")
            fresh.write_bytes(msgspec.json.format(msgspec.json.encode(self._own)))
            fresh.replace(self._path)
        except OSError as error:
            logger.warning("settings are not stored: %s", type(error).__name__)
