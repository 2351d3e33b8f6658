from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared import limits
from shared.content import (
    File,
    Profile,
    Text,
    Unsupported,
    blob_ids_of,
    decode_content,
    encode_content,
)
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


FILE = File(
    ID,
    5,
    bytes(32),
    bytes(32),
    2**31,
    "picture.png",
    "image/png",
    "look",
    640,
    480,
    b"preview",
    b"thumbnail",
    bytes(16),
)


def test_the_vector_of_a_file_holds() -> None:
    vector = VECTORS["file"]
    fields: list[Any] = [
        bytes.fromhex(item[4:]) if str(item).startswith("hex:") else item
        for item in vector["fields"]
    ]

    assert encode_content(File(*fields)).hex() == vector["bytes"]
    assert decode_content(bytes.fromhex(vector["bytes"])) == File(*fields)


def test_a_file_needs_no_more_than_its_bytes_and_a_name() -> None:
    plain = File(ID, 5, bytes(32), bytes(32), 0, "notes")

    assert decode_content(encode_content(plain)) == plain


@pytest.mark.parametrize(
    "change",
    [
        {"key": bytes(31)},
        {"hash": bytes(33)},
        {"size": limits.FILE_BYTES_MAX + 1},
        {"size": -1},
        {"name": ""},
        {"name": "x" * 256},
        {"media_type": "x" * 101},
        {"width": limits.PICTURE_SIDE_MAX + 1},
        {"height": -1},
        {"preview": bytes(limits.PREVIEW_BYTES_MAX + 1)},
        {"thumbnail": bytes(limits.THUMBNAIL_BYTES_MAX + 1)},
        {"blob_id": 0},
        {"reply_to": b"short"},
    ],
    ids=repr,
)
def test_a_file_out_of_its_bounds_does_not_open(change: dict[str, object]) -> None:
    data = encode_content(msgspec.structs.replace(FILE, **change))

    with pytest.raises(SealError):
        decode_content(data)


def test_the_largest_file_message_fits_into_a_payload() -> None:
    largest = msgspec.structs.replace(
        FILE,
        name="你" * limits.FILE_NAME_LENGTH_MAX,
        text="你" * limits.TEXT_LENGTH_MAX,
        preview=bytes(limits.PREVIEW_BYTES_MAX),
        thumbnail=bytes(limits.THUMBNAIL_BYTES_MAX),
    )

    assert len(encode_content(largest)) < limits.PAYLOAD_BYTES_MAX - 4096


def test_a_text_has_a_bound() -> None:
    with pytest.raises(SealError):
        decode_content(encode_content(Text(ID, "x" * (limits.TEXT_LENGTH_MAX + 1))))


@given(st.binary(max_size=200))
def test_any_bytes_are_content_or_raise(data: bytes) -> None:
    with contextlib.suppress(SealError):
        decode_content(data)


def test_the_text_is_not_in_the_repr() -> None:
    assert "secret" not in repr(Text(ID, "secret"))


def test_the_blobs_of_a_content_are_those_of_its_file() -> None:
    assert blob_ids_of(encode_content(FILE)) == (5,)
    assert blob_ids_of(encode_content(Text(ID, "hello"))) == ()
