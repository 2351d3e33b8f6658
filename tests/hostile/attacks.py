"""All attacks, in the order of SECURITY.md."""

from __future__ import annotations

from tests.hostile import handshake_attacks, key_attacks, log_attacks, member_attacks
from tests.hostile.attack import Attack

__all__ = ["ATTACKS"]

ATTACKS: list[Attack] = [
    *log_attacks.ATTACKS,
    *member_attacks.ATTACKS,
    *handshake_attacks.ATTACKS,
    *key_attacks.ATTACKS,
]
