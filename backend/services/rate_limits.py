"""How often something may be tried, in memory; a restart forgives."""

from __future__ import annotations

import math
import time

from limits import RateLimitItem, parse
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter

from backend.config import RateLimits
from backend.services.context import RefusedWithDetailsError
from shared.errors import Code

__all__ = ["Limiter"]


class Limiter:
    """Counts tries per address, account or device."""

    def __init__(self, rate_limits: RateLimits) -> None:
        self._strategy = FixedWindowRateLimiter(MemoryStorage())
        self._items: dict[str, RateLimitItem] = {
            name: parse(getattr(rate_limits, name)) for name in RateLimits.__struct_fields__
        }

    def spend(self, name: str, who: str) -> None:
        """Count one try.

        Args:
            name: A field of `RateLimits`.
            who: Address, account or device.

        Raises:
            RefusedWithDetailsError: With `Code.RATE_LIMITED` and ``retry_after_ms``.
        """
        item = self._items[name]
        if self._strategy.hit(item, name, who):
            return
        window = self._strategy.get_window_stats(item, name, who)
        retry_ms = max(1000, math.ceil((window.reset_time - time.time()) * 1000))
        raise RefusedWithDetailsError(
            Code.RATE_LIMITED,
            "That was tried too often; wait a little.",
            retry_after_ms=str(retry_ms),
        )
