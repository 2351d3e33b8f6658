from __future__ import annotations

from itertools import pairwise

import pytest
from PySide6.QtCore import QPointF

from desktop.ui.fonts import set_fonts
from desktop.ui.markup import BlockKind, Style
from desktop.ui.text_block import LINE_HEIGHT, TextBlock, lay_out_text


def lines(block: TextBlock) -> list[str]:
    layout = block.layout
    parts = (layout.lineAt(number) for number in range(layout.lineCount()))
    return [layout.text()[line.textStart() :][: line.textLength()] for line in parts]


@pytest.fixture(autouse=True)
def fonts(windows: None) -> None:
    return None


def test_lines_have_one_height_whatever_stands_in_them() -> None:
    block = lay_out_text("a\n汉字\n👍 x\nb", 400)

    assert len(lines(block)) == 4
    assert block.height == 4 * LINE_HEIGHT


def test_long_words_are_broken_anywhere() -> None:
    block = lay_out_text("w" * 500, 200)

    assert len(lines(block)) > 5
    assert block.width <= 200


def test_positions_are_code_points_behind_emoji_too() -> None:
    block = lay_out_text("👍👍 **ab**", 400)

    places = [block.units(position) for position in range(6)]

    assert places == [0, 2, 4, 5, 6, 7]
    assert [block.position(units) for units in places] == list(range(6))
    assert block.marked.text == "👍👍 ab"


def test_a_word_is_found_around_a_position() -> None:
    block = lay_out_text("👍 hello world", 400)

    start, end = block.word_at(4)

    assert block.marked.text[start:end] == "hello"


def test_a_link_is_found_where_it_is_shown() -> None:
    block = lay_out_text("see [here](https://a.example) now", 400)
    line = block.layout.lineAt(0)
    (span,) = block.links

    found = [block.span_at(QPointF(x, line.rect().center().y())) for x in range(0, 300, 3)]

    assert set(found) == {None, span}
    assert found[0] is None
    assert block.span_at(QPointF(0, 500)) is None


def test_code_stands_on_a_ground_of_its_own() -> None:
    block = lay_out_text("a\n```\nx\ny\n```\nb", 400)

    (ground,) = block.grounds
    tops = [block.layout.lineAt(number).rect().top() for number in range(4)]
    assert ground.kind is BlockKind.CODE
    assert tops[0] < ground.top < tops[1] < tops[2] < ground.top + ground.height < tops[3] + 6
    assert block.is_flush


def test_a_text_that_ends_in_code_leaves_no_room_for_the_time() -> None:
    assert not lay_out_text("```\nx\n```", 400).is_flush
    assert not lay_out_text("> x", 400).is_flush


def test_code_and_bold_words_need_more_room() -> None:
    plain, bold = lay_out_text("wide words", 400), lay_out_text("**wide words**", 400)

    assert bold.width > plain.width
    assert bold.marked.spans[0].style is Style.BOLD


def test_a_place_beside_the_text_is_the_nearest_position() -> None:
    block = lay_out_text("one\ntwo", 400)

    assert block.position_at(QPointF(-50, -50)) == 0
    assert block.position_at(QPointF(900, 900)) == 7
    assert not block.is_over(QPointF(300, 5))
    assert block.is_over(QPointF(5, 10))


def test_a_text_of_twenty_thousand_characters_is_laid_out_whole() -> None:
    block = lay_out_text("汉字 and words **x** `y` " * 1000, 500)

    assert block.layout.lineCount() > 200
    heights = [block.layout.lineAt(n).rect().top() for n in range(block.layout.lineCount())]
    assert all(above < below for above, below in pairwise(heights))


def test_an_empty_text_takes_one_line() -> None:
    assert lay_out_text("", 300).height == LINE_HEIGHT


def test_lines_are_as_much_higher_as_the_letters_are_larger(windows: None) -> None:
    try:
        before = lay_out_text("one\ntwo", 400).height
        set_fonts(scale_percent=150)

        assert lay_out_text("one\ntwo", 400).height == 2 * round(before / 2 * 1.5)
    finally:
        set_fonts()
