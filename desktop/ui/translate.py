"""Everything the windows say, in English and Simplified Chinese, switched while they are open.

`assets/translations/en.json` and `zh.json` map the same keys to sentences. ``{name}`` in a
sentence is filled in; where the number matters in English, ``key.one`` is used for 1.
"""

from __future__ import annotations

from enum import StrEnum
from functools import lru_cache

import msgspec
from PySide6.QtCore import QLocale, QObject, Signal

from desktop.ui.assets import ASSETS
from desktop.ui.qt_words import speak_chinese

__all__ = [
    "Language",
    "active_language",
    "catalogue",
    "error_sentence",
    "language",
    "set_language",
    "translate",
]


class Language(StrEnum):
    """What the person chose; the system's language if they chose nothing."""

    SYSTEM = "system"
    ENGLISH = "en"
    CHINESE = "zh"


class LanguageSwitch(QObject):
    """Tells when the language has changed, so that widgets say everything anew."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.chosen = Language.SYSTEM
        self.active = _system_language()


_switch: list[LanguageSwitch] = []


def language() -> LanguageSwitch:
    """Return the one switch of this process, made when it is first asked for."""
    if not _switch:
        _switch.append(LanguageSwitch())
    return _switch[0]


def active_language() -> Language:
    """Return the language that is spoken now; never `Language.SYSTEM`."""
    return language().active


def set_language(chosen: Language) -> None:
    """Speak another language in all windows at once."""
    switch = language()
    switch.chosen = chosen
    switch.active = _system_language() if chosen is Language.SYSTEM else chosen
    speak_chinese(is_wanted=switch.active is Language.CHINESE)
    switch.changed.emit()


@lru_cache
def catalogue(spoken: Language) -> dict[str, str]:
    """Return all sentences of a language."""
    path = ASSETS / "translations" / f"{spoken.value}.json"
    return msgspec.json.decode(path.read_bytes(), type=dict[str, str])


def translate(key: str, *, count: int | None = None, **values: object) -> str:
    """Say a sentence in the active language, with its places filled in."""
    sentences = catalogue(active_language())
    sentence = sentences[key]
    if count == 1:
        sentence = sentences.get(f"{key}.one", sentence)
    if count is not None:
        values["count"] = count
    return sentence.format(**values) if values else sentence


def error_sentence(code: str) -> str:
    """Say why a command was refused; a code newer than these windows gets a plain sentence."""
    key = f"error.{code}"
    if key not in catalogue(active_language()):
        return translate("error.unknown", code=code)
    return translate(key)


def _system_language() -> Language:
    is_chinese = QLocale.system().language() is QLocale.Language.Chinese
    return Language.CHINESE if is_chinese else Language.ENGLISH
