"""What a server signs of a log's head: two signed heads that disagree prove a fork.

Signed (Ed25519, the server's key): ``mim.head.v1 ‖ conversation_id (8) ‖ sequence (8) ‖ chain
(32)``, integers big-endian.
"""

from __future__ import annotations

import struct

__all__ = ["head_bytes"]


def head_bytes(*, conversation_id: int, sequence: int, chain: bytes) -> bytes:
    """Return what the server signs to say that the log's chain is ``chain`` at ``sequence``."""
    assert len(chain) == 32
    return b"mim.head.v1" + struct.pack(">QQ", conversation_id, sequence) + chain
