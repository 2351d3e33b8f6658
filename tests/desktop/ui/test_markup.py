from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop.ui.markup import BlockKind, Marked, Style, parse


def spans(marked: Marked) -> list[tuple[Style, str]]:
    return [(span.style, marked.text[span.start : span.end]) for span in marked.spans]


@pytest.mark.parametrize(
    ("source", "shown", "style", "part"),
    [
        ("a **b c** d", "a b c d", Style.BOLD, "b c"),
        ("a *b* c", "a b c", Style.ITALIC, "b"),
        ("a _b_ c", "a b c", Style.ITALIC, "b"),
        ("a ~~b~~ c", "a b c", Style.STRUCK, "b"),
        ("a `b*c*` d", "a b*c* d", Style.CODE, "b*c*"),
        ("这是**重点**。", "这是重点。", Style.BOLD, "重点"),
        ("这是*重点*。", "这是重点。", Style.ITALIC, "重点"),
    ],
)
def test_signs_in_pairs_change_how_words_look(
    source: str, shown: str, style: Style, part: str
) -> None:
    marked = parse(source)

    assert marked.text == shown
    assert spans(marked) == [(style, part)]


@pytest.mark.parametrize(
    "source",
    ["2*3*4", "snake_case_name", "a * b * c", "**", "****", "** a **", "*a", "~~a", "`a", "a\n*b",
     "*a\nb*", "<b>x</b>", "> ", ">x", "```\n```", "```\na", "[x](javascript:alert)", "[x](y)"],
)  # fmt: skip
def test_signs_that_mean_nothing_stay(source: str) -> None:
    marked = parse(source)

    assert marked.text == source
    assert marked.spans == ()
    assert marked.blocks == ()


def test_styles_may_stand_in_each_other() -> None:
    marked = parse("**a *b* ~~c~~**")

    assert marked.text == "a b c"
    assert set(spans(marked)) == {(Style.BOLD, "a b c"), (Style.ITALIC, "b"), (Style.STRUCK, "c")}


def test_a_block_of_code_is_shown_as_it_is() -> None:
    marked = parse("look:\n```python\nx = **1**\n\n> y\n```\nend")

    assert marked.text == "look:\nx = **1**\n\n> y\nend"
    assert [(b.kind, marked.text[b.start : b.end]) for b in marked.blocks] == [
        (BlockKind.CODE, "x = **1**\n\n> y")
    ]


def test_lines_of_a_quotation_belong_together() -> None:
    marked = parse("> one\n> **two**\n>\nanswer")

    assert marked.text == "one\ntwo\n\nanswer"
    assert marked.blocks[0].kind is BlockKind.QUOTE
    assert marked.text[marked.blocks[0].start : marked.blocks[0].end] == "one\ntwo\n"
    assert spans(marked) == [(Style.BOLD, "two")]


def test_links_are_found_and_their_signs_mean_nothing() -> None:
    marked = parse("see https://a.example/a_b_c and [my *bank*](https://b.example/x_y_z)")

    assert marked.text == "see https://a.example/a_b_c and my *bank*"
    plain, named = marked.spans
    assert (plain.says_target, named.says_target) == (True, False)
    assert named.target is not None
    assert named.target.url == "https://b.example/x_y_z"


def test_a_name_that_is_the_address_itself_says_so() -> None:
    (span,) = parse("[https://a.example](https://a.example)").spans

    assert span.says_target


def test_only_those_the_message_names_are_mentioned() -> None:
    marked = parse("@Wang Fang, @wang and @Eve: `@Wang`", {"Wang": 2, "Wang Fang": 3})

    mentions = [(marked.text[s.start : s.end], s.account) for s in marked.spans if s.account]
    assert mentions == [("@Wang Fang", 3), ("@wang", 2)]


@pytest.mark.parametrize(
    ("shown", "written"),
    [
        ("bold", "bold"),
        ("a bold", "a **bold"),
        ("bold z", "bold** z"),
        ("a bold z", "a **bold** z"),
    ],
)
def test_a_part_is_copied_as_it_was_typed(shown: str, written: str) -> None:
    marked = parse("a **bold** z")

    start = marked.text.index(shown)

    assert marked.written(start, start + len(shown)) == written
    assert marked.written(3, 3) == ""


texts = st.text(st.sampled_from("ab *_~`>[]()@:/.\n字😀"), max_size=60)


@given(texts)
def test_all_of_it_is_copied_as_it_was_typed(source: str) -> None:
    marked = parse(source, {"a": 1})

    assert marked.written(0, len(marked.text)) == source


@given(texts)
def test_what_is_shown_was_written_in_that_order(source: str) -> None:
    marked = parse(source, {"a": 1})

    rest = iter(source)
    assert all(sign in rest for sign in marked.text)
    places = [(each.start, each.end) for each in marked.spans]
    places += [(each.start, each.end) for each in marked.blocks]
    assert all(0 <= start <= end <= len(marked.text) for start, end in places)
    for at, sign in enumerate(marked.text):
        assert marked.written(at, at + 1) in (sign, source)
