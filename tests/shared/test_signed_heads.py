from __future__ import annotations

import pytest

from shared.signed_heads import head_bytes


def test_the_signed_bytes_of_a_head_are_fixed() -> None:
    signed = head_bytes(conversation_id=1, sequence=2, chain=bytes(range(32)))

    assert signed.hex() == (
        "6d696d2e686561642e7631" + "0000000000000001" + "0000000000000002" + bytes(range(32)).hex()
    )


def test_a_chain_value_has_32_bytes() -> None:
    with pytest.raises(AssertionError):
        head_bytes(conversation_id=1, sequence=2, chain=b"short")
