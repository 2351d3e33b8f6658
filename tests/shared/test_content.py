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
    Edit,
    File,
    Known,
    Profile,
    Reaction,
    Recall,
    Text,
    Timer,
    Unsupported,
    blob_ids_of,
    decode_content,
    encode_content,
)
from shared.errors import SealError

ID = bytes(range(16))
TARGET = bytes(range(16, 32))
VECTORS = json.loads((Path(__file__).parent / "vectors.json").read_text(encoding="utf-8"))
VECTOR = VECTORS["content"]
EACH: dict[str, Known] = {
    "text with reply": Text(ID, "Hello", TARGET),
    "text with mentions": Text(ID, "Hello @anna", None, (7, 300)),
    "edit": Edit(ID, TARGET, "Hello again"),
    "edit with mentions": Edit(ID, TARGET, "Hello @anna", (7,)),
    "recall": Recall(ID, TARGET, 300, bytes(range(32))),
    "reaction": Reaction(ID, TARGET, "👍"),
    "reaction taken away": Reaction(ID, TARGET, "👍", is_removed=True),
    "timer": Timer(ID, 3600),
    "profile": Profile(ID, "Hikers", b"\x89PNG", "Saturday, 9:00"),
}


def test_the_vector_holds() -> None:
    text = Text(bytes.fromhex(VECTOR["message_id"]), VECTOR["text"])

    assert encode_content(text).hex() == VECTOR["bytes"]
    assert decode_content(bytes.fromhex(VECTOR["bytes"])) == text


@pytest.mark.parametrize("vector", VECTORS["contents"], ids=lambda vector: str(vector["name"]))
def test_the_vector_of_each_kind_holds(vector: dict[str, str]) -> None:
    content = EACH[vector["name"]]

    assert encode_content(content).hex() == vector["bytes"]
    assert decode_content(bytes.fromhex(vector["bytes"])) == content


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


def test_a_text_of_the_first_version_still_opens() -> None:
    first = bytes.fromhex(VECTOR["bytes_without_reply"])

    assert decode_content(first) == Text(ID, VECTOR["text"])


def test_an_edit_without_mentions_still_opens() -> None:
    first = msgspec.msgpack.encode(["edit", ID, TARGET, "Hello"])

    assert decode_content(first) == Edit(ID, TARGET, "Hello")


def test_more_mentions_than_the_bound_are_refused() -> None:
    many = msgspec.msgpack.encode(["text", ID, "hi", None, [7] * (limits.MENTIONS_MAX + 1)])

    with pytest.raises(SealError):
        decode_content(many)


def test_a_field_of_a_later_version_does_not_harm() -> None:
    items = [*msgspec.msgpack.decode(encode_content(EACH["timer"])), "appended"]

    assert decode_content(msgspec.msgpack.encode(items)) == EACH["timer"]


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


@pytest.mark.parametrize(
    "beyond",
    [
        Text(ID, "x" * (limits.TEXT_LENGTH_MAX + 1)),
        Text(ID, "x", b"short"),
        Edit(ID, TARGET, ""),
        Edit(ID, TARGET, "x" * (limits.TEXT_LENGTH_MAX + 1)),
        Recall(ID, TARGET, 0, bytes(32)),
        Recall(ID, TARGET, 1, bytes(31)),
        Reaction(ID, TARGET, ""),
        Reaction(ID, TARGET, "x" * (limits.EMOJI_LENGTH_MAX + 1)),
        Timer(ID, -1),
        Timer(ID, limits.TIMER_S_MAX + 1),
        Profile(ID, ""),
        Profile(ID, "x" * (limits.GROUP_NAME_LENGTH_MAX + 1)),
        Profile(ID, "x", b"x" * (48 * 1024 + 1)),
        Profile(ID, "x", b"", "x" * (limits.ANNOUNCEMENT_LENGTH_MAX + 1)),
    ],
    ids=lambda beyond: type(beyond).__name__,
)
def test_every_field_has_a_bound(beyond: Known) -> None:
    with pytest.raises(SealError):
        decode_content(encode_content(beyond))


@given(st.binary(max_size=200))
def test_any_bytes_are_content_or_raise(data: bytes) -> None:
    with contextlib.suppress(SealError):
        decode_content(data)


def test_the_blobs_of_a_content_are_those_of_its_file() -> None:
    assert blob_ids_of(encode_content(FILE)) == (5,)
    assert blob_ids_of(encode_content(Text(ID, "hello"))) == ()


def test_what_was_written_is_not_in_the_repr() -> None:
    for content in (Text(ID, "secret"), Edit(ID, TARGET, "secret"), Profile(ID, "secret")):
        assert "secret" not in repr(content)
        assert ID.hex() in repr(content)
