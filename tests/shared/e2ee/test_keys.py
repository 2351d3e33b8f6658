"""Tests of `shared.e2ee.keys`."""

from __future__ import annotations

import itertools

import pytest

from shared.e2ee.keys import (
    ExchangeKeyPair,
    SignatureKeyPair,
    aead_open,
    aead_seal,
    open_sealed,
    seal_to,
    verify,
)
from shared.errors import SealError

_numbers = itertools.count(1)


def draw(size: int) -> bytes:
    """Distinct bytes, the same in every run."""
    return next(_numbers).to_bytes(size, "big")


def test_signature_of_rfc_8032_test_1_is_made_and_holds() -> None:
    seed = bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
    expected = bytes.fromhex(
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701c"
        "f9b46bd25bf5f0595bbe24655141438e7a100b"
    )

    pair = SignatureKeyPair(seed)

    assert pair.sign(b"") == expected
    verify(pair.public, b"", expected)


@pytest.mark.parametrize("position", [0, 31, 32, 63])
def test_flipped_signature_is_refused(position: int) -> None:
    pair = SignatureKeyPair(draw(32))
    signature = bytearray(pair.sign(b"message"))
    signature[position] ^= 1

    with pytest.raises(SealError):
        verify(pair.public, b"message", bytes(signature))


def test_key_or_signature_of_wrong_size_is_refused() -> None:
    pair = SignatureKeyPair(draw(32))

    with pytest.raises(SealError):
        verify(pair.public[:-1], b"", pair.sign(b""))
    with pytest.raises(SealError):
        verify(pair.public, b"", pair.sign(b"")[:-1])


def test_sealed_value_opens_only_for_its_recipient_and_context() -> None:
    recipient, other = ExchangeKeyPair(draw(32)), ExchangeKeyPair(draw(32))

    sealed = seal_to(recipient.public, b"secret", context=b"a", random=draw)

    assert open_sealed(recipient, sealed, context=b"a") == b"secret"
    assert len(sealed) == len(b"secret") + 48
    for pair, context in ((other, b"a"), (recipient, b"b")):
        with pytest.raises(SealError):
            open_sealed(pair, sealed, context=context)


@pytest.mark.parametrize("size", [0, 31, 32, 40, 47])
def test_short_sealed_values_are_refused(size: int) -> None:
    recipient = ExchangeKeyPair(draw(32))
    sealed = seal_to(recipient.public, b"", context=b"", random=draw)

    with pytest.raises(SealError):
        open_sealed(recipient, sealed[:size], context=b"")


def test_point_of_small_order_is_refused() -> None:
    with pytest.raises(SealError):
        seal_to(bytes(32), b"secret", context=b"", random=draw)


def test_box_opens_only_with_its_key_and_data() -> None:
    key = draw(32)

    sealed = aead_seal(key, b"text", data=b"header", random=draw)

    assert aead_open(key, sealed, data=b"header") == b"text"
    for wrong_key, data, box in (
        (draw(32), b"header", sealed),
        (key, b"other", sealed),
        (key, b"header", sealed[:-1]),
        (key, b"header", sealed[:20]),
    ):
        with pytest.raises(SealError):
            aead_open(wrong_key, box, data=data)


def test_secrets_do_not_show_in_repr() -> None:
    secret = b"\x07" * 32

    shown = repr(SignatureKeyPair(secret)) + repr(ExchangeKeyPair(secret))

    assert "\\x07" not in shown
    assert "07" * 4 not in shown
