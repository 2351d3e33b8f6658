"""Safety numbers: what two people compare to know that nobody is between them.

A fingerprint of an account is BLAKE2b-512 over ``mim.safety.v1 ‖ account (8, big-endian) ‖ root
key``, then 5,200 times over ``previous ‖ root key``, which makes look-alikes dearer. Its first 30
bytes are six groups of digits: five bytes each, big-endian, modulo 100,000. The number shows the
smaller group of groups first, so both see the same. A QR code holds ``MIM1 ‖ own fingerprint (32)
‖ the other's (32)``: each scans the other's.
"""

from __future__ import annotations

import hashlib
import hmac

__all__ = ["matches_qr", "qr_data", "safety_number"]

Party = tuple[int, bytes]  # An account and its root key.

_ROUNDS = 5_200
_QR_MARK = b"MIM1"


def safety_number(own: Party, other: Party) -> str:
    """Return 60 digits in 12 groups of 5, the same for both; takes some milliseconds."""
    return " ".join(sorted(_digits(_fingerprint(party)) for party in (own, other)))


def qr_data(own: Party, other: Party) -> bytes:
    """Return what ``own`` shows to be scanned by ``other``, 68 bytes."""
    return _QR_MARK + _fingerprint(own)[:32] + _fingerprint(other)[:32]


def matches_qr(data: bytes, own: Party, other: Party) -> bool:
    """Whether ``own`` scanned what ``other`` shows if both know the same two roots."""
    return hmac.compare_digest(data, qr_data(other, own))


def _fingerprint(party: Party) -> bytes:
    account, root_key = party
    value = hashlib.blake2b(b"mim.safety.v1" + account.to_bytes(8, "big") + root_key).digest()
    for _ in range(_ROUNDS):
        value = hashlib.blake2b(value + root_key).digest()
    return value


def _digits(fingerprint: bytes) -> str:
    groups = (fingerprint[start : start + 5] for start in range(0, 30, 5))
    return " ".join(f"{int.from_bytes(group, 'big') % 100_000:05}" for group in groups)
