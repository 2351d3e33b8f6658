from __future__ import annotations

import pytest

from backend.config import RateLimits
from backend.services.context import RefusedWithDetailsError
from backend.services.rate_limits import Limiter
from shared.errors import Code


def test_each_has_their_own_count() -> None:
    limiter = Limiter(RateLimits(logins_per_account="2/hour"))
    for who in ("anna", "anna", "ben"):
        limiter.spend("logins_per_account", who)

    with pytest.raises(RefusedWithDetailsError) as caught:
        limiter.spend("logins_per_account", "anna")

    limiter.spend("logins_per_address", "anna")
    assert caught.value.code is Code.RATE_LIMITED
    assert 1000 <= int(caught.value.details["retry_after_ms"]) <= 3_600_000


def test_a_limit_that_cannot_be_read_is_seen_at_once() -> None:
    with pytest.raises(ValueError, match="couldn't parse"):
        Limiter(RateLimits(logins_per_account="often"))
