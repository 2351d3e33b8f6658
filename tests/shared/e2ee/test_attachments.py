from __future__ import annotations

import hashlib
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nacl import bindings

from shared import limits
from shared.e2ee.attachments import (
    HEADER_BYTES,
    AttachmentKey,
    AttachmentOpener,
    AttachmentSealer,
    padded_size,
    sealed_size,
)
from shared.errors import LocalError, SealError

KEY = AttachmentKey(bytes(range(32)))
HEADER = bytes(range(24))
CHUNK = limits.FILE_CHUNK_BYTES
SEALED_CHUNK = CHUNK + 17
# Of "Mim" under this key and header; the test of libsodium's description says it is right.
VECTOR_HASH = "0f9d6aa7166d2be0df42449388080945878afe855061fa63d884028430441bfc"
# Three whole chunks and a bit, and no length that is its own padded one.
FILE = bytes(number * 7 % 251 for number in range(3 * CHUNK + 4321))


def pieces(data: bytes, size: int) -> Iterator[bytes]:
    for start in range(0, len(data), size):
        yield data[start : start + size]


def seal(data: bytes, *, step: int = CHUNK) -> tuple[bytes, bytes]:
    """Return the sealed stream and its hash."""
    sealer = AttachmentSealer(KEY, header=HEADER, size=len(data))
    sealed = b"".join(sealer.feed(piece) for piece in pieces(data, step)) + sealer.finish()
    return sealed, sealer.hash


def open_all(
    sealed: bytes,
    size: int,
    *,
    step: int = CHUNK,
    key: AttachmentKey = KEY,
) -> bytes:
    opener = AttachmentOpener(key, size=size)
    opened = b"".join(opener.feed(piece) for piece in pieces(sealed, step))
    opener.finish(hashlib.blake2b(sealed, digest_size=32).digest())
    return opened


def chunks_of(sealed: bytes) -> list[bytes]:
    return list(pieces(sealed[HEADER_BYTES:], SEALED_CHUNK))


@pytest.mark.parametrize(
    "size", [0, 1, 1024, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 3 * CHUNK + 4321]
)
@pytest.mark.parametrize("step", [CHUNK, 10_007, 5 * CHUNK])
def test_what_was_sealed_opens_again(size: int, step: int) -> None:
    sealed, sealed_hash = seal(FILE[:size], step=step)

    assert len(sealed) == sealed_size(size)
    assert sealed_hash == hashlib.blake2b(sealed, digest_size=32).digest()
    assert open_all(sealed, size, step=step) == FILE[:size]


@given(st.binary(max_size=3000), st.integers(1, 400), st.integers(1, 400))
def test_the_pieces_make_no_difference(data: bytes, step: int, other: int) -> None:
    sealed, _ = seal(data, step=step)

    assert sealed == seal(data, step=other)[0]
    assert open_all(sealed, len(data), step=other) == data


def test_the_stream_is_the_one_that_libsodium_describes() -> None:
    sealed, _ = seal(FILE)
    state = bindings.crypto_secretstream_xchacha20poly1305_state()
    bindings.crypto_secretstream_xchacha20poly1305_init_pull(state, HEADER, KEY.secret)
    pull = bindings.crypto_secretstream_xchacha20poly1305_pull

    opened = [pull(state, chunk) for chunk in chunks_of(sealed)]

    padded = padded_size(len(FILE))
    assert sealed[:HEADER_BYTES] == HEADER
    assert b"".join(plain for plain, _ in opened) == FILE.ljust(padded, b"\0")
    assert [tag for _, tag in opened] == [0] * (len(opened) - 1) + [3]


def test_the_vector_holds() -> None:
    sealed, sealed_hash = seal(b"Mim")

    assert len(sealed) == 24 + 1024 + 17
    assert sealed_hash.hex() == VECTOR_HASH


def test_padding_hides_the_length_and_costs_little() -> None:
    assert padded_size(0) == padded_size(1000) == 1024
    # From the paper: 9 has 4 bits, its last one is rounded up; larger numbers keep few bits.
    assert padded_size(2_000) == 2_048
    assert padded_size(1_000_003) == 1_015_808
    assert padded_size(limits.FILE_BYTES_MAX) == limits.FILE_BYTES_MAX
    assert sealed_size(limits.FILE_BYTES_MAX) <= limits.BLOB_BYTES_MAX
    lengths = {padded_size(size) for size in range(100_000, 200_000)}
    assert len(lengths) < 40


@given(st.integers(0, limits.FILE_BYTES_MAX))
def test_a_padded_length_is_stable_and_at_most_an_eighth_more(size: int) -> None:
    padded = padded_size(size)

    assert max(size, 1024) <= padded <= max(1024, size + size // 8)
    assert padded_size(padded) == padded


@pytest.mark.parametrize("size", [-1, limits.FILE_BYTES_MAX + 1])
def test_a_file_has_a_bound(size: int) -> None:
    with pytest.raises(LocalError):
        AttachmentSealer(KEY, header=HEADER, size=size)
    with pytest.raises(SealError):
        AttachmentOpener(KEY, size=size)


def test_a_file_that_changes_while_it_is_read_is_not_sealed() -> None:
    longer = AttachmentSealer(KEY, header=HEADER, size=10)
    shorter = AttachmentSealer(KEY, header=HEADER, size=10)
    shorter.feed(b"x" * 9)

    with pytest.raises(LocalError, match="longer"):
        longer.feed(b"x" * 11)
    with pytest.raises(LocalError, match="shorter"):
        shorter.finish()


@pytest.mark.parametrize("cut", [0, 5, HEADER_BYTES, HEADER_BYTES + 1, HEADER_BYTES + SEALED_CHUNK])
def test_a_cut_stream_is_noticed(cut: int) -> None:
    sealed, sealed_hash = seal(FILE)
    opener = AttachmentOpener(KEY, size=len(FILE))

    opened = opener.feed(sealed[:cut])

    assert FILE.startswith(opened)
    with pytest.raises(SealError):
        opener.finish(sealed_hash)


def test_a_stream_that_ends_at_an_earlier_chunk_is_noticed() -> None:
    sealed, _ = seal(FILE)
    first = sealed[: HEADER_BYTES + SEALED_CHUNK]

    # Even when its size is claimed to be that of the first chunk.
    with pytest.raises(SealError):
        open_all(first, CHUNK)


def test_swapped_repeated_and_missing_chunks_are_noticed() -> None:
    sealed, _ = seal(FILE)
    one, two, three, *rest = chunks_of(sealed)

    for order in ([two, one, three], [one, one, three], [one, three, two]):
        with pytest.raises(SealError):
            open_all(HEADER + b"".join([*order, *rest]), len(FILE))


@pytest.mark.parametrize("place", [0, 23, 24, 24 + CHUNK, 24 + 2 * SEALED_CHUNK + 100, -1])
def test_a_changed_byte_is_noticed_in_its_chunk(place: int) -> None:
    sealed, _ = seal(FILE)
    changed = bytearray(sealed)
    changed[place] ^= 1
    opener = AttachmentOpener(KEY, size=len(FILE))

    opened = bytearray()
    with pytest.raises(SealError):
        opened.extend(byte for piece in pieces(bytes(changed), 1000) for byte in opener.feed(piece))

    assert FILE.startswith(bytes(opened))
    assert opener.opened_bytes <= max(HEADER_BYTES, place % len(sealed))


def test_a_wrong_key_or_hash_opens_nothing() -> None:
    sealed, _ = seal(FILE)
    opener = AttachmentOpener(KEY, size=len(FILE))
    opener.feed(sealed)

    with pytest.raises(SealError):
        open_all(sealed, len(FILE), key=AttachmentKey(bytes(32)))
    with pytest.raises(SealError):
        opener.finish(bytes(32))


def test_nothing_may_follow_the_end() -> None:
    sealed, _ = seal(FILE)
    opener = AttachmentOpener(KEY, size=len(FILE))
    opener.feed(sealed)

    with pytest.raises(SealError):
        opener.feed(b"x")


def test_an_opener_fed_again_stands_where_it_stood() -> None:
    sealed, sealed_hash = seal(FILE)
    place = HEADER_BYTES + SEALED_CHUNK + 777
    before = AttachmentOpener(KEY, size=len(FILE))
    opened = before.feed(sealed[:place])

    again = AttachmentOpener(KEY, size=len(FILE))
    again.feed(sealed[: before.opened_bytes])
    rest = again.feed(sealed[before.opened_bytes :])
    again.finish(sealed_hash)

    assert before.opened_bytes == HEADER_BYTES + SEALED_CHUNK
    assert opened + rest == FILE


def test_a_key_does_not_show() -> None:
    assert "1" not in repr(AttachmentKey(b"1" * 32))
