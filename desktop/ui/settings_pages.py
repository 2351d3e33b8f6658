"""Pages of the settings that change how this computer's windows look and behave."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from PySide6.QtWidgets import QWidget

from desktop.ui.fonts import SCALES, SYSTEM_FAMILY, set_fonts
from desktop.ui.motion import reduce_motion
from desktop.ui.settings import DND_FOR_EVER, Previews, SettingsStore
from desktop.ui.settings_page import SettingsPage
from desktop.ui.shortcuts_dialog import ShortcutsTable
from desktop.ui.theme import Appearance, set_appearance
from desktop.ui.times import list_time, now
from desktop.ui.translate import Language, set_language, translate

__all__ = ["AppearancePage", "ChatsPage", "NotificationsPage", "ShortcutsPage"]

MORNING_HOUR = 8


class NotificationsPage(SettingsPage):
    """What is told when a message comes, and when nothing is."""

    def __init__(self, settings: SettingsStore, parent: QWidget | None = None) -> None:
        super().__init__("settings.notifications", "bell", settings, parent)
        self.notifies = self.add_switch("notify.on", "notify.on_words", "notifies")
        self.plays_sound = self.add_switch("notify.sound", "notify.sound_words", "plays_sound")
        self._previews = list(Previews)
        self.previews = self.add_choice(
            "notify.previews", [f"notify.previews_{each.value}" for each in self._previews]
        )
        self.previews.choose(self._previews.index(settings.settings.previews))
        self.add_words("notify.previews_words")
        self.quiet = self.add_choice(
            "notify.quiet",
            ["notify.quiet_off", "notify.quiet_hour", "notify.quiet_morning", "notify.quiet_on"],
        )
        self.quiet_words = self.add_words()
        self.add_title("notify.tray")
        self.keeps_in_tray = self.add_switch(
            "notify.keep_running", "notify.keep_running_words", "keeps_in_tray"
        )
        self.previews.chosen.connect(lambda place: settings.change(previews=self._previews[place]))
        self.quiet.chosen.connect(self._on_quiet)
        self.say(self._say_quiet)
        self.retranslate()

    def shown(self) -> None:
        """A time that is over by now is shown as over."""
        self._say_quiet()

    def _on_quiet(self, place: int) -> None:
        begun = now()
        morning = begun.replace(hour=MORNING_HOUR, minute=0, second=0, microsecond=0)
        if morning <= begun:
            morning += timedelta(days=1)
        ends_ms = (
            0,
            round((begun + timedelta(hours=1)).timestamp() * 1000),
            round(morning.timestamp() * 1000),
            DND_FOR_EVER,
        )
        self._settings.change(dnd_until_ms=ends_ms[place])
        self._say_quiet()

    def _say_quiet(self) -> None:
        until_ms = self._settings.settings.dnd_until_ms
        left_ms = until_ms - round(now().timestamp() * 1000)
        if until_ms >= DND_FOR_EVER:
            self.quiet.choose(3)
            self.quiet_words.setText(translate("notify.quiet_for_ever"))
        elif left_ms <= 0:
            self.quiet.choose(0)
            self.quiet_words.setText(translate("notify.quiet_words"))
        else:
            self.quiet.choose(1 if left_ms <= 3_600_000 else 2)
            until = translate("notify.quiet_until", time=list_time(until_ms))
            self.quiet_words.setText(until)


class AppearancePage(SettingsPage):
    """Colours, language, letters, motion; every change is seen at once."""

    def __init__(self, settings: SettingsStore, parent: QWidget | None = None) -> None:
        super().__init__("settings.appearance", "palette", settings, parent)
        now = settings.settings
        self._appearances, self._languages = list(Appearance), list(Language)
        self.appearance = self.add_choice(
            "settings.colors", [f"settings.appearance_{each.value}" for each in self._appearances]
        )
        self.appearance.choose(self._appearances.index(now.appearance))
        self.language = self.add_choice(
            "settings.language", ["settings.language_system", lambda: "English", lambda: "简体中文"]
        )
        self.language.choose(self._languages.index(now.language))
        self.scale = self.add_choice("settings.scale", [_percent(each) for each in SCALES])
        if now.scale_percent in SCALES:
            self.scale.choose(SCALES.index(now.scale_percent))
        self.family = self.add_choice(
            "settings.font", ["settings.font_own", "settings.font_system"]
        )
        self.family.choose(1 if now.font_family == SYSTEM_FAMILY else 0)
        self.add_title("settings.motion")
        self.reduces_motion = self.add_switch(
            "settings.reduce_motion", "settings.reduce_motion_words", "reduces_motion"
        )
        self.reduces_motion.toggled.connect(reduce_motion)
        self.appearance.chosen.connect(self._on_appearance)
        self.language.chosen.connect(self._on_language)
        self.scale.chosen.connect(lambda place: self._on_font(scale_percent=SCALES[place]))
        self.family.chosen.connect(
            lambda place: self._on_font(font_family=SYSTEM_FAMILY if place else "")
        )
        self.retranslate()

    def _on_appearance(self, place: int) -> None:
        set_appearance(self._appearances[place])
        self._settings.change(appearance=self._appearances[place])

    def _on_language(self, place: int) -> None:
        set_language(self._languages[place])
        self._settings.change(language=self._languages[place])

    def _on_font(self, **change: object) -> None:
        self._settings.change(**change)
        now = self._settings.settings
        set_fonts(scale_percent=now.scale_percent, family=now.font_family)


class ChatsPage(SettingsPage):
    """How conversations behave."""

    def __init__(self, settings: SettingsStore, parent: QWidget | None = None) -> None:
        super().__init__("settings.chats", "message-circle", settings, parent)
        self.enter_sends = self.add_switch(
            "settings.enter_sends", "settings.enter_sends_words", "enter_sends"
        )
        self.downloads_pictures = self.add_switch(
            "settings.pictures", "settings.pictures_words", "downloads_pictures"
        )
        self.closes_windows = self.add_switch(
            "settings.private_windows", "settings.private_windows_words", "closes_private_windows"
        )
        self.retranslate()


class ShortcutsPage(SettingsPage):
    """The same table as behind Ctrl+/."""

    def __init__(self, settings: SettingsStore, parent: QWidget | None = None) -> None:
        super().__init__("shortcuts.title", "keyboard", settings, parent)
        self.table = ShortcutsTable(self.ground)
        self.add(self.table)
        self.retranslate()


def _percent(number: int) -> Callable[[], str]:
    return lambda: f"{number} %"
