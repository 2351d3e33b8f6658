"""Tests of `shared.e2ee.evidence`."""

from __future__ import annotations

import hashlib
from typing import get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.e2ee.account import proof_of
from shared.e2ee.evidence import (
    FITTING,
    BadHead,
    Blame,
    BrokenChain,
    Evidence,
    Exporter,
    Finding,
    Fork,
    Noted,
    Outsider,
    Reported,
    TwoLists,
    blame,
    check_proof,
    decode_evidence,
    encode_evidence,
    encode_proof,
    judge,
)
from shared.e2ee.evidence_values import Run, Trust
from shared.e2ee.keys import SignatureKeyPair
from shared.entries import EntryKind
from shared.errors import SealError
from tests.shared.e2ee.forged_log import (
    ANNA,
    BERT,
    CLEO,
    DOCUMENT,
    TRUST,
    ForgedLog,
    bare,
    sign_head,
)
from tests.shared.factories import CONVERSATION, START_MS

OTHER_CHAIN = b"o" * 32
EXPORTER = Exporter(
    account=ANNA.account,
    root_key=ANNA.root.public,
    device=proof_of(ANNA.certificate),
    key=ANNA.device.signature,
)


def make_log() -> ForgedLog:
    log = ForgedLog()
    log.append(log.draft(EntryKind.HANDSHAKE, document=DOCUMENT, parent=0))
    log.append(log.draft(payload=b"a secret phrase"))
    log.append(log.draft(), by=CLEO)
    return log


LOG = make_log()
FORK = Fork(first=LOG.head(), second=sign_head(3, OTHER_CHAIN))
OUTSIDER = Outsider(run=LOG.run(), sequence=3, document=DOCUMENT)


def reported(
    kind: Finding, evidence: Evidence | None, *, sequence: int = 3, account: int = CLEO.account
) -> Reported:
    return Reported(
        kind=kind,
        sequence=sequence,
        account=account,
        at_ms=START_MS,
        evidence=b"" if evidence is None else encode_evidence(evidence),
    )


FINDINGS = (
    reported(Finding.FORK, FORK),
    reported(Finding.INVENTED_MEMBER, OUTSIDER),
    reported(Finding.FALSE_STALE, None),
)


def make_proof(
    *findings: Reported,
    exporter: Exporter = EXPORTER,
    log: Run | None = None,
    conversation_id: int = CONVERSATION,
) -> bytes:
    return encode_proof(
        findings or FINDINGS,
        conversation_id=conversation_id,
        at_ms=START_MS,
        log=log,
        trust=TRUST,
        exporter=exporter,
    )


def test_proof_says_what_was_found_and_who_is_to_blame() -> None:
    report = check_proof(make_proof(log=LOG.run()))

    assert [(item.kind, item.blamed, item.holds) for item in report.verdicts] == [
        ("log", "unclear", True),
        ("fork", "server", True),
        ("invented_member", "server", True),
        ("false_stale", "unclear", True),
    ]
    assert all(item.message.endswith(".") for item in report.verdicts)
    assert (report.conversation_id, report.account, report.at_ms) == (
        CONVERSATION,
        ANNA.account,
        START_MS,
    )
    assert report.trust == TRUST


def test_proof_without_a_log_has_findings_alone() -> None:
    assert [item.kind for item in check_proof(make_proof()).verdicts] == [
        finding.kind for finding in FINDINGS
    ]


def test_proof_holds_no_payload() -> None:
    assert b"a secret phrase" in LOG.entries[1].payload
    assert b"a secret phrase" not in make_proof(log=LOG.run())


@given(st.data())
def test_proof_with_any_byte_changed_does_not_verify(data: st.DataObject) -> None:
    proof = bytearray(make_proof(log=LOG.run()))
    place = data.draw(st.integers(0, len(proof) - 1))
    proof[place] ^= data.draw(st.integers(1, 255))

    with pytest.raises(SealError):
        check_proof(bytes(proof))


def test_proof_with_bytes_added_or_missing_does_not_verify() -> None:
    proof = make_proof()
    parts = msgspec.msgpack.decode(proof)
    longer = msgspec.msgpack.encode([*parts, 1])

    for forged in (proof[:-1], proof + b"\x00", longer, b"", b"\xc1"):
        with pytest.raises(SealError):
            check_proof(forged)


def test_proof_of_another_version_is_refused() -> None:
    parts = msgspec.msgpack.decode(make_proof())

    with pytest.raises(SealError, match="version"):
        check_proof(msgspec.msgpack.encode([2, *parts[1:]]))


def test_proof_whose_exporter_is_not_whom_it_says_is_refused() -> None:
    root_key = BERT.root.public
    other_key = Exporter(ANNA.account, ANNA.root.public, EXPORTER.device, BERT.device.signature)
    other_device = Exporter(
        ANNA.account, ANNA.root.public, proof_of(BERT.certificate), BERT.device.signature
    )
    other_account = Exporter(
        ANNA.account, root_key, proof_of(BERT.certificate), BERT.device.signature
    )

    for forged in (other_key, other_device, other_account):
        with pytest.raises(SealError):
            check_proof(make_proof(exporter=forged))


@pytest.mark.parametrize("body", [b"", b"\x90", b"\xc1"])
def test_signed_bytes_that_are_no_proof_are_refused(body: bytes) -> None:
    parts = msgspec.msgpack.decode(make_proof())
    parts[1] = body
    parts[5] = ANNA.device.signature.sign(b"mim.audit.v1" + body)

    with pytest.raises(SealError, match="no proof"):
        check_proof(msgspec.msgpack.encode(parts))


def test_log_that_does_not_hold_together_is_told() -> None:
    run = LOG.run()
    changed = msgspec.structs.replace(run.entries[1], expires_at_ms=7)
    broken = msgspec.structs.replace(run, entries=(run.entries[0], changed, run.entries[2]))

    verdict = check_proof(make_proof(log=broken)).verdicts[0]

    assert (verdict.kind, verdict.holds) == ("log", False)
    elsewhere = check_proof(make_proof(log=run, conversation_id=99)).verdicts[0]
    assert (elsewhere.kind, elsewhere.holds) == ("log", False)


def test_log_without_a_signed_head_is_told() -> None:
    verdict = check_proof(make_proof(log=LOG.run(is_signed=False))).verdicts[0]

    assert verdict.holds
    assert "not signed" in verdict.message


def test_server_is_blamed_only_by_what_it_signed() -> None:
    unsigned = msgspec.structs.replace(OUTSIDER, run=LOG.run(is_signed=False))
    agreeing = Fork(first=LOG.head(), second=LOG.head())

    assert blame(FORK, TRUST) is Blame.SERVER
    assert blame(FORK, Trust(ANNA.root.public, TRUST.roots)) is Blame.UNCLEAR
    assert blame(OUTSIDER, TRUST) is Blame.SERVER
    assert blame(unsigned, TRUST) is Blame.UNCLEAR
    assert blame(agreeing, TRUST) is Blame.UNCLEAR


def holds(finding: Reported, conversation_id: int = CONVERSATION) -> bool:
    return judge(finding, TRUST, conversation_id=conversation_id).holds


def test_finding_whose_evidence_shows_nothing_does_not_hold() -> None:
    agreeing = Fork(first=LOG.head(), second=LOG.head())

    verdict = judge(reported(Finding.FORK, agreeing), TRUST, conversation_id=CONVERSATION)

    assert (verdict.holds, verdict.blamed) == (False, "unclear")
    junk = Reported(kind=Finding.FORK, sequence=1, account=0, at_ms=0, evidence=b"junk")
    assert not holds(junk)


def test_evidence_for_something_else_does_not_hold() -> None:
    assert holds(reported(Finding.DROPPED_ENTRY, FORK))
    assert not holds(reported(Finding.FALSE_STALE, FORK))


def test_evidence_of_another_place_or_account_does_not_hold() -> None:
    entry = LOG.run().entries[2]
    bad_head = msgspec.structs.replace(LOG.head(), signature=bytes(64))
    first = bare(ANNA)
    lists = TwoLists(account=ANNA.account, root_key=ANNA.root.public, seen=first, shown=())
    true_ones: list[tuple[Finding, Evidence, int]] = [
        (Finding.FORK, FORK, CLEO.account),
        (Finding.BAD_HEAD, BadHead(head=bad_head), CLEO.account),
        (
            Finding.BROKEN_CHAIN,
            BrokenChain(chain_before=OTHER_CHAIN, entry=entry),
            CLEO.account,
        ),
        (Finding.BLANKED_PAYLOAD, Noted(run=LOG.run(), sequence=3), CLEO.account),
        (Finding.STALE_DEVICE_LIST, lists, ANNA.account),
    ]

    for kind, evidence, account in true_ones:
        assert holds(reported(kind, evidence, account=account))
        if kind is not Finding.STALE_DEVICE_LIST:
            assert not holds(reported(kind, evidence, account=account), conversation_id=99)
    for kind, evidence, _ in true_ones[2:]:
        assert not holds(reported(kind, evidence, account=BERT.account))
    for kind, evidence, account in true_ones[2:4]:
        assert not holds(reported(kind, evidence, account=account, sequence=2))


def test_each_finding_has_evidence_and_each_evidence_a_finding() -> None:
    assert set(FITTING) == set(Finding)
    # Of an account document nothing is signed for others, so there is nothing to hand over.
    assert [kind for kind, fits in FITTING.items() if not fits] == [Finding.OLD_ACCOUNT_DOCUMENT]
    assert {kind for kinds in FITTING.values() for kind in kinds} == set(get_args(Evidence))


def test_evidence_survives_its_bytes() -> None:
    for evidence in (FORK, OUTSIDER, Noted(run=LOG.run(), sequence=2)):
        assert decode_evidence(encode_evidence(evidence)) == evidence


@given(st.binary(max_size=200))
def test_any_bytes_are_refused_as_evidence_and_proof(data: bytes) -> None:
    with pytest.raises(SealError):
        decode_evidence(data)
    with pytest.raises(SealError):
        check_proof(data)


def test_nothing_of_a_finding_shows_in_repr() -> None:
    assert repr(FINDINGS[0]) == "Reported(fork, sequence=3)"
    assert EXPORTER.key.seed.hex() not in repr(EXPORTER)
    assert repr(EXPORTER.key.seed) not in repr(EXPORTER)


def test_format_is_the_fixed_one() -> None:
    proof = make_proof(log=LOG.run())

    assert isinstance(EXPORTER.key, SignatureKeyPair)
    assert (
        hashlib.blake2b(encode_evidence(FORK), digest_size=16).hexdigest()
        == "72eec249566bce2b2bc00415162c6a47"
    )
    assert hashlib.blake2b(proof, digest_size=16).hexdigest() == "edd93ce79d14cc350b6f2f7041471571"
