from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from shared import chain
from shared.entries import Entry
from shared.frames import Entries, decode_server_frame
from tests.shared.factories import make_log, replace_entry

VECTORS: dict[str, Any] = json.loads(
    (Path(__file__).parent / "vectors.json").read_text(encoding="utf-8")
)


def entry_of(vector: dict[str, Any]) -> Entry:
    frame = decode_server_frame(bytes.fromhex(vector["entry"]))
    assert isinstance(frame, Entries)
    return frame.entries[0]


def test_the_vectors_hold() -> None:
    previous = chain.START
    for vector in VECTORS["chain"]:
        entry = entry_of(vector)
        by_hand = hashlib.blake2b(
            previous + bytes.fromhex(vector["canonical"]), digest_size=32
        ).digest()
        assert chain.hash_payload(entry.payload).hex() == vector["payload_hash"]
        assert chain.chain_after(previous, entry) == by_hand == bytes.fromhex(vector["chain"])
        assert chain.is_linked(previous, entry)
        previous = by_hand


def test_the_binding_of_the_vectors_holds_and_names_what_was_seen() -> None:
    vector, entry = VECTORS["binding"], entry_of(VECTORS["chain"][1])
    binding = chain.binding_bytes(
        entry, account=11, device=21, seen=1, seen_chain=bytes.fromhex(vector["seen_chain"])
    )

    assert binding.hex() == vector["binding"]
    assert chain.is_bound(binding, entry)
    assert chain.seen_of(binding) == (1, bytes.fromhex(vector["seen_chain"]))
    assert not chain.is_bound(binding[:-1], entry)


@pytest.mark.parametrize("field", [n for n in Entry.__struct_fields__ if n not in ("chain",)])
def test_a_change_of_any_field_breaks_the_chain(field: str) -> None:
    entry = entry_of(VECTORS["chain"][2])
    value = getattr(entry, field)
    changed: object = value + b"x" if isinstance(value, bytes) else 999
    if field == "kind":
        changed = 1
    if field == "document_hash":
        changed = bytes(32)
    elif field == "blob_ids":
        changed = (8,)
    previous = bytes.fromhex(VECTORS["chain"][1]["chain"])

    assert chain.is_linked(previous, entry)
    assert not chain.is_linked(previous, msgspec.structs.replace(entry, **{field: changed}))


def test_a_blanked_payload_keeps_the_chain_whole() -> None:
    entry = make_log(1)[0]

    assert chain.is_linked(chain.START, replace_entry(entry, payload=b""))
