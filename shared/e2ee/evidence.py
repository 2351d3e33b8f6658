"""Findings, and proofs of them that anybody can check without a server or an account.

A proof, version 1, is a MessagePack array:

| item | what |
| --- | --- |
| 0 | 1 |
| 1 | body: an array [conversation_id, at_ms, head key, [[account, root key] …], log, findings] |
| 2, 3 | who exported it: account and root key |
| 4 | the exporting device: `shared.roster.DeviceProof` |
| 5 | that device's Ed25519 signature over ``mim.audit.v1 ‖ body`` |

``log`` is a `Run` without payloads, or nil; a finding is [kind, sequence, account, at_ms,
evidence]. Whoever checks a proof compares head key and roots with what they know of this server
and these people: what is in the proof are the exporter's words, signed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

import msgspec

from shared import limits
from shared.e2ee.account import check_device
from shared.e2ee.evidence_values import (
    BadCommit,
    BadHead,
    BadRoster,
    Blame,
    BrokenChain,
    Evidence,
    Fork,
    Misbound,
    Noted,
    OtherTag,
    Outsider,
    Run,
    SeenElsewhere,
    Shown,
    SignedHead,
    SwappedPackage,
    Trust,
    TwoLists,
    UnlistedDevice,
    check_evidence,
    check_run,
    nameless,
    skeletons,
)
from shared.e2ee.keys import SignatureKeyPair, verify
from shared.entries import Counter
from shared.errors import SealError
from shared.identifiers import Hash, Id, Milliseconds
from shared.roster import DeviceProof, Signature

__all__ = [
    "FITTING",
    "BadCommit",
    "BadHead",
    "BadRoster",
    "Blame",
    "BrokenChain",
    "Evidence",
    "Exporter",
    "Finding",
    "Fork",
    "Misbound",
    "Noted",
    "OtherTag",
    "Outsider",
    "Report",
    "Reported",
    "Run",
    "SeenElsewhere",
    "SignedHead",
    "SwappedPackage",
    "Trust",
    "TwoLists",
    "UnlistedDevice",
    "Verdict",
    "blame",
    "check_evidence",
    "check_proof",
    "decode_evidence",
    "encode_evidence",
    "encode_proof",
    "judge",
    "nameless",
    "skeletons",
]


class Finding(StrEnum):
    """What an honest server and honest devices do not do."""

    FORK = "fork"
    BAD_HEAD = "bad_head"
    BROKEN_CHAIN = "broken_chain"
    FORGED_FIELDS = "forged_fields"
    DROPPED_ENTRY = "dropped_entry"
    REPEATED_ENTRY = "repeated_entry"
    INVENTED_MEMBER = "invented_member"
    INVENTED_DEVICE = "invented_device"
    JUNK_HANDSHAKE = "junk_handshake"
    FORGED_HANDSHAKE = "forged_handshake"  # Its confirmation tag is not the committer's.
    FORGED_WARRANT = "forged_warrant"
    STALE_GROUP_INFO = "stale_group_info"
    STALE_DEVICE_LIST = "stale_device_list"
    SWAPPED_KEY_PACKAGE = "swapped_key_package"
    BLANKED_PAYLOAD = "blanked_payload"
    FALSE_STALE = "false_stale"
    WRONG_RECORD = "wrong_record"
    OLD_ACCOUNT_DOCUMENT = "old_account_document"


# Which evidence can show which finding.
FITTING: Mapping[Finding, tuple[type[Evidence], ...]] = {
    Finding.FORK: (Fork,),
    Finding.BAD_HEAD: (BadHead,),
    Finding.BROKEN_CHAIN: (BrokenChain,),
    Finding.FORGED_FIELDS: (Misbound,),
    Finding.DROPPED_ENTRY: (SeenElsewhere, Fork),
    Finding.REPEATED_ENTRY: (Noted,),
    Finding.INVENTED_MEMBER: (Outsider,),
    Finding.INVENTED_DEVICE: (UnlistedDevice, Outsider),
    Finding.JUNK_HANDSHAKE: (BadRoster, BadCommit),
    Finding.FORGED_HANDSHAKE: (OtherTag, BadCommit),
    Finding.FORGED_WARRANT: (BadRoster,),
    Finding.STALE_GROUP_INFO: (OtherTag, Noted),
    Finding.STALE_DEVICE_LIST: (TwoLists,),
    Finding.SWAPPED_KEY_PACKAGE: (SwappedPackage,),
    Finding.BLANKED_PAYLOAD: (Noted,),
    Finding.FALSE_STALE: (Noted,),
    Finding.WRONG_RECORD: (Noted,),
    Finding.OLD_ACCOUNT_DOCUMENT: (),  # Nothing of it is signed for others.
}


class Reported(msgspec.Struct, frozen=True, array_like=True, kw_only=True):
    """A finding as it is put into a proof; ``evidence`` is empty where there is none."""

    kind: Finding
    sequence: Counter
    account: Annotated[int, msgspec.Meta(ge=0)]
    at_ms: Milliseconds
    evidence: bytes = b""

    def __repr__(self) -> str:
        return f"Reported({self.kind}, sequence={self.sequence})"


@dataclass(frozen=True, slots=True)
class Exporter:
    """Who exports a proof, by which device."""

    account: int
    root_key: bytes
    device: DeviceProof
    key: SignatureKeyPair


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a check says of one finding; ``kind`` is a `Finding`, or ``log`` for the log itself.

    Attributes:
        kind: What it is about.
        blamed: A `Blame`.
        holds: Whether nothing in the proof contradicts it.
        message: A sentence for people.
    """

    kind: str
    blamed: str
    holds: bool
    message: str


@dataclass(frozen=True, slots=True)
class Report:
    """What a proof says, and how far it holds."""

    conversation_id: int
    account: int  # Who exported it.
    at_ms: int
    trust: Trust
    verdicts: tuple[Verdict, ...]


class _Body(msgspec.Struct, frozen=True, array_like=True):
    conversation_id: Id
    at_ms: Milliseconds
    head_key: Hash
    roots: list[tuple[Id, Hash]]
    log: Run | None
    findings: Annotated[list[Reported], msgspec.Meta(max_length=limits.PROOF_FINDINGS_MAX)]


class _Proof(msgspec.Struct, frozen=True, array_like=True):
    version: int
    body: bytes
    account: Id
    root_key: Hash
    device: DeviceProof
    signature: Signature


def encode_evidence(evidence: Evidence) -> bytes:
    """Return an evidence as bytes, to be stored with its finding."""
    return msgspec.msgpack.encode(evidence)


def decode_evidence(data: bytes) -> Evidence:
    """Return the evidence.

    Raises:
        SealError: If these are not the bytes of one.
    """
    try:
        evidence: Evidence = msgspec.msgpack.decode(data, type=Evidence)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise SealError("This is no evidence.") from error
    return evidence


def blame(evidence: Evidence, trust: Trust) -> Blame:
    """Return who is to blame as far as the evidence tells; unclear if it shows nothing."""
    try:
        return check_evidence(evidence, trust).blamed
    except SealError:
        return Blame.UNCLEAR


def judge(finding: Reported, trust: Trust, *, conversation_id: int) -> Verdict:
    """Return what a finding's evidence shows an outsider."""
    if not finding.evidence:
        told = Shown(Blame.UNCLEAR, "Somebody's device says so; there is nothing to check.")
        return _verdict(finding, told)
    try:
        evidence = decode_evidence(finding.evidence)
        _check_fits(finding, evidence, conversation_id)
        return _verdict(finding, check_evidence(evidence, trust))
    except SealError as error:
        return Verdict(finding.kind, Blame.UNCLEAR, False, str(error))


def encode_proof(
    findings: Iterable[Reported],
    *,
    conversation_id: int,
    at_ms: int,
    log: Run | None,
    trust: Trust,
    exporter: Exporter,
) -> bytes:
    """Return a proof, signed by the exporting device.

    Args:
        findings: What was found.
        conversation_id: Where.
        at_ms: The time in server time.
        log: The conversation's entries without payloads (`skeletons`), up to a signed head.
        trust: The server's head key, and the roots that the exporter knows; its own among them.
        exporter: Who signs.
    """
    listed = sorted((account, root) for account, roots in trust.roots.items() for root in roots)
    parts = _Body(conversation_id, at_ms, trust.head_key, listed, log, list(findings))
    body = msgspec.msgpack.encode(parts)
    proof = _Proof(
        1,
        body,
        exporter.account,
        exporter.root_key,
        exporter.device,
        exporter.key.sign(_signed_bytes(body)),
    )
    return msgspec.msgpack.encode(proof)


def check_proof(data: bytes) -> Report:
    """Check a proof offline: first the log, then every finding.

    Raises:
        SealError: If this is no proof, or it was changed since it was exported.
    """
    proof = _read_proof(data)
    try:
        body = msgspec.msgpack.decode(proof.body, type=_Body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise SealError("This is no proof of Mim.") from error
    trust = Trust(body.head_key, _by_account(body.roots))
    if proof.root_key not in trust.roots.get(proof.account, ()):
        raise SealError("The exporter's root is not among those of the proof.")
    verdicts = [
        judge(finding, trust, conversation_id=body.conversation_id) for finding in body.findings
    ]
    if body.log is not None:
        verdicts.insert(0, _judge_log(body.log, trust, body.conversation_id))
    return Report(body.conversation_id, proof.account, body.at_ms, trust, tuple(verdicts))


def _read_proof(data: bytes) -> _Proof:
    try:
        proof = msgspec.msgpack.decode(data, type=_Proof)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise SealError("This is no proof of Mim.") from error
    # One encoding only: what a decoder overlooks is a change too.
    if proof.version != 1 or msgspec.msgpack.encode(proof) != data:
        raise SealError("This is no proof that this version of Mim reads.")
    check_device(proof.device, root_key=proof.root_key)
    verify(proof.device.signature_key, _signed_bytes(proof.body), proof.signature)
    return proof


def _judge_log(log: Run, trust: Trust, conversation_id: int) -> Verdict:
    first, last = log.entries[0].sequence, log.entries[-1].sequence
    try:
        if log.entries[0].conversation_id != conversation_id:
            raise SealError("The log is another conversation's.")
        vouched = check_run(log, trust)
    except SealError as error:
        return Verdict("log", Blame.UNCLEAR, False, str(error))
    signed = "signed by the server" if vouched is Blame.SERVER else "not signed by the server"
    message = f"Entries {first} to {last} follow each other; where they lead is {signed}."
    return Verdict("log", Blame.UNCLEAR, True, message)


def _verdict(finding: Reported, shown: Shown) -> Verdict:
    return Verdict(finding.kind, shown.blamed, True, shown.message)


def _check_fits(finding: Reported, evidence: Evidence, conversation_id: int) -> None:
    """Check that the evidence is for this kind of finding, this place and this account."""
    if not isinstance(evidence, FITTING[finding.kind]):
        raise SealError("The evidence is for something else.")
    match evidence:
        case Fork(first=head) | BadHead(head=head):
            fits = head.conversation_id == conversation_id
        case BrokenChain(entry=entry):
            place = (entry.conversation_id, entry.sequence, entry.account)
            fits = place == (conversation_id, finding.sequence, finding.account)
        case TwoLists(account=account) | SwappedPackage(account=account):
            fits = account == finding.account
        case _:
            fits = _is_place(finding, evidence.run, evidence.sequence, conversation_id)
    if not fits:
        raise SealError("The evidence is of another place or account.")


def _is_place(finding: Reported, run: Run, sequence: int, conversation_id: int) -> bool:
    accounts = {entry.account for entry in run.entries if entry.sequence == sequence}
    return (
        run.entries[0].conversation_id == conversation_id
        and finding.sequence == sequence
        and accounts == {finding.account}
    )


def _by_account(roots: Sequence[tuple[int, bytes]]) -> dict[int, frozenset[bytes]]:
    accounts = {account for account, _ in roots}
    return {
        account: frozenset(root for owner, root in roots if owner == account)
        for account in accounts
    }


def _signed_bytes(body: bytes) -> bytes:
    return b"mim.audit.v1" + body
