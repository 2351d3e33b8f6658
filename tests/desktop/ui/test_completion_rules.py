from __future__ import annotations

import pytest

from desktop.ui.completion_rules import (
    Person,
    find_people,
    finished_short_name,
    mentioned,
    named_in,
    query_at,
    utf16_length,
)
from shared.identifiers import AccountId


def person(account: int, nickname: str, user_name: str, remark: str = "") -> Person:
    return Person(account=AccountId(account), nickname=nickname, user_name=user_name, remark=remark)


PEOPLE = [
    person(1, "Alice Chen", "alice.chen"),
    person(2, "王芳", "wangfang", remark="芳姐"),
    person(3, "Al", "al_t"),
    person(4, "Bob Alder", "bob"),
]


@pytest.mark.parametrize(
    ("before", "sign", "text"),
    [
        ("@", "@", ""),
        ("hello @al", "@", "al"),
        ("hello @Alice Ch", "@", "Alice Ch"),
        ("你好@王", "@", "王"),
        ("(@bob", "@", "bob"),
        (":smi", ":", "smi"),
        ("好 ：火箭", ":", "火箭"),
        ("😀:smi", ":", "smi"),
        ("结论：可以", None, ""),
        ("结论:可以", None, ""),
        ("so :+1", None, ""),
        ("me@mail", None, ""),
        ("12:30", None, ""),
        ("https://a", None, ""),
        ("a:b", None, ""),
        (": no", None, ""),
        ("@ no", None, ""),
        ("@" + "x" * 80, None, ""),
        ("", None, ""),
    ],
)
def test_what_is_asked_for_is_seen_from_the_line(before: str, sign: str | None, text: str) -> None:
    query = query_at(before)

    assert (query.sign if query else None) == sign
    if query is not None:
        assert query.text == text
        assert before[query.start :] == before[-query.length :]


@pytest.mark.parametrize(
    ("before", "name"),
    [("wow :tada:", "tada"), ("😀:+1:", "+1"), ("好:ok:", "ok"), ("a:b:", ""), (":tada", "")],
)
def test_a_short_name_is_finished_by_its_second_colon(before: str, name: str) -> None:
    found, length = finished_short_name(before)

    assert found == name
    assert length == (len(name) + 2 if name else 0)


@pytest.mark.parametrize(
    ("text", "accounts"),
    [
        ("", [1, 2, 3]),
        ("al", [1, 3, 4]),
        ("CHEN", [1]),
        ("芳", [2]),
        ("wang", [2]),
        ("zz", []),
    ],
)
def test_people_are_found_by_remark_nickname_and_user_name(text: str, accounts: list[int]) -> None:
    assert [each.account for each in find_people(PEOPLE, text, 3)] == accounts


NAMES = {each.account: each.nickname for each in PEOPLE}


@pytest.mark.parametrize(
    ("text", "accounts"),
    [
        ("@王芳你好", [2]),
        ("@Al and @Alice Chen", [3, 1]),
        ("@Alice Chen", [1]),
        ("@Alfred", []),
        ("@al", []),
        ("nobody", []),
        ("@Al @Al", [3]),
        ("@Al, @Al.", [3]),
    ],
)
def test_who_still_stands_in_the_text_is_mentioned_in_order(text: str, accounts: list[int]) -> None:
    assert list(mentioned(text, NAMES)) == accounts


def test_names_that_two_have_are_not_guessed() -> None:
    people = [*PEOPLE, person(5, "Al", "al_second")]

    assert named_in("@Al and @Alice Chen", people) == {AccountId(1): "Alice Chen"}


def test_a_person_is_not_named_in_what_is_logged() -> None:
    assert repr(PEOPLE[0]) == "Person(account=1)"


def test_signs_outside_the_basic_plane_take_two_places() -> None:
    assert utf16_length("a😀王") == 4
