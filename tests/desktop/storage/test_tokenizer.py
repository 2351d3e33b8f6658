from __future__ import annotations

import apsw
import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop.storage.tokenizer import match_expression, register_tokenizer, tokens_of


def finds(text: str, query: str) -> bool:
    connection = apsw.Connection(":memory:")
    register_tokenizer(connection)
    connection.execute("CREATE VIRTUAL TABLE t USING fts5 (text, tokenize = 'mim')")
    connection.execute("INSERT INTO t VALUES (?)", (text,))
    expression = match_expression(query)
    found = connection.execute("SELECT count(*) FROM t WHERE t MATCH ?", (expression,)).get
    connection.close()
    return bool(found)


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("我们明天去北京吧", "北京"),
        ("我们明天去北京吧", "天"),
        ("明天见", "明天见"),
        ("Hello world", "world"),
        ("Hello world", "ORL"),
        ("Hello world", "wo"),
        ("Hello world", "d"),
        ("Hello world", "hello wor"),
        ("ok 北京 today", "tod 北京"),
        ("ｈｅｌｌｏ", "hello"),
        ("Straße", "STRASSE"),
        ("Привет мир", "приве"),
        ("room 101b", "101"),
        ("see you 👋", "👋"),
        ("สวัสดีครับ", "สดี"),
    ],
)
def test_any_part_of_a_text_is_found(text: str, query: str) -> None:
    assert finds(text, query)


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("我们明天去北京吧", "京北"),
        ("我们明天去北京吧", "今天"),
        ("Hello world", "worlds"),
        ("Hello world", "hello moon"),
        ("Hello", "lol"),
    ],
)
def test_what_is_not_there_is_not_found(text: str, query: str) -> None:
    assert not finds(text, query)


@pytest.mark.parametrize("query", ["", "  ", "!?", "。，"])
def test_a_query_without_letters_searches_nothing(query: str) -> None:
    assert match_expression(query) is None


def test_a_latin_word_gives_a_token_for_each_letter() -> None:
    assert list(tokens_of("World")) == ["wor", "orl", "rld", "ld", "d"]


@given(st.text(max_size=40), st.integers(0, 39), st.integers(1, 10))
def test_every_piece_of_a_text_is_found_in_it(text: str, start: int, length: int) -> None:
    piece = text[start : start + length]

    if match_expression(piece) is not None and text.isascii():
        assert finds(text, piece)


@given(st.text(max_size=60))
def test_no_query_is_an_error(query: str) -> None:
    if match_expression(query) is not None:
        finds("some text", query)
