"""A clock that is half an hour slow changes neither the order nor what is told as its time."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from desktop.events import Notice, NoticeKind
from tests.scenarios.people import befriended, facts
from tests.server_process import ServerProcess

SLOW_MS = 30 * 60 * 1000
LATENCY_MS = 60_000  # Between writing and arriving; far more than ever passes here.


@pytest.mark.asyncio
async def test_a_slow_clock_orders_like_a_right_one(server: ServerProcess, tmp_path: Path) -> None:
    def slow_ms() -> int:
        return time.time_ns() // 1_000_000 - SLOW_MS

    async with befriended(server.url, tmp_path, wall_ms=slow_ms) as (anna, ben):
        for number in range(20):
            await anna.say(ben, f"question {number}")
            await ben.until_heard(f"question {number}")
            await ben.say(anna, f"answer {number}")
            await anna.until_heard(f"answer {number}")
        of_anna, of_ben = await anna.timeline(ben), await ben.timeline(anna)

        assert facts(of_anna) == facts(of_ben)
        assert [row.text for row in of_anna] == [
            f"{word} {number}" for number in range(20) for word in ("question", "answer")
        ]
        for row in of_anna:
            assert abs(row.received_at_ms - row.sent_at_ms) < LATENCY_MS
        notices = [event for _, event in anna.trace if isinstance(event, Notice)]
        told = [notice.detail for notice in notices if notice.kind is NoticeKind.CLOCK_OFF]
        assert told == ["30"]
