from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop.ui.snippets import LENGTH_MAX, snippet, word_spans


@pytest.mark.parametrize(
    ("text", "wanted", "spans"),
    [
        ("Dinner on Sunday", "sun", ((10, 3),)),
        ("aXa", "A", ((0, 1), (2, 1))),
        ("一起吃饭吗", "吃饭", ((2, 2),)),
        ("lunch, then dinner", "dinner lunch", ((0, 5), (12, 6))),
        ("a.b", ".", ((1, 1),)),
        ("abcabc", "ab abc", ((0, 3), (3, 3))),
        ("abc", "", ()),
        ("abc", "x", ()),
    ],
)
def test_words_are_found_where_they_stand(
    text: str, wanted: str, spans: tuple[tuple[int, int], ...]
) -> None:
    assert word_spans(text, wanted) == spans


def test_a_long_text_begins_a_little_before_what_was_found() -> None:
    found = snippet("one two three four five six seven eight nine dinner at eight", "dinner")

    assert found.text == "…six seven eight nine dinner at eight"
    assert found.text[found.spans[0][0] :].startswith("dinner")


def test_lines_are_joined() -> None:
    assert snippet("see\n\n you  there", "you").text == "see you there"


@given(st.text(max_size=600), st.text(max_size=12))
def test_what_is_marked_is_inside_and_in_order(text: str, wanted: str) -> None:
    found = snippet(text, wanted)

    assert len(found.text) <= LENGTH_MAX + 1
    end = 0
    for start, length in found.spans:
        assert start >= end
        assert length > 0
        end = start + length
    assert end <= len(found.text)
