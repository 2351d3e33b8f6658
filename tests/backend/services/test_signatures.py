from __future__ import annotations

from backend.services.signatures import ServerKey, is_signed


def test_what_a_key_signed_is_signed() -> None:
    key = ServerKey(b"k" * 32)

    signature = key.sign(b"message")

    assert is_signed(key.public, b"message", signature)


def test_nothing_else_is() -> None:
    key, other = ServerKey(b"k" * 32), ServerKey(b"o" * 32)
    signature = key.sign(b"message")

    assert not is_signed(key.public, b"Message", signature)
    assert not is_signed(other.public, b"message", signature)
    assert not is_signed(key.public, b"message", bytes(64))
    assert not is_signed(key.public, b"message", signature + b"x")
    assert not is_signed(key.public[:31], b"message", signature)
    assert not is_signed(bytes(32), b"message", bytes(64))


def test_the_seed_is_in_no_repr() -> None:
    assert "k" * 8 not in repr(ServerKey(b"k" * 32))
