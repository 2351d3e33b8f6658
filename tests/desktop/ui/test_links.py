from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop.ui.links import BARE_LINK, target_of, trimmed


@pytest.mark.parametrize(
    ("text", "link"),
    [
        ("see https://a.example/x.", "https://a.example/x"),
        ("(https://a.example/x)", "https://a.example/x"),
        ("https://a.example/x_(y)", "https://a.example/x_(y)"),
        ("看https://mim.example这里", "https://mim.example"),
        ("看 https://mim.example/中文，好", "https://mim.example/中文"),
        ("WWW is www.a.example!", "www.a.example"),
        ("mail me@a.example, please", "me@a.example"),
        ("HTTPS://A.EXAMPLE", ""),
        ("javascript:alert(1)", ""),
        ("file:///etc/passwd", ""),
        ("a.b", ""),
    ],
)
def test_an_address_ends_where_the_sentence_goes_on(text: str, link: str) -> None:
    found = re.search(BARE_LINK, text)

    assert (trimmed(found[0]) if found else "") == link


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("https://a.example/x?y=1#z", "https://a.example/x?y=1#z"),
        ("www.a.example", "https://www.a.example"),
        ("me@a.example", "me@a.example"),
        ("http://münchen.example", "http://münchen.example"),
        ("http://例え.jp", "http://例え.jp"),
        ("http://a.example:8080/", "http://a.example:8080/"),
        ("http://[::1]:80/x", "http://[::1]:80/x"),
    ],
)
def test_a_target_is_named_in_full(address: str, shown: str) -> None:
    target = target_of(address)

    assert target is not None
    assert (target.shown, target.is_plain) == (shown, True)


def test_a_host_is_asked_for_by_its_ascii_name() -> None:
    target = target_of("http://münchen.example/x")

    assert target is not None
    assert target.url == "http://xn--mnchen-3ya.example/x"


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("http://аррӏе.com", "http://xn--80ak6aa92e.com"),  # All Cyrillic before a Latin ending.
        ("http://pаypal.com", "http://xn--pypal-4ve.com"),  # One Cyrillic letter among Latin ones.
        ("http://gооgle.com/x", "http://xn--ggle-55da.com/x"),
        ("http://xn--80ak6aa92e.com", "http://xn--80ak6aa92e.com"),
        ("https://bank.example@evil.example/x", "https://evil.example/x"),
        ("https://me:secret@evil.example", "https://evil.example"),
    ],
)
def test_an_address_that_may_be_taken_for_another_is_not_plain(address: str, shown: str) -> None:
    target = target_of(address)

    assert target is not None
    assert not target.is_plain
    assert target.shown == shown


def test_a_name_before_the_host_is_not_opened() -> None:
    target = target_of("https://bank.example@evil.example/x")

    assert target is not None
    assert target.url == "https://evil.example/x"


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "file:///etc/passwd",
        "data:text/html,x",
        "https://",
        "https://a b.example",
        "https://a\u202eexample.com",
        "https://a\u200b.example",
        "http://[::1",
        "http://a.example:99999999",
        "https://" + "a" * 300 + ".example",
        "",
    ],
)
def test_what_leads_nowhere_good_is_no_link(address: str) -> None:
    assert target_of(address) is None


@given(st.text(max_size=60))
def test_any_text_has_a_target_or_none(text: str) -> None:
    for address in (text, "https://" + text, "mailto:" + text):
        target = target_of(address)
        assert target is None or target.url.startswith(("http://", "https://", "mailto:", "HTTP"))


@pytest.mark.parametrize("piece", ["a@", "www.", "http://", "a.", "a-"])
def test_long_texts_are_looked_through_once(piece: str) -> None:
    found = re.findall(BARE_LINK, piece * 80_000)

    # Looked at again from every sign, this would take minutes and run into the tests' own limit.
    assert len(found) <= 80_000
