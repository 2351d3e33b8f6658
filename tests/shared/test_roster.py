from __future__ import annotations

import contextlib
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared import limits
from shared.errors import Code, PeerError
from shared.roster import decode_document, encode_document, hash_document

VECTOR = json.loads((Path(__file__).parent / "vectors.json").read_text(encoding="utf-8"))["roster"]


def test_the_vector_holds() -> None:
    data = bytes.fromhex(VECTOR["document"])

    assert encode_document(decode_document(data)) == data
    assert hash_document(data).hex() == VECTOR["sha256"]


@given(st.binary(max_size=200))
def test_any_bytes_are_a_document_or_raise_peer_error(data: bytes) -> None:
    with contextlib.suppress(PeerError):
        decode_document(data)


def test_a_document_has_a_bound() -> None:
    with pytest.raises(PeerError) as caught:
        decode_document(bytes(limits.ROSTER_BYTES_MAX + 1))

    assert caught.value.code is Code.TOO_LARGE
