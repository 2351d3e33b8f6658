from __future__ import annotations

import pytest

from tests.simulation.runs import run_town
from tests.simulation.town import Plan

# A smaller town, for the time it takes; `python3 run.py test --long model` has eight people with
# twenty devices in twelve conversations, and 5,000 messages a seed.
PLAN = Plan(people=4, devices=7, directs=3, groups=2, messages=60)


@pytest.mark.timeout(120)
@pytest.mark.logs_warnings  # Cuts, crashes and refusals are what happens here.
@pytest.mark.parametrize("seed", range(1, 11))
def test_everybody_reads_what_the_model_says_and_nothing_else(seed: int) -> None:
    result = run_town(seed, PLAN)

    assert result.wrong == [], "\n".join(["last steps:", *result.steps[-40:]])


@pytest.mark.timeout(120)
@pytest.mark.logs_warnings
def test_a_new_device_judges_what_came_while_it_was_set_up_before_it_gives_it_up() -> None:
    # In this town a commit and a message under it come while somebody's new device fetches the
    # state it begins with.
    result = run_town(18, Plan(messages=4))

    assert result.wrong == [], "\n".join(["last steps:", *result.steps[-40:]])
