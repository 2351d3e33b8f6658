from __future__ import annotations

import os

import msgspec
import pytest

from shared.e2ee.passcode import SealedKey, open_key, seal_key
from shared.errors import LocalError, SealError
from shared.rest import Kdf

CHEAP = Kdf(version=1, passes=1, memory_bytes=8 * 1024 * 1024)
KEY = bytes(range(32))


@pytest.fixture(scope="module")
def sealed() -> SealedKey:
    return seal_key("café 2468", KEY, kdf=CHEAP, random=os.urandom)


def test_the_passcode_opens_what_it_sealed_however_it_is_typed(sealed: SealedKey) -> None:
    assert open_key("café 2468", sealed) == KEY
    assert open_key("cafe\N{COMBINING ACUTE ACCENT} 2468", sealed) == KEY


@pytest.mark.parametrize("other", ["", "cafe 2468", "café 246", "café 2468 ", "x" * 200])
def test_another_passcode_does_not(sealed: SealedKey, other: str) -> None:
    with pytest.raises(SealError):
        open_key(other, sealed)


def test_the_same_passcode_seals_differently_each_time(sealed: SealedKey) -> None:
    again = seal_key("café 2468", KEY, kdf=CHEAP, random=os.urandom)

    assert again.salt != sealed.salt
    assert again.box != sealed.box


@pytest.mark.parametrize("passcode", ["12345", "x" * 129])
def test_a_passcode_has_a_length(passcode: str) -> None:
    with pytest.raises(LocalError):
        seal_key(passcode, KEY, kdf=CHEAP, random=os.urandom)


@pytest.mark.parametrize(
    "kdf",
    [
        Kdf(version=2, passes=1, memory_bytes=8 * 1024 * 1024),
        Kdf(version=1, passes=1_000, memory_bytes=8 * 1024 * 1024),
        Kdf(version=1, passes=1, memory_bytes=1 << 40),
        Kdf(version=1, passes=0, memory_bytes=8 * 1024 * 1024),
        Kdf(version=1, passes=1, memory_bytes=1),
    ],
)
def test_what_was_stored_cannot_ask_for_any_amount_of_work(sealed: SealedKey, kdf: Kdf) -> None:
    with pytest.raises(LocalError):
        open_key("café 2468", msgspec.structs.replace(sealed, kdf=kdf))


def test_nothing_of_it_is_shown() -> None:
    shown = repr(SealedKey(salt=b"salt", kdf=CHEAP, box=b"box"))

    assert shown == "SealedKey()"
