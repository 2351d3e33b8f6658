from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop.ui.controls import PasswordField
from desktop.ui.password_strength import Strength, StrengthHint, strength_of
from shared import limits


@pytest.mark.parametrize(
    ("password", "strength"),
    [
        ("", Strength.TOO_SHORT),
        ("x7!kQ2z", Strength.TOO_SHORT),
        ("password", Strength.WEAK),
        ("Password1", Strength.WEAK),
        ("12345678", Strength.WEAK),
        ("aaaaaaaaaaaaaaaaaaaa", Strength.WEAK),
        ("qwertyuiop", Strength.WEAK),
        ("abcdefgh", Strength.WEAK),
        ("x7!kQ2zW", Strength.FAIR),
        ("x7!kQ2zWp4", Strength.GOOD),
        ("seven green whales in my pond", Strength.GOOD),
        ("我家门前有两棵树", Strength.GOOD),
    ],
)
def test_a_password_is_judged(password: str, strength: Strength) -> None:
    assert strength_of(password) is strength


@given(st.text(max_size=40))
def test_the_floor_is_the_servers(password: str) -> None:
    is_short = len(password) < limits.PASSWORD_LENGTH_MIN

    assert (strength_of(password) is Strength.TOO_SHORT) is is_short


def test_the_line_says_what_is_missing_and_how_good_it_is(windows: None) -> None:
    field = PasswordField()
    hint = StrengthHint(field, field)
    said = [hint.text()]

    for password in ("1234567", "password1", "seven green whales"):
        field.setText(password)
        said.append(hint.text())

    assert said[0].startswith("At least 8")
    assert said[1] == "Too short: 1 more character."
    assert said[2].startswith("Easy to guess")
    assert said[3] == "Hard to guess."
