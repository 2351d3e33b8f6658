from __future__ import annotations

import pytest

from tests.simulation.model import Line, LogFact, Model, Screen, readers_of

ANNA, BEN, CARL = 1, 2, 3
LOG = [
    LogFact(1, False, ANNA, frozenset({ANNA, BEN})),
    LogFact(2, True, ANNA),
    LogFact(3, False, ANNA, frozenset({ANNA, CARL})),
    LogFact(4, True, ANNA),
]
TWO, FOUR = Line(2, ANNA, "two"), Line(4, ANNA, "four")


def make_model() -> Model:
    model = Model()
    model.note_typed(9, ANNA, "two")
    model.note_typed(9, ANNA, "four")
    model.acked.update(("two", "four"))
    return model


def test_readers_are_members_and_whoever_is_just_removed() -> None:
    readers = readers_of(LOG)

    assert readers[2] == {ANNA, BEN}
    assert readers[3] == {ANNA, BEN, CARL}
    assert readers[4] == {ANNA, CARL}


def test_what_fits_has_nothing_wrong() -> None:
    screens = [
        Screen("a", ANNA, (TWO, FOUR), epochs=frozenset({1, 3})),
        Screen("b", BEN, (TWO,), epochs=frozenset({1})),
        Screen("c", CARL, (FOUR,)),
    ]

    assert make_model().compare(9, LOG, screens) == []


@pytest.mark.parametrize(
    ("screen", "part"),
    [
        (Screen("b", BEN, (TWO, FOUR)), "may not"),
        (Screen("c", CARL, (FOUR,), epochs=frozenset({1})), "key of epoch 1"),
        (Screen("a", ANNA, (TWO,)), "lacks [4]"),
        (Screen("a", ANNA, (FOUR, TWO)), "another order"),
        (Screen("a", ANNA, (TWO, Line(4, ANNA, "", is_readable=False))), "unreadable"),
        (Screen("a", ANNA, (TWO, Line(4, BEN, "four"))), "not what others see"),
        (Screen("a", ANNA, (TWO, FOUR, Line(3, ANNA, "two"))), "2 times"),
    ],
)
def test_what_does_not_fit_is_named(screen: Screen, part: str) -> None:
    good = Screen("good", ANNA, (TWO, FOUR))

    wrong = make_model().compare(9, LOG, [good, screen])

    assert any(part in each for each in wrong)


def test_an_ended_device_may_lack_a_key_that_it_never_got() -> None:
    good = Screen("good", ANNA, (TWO, FOUR))
    ended = Screen("a", ANNA, (TWO, Line(4, ANNA, "", is_readable=False)), is_live=False)

    assert make_model().compare(9, LOG, [good, ended]) == []


def test_a_lost_message_and_a_hole_are_named() -> None:
    wrong = make_model().compare(9, LOG[:2] + LOG[3:], [Screen("a", ANNA, (TWO,))])

    assert any("accepted and is nowhere" in each for each in wrong)
    assert any("holes" in each for each in wrong)
