from __future__ import annotations

import pytest

from desktop.ui.markers import Marker, mark


@pytest.mark.parametrize(
    ("text", "marker", "marked"),
    [
        ("tea", Marker.BOLD, "**tea**"),
        ("tea", Marker.ITALIC, "*tea*"),
        ("tea", Marker.STRUCK, "~~tea~~"),
        ("tea", Marker.CODE, "`tea`"),
        (" tea ", Marker.BOLD, " **tea** "),
        ("one\n\ntwo", Marker.BOLD, "**one**\n\n**two**"),
        ("one\ntwo", Marker.CODE, "```\none\ntwo\n```"),
        ("**tea**", Marker.ITALIC, "***tea***"),
        ("a", Marker.BOLD, "**a**"),
    ],
)
def test_signs_are_put_around_and_taken_away_again(text: str, marker: Marker, marked: str) -> None:
    assert mark(text, marker) == marked
    assert mark(marked, marker) == text


def test_where_some_lines_have_signs_all_get_them() -> None:
    assert mark("**one**\ntwo", Marker.BOLD) == "**one**\n**two**"


@pytest.mark.parametrize("text", ["", "  ", "\n\n"])
def test_around_nothing_no_signs_are_put(text: str) -> None:
    assert mark(text, Marker.BOLD) == text
