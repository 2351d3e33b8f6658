from __future__ import annotations

import msgspec
import pytest

from desktop.storage import finding_store
from desktop.storage.finding_store import StoredFinding
from desktop.storage.storage import Storage
from shared import limits
from shared.entries import Head

FINDING = StoredFinding(
    conversation_id=7,
    kind="fork",
    blamed="server",
    sequence=3,
    account=0,
    at_ms=5,
    evidence=b"proof",
)


def head(sequence: int, chain: bytes) -> Head:
    return Head(
        conversation_id=7,
        head=sequence,
        newest_handshake=0,
        own_counter=0,
        chain=chain * 32,
        signature=bytes(64),
    )


def test_a_finding_is_kept_once(storage: Storage) -> None:
    numbers = [storage.findings.add(FINDING), storage.findings.add(FINDING)]

    assert numbers == [1, 0]
    assert storage.findings.findings(7) == [msgspec.structs.replace(FINDING, finding_id=1)]
    assert storage.findings.findings(8) == []


def test_evidence_that_comes_later_is_added_and_never_replaced(storage: Storage) -> None:
    bare = msgspec.structs.replace(FINDING, evidence=b"")
    numbers = [
        storage.findings.add(each)
        for each in (bare, FINDING, msgspec.structs.replace(FINDING, evidence=b"other"), bare)
    ]

    assert numbers == [1, 0, 0, 0]
    assert [each.evidence for each in storage.findings.findings(7)] == [b"proof"]


def test_findings_have_a_bound_and_so_has_their_evidence(
    storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(finding_store, "_FINDINGS_MAX", 3)
    monkeypatch.setattr(limits, "EVIDENCE_BYTES_MAX", 12)

    numbers = [
        storage.findings.add(msgspec.structs.replace(FINDING, sequence=sequence))
        for sequence in range(1, 6)
    ]

    assert numbers == [1, 2, 3, 0, 0]
    kept = [each.evidence for each in storage.findings.findings(7)]
    assert kept == [b"proof", b"proof", b""]


def test_what_was_found_outside_conversations_belongs_to_all(storage: Storage) -> None:
    storage.findings.add(msgspec.structs.replace(FINDING, conversation_id=0, account=5))

    assert [each.account for each in storage.findings.findings(8)] == [5]


def test_old_heads_go_and_those_that_disagree_stay(storage: Storage) -> None:
    storage.findings.save_head(head(1, b"a"))
    storage.findings.save_head(head(1, b"b"))

    for sequence in range(2, 70):
        assert storage.findings.save_head(head(sequence, b"c"))

    kept = storage.findings.heads(7)
    assert not storage.findings.save_head(head(69, b"c"))
    assert [each.head for each in kept[:2]] == [1, 1]
    assert len(kept) <= 60
