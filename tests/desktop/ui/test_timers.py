from __future__ import annotations

import pytest

from desktop.ui.timers import TIMERS_S, timer_words
from shared import limits

pytestmark = pytest.mark.usefixtures("windows")


def test_a_timer_is_said_in_its_largest_whole_unit() -> None:
    words = [timer_words(seconds) for seconds in (0, 1, 90, 300, 3600, 7 * 24 * 3600)]

    assert words == ["Off", "1 second", "90 seconds", "5 minutes", "1 hour", "7 days"]


def test_what_is_offered_can_be_set() -> None:
    assert TIMERS_S[0] == 0
    assert max(TIMERS_S) <= limits.TIMER_S_MAX
