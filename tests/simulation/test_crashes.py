from __future__ import annotations

from pathlib import Path

import pytest

from tests.simulation.crashes import FLOWS, crash_everywhere
from tests.simulation.runs import simulate

STRIDE = 37  # Every await and commit is for `python3 run.py test --long crashes`.


@pytest.mark.timeout(300)
@pytest.mark.logs_warnings
@pytest.mark.parametrize("flow", sorted(FLOWS))
def test_a_flow_killed_anywhere_heals_without_a_hand(flow: str, tmp_path: Path) -> None:
    result = simulate(crash_everywhere(flow, tmp_path, stride=STRIDE))

    assert result.wrong == ()
    assert result.kills_at_awaits > 0
    # Changing the password is the server's matter alone: nothing of it is stored here.
    assert result.kills_at_commits > 0 or flow == "change password"
