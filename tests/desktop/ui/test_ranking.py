from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop.ui.ranking import Candidate, Fit, fit, ranked

ALICE = Candidate("alice", ("Alice Chen", "alice.chen"))
ALINA = Candidate("alina", ("Alina",))
MALI = Candidate("mali", ("Mali",))
LIN = Candidate("lin", ("林晓", "linxiao"))


@pytest.mark.parametrize(
    ("text", "candidate", "how"),
    [
        ("alina", ALINA, Fit.WHOLE),
        ("ali", ALICE, Fit.BEGINNING),
        ("chen", ALICE, Fit.WORD),
        ("al ch", ALICE, Fit.WORD),
        ("ch al", ALICE, None),
        ("ac", ALICE, Fit.INITIALS),
        ("ali", MALI, Fit.INSIDE),
        ("林", LIN, Fit.BEGINNING),
        ("晓", LIN, Fit.INSIDE),
        ("lx", LIN, Fit.SOUND),
        ("x", ALINA, None),
    ],
)
def test_a_text_fits_a_name(text: str, candidate: Candidate[str], how: Fit | None) -> None:
    assert fit(text, candidate) is how


def test_names_are_found_by_their_sound() -> None:
    assert fit("lx", LIN) is Fit.SOUND
    assert fit("lx", ALICE) is None
    assert fit("linx", LIN) is Fit.BEGINNING
    assert fit("晓", LIN) is Fit.INSIDE


def test_the_better_fit_comes_first_and_the_earlier_of_equals() -> None:
    assert ranked("ali", [MALI, ALICE, ALINA], limit=9) == ["alice", "alina", "mali"]


def test_case_and_spaces_around_do_not_matter() -> None:
    assert ranked("  ALINA ", [ALICE, ALINA], limit=9) == ["alina"]


def test_without_a_text_the_first_ones_are_given() -> None:
    assert ranked("", [ALICE, ALINA, MALI], limit=2) == ["alice", "alina"]


@given(st.text(max_size=20), st.lists(st.text(max_size=20), max_size=8))
def test_what_is_found_contains_what_was_typed(text: str, names: list[str]) -> None:
    found = ranked(text, [Candidate(name, (name,)) for name in names], limit=5)

    assert len(found) <= 5
    assert set(found) <= set(names)
    letters = {sign for sign in text.casefold() if not sign.isspace()}
    assert all(letters <= set(name.casefold()) for name in found)
