from __future__ import annotations

from shared import limits


def test_every_bound_is_a_positive_whole_number() -> None:
    bounds = {name: value for name, value in vars(limits).items() if name.isupper()}

    assert len(bounds) > 50
    assert all(isinstance(value, int) and value > 0 for value in bounds.values())
