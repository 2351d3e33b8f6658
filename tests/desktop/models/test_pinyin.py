from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop.models.pinyin import name_fits, readings, sort_key


@pytest.mark.parametrize(
    "text", ["王", "芳", "wangfang", "wang fang", "wangf", "wfang", "wf", "w", "fang", "f", "wan"]
)
def test_a_name_is_found_as_written_by_its_sound_and_by_initials(text: str) -> None:
    assert name_fits("王芳", text)


@pytest.mark.parametrize("text", ["fw", "wanfang", "wangfangx", "x", "wx", "芳王", "wan fa x"])
def test_another_sound_does_not_find_it(text: str) -> None:
    assert not name_fits("王芳", text)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("单雄信", "shanxx"),  # Read dan elsewhere.
        ("曾国藩", "zeng"),
        ("重庆小李", "cqxl"),
        ("吕布", "lvb"),
        ("小A同学", "xatx"),
        ("张 伟", "zhangwei"),
        ("Anna 王", "annaw"),
        ("Straße", "strasse"),
        ("Alice Chen", "chen"),
    ],
)
def test_readings_scripts_and_blanks_mix(name: str, text: str) -> None:
    assert name_fits(name, text)


def test_an_empty_text_fits_everything() -> None:
    assert name_fits("王芳", "")
    assert name_fits("", "")
    assert not name_fits("", "a")


def test_names_are_sorted_by_sound_among_the_others() -> None:
    names = ["张伟", "Bob", "王芳", "alice", "白灵", "李雷"]

    assert sorted(names, key=sort_key) == ["alice", "白灵", "Bob", "李雷", "王芳", "张伟"]


def test_every_reading_is_a_syllable_in_small_letters() -> None:
    found = [readings(chr(code)) for code in range(0x4E00, 0x9FA6)]

    assert sum(1 for each in found if not each) <= 10  # Units of two syllables.
    assert all(each.isascii() and each.islower() for group in found for each in group)
    assert readings("a") == ()


@given(st.text(max_size=12), st.text(max_size=12))
def test_any_text_can_be_looked_for(name: str, text: str) -> None:
    assert name_fits(name, text.casefold().strip()) in (True, False)
    assert name_fits(name, name.casefold().strip())
