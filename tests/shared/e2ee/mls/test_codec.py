from __future__ import annotations

import tracemalloc
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared import limits
from shared.e2ee.mls import codec
from shared.e2ee.mls.codec import (
    Fixed,
    Opaque,
    Opaque4,
    Optional,
    Reader,
    Struct,
    Tagged,
    Uint,
    Uint8,
    Uint16,
    Vector,
)
from shared.e2ee.mls.errors import MlsError, Reason
from tests.shared.e2ee.mls.vectors import load, unhex


@dataclass(frozen=True, slots=True)
class Small(Struct):
    number: Uint16
    text: Opaque


@dataclass(frozen=True, slots=True)
class Other(Struct):
    flag: Uint8


@dataclass(frozen=True, slots=True)
class Large(Struct):
    KEEPS_ENCODING = True

    fixed: Opaque4
    small: Small
    choice: Annotated[Small | Other, Tagged(1, {1: Small, 2: Tagged(1, {7: Other})})]
    some: Annotated[Small | None, Optional(Small)]
    many: Annotated[tuple[int, ...], Vector(Uint(2), 3)]


LARGE = Large(b"four", Small(1, b"a"), Other(9), Small(2, b""), (1, 2))
SMALLS = st.builds(Small, st.integers(0, 65535), st.binary(max_size=100))


def refusal(data: bytes, kind: type[Struct] = Large) -> Reason:
    with pytest.raises(MlsError) as refused:
        kind.decode(data)
    return refused.value.reason


def test_deserialization_vectors(vectors: Path) -> None:
    for case in load(vectors, "mls/deserialization.json"):
        header = unhex(case["vlbytes_header"])

        assert Reader(header).length() == case["length"]
        assert codec.encode_length(case["length"]) == header


@settings(deadline=None)  # A busy machine is no failure.
@given(
    st.builds(
        Large,
        st.binary(min_size=4, max_size=4),
        SMALLS,
        st.one_of(SMALLS, st.builds(Other, st.integers(0, 255))),
        st.none() | SMALLS,
        st.lists(st.integers(0, 65535), max_size=3).map(tuple),
    )
)
def test_what_was_encoded_decodes_to_the_same(value: Large) -> None:
    assert Large.decode(value.encode()) == value


@settings(deadline=None)
@given(st.integers(0, (1 << 30) - 1))
def test_lengths_of_all_sizes_round_trip(value: int) -> None:
    assert Reader(codec.encode_length(value)).length() == value


def test_a_kept_encoding_is_the_bytes_that_came() -> None:
    data = LARGE.encode()

    decoded = Large.decode(data)

    assert decoded.encode() is decoded.encode()
    assert decoded.encode() == data
    assert Small.decode(LARGE.small.encode()).encode() == LARGE.small.encode()


def test_fields_can_be_left_out_of_what_is_signed() -> None:
    assert Small(1, b"a").encode_fields(without=("text",)) == b"\x00\x01"


def test_a_tag_is_found_by_class() -> None:
    tagged = Tagged(1, {1: Small, 2: Other})

    assert tagged.tag_of(Other(1)) == 2


def test_lists_can_stand_alone() -> None:
    data = Vector(Uint(2)).write((1, 2))

    assert Vector(Uint(2)).read(Reader(data)) == (1, 2)


def test_truncated_structure_is_refused() -> None:
    data = LARGE.encode()

    for end in range(len(data)):
        assert refusal(data[:end]) in (Reason.TRUNCATED, Reason.VECTOR_UNEVEN)


def test_list_beyond_the_end_is_refused() -> None:
    with pytest.raises(MlsError) as refused:
        Vector(Uint(2)).read(Reader(b"\x04\x00\x01"))

    assert refused.value.reason is Reason.TRUNCATED


def test_trailing_bytes_are_refused() -> None:
    assert refusal(LARGE.encode() + b"\0") is Reason.TRAILING_BYTES


@pytest.mark.parametrize(
    "data", [b"\x40\x00", b"\x40\x3f", b"\x80\x00\x3f\xff", b"\x80\x00\x00\x01"]
)
def test_length_in_more_bytes_than_needed_is_refused(data: bytes) -> None:
    with pytest.raises(MlsError) as refused:
        Reader(data).length()

    assert refused.value.reason is Reason.VARINT_NOT_MINIMAL


def test_length_with_the_reserved_prefix_is_refused() -> None:
    with pytest.raises(MlsError) as refused:
        Reader(b"\xc0" + bytes(7)).length()

    assert refused.value.reason is Reason.VARINT_PREFIX


def test_optional_mark_other_than_0_and_1_is_refused() -> None:
    with pytest.raises(MlsError) as refused:
        Optional(Uint(1)).read(Reader(b"\x02\x00"))

    assert refused.value.reason is Reason.OPTIONAL_MARK


def test_list_that_ends_inside_an_item_is_refused() -> None:
    with pytest.raises(MlsError) as refused:
        Vector(Uint(2)).read(Reader(b"\x03\x00\x01\x00\x00"))

    assert refused.value.reason is Reason.VECTOR_UNEVEN


def test_list_with_too_many_items_is_refused_both_ways() -> None:
    with pytest.raises(MlsError) as refused:
        Vector(Uint(1), 2).read(Reader(b"\x03abc"))
    assert refused.value.reason is Reason.TOO_MANY_ITEMS

    with pytest.raises(MlsError) as refused:
        Vector(Uint(1), 2).write((1, 2, 3))
    assert refused.value.reason is Reason.TOO_MANY_ITEMS


def test_unknown_tag_is_refused_with_the_reason_of_its_kind() -> None:
    with pytest.raises(MlsError) as refused:
        Tagged(2, {1: Small}, Reason.UNKNOWN_PROPOSAL).read(Reader(b"\x00\x02"))

    assert refused.value.reason is Reason.UNKNOWN_PROPOSAL


def test_input_over_the_bound_is_refused_before_it_is_read() -> None:
    with pytest.raises(MlsError) as refused:
        Reader(bytes(limits.MLS_BYTES_MAX + 1))

    assert refused.value.reason is Reason.TOO_LARGE


@pytest.mark.parametrize("value", [-1, 256])
def test_number_that_does_not_fit_is_refused(value: int) -> None:
    with pytest.raises(MlsError) as refused:
        codec.encode_uint(value, 1)

    assert refused.value.reason is Reason.NOT_ENCODABLE


def test_length_over_30_bits_is_refused() -> None:
    with pytest.raises(MlsError) as refused:
        codec.encode_length(1 << 30)

    assert refused.value.reason is Reason.NOT_ENCODABLE


def test_fixed_bytes_of_another_size_are_refused() -> None:
    with pytest.raises(MlsError) as refused:
        Fixed(4).write(b"abc")

    assert refused.value.reason is Reason.NOT_ENCODABLE


def test_a_length_that_lies_is_refused_and_allocates_nothing() -> None:
    data = b"\xbf\xff\xff\xff"
    tracemalloc.start()

    with pytest.raises(MlsError):
        Reader(data).opaque()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert peak < 16 * 1024
