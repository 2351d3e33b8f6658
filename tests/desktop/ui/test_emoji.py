from __future__ import annotations

import pytest

from desktop.ui.assets import ASSETS
from desktop.ui.emoji import (
    TONES,
    complete_emoji,
    emoji_of,
    find_emoji,
    load_emoji,
    load_groups,
    with_recent,
)
from desktop.ui.translate import Language, set_language
from shared import limits


def signs(text: str) -> list[str]:
    return [emoji.sign for emoji in find_emoji(text)]


def test_every_emoji_has_names_in_both_languages_and_a_short_one() -> None:
    assert len(load_emoji()) > 1800
    assert all(each.english and each.chinese and each.short_name for each in load_emoji())
    assert len({each.sign for each in load_emoji()}) == len(load_emoji())
    assert all(group.items for group in load_groups())


def test_the_licence_lies_beside_the_data() -> None:
    assert "MIT" in (ASSETS / "emoji" / "LICENSE").read_text(encoding="utf-8")


def test_every_emoji_in_every_tone_fits_into_a_reaction() -> None:
    longest = max(len(sign) for each in load_emoji() for sign in (each.sign, *each.tones))

    assert longest <= limits.EMOJI_LENGTH_MAX


@pytest.mark.parametrize(
    ("text", "sign"),
    [
        ("rocket", "🚀"),
        ("ROCKET", "🚀"),
        ("火箭", "🚀"),
        ("smile", "😄"),
        (":tada:", "🎉"),
        ("拉炮彩带", "🎉"),
        ("thumbs up", "👍️"),
        ("赞", "👍️"),
        ("猫", "🐈️"),
    ],
)
def test_an_emoji_is_found_by_its_names_in_both_languages(text: str, sign: str) -> None:
    assert sign in signs(text)[:3]


def test_a_whole_name_comes_before_a_part_of_one() -> None:
    found = find_emoji("heart")

    assert found[0].short_names.split()[0] == "heart"
    assert len(found) > 20


def test_nothing_to_search_finds_all_and_nonsense_none() -> None:
    assert len(find_emoji("  ")) == len(load_emoji())
    assert find_emoji("qqqq") == []


def test_a_colon_and_two_letters_complete_what_begins_so() -> None:
    assert complete_emoji("s", 8) == []
    offered = complete_emoji("smi", 8)

    assert len(offered) == 8
    assert offered[0].sign == "😄" or "smi" in offered[0].short_names
    assert all(
        "smi" in f"{each.short_names} {each.english} {each.english_words}" for each in offered
    )
    assert complete_emoji("qq", 8) == []


def test_a_sign_in_a_tone_is_known_with_and_without_the_mark_for_colour() -> None:
    hand = emoji_of("✋")
    assert hand is not None

    toned = [hand.toned(tone) for tone in range(TONES)]

    assert len(set(toned)) == TONES
    assert [emoji_of(sign) for sign in toned] == [hand] * TONES
    assert emoji_of("❤") is emoji_of("❤️") is not None
    assert emoji_of("no emoji") is None


def test_what_has_no_tones_stays_as_it_is() -> None:
    rocket = emoji_of("🚀")

    assert rocket is not None
    assert rocket.toned(3) == "🚀"


def test_names_are_in_the_language_that_is_spoken(windows: None) -> None:
    rocket = emoji_of("🚀")
    assert rocket is not None
    english = rocket.name

    set_language(Language.CHINESE)

    assert (english, rocket.name) == ("rocket", "火箭")


def test_what_was_used_last_comes_first_and_the_oldest_goes() -> None:
    assert with_recent(("a", "b", "c"), "c", count=3) == ("c", "a", "b")
    assert with_recent(("a", "b", "c"), "d", count=3) == ("d", "a", "b")
