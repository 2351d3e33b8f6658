from __future__ import annotations

import pytest

from tests.shared.e2ee.mls.life import MEMBERS_MAX, live


@pytest.mark.parametrize("seed", range(1000, 1006))
def test_members_of_a_random_life_agree_and_the_removed_open_nothing(seed: int) -> None:
    counts = live(seed, 25)

    assert counts["epochs"] == 25
    assert 2 <= counts["largest"] <= MEMBERS_MAX
