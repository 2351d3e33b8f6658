from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared import frames, limits
from shared.errors import Code, PeerError

VECTORS: list[dict[str, Any]] = json.loads(
    (Path(__file__).parent / "vectors.json").read_text(encoding="utf-8")
)["frames"]
DECODE = {"client": frames.decode_client_frame, "server": frames.decode_server_frame}
LARGE = limits.FRAME_BYTES_MAX + 1


def pack(value: object) -> bytes:
    return msgspec.msgpack.encode(value)


@pytest.mark.parametrize("vector", VECTORS, ids=lambda v: f"{v['from']} {v['name']}")
def test_every_frame_is_written_and_read_as_in_the_vectors(vector: dict[str, Any]) -> None:
    decode = DECODE[vector["from"]]

    frame = decode(bytes.fromhex(vector["msgpack"]))

    assert decode(vector["json"]) == frame
    assert frames.encode_frame(frame) == bytes.fromhex(vector["msgpack"])
    assert frames.encode_frame(frame, as_json=True) == vector["json"]


def test_the_vectors_have_every_frame() -> None:
    for side, union in (("client", frames.ClientFrame), ("server", frames.ServerFrame)):
        names = {vector["name"] for vector in VECTORS if vector["from"] == side}
        assert names == {kind.__struct_config__.tag for kind in union.__args__}


@pytest.mark.parametrize("vector", VECTORS, ids=lambda v: f"{v['from']} {v['name']}")
def test_items_appended_by_a_later_version_are_ignored(vector: dict[str, Any]) -> None:
    decode, items = DECODE[vector["from"]], json.loads(vector["json"])

    assert decode(json.dumps([*items, "later", 1])) == decode(vector["json"])


MALFORMED: dict[str, bytes | str] = {
    "empty": b"",
    "empty text": "",
    "no MessagePack": b"\xc1",
    "no JSON": "{",
    "no array": pack({"confirm": 1}),
    "empty array": pack([]),
    "number as a name": pack([1, 2, 3]),
    "unknown name": pack(["nonsense", 1]),
    "long unknown name": pack(["n" * 100_000]),
    "missing item": pack(["confirm", 1]),
    "wrong type": pack(["confirm", "1", 2]),
    "negative": pack(["confirm", 31, -1]),
    "identifier 0": pack(["confirm", 0, 1]),
    "identifier too high": pack(["confirm", 2**63, 1]),
    "counter too high": pack(["confirm", 31, 2**53 + 1]),
    "limit 0": pack(["pull", 1, 31, 0, 0]),
    "limit too high": pack(["pull", 1, 31, 0, limits.ENTRIES_PER_FRAME_MAX + 1]),
    "long client": pack(["hello", 1, 1, 0, 0, "x" * 201]),
    "payload too large": pack(
        ["submit", [31, 2, 1, 1, 0, None, 1, 1, 0, [], bytes(limits.HANDSHAKE_BYTES_MAX + 1)]]
    ),
    "unknown entry kind": pack(["submit", [31, 3, 1, 1, 0, None, 1, 1, 0, [], b""]]),
    "short hash": pack(["submit", [31, 1, 1, 1, 0, b"short", 1, 1, 0, [], b""]]),
    "too many blobs": pack(["submit", [31, 2, 1, 1, 0, None, 1, 1, 0, [1] * 11, b""]]),
    "bad base64": '["submit",[31,2,1,1,0,null,1,1,0,[],"?"]]',
    "no UTF-8": b"\x92\xa7confirm\xa1\xff",
    "lone surrogate": '["\ud800"]',
    "bytes after the end": pack(["confirm", 31, 1]) + b"\x00",
    "nested deeply": b"\x91" * 100_000,
    "nested deeply in text": "[" * 100_000,
    "a frame of the server": pack(["confirmed", 31, 1]),
}


@pytest.mark.parametrize("name", MALFORMED)
def test_malformed_frames_are_told_so(name: str) -> None:
    with pytest.raises(PeerError) as caught:
        frames.decode_client_frame(MALFORMED[name])

    assert caught.value.code is Code.MALFORMED
    assert len(caught.value.message) < 200


@pytest.mark.parametrize("data", [bytes(LARGE), " " * LARGE], ids=["bytes", "text"])
def test_frames_beyond_the_bound_are_not_read(data: bytes | str) -> None:
    with pytest.raises(PeerError) as caught:
        frames.decode_server_frame(data)

    assert caught.value.code is Code.TOO_LARGE


@pytest.mark.parametrize("character", ["a", "é", "界", "😀"])
def test_the_bound_of_text_is_in_bytes(character: str) -> None:
    start, end = '["bye","malformed","", 0, "', '"]'
    size = len(character.encode())
    room = limits.FRAME_BYTES_MAX - len(start) - len(end)
    filler = "x" * (room % size) + character * (room // size)

    fits = frames.decode_client_frame(f"{start}{filler}{end}")
    with pytest.raises(PeerError) as caught:
        frames.decode_client_frame(f"{start}x{filler}{end}")

    assert fits == frames.Bye(Code.MALFORMED, "", 0)
    assert caught.value.code is Code.TOO_LARGE


def test_large_text_that_is_no_unicode_is_malformed() -> None:
    with pytest.raises(PeerError) as caught:
        frames.decode_client_frame("\ud800" * (limits.FRAME_BYTES_MAX // 3))

    assert caught.value.code is Code.MALFORMED


def decodes_or_breaks(data: bytes | str) -> None:
    for decode in DECODE.values():
        try:
            frame = decode(data)
        except PeerError:
            continue
        assert decode(frames.encode_frame(frame)) == frame


@given(st.binary(max_size=300) | st.text(max_size=300))
def test_any_bytes_decode_or_raise_peer_error(data: bytes | str) -> None:
    decodes_or_breaks(data)


@given(st.sampled_from(VECTORS), st.integers(0, 400), st.integers(0, 255))
def test_a_flipped_byte_decodes_or_raises_peer_error(
    vector: dict[str, Any], at: int, value: int
) -> None:
    data = bytearray.fromhex(vector["msgpack"])
    data[at % len(data)] = value

    decodes_or_breaks(bytes(data))
    decodes_or_breaks(bytes(data[: at % len(data)]))


def test_close_codes_are_in_the_private_range_and_differ() -> None:
    assert all(4_000 <= code < 5_000 for code in frames.CLOSE_CODES.values())
    assert len(set(frames.CLOSE_CODES.values())) == len(frames.CLOSE_CODES)
