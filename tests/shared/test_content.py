from __future__ import annotations

import contextlib
import json
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared import limits
from shared.content import Profile, Text, Unsupported, decode_content, encode_content
from shared.errors import SealError

ID = bytes(range(16))
VECTORS = json.loads((Path(__file__).parent / "vectors.json").read_text(encoding="utf-8"))
VECTOR = VECTORS["content"]


def test_the_vector_holds() -> None:
    text = Text(bytes.fromhex(VECTOR["message_id"]), VECTOR["text"])

    assert encode_content(text).hex() == VECTOR["bytes"]
    assert decode_content(bytes.fromhex(VECTOR["bytes"])) == text


def test_the_vector_of_a_profile_holds() -> None:
    vector = VECTORS["profile"]
    profile = Profile(
        bytes.fromhex(vector["message_id"]),
        vector["name"],
        bytes.fromhex(vector["avatar"]),
        vector["announcement"],
    )

    assert encode_content(profile).hex() == vector["bytes"]
    assert decode_content(bytes.fromhex(vector["bytes"])) == profile


def test_a_kind_of_a_later_version_is_named_and_cut() -> None:
    data = msgspec.msgpack.encode(["hologram" * 10, 1])

    assert decode_content(data) == Unsupported(("hologram" * 10)[:32])


@pytest.mark.parametrize(
    "items",
    [[], ["text"], ["text", b"short", "x"], ["text", ID, ""], {"text": 1}, [1]],
    ids=repr,
)
def test_what_is_no_content_does_not_open(items: object) -> None:
    with pytest.raises(SealError):
        decode_content(msgspec.msgpack.encode(items))


def test_a_text_has_a_bound() -> None:
    with pytest.raises(SealError):
        decode_content(encode_content(Text(ID, "x" * (limits.TEXT_LENGTH_MAX + 1))))


@given(st.binary(max_size=200))
def test_any_bytes_are_content_or_raise(data: bytes) -> None:
    with contextlib.suppress(SealError):
        decode_content(data)


def test_the_text_is_not_in_the_repr() -> None:
    assert "secret" not in repr(Text(ID, "secret"))
