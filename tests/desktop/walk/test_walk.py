"""Every window of the table, as a screen reader says it and in a language of brackets."""

from __future__ import annotations

import re

import pytest

from desktop.ui import translate as translations
from desktop.ui.account_pages import PARTS
from desktop.ui.emoji import load_emoji
from tests.desktop.walk.brackets import bracketed, catalogue_in_brackets
from tests.desktop.walk.reading import (
    Heard,
    Painted,
    cut_words,
    heard,
    said_by_people,
    shown_words,
    unreachable,
    without_words_of,
)
from tests.exhibits.scenes import SCENES, Scene, close

# Said alike in every language: keys, the product, file names and addresses of the world.
SAME_EVERYWHERE = (
    *("Ctrl", "Shift", "Enter", "Esc", "Alt", "Tab", "Mim", "QR", "GB", "MB", "KB", "kB", "Inter"),
    *("Del", "Home", "End", "Menu", "PgUp", "PgDown", "bytes"),
    *(word for part in PARTS for word in part),
    *("https", "http", "example", "org", "简体中文", "English", "中文"),
    *("K7QM", "XWP", "TF", "HJ", "RD", "YNB"),
)
CLASS_NAME = re.compile(r"^Q?[A-Z][a-z]+([A-Z][a-z]+)+$")


@pytest.fixture
def brackets(windows: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(translations, "catalogue", catalogue_in_brackets)


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.name)
def test_a_screen_reader_has_a_word_of_its_own_for_every_control(
    scene: Scene, windows: None
) -> None:
    stage = scene.set_up()

    controls, roleless = heard(stage.window), unreachable(stage.window)
    close(stage)

    assert controls
    assert roleless == []
    assert [str(control) for control in controls if not has_good_name(control)] == []
    assert [str(control) for control in controls if control.siblings > 1] == []


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.name)
def test_every_word_is_translated_and_has_room(
    scene: Scene, brackets: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = scene.set_up()

    painted = Painted.of(stage.window, monkeypatch)
    words = [*shown_words(stage.window), *painted.words]
    words += [control.name for control in heard(stage.window)]
    people, cut = said_by_people(stage.port), cut_words(stage.window)
    # Emoji are named in the languages of their own table.
    people = sorted([*people, *(each.name for each in load_emoji())], key=len, reverse=True)
    close(stage)

    foreign = {text for text in words if "[" not in text and without_words_of(people, spare(text))}
    assert foreign == set()
    assert cut == []
    assert {text for text in painted.cut if is_only_ours(people, text)} == set()


def has_good_name(control: Heard) -> bool:
    name = control.name.strip()
    return bool(name) and name not in control.classes and not CLASS_NAME.match(name)


def spare(text: str) -> str:
    """Leave out what is said alike everywhere."""
    for each in SAME_EVERYWHERE:
        text = text.replace(each, " ")
    return text


def is_only_ours(people: list[str], text: str) -> bool:
    """Whether a text that was cut has no words of people, which may be of any length."""
    return "[" in text and not any(each in text for each in people if len(each) > 1)


def test_brackets_make_a_sentence_longer_and_keep_its_places() -> None:
    said = bracketed("{name} is typing a message…")

    assert said.startswith("[{name} íš týpíñg á méššágé…")
    assert said.endswith("]")
    assert len(said) >= 1.35 * len("{name} is typing a message…")
