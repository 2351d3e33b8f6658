from __future__ import annotations

import time

from desktop.ui.clock import wall_ms


def test_the_clock_is_this_computers_in_ms() -> None:
    before = time.time()
    now_ms = wall_ms()

    assert before * 1000 - 1 <= now_ms <= time.time() * 1000 + 1
