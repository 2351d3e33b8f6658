from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

from tests.simulation.crashes import FLOWS, crash_everywhere
from tests.simulation.runs import memory_folder, simulate

STRIDE = 37  # Every await and commit is for `python3 run.py test --long crashes`.


@pytest.mark.timeout(300)
@pytest.mark.logs_warnings
@pytest.mark.parametrize("flow", sorted(FLOWS))
def test_a_flow_killed_anywhere_heals_without_a_hand(flow: str) -> None:
    with tempfile.TemporaryDirectory(prefix="mim-town-", dir=memory_folder()) as folder:
        result = simulate(crash_everywhere(flow, Path(folder), stride=STRIDE))

    assert result.wrong == ()
    assert result.kills_at_awaits > 0
    # Changing the password is the server's matter alone: nothing of it is stored here.
    assert result.kills_at_commits > 0 or flow == "change password"
