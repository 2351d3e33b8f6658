"""All attacks, in the order of SECURITY.md."""

from __future__ import annotations

from tests.hostile import log_attacks
from tests.hostile.attack import Attack

__all__ = ["ATTACKS"]

ATTACKS: list[Attack] = [*log_attacks.ATTACKS]
