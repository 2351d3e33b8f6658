from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from desktop.events import Failed, FileState, MessageState, NoticeKind
from desktop.models.contacts import Section
from desktop.ui.file_acts import FileAct
from desktop.ui.file_risks import Risk
from desktop.ui.password_strength import Strength
from desktop.ui.search_filters import SPANS_DAYS
from desktop.ui.settings import Previews
from desktop.ui.shortcuts import Group
from desktop.ui.theme import Appearance
from desktop.ui.translate import (
    Language,
    catalogue,
    error_sentence,
    set_language,
    translate,
)
from shared.errors import Code

UI = Path(__file__).parents[3] / "desktop" / "ui"
ENGLISH, CHINESE = catalogue(Language.ENGLISH), catalogue(Language.CHINESE)
DESKTOP = UI.parent
CLIENT_CODES = set(re.findall(r"``(\w+)``", Failed.__doc__ or "")) - {"code", "message"}
# Whoever raises the error in the engine or in a window names a code, or hands another's on. What
# only the command line says is not translated.
RAISED_CODES = {
    code
    for path in DESKTOP.rglob("*.py")
    if path.parent.name != "cli"
    for code in re.findall(r'CommandFailedError\(\s*"(\w+)"', path.read_text(encoding="utf-8"))
}


@pytest.fixture(autouse=True)
def english_afterwards(windows: None) -> Iterator[None]:
    yield
    set_language(Language.ENGLISH)


def places(sentence: str) -> set[str]:
    return set(re.findall(r"{(\w+)}", sentence))


def singular(key: str) -> str:
    return key.removesuffix(".one")


def test_both_languages_say_the_same_things() -> None:
    assert {singular(key) for key in ENGLISH} == {singular(key) for key in CHINESE}


@pytest.mark.parametrize("key", sorted(CHINESE))
def test_a_sentence_has_the_same_places_in_both_languages(key: str) -> None:
    assert places(ENGLISH[key]) == places(CHINESE[key])
    assert ENGLISH[key].strip()
    assert CHINESE[key].strip()


def test_every_key_that_windows_use_is_there() -> None:
    used = set()
    for path in UI.glob("*.py"):
        used |= set(re.findall(r'translate\(\s*"([\w.]+)"', path.read_text(encoding="utf-8")))

    assert len(used) > 100
    assert used <= set(ENGLISH)


def test_every_sentence_is_used() -> None:
    source = "\n".join(path.read_text(encoding="utf-8") for path in UI.glob("*.py"))
    written = set(re.findall(r'"([a-z]+\.[\w.]+)"', source))
    made = (
        "error.",
        "state.",
        "notice.",
        "time.",
        "contacts.",
        "settings.appearance_",
        "empty.",
        "group.make_",
        "mute.",
        "role.",
        "system.",
        "timer.",
        "emoji.group_",
        "emoji.tone_",
        "edit.mark_",
        "calendar.weekday_",
        "file.act_",
        "file.is_",
        "file.risk_",
        "notify.previews_",
        "filter.days_",
        "strength.",
        "shortcut.",
        "shortcuts.group_",
    )

    unused = {key for key in CHINESE if key not in written and not key.startswith(made)}

    assert unused == set()


@pytest.mark.parametrize("language", [Language.ENGLISH, Language.CHINESE])
@pytest.mark.parametrize(
    "code", sorted({*(code.value for code in Code), *CLIENT_CODES, *RAISED_CODES})
)
def test_every_code_has_a_sentence_that_ends(code: str, language: Language) -> None:
    sentence = catalogue(language)[f"error.{code}"]

    assert sentence[-1] in ".。/)"
    assert code == "unknown" or "{" not in sentence


def test_the_clients_own_codes_are_those_that_are_raised() -> None:
    assert len(RAISED_CODES) > 8
    assert {"offline", "local", "passwords", "no_picture"} <= CLIENT_CODES & RAISED_CODES


@pytest.mark.parametrize(
    "key",
    [
        *(f"state.{state.value}" for state in MessageState),
        *(f"notice.{kind.value}" for kind in NoticeKind),
        *(f"contacts.section_{section.value}" for section in Section),
        *(f"settings.appearance_{each.value}" for each in Appearance),
        *(f"notify.previews_{each.value}" for each in Previews),
        *(f"filter.days_{days}" for days in SPANS_DAYS),
        *(f"strength.{strength.value}" for strength in Strength),
        *(f"shortcuts.group_{group.value}" for group in Group),
        *(f"time.month_{month}" for month in range(1, 13)),
        *(f"calendar.weekday_{day}" for day in range(1, 8)),
        *(f"file.act_{act.value}" for act in FileAct),
        *(f"file.is_{state.value}" for state in FileState if state is not FileState.RUNNING),
        *(f"file.risk_{risk.value}" for risk in Risk),
        *(f"time.weekday_{day}" for day in range(1, 8)),
        *(f"time.weekday_{day}_short" for day in range(1, 8)),
    ],
)
def test_keys_that_are_put_together_are_there(key: str) -> None:
    assert key in ENGLISH
    assert key in CHINESE


def test_a_code_of_the_future_gets_a_plain_sentence() -> None:
    assert "of_the_future" in error_sentence("of_the_future")


def test_one_is_said_differently_from_many() -> None:
    assert translate("rail.requests", count=1) == "1 new request"
    assert translate("rail.requests", count=2) == "2 new requests"


def test_the_language_is_switched_while_windows_are_open() -> None:
    assert translate("dialog.cancel") == "Cancel"

    set_language(Language.CHINESE)

    assert translate("dialog.cancel") == "取消"


def test_the_system_language_is_one_of_the_two() -> None:
    set_language(Language.SYSTEM)

    assert translate("dialog.cancel") in ("Cancel", "取消")
