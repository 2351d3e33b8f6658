"""Tests of `shared.e2ee.safety_number`."""

from __future__ import annotations

import re

from shared.e2ee.safety_number import matches_qr, qr_data, safety_number

ANNA, BERT = (11, b"a" * 32), (12, b"b" * 32)
IMPOSTOR = (12, b"c" * 32)


def test_both_see_the_same_number() -> None:
    number = safety_number(ANNA, BERT)

    assert number == safety_number(BERT, ANNA)
    assert re.fullmatch(r"(\d{5} ){11}\d{5}", number)


def test_another_root_or_account_gives_another_number() -> None:
    numbers = {
        safety_number(ANNA, party) for party in (BERT, IMPOSTOR, (13, BERT[1]), (ANNA[0], BERT[1]))
    }

    assert len(numbers) == 4


def test_code_of_the_other_side_matches() -> None:
    shown = qr_data(BERT, ANNA)

    assert len(shown) == 68
    assert matches_qr(shown, ANNA, BERT)


def test_code_of_an_impostor_or_of_oneself_does_not_match() -> None:
    assert not matches_qr(qr_data(IMPOSTOR, ANNA), ANNA, BERT)
    assert not matches_qr(qr_data(BERT, (11, b"z" * 32)), ANNA, BERT)
    assert not matches_qr(qr_data(ANNA, BERT), ANNA, BERT)
    assert not matches_qr(b"", ANNA, BERT)


def test_format_is_the_fixed_one() -> None:
    assert safety_number(ANNA, BERT) == (
        "63132 34948 96092 45696 22027 23185 75607 43623 56289 08443 67500 88661"
    )
    assert qr_data(ANNA, BERT).hex()[:24] == "4d494d31753f685477140f90"
