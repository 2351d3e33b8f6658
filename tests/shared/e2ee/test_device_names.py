"""Tests of `shared.e2ee.device_names`."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared import limits
from shared.e2ee.account import Archives
from shared.e2ee.device_names import open_device_name, seal_device_name
from shared.e2ee.keys import ExchangeKeyPair
from shared.errors import Code, RefusedError, SealError

OLD: Archives = ((1, ExchangeKeyPair(b"\x01" * 32)),)
NEW: Archives = (*OLD, (2, ExchangeKeyPair(b"\x02" * 32)))

_generator = random.Random(3)
draw = _generator.randbytes


def test_name_opens_under_a_later_archive_key_and_not_under_an_earlier_one() -> None:
    old = seal_device_name("厨房的电脑", device_id=7, archives=OLD, random=draw)
    new = seal_device_name("phone", device_id=7, archives=NEW, random=draw)

    assert open_device_name(old, device_id=7, archives=NEW) == "厨房的电脑"
    assert open_device_name(new, device_id=7, archives=NEW) == "phone"
    with pytest.raises(SealError):
        open_device_name(new, device_id=7, archives=OLD)


def test_name_of_one_device_is_not_another_ones() -> None:
    sealed = seal_device_name("phone", device_id=7, archives=OLD, random=draw)

    with pytest.raises(SealError):
        open_device_name(sealed, device_id=8, archives=OLD)


def test_device_without_a_name_has_an_empty_one() -> None:
    assert open_device_name(b"", device_id=7, archives=OLD) == ""


def test_sealed_names_are_all_as_long() -> None:
    names = ("a", "😀" * limits.DEVICE_NAME_LENGTH_MAX)

    sealed = [seal_device_name(name, device_id=7, archives=OLD, random=draw) for name in names]

    assert {len(data) for data in sealed} == {296}
    assert [open_device_name(data, device_id=7, archives=OLD) for data in sealed] == list(names)


@pytest.mark.parametrize("name", ["", "  ", "a" * (limits.DEVICE_NAME_LENGTH_MAX + 1), "a\x1b[0m"])
def test_name_that_cannot_be_shown_is_refused(name: str) -> None:
    with pytest.raises(RefusedError) as refusal:
        seal_device_name(name, device_id=7, archives=OLD, random=draw)

    assert refusal.value.code is Code.MALFORMED


@given(st.binary(min_size=1, max_size=400))
def test_any_bytes_are_refused_as_a_name(data: bytes) -> None:
    with pytest.raises(SealError):
        open_device_name(data, device_id=7, archives=OLD)


def test_format_is_the_fixed_one() -> None:
    sealed = seal_device_name(
        " phone ", device_id=7, archives=OLD, random=lambda size: b"\x05" * size
    )

    assert sealed[:24] == b"\x05" * 24
    assert (
        sealed[24:].hex()[:64] == "d3328df6cc29e88ef7b469e3aae51a0ec9484029dc71b86855d6a9b596ff1a15"
    )
