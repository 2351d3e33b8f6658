from __future__ import annotations

import contextlib

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.e2ee.account import proof_of
from shared.e2ee.credentials import (
    Credential,
    credential_bytes,
    peek_credential,
    read_credential,
)
from shared.errors import SealError
from tests.shared.e2ee.forged_log import ANNA, BERT

DATA = ANNA.mls_keys.credential
KEY = ANNA.device.signature.public
SHOWN = Credential(ANNA.account, ANNA.root.public, ANNA.device.device_id)


def test_a_credential_says_whose_device_it_is() -> None:
    assert read_credential(DATA, KEY) == SHOWN
    assert peek_credential(DATA) == SHOWN


def test_the_bytes_of_a_credential_are_fixed() -> None:
    proof = proof_of(ANNA.certificate)

    assert (
        b"\x95\x0b"
        b"\xc4\x20"
        + ANNA.root.public
        + b"\x15\xc4\x20"
        + proof.exchange_key
        + b"\xc4\x40"
        + proof.signature
    ) == DATA


def test_a_credential_is_for_its_own_key_only() -> None:
    with pytest.raises(SealError):
        read_credential(DATA, BERT.device.signature.public)


@pytest.mark.parametrize(
    ("account", "root_key", "proof"),
    [
        (11, BERT.root.public, proof_of(ANNA.certificate)),
        (11, ANNA.root.public, msgspec.structs.replace(proof_of(ANNA.certificate), device_id=1)),
        (
            11,
            ANNA.root.public,
            msgspec.structs.replace(proof_of(ANNA.certificate), exchange_key=bytes(32)),
        ),
        (11, ANNA.root.public, proof_of(BERT.certificate)),
    ],
    ids=["root", "device", "exchange key", "proof"],
)
def test_only_its_root_certifies_a_device(account: int, root_key: bytes, proof: object) -> None:
    forged = msgspec.convert(proof, type=type(proof_of(ANNA.certificate)))
    data = credential_bytes(account=account, root_key=root_key, proof=forged)

    peek_credential(data)
    with pytest.raises(SealError):
        read_credential(data, KEY)


def test_there_is_one_encoding_of_a_credential() -> None:
    items = msgspec.msgpack.decode(DATA)
    longer = b"\xdc\x00\x05" + DATA[1:]  # The same array with a longer head.

    assert msgspec.msgpack.decode(longer) == items
    for data in (longer, msgspec.msgpack.encode([*items, 1])):
        with pytest.raises(SealError):
            peek_credential(data)


@given(st.binary(max_size=200))
def test_any_bytes_are_a_credential_or_raise_seal_error(data: bytes) -> None:
    with contextlib.suppress(SealError):
        read_credential(data, KEY)
