from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import Code, RefusedError
from shared.identifiers import check_nickname, check_user_name, fold_user_name


@pytest.mark.parametrize("name", ["anna", "Ａnna", " 小明同学 ", "a.b-c_9", "x" * 32, "अनिल"])
def test_letters_of_any_script_make_a_user_name(name: str) -> None:
    assert check_user_name(check_user_name(name)) == check_user_name(name)


@pytest.mark.parametrize(
    "name", ["", "ab", "x" * 33, "a b c", "a/b", "a\x00bc", "abc\n!", "😀😀😀"]
)
def test_other_user_names_are_refused(name: str) -> None:
    with pytest.raises(RefusedError) as caught:
        check_user_name(name)

    assert caught.value.code is Code.BAD_USER_NAME


def test_user_names_are_compared_without_case_and_width() -> None:
    assert fold_user_name("ＡNNA") == fold_user_name(" anna ")
    assert fold_user_name("Straße") == fold_user_name("STRASSE")


@given(st.text(st.characters(categories=["L", "Nd"]), min_size=3, max_size=32))
def test_folding_a_user_name_twice_changes_nothing(name: str) -> None:
    assert fold_user_name(fold_user_name(name)) == fold_user_name(name)


def test_a_nickname_is_stripped_and_may_join_emoji() -> None:
    assert check_nickname(" 👩\u200d🚀 Anna ") == "👩\u200d🚀 Anna"


@pytest.mark.parametrize("nickname", ["", "  ", "a\nb", "x" * 65, "\u202eevil"])
def test_other_nicknames_are_refused(nickname: str) -> None:
    with pytest.raises(RefusedError) as caught:
        check_nickname(nickname)

    assert caught.value.code is Code.BAD_NICKNAME
