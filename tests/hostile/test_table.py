"""SECURITY.md says what the tests do."""

from __future__ import annotations

from tests.hostile.attacks import ATTACKS
from tests.hostile.table import page, table_of, written


def test_the_page_has_the_table_of_the_tests() -> None:
    text = page.read_text(encoding="utf-8")

    assert table_of(ATTACKS) in text, "run: python -m tests.hostile.table"
    assert written(text) == text


def test_every_attack_has_a_name_of_its_own() -> None:
    assert len({attack.name for attack in ATTACKS}) == len(ATTACKS) >= 20
