"""What shows that somebody broke the rules of a log, so that an outsider can check it offline.

A server answers for entries by a head that it signed: a `Run` of entries whose chain ends there.
Each value here is one kind of evidence, a MessagePack array tagged by its name; its function below
says what it shows and who is to blame, or raises `SealError` where it shows nothing.

| evidence | shows | blames |
| --- | --- | --- |
| `Fork` | two signed heads that disagree | the server |
| `BadHead` | a head that the server did not sign | nobody |
| `BrokenChain` | an entry that does not continue the chain | nobody |
| `Misbound` | a payload whose sender bound other clear fields | nobody |
| `SeenElsewhere` | a payload whose sender saw another log | nobody |
| `Outsider` | an entry of nobody in the roster | the server |
| `UnlistedDevice` | an entry of a device that is not in its account's list | nobody |
| `BadRoster` | a roster that its author may not bring about | the server |
| `BadCommit` | a handshake that breaks the rules | its device if that signed it |
| `OtherTag` | a handshake that its committer's description contradicts | nobody |
| `TwoLists` | two device lists of one root | the root's owner if it signed a fork |
| `SwappedPackage` | a key package that is not the device's | nobody |
| `Noted` | that the entry in question stands in the log | nobody |

"Nobody" is `Blame.UNCLEAR`: the server or the device is wrong, and what the server merely answers
is not signed. A run without a signed head makes everything unclear. No content is in any of them:
runs hold entries without payloads; `Misbound` and `SeenElsewhere` hold one sealed payload.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

import msgspec

from shared import limits
from shared.chain import START, chain_after, hash_payload, is_bound, seen_of
from shared.e2ee.credentials import read_credential
from shared.e2ee.devices import DeviceList, check_list, is_extension
from shared.e2ee.facade import MlsError, check_prekey, confirmation_tag_of
from shared.e2ee.handshakes import LogState, conversation_name, follow
from shared.e2ee.mls.wire import (
    PUBLIC_MESSAGE,
    AuthenticatedContent,
    Member,
    MlsMessage,
    PrivateMessage,
    PublicMessage,
)
from shared.e2ee.warrants import is_signed
from shared.entries import Counter, Entry, EntryKind, Head
from shared.errors import LocalError, PeerError, RefusedError, SealError
from shared.identifiers import Hash, Id
from shared.rest import DeviceListEntry
from shared.roster import RosterDocument, Signature, decode_document, hash_document
from shared.roster_rules import check_change, member_of
from shared.signed_heads import head_bytes

__all__ = [
    "BadCommit",
    "BadHead",
    "BadRoster",
    "Blame",
    "BrokenChain",
    "Evidence",
    "Fork",
    "Misbound",
    "Noted",
    "OtherTag",
    "Outsider",
    "Run",
    "SeenElsewhere",
    "Shown",
    "SignedHead",
    "SwappedPackage",
    "Trust",
    "TwoLists",
    "UnlistedDevice",
    "check_evidence",
    "check_run",
    "nameless",
    "skeletons",
]

Payload = Annotated[bytes, msgspec.Meta(max_length=limits.HANDSHAKE_BYTES_MAX)]
Document = Annotated[bytes, msgspec.Meta(max_length=limits.ROSTER_BYTES_MAX)]
DeviceEntries = Annotated[
    tuple[DeviceListEntry, ...], msgspec.Meta(max_length=limits.DEVICE_LIST_MAX)
]


class Blame(StrEnum):
    """Who did it, as far as the evidence tells an outsider."""

    SERVER = "server"
    DEVICE = "device"
    UNCLEAR = "unclear"


@dataclass(frozen=True, slots=True)
class Trust:
    """What an outsider goes by: the server's head key, and the roots of accounts."""

    head_key: bytes
    roots: Mapping[int, frozenset[bytes]]


@dataclass(frozen=True, slots=True)
class Shown:
    """What an evidence shows."""

    blamed: Blame
    message: str


class SignedHead(msgspec.Struct, frozen=True, array_like=True, kw_only=True):
    """Where a server signed that a log stands."""

    conversation_id: Id
    sequence: Counter
    chain: Hash
    signature: Signature

    @classmethod
    def of(cls, head: Head) -> SignedHead:
        """Return the signed part of a head that has one."""
        return cls(
            conversation_id=head.conversation_id,
            sequence=head.head,
            chain=head.chain,
            signature=head.signature,
        )


class Run(msgspec.Struct, frozen=True, array_like=True, kw_only=True):
    """Entries without holes and payloads, up to a head that the server signed, if there is one."""

    chain_before: Hash
    entries: Annotated[
        tuple[Entry, ...], msgspec.Meta(min_length=1, max_length=limits.PROOF_ENTRIES_MAX)
    ]
    head: SignedHead | None = None


class _Value(msgspec.Struct, frozen=True, array_like=True, kw_only=True, tag=True):
    def __repr__(self) -> str:
        return f"{type(self).__name__}()"


class Fork(_Value, frozen=True):
    """Two signed heads of one log; ``between`` leads from the one's place to the other."""

    first: SignedHead
    second: SignedHead
    between: Run | None = None


class BadHead(_Value, frozen=True):
    """A head as it came."""

    head: SignedHead


class BrokenChain(_Value, frozen=True):
    """An entry as it came, and the chain value before it."""

    chain_before: Hash
    entry: Entry


class Misbound(_Value, frozen=True):
    """An entry of a run, with its payload."""

    run: Run
    sequence: Counter
    payload: Payload


class SeenElsewhere(_Value, frozen=True):
    """An entry of a run, with its payload; the run holds what its sender says it saw."""

    run: Run
    sequence: Counter
    payload: Payload


class Outsider(_Value, frozen=True):
    """An entry of a run, and the roster that the handshake before it names."""

    run: Run
    sequence: Counter
    document: Document


class UnlistedDevice(_Value, frozen=True):
    """An entry of a run, and its account's device list."""

    run: Run
    sequence: Counter
    root_key: Hash
    devices: DeviceEntries


class BadRoster(_Value, frozen=True):
    """A handshake of a run, and the rosters that the one before and itself name."""

    run: Run
    sequence: Counter
    before: Document
    after: Document


class BadCommit(_Value, frozen=True):
    """A handshake of a run with its payload, and the state that it was made on."""

    run: Run
    sequence: Counter
    payload: Payload
    group_info: bytes
    tree: bytes
    before: Document
    after: Document | None = None


class OtherTag(_Value, frozen=True):
    """A handshake of a run with its payload, and what is signed of the epoch it should make."""

    run: Run
    sequence: Counter
    payload: Payload
    group_info: bytes
    tree: bytes
    document: Document


class TwoLists(_Value, frozen=True):
    """A device list as it was seen, and as it was shown later."""

    account: Id
    root_key: Hash
    seen: DeviceEntries
    shown: DeviceEntries


class SwappedPackage(_Value, frozen=True):
    """A key package as it came for a device, and its account's device list."""

    account: Id
    device_id: Id
    package: Annotated[bytes, msgspec.Meta(max_length=limits.KEY_PACKAGE_BYTES_MAX)]
    root_key: Hash
    devices: DeviceEntries


class Noted(_Value, frozen=True):
    """An entry of a run; what is wrong with it was seen by who says so, and is not signed."""

    run: Run
    sequence: Counter


Evidence = (
    Fork
    | BadHead
    | BrokenChain
    | Misbound
    | SeenElsewhere
    | Outsider
    | UnlistedDevice
    | BadRoster
    | BadCommit
    | OtherTag
    | TwoLists
    | SwappedPackage
    | Noted
)


def skeletons(entries: Iterable[Entry]) -> tuple[Entry, ...]:
    """Return the entries without their payloads; chain and hashes stay whole."""
    return tuple(msgspec.structs.replace(entry, payload=b"") for entry in entries)


def nameless(entries: Iterable[DeviceListEntry]) -> tuple[DeviceListEntry, ...]:
    """Return a device list without the sealed names, which are nobody else's business."""
    return tuple(
        entry
        if entry.certificate is None
        else msgspec.structs.replace(
            entry, certificate=msgspec.structs.replace(entry.certificate, sealed_name=b"")
        )
        for entry in entries
    )


def check_run(run: Run, trust: Trust) -> Blame:
    """Check that entries follow each other, up to the signed head if there is one.

    Returns:
        Who answers for the entries: the server if it signed where they lead, else it is unclear.

    Raises:
        SealError: If an entry is missing or changed, or the head is not the server's.
    """
    first, last = run.entries[0], run.entries[-1]
    value = run.chain_before
    _require(first.sequence != 1 or value == START, "The log does not begin at its beginning.")
    for sequence, entry in enumerate(run.entries, start=first.sequence):
        is_next = entry.sequence == sequence and entry.conversation_id == first.conversation_id
        _require(is_next, "An entry is missing, or of another log.")
        value = chain_after(value, entry)
        _require(value == entry.chain, f"Entry {sequence} does not continue the chain.")
    if run.head is None:
        return Blame.UNCLEAR
    _check_head(run.head, trust)
    end = (run.head.conversation_id, run.head.sequence, run.head.chain)
    is_end = end == (last.conversation_id, last.sequence, last.chain)
    _require(is_end, "The signed head is not where the entries lead.")
    return Blame.SERVER


def check_evidence(evidence: Evidence, trust: Trust) -> Shown:
    """Return what an evidence shows.

    Raises:
        SealError: If it shows nothing, or was changed.
    """
    match evidence:
        case Fork():
            return _check_fork(evidence, trust)
        case BadHead():
            return _check_bad_head(evidence, trust)
        case BrokenChain():
            return _check_broken_chain(evidence)
        case Misbound():
            return _check_misbound(evidence, trust)
        case SeenElsewhere():
            return _check_seen_elsewhere(evidence, trust)
        case Outsider():
            return _check_outsider(evidence, trust)
        case UnlistedDevice():
            return _check_unlisted(evidence, trust)
        case BadRoster():
            return _check_bad_roster(evidence, trust)
        case BadCommit():
            return _check_bad_commit(evidence, trust)
        case OtherTag():
            return _check_other_tag(evidence, trust)
        case TwoLists():
            return _check_two_lists(evidence, trust)
        case SwappedPackage():
            return _check_swapped(evidence, trust)
        case Noted():  # pragma: no branch - mypy knows that no other is left
            return _check_noted(evidence, trust)


# --- Heads and chain ---


def _check_fork(fork: Fork, trust: Trust) -> Shown:
    first, second, between = fork.first, fork.second, fork.between
    _check_head(first, trust)
    _check_head(second, trust)
    _require(first.conversation_id == second.conversation_id, "The heads are of two logs.")
    if between is None:
        _require(first.sequence == second.sequence, "What lies between the heads is missing.")
        before = second.chain
    else:
        check_run(Run(chain_before=between.chain_before, entries=between.entries), trust)
        ends = (between.entries[0].sequence, between.entries[-1].sequence)
        fits = (
            ends == (first.sequence + 1, second.sequence)
            and between.entries[-1].conversation_id == second.conversation_id
            and between.entries[-1].chain == second.chain
        )
        _require(fits, "The entries do not lead from one head to the other.")
        before = between.chain_before
    _require(before != first.chain, "The heads agree.")
    return Shown(Blame.SERVER, f"The server signed two different logs up to {first.sequence}.")


def _check_bad_head(evidence: BadHead, trust: Trust) -> Shown:
    _require(not _is_head(evidence.head, trust), "The server did sign this head.")
    message = f"A head at {evidence.head.sequence} does not have the server's signature."
    return Shown(Blame.UNCLEAR, message)


def _check_broken_chain(evidence: BrokenChain) -> Shown:
    entry = evidence.entry
    is_whole = chain_after(evidence.chain_before, entry) == entry.chain
    _require(not is_whole, "The entry continues the chain.")
    return Shown(Blame.UNCLEAR, f"Entry {entry.sequence} does not continue the chain.")


def _check_noted(evidence: Noted, trust: Trust) -> Shown:
    _, entry = _entry_of(evidence.run, evidence.sequence, trust)
    message = (
        f"Entry {entry.sequence} is in the log; what is wrong with it was answered unsigned, "
        "so others can not check it."
    )
    return Shown(Blame.UNCLEAR, message)


def _is_head(head: SignedHead, trust: Trust) -> bool:
    signed = head_bytes(
        conversation_id=head.conversation_id, sequence=head.sequence, chain=head.chain
    )
    return is_signed(trust.head_key, signed, head.signature)


def _check_head(head: SignedHead, trust: Trust) -> None:
    _require(_is_head(head, trust), "A head does not have the server's signature.")


# --- Bindings ---


def _check_misbound(evidence: Misbound, trust: Trust) -> Shown:
    _, entry = _entry_of(evidence.run, evidence.sequence, trust)
    binding = _binding_of(entry, evidence.payload)
    _require(not is_bound(binding, entry), "The payload belongs to the entry around it.")
    message = (
        f"The payload of entry {entry.sequence} was made for other clear fields: "
        "the server changed them, or its device did not bind them."
    )
    return Shown(Blame.UNCLEAR, message)


def _check_seen_elsewhere(evidence: SeenElsewhere, trust: Trust) -> Shown:
    _, entry = _entry_of(evidence.run, evidence.sequence, trust)
    binding = _binding_of(entry, evidence.payload)
    _require(is_bound(binding, entry), "The payload does not belong to this entry.")
    seen, chain = seen_of(binding)
    first = evidence.run.entries[0].sequence
    if seen < entry.sequence:
        _require(seen >= first - 1, "The run does not hold what the sender saw.")
        chains = (evidence.run.chain_before, *(item.chain for item in evidence.run.entries))
        _require(chains[seen - first + 1] != chain, "The sender saw this very log.")
    message = (
        f"The sender of entry {entry.sequence} saw another log up to {seen}: "
        "the server shows two, or its device lies."
    )
    return Shown(Blame.UNCLEAR, message)


def _binding_of(entry: Entry, payload: bytes) -> bytes:
    _check_payload(entry, payload)
    match MlsMessage.decode(payload).body:
        case PublicMessage(content=content):
            return content.authenticated_data
        case PrivateMessage(authenticated_data=data):
            return data
    raise SealError("The payload is neither a handshake nor a message.")


# --- Members and devices ---


def _check_outsider(evidence: Outsider, trust: Trust) -> Shown:
    blamed, entry = _entry_of(evidence.run, evidence.sequence, trust)
    before = _handshake_before(evidence.run, entry)
    document = _read_document(evidence.document, before.document_hash)
    is_member = member_of(document, entry.account) is not None
    is_barred = entry.device in document.barred_devices
    _require(is_barred or not is_member, "The entry is of a member's device.")
    who = "a barred device" if is_member else "an account that is no member"
    return Shown(blamed, f"The log has entry {entry.sequence} of {who}.")


def _check_unlisted(evidence: UnlistedDevice, trust: Trust) -> Shown:
    _, entry = _entry_of(evidence.run, evidence.sequence, trust)
    devices = _devices_of(entry.account, evidence.root_key, evidence.devices, trust)
    _require(entry.device not in devices.devices, "The device is in its account's list.")
    message = (
        f"Entry {entry.sequence} is of a device that is not among the first {devices.number} "
        "entries of its account's list."
    )
    return Shown(Blame.UNCLEAR, message)


def _check_two_lists(evidence: TwoLists, trust: Trust) -> Shown:
    account, root_key = evidence.account, evidence.root_key
    seen = _devices_of(account, root_key, evidence.seen, trust)
    shown = _devices_of(account, root_key, evidence.shown, trust)
    continues = is_extension(seen.hash, seen.number, evidence.shown)
    _require(not continues, "The device list continues the one that was seen.")
    if is_extension(shown.hash, shown.number, evidence.seen):
        message = f"A list of {shown.number} device entries was shown after one of {seen.number}."
        return Shown(Blame.UNCLEAR, message)
    return Shown(Blame.DEVICE, "The account's root signed two device lists that disagree.")


def _check_swapped(evidence: SwappedPackage, trust: Trust) -> Shown:
    devices = _devices_of(evidence.account, evidence.root_key, evidence.devices, trust)
    _require(not _is_of_device(evidence, devices), "The key package is the device's own.")
    message = "A key package is not of the device it was handed out for."
    return Shown(Blame.UNCLEAR, message)


def _is_of_device(evidence: SwappedPackage, devices: DeviceList) -> bool:
    certificate = devices.devices.get(evidence.device_id)
    try:
        device = check_prekey(evidence.package)
        credential = read_credential(device.credential, device.signature_key)
    except SealError:
        return False
    named = (credential.account, credential.root_key, credential.device_id)
    return (
        certificate is not None
        and certificate.signature_key == device.signature_key
        and named == (evidence.account, evidence.root_key, evidence.device_id)
    )


def _devices_of(
    account: int, root_key: bytes, entries: tuple[DeviceListEntry, ...], trust: Trust
) -> DeviceList:
    _require(root_key in trust.roots.get(account, ()), "The root is not known for its account.")
    return check_list(entries, root_key=root_key)


# --- Handshakes ---


def _check_bad_roster(evidence: BadRoster, trust: Trust) -> Shown:
    blamed, entry = _entry_of(evidence.run, evidence.sequence, trust)
    _require(entry.kind is EntryKind.HANDSHAKE, "The entry is no handshake.")
    before = _handshake_before(evidence.run, entry)
    was = _read_document(evidence.before, before.document_hash)
    is_named = hash_document(evidence.after) == entry.document_hash != before.document_hash
    _require(is_named, "The handshake does not name this roster.")
    broken = _broken_rule(was, evidence.after, entry)
    return Shown(blamed, f"The log has handshake {entry.sequence}, against the rules: {broken}")


def _broken_rule(was: RosterDocument, after: bytes, entry: Entry) -> str:
    try:
        document = decode_document(after)
        received_at_ms = entry.received_at_ms
        check_change(
            was, document, by=entry.account, received_at_ms=received_at_ms, verify=is_signed
        )
    except (PeerError, RefusedError) as error:
        return error.message
    raise SealError("The roster may change like this.")


def _check_bad_commit(evidence: BadCommit, trust: Trust) -> Shown:
    _, entry = _entry_of(evidence.run, evidence.sequence, trust)
    _check_payload(entry, evidence.payload)
    _require(entry.kind is EntryKind.HANDSHAKE, "The entry is no handshake.")
    whole = msgspec.structs.replace(entry, payload=evidence.payload)
    state = _state_of(evidence.group_info, evidence.tree, evidence.before, sequence=entry.parent)
    try:
        follow(state, whole, evidence.after)
    except LocalError as error:
        raise SealError("The handshake does not follow this state.") from error
    except MlsError:
        if _is_signed_by_sender(state, whole, trust):
            message = f"A member's device signed handshake {entry.sequence}, against the rules."
            return Shown(Blame.DEVICE, message)
        message = f"Handshake {entry.sequence} is junk, and no device of its sender signed it."
        return Shown(Blame.UNCLEAR, message)
    raise SealError("The handshake is a good one.")


def _is_signed_by_sender(state: LogState, entry: Entry, trust: Trust) -> bool:
    """Whether the device that the entry names signed the commit, in just this state."""
    view = state.view.view
    try:
        body = view.peek(entry.payload).body
        if not isinstance(body, PublicMessage):
            return False
        view.authenticate(AuthenticatedContent(PUBLIC_MESSAGE, body.content, body.auth))
    except MlsError:
        return False
    sender = body.content.sender
    leaf = state.device_at(sender.leaf_index) if isinstance(sender, Member) else None
    return (
        leaf is not None
        and (leaf.account, leaf.device_id) == (entry.account, entry.device)
        and leaf.root_key in trust.roots.get(entry.account, ())
    )


def _check_other_tag(evidence: OtherTag, trust: Trust) -> Shown:
    _, entry = _entry_of(evidence.run, evidence.sequence, trust)
    _check_payload(entry, evidence.payload)
    state = _state_of(
        evidence.group_info, evidence.tree, evidence.document, sequence=entry.sequence
    )
    body = MlsMessage.decode(evidence.payload).body
    is_there = (
        isinstance(body, PublicMessage)
        and body.content.epoch + 1 == state.view.epoch
        and state.view.conversation_id == conversation_name(entry.conversation_id)
    )
    _require(is_there, "The description is of another epoch.")
    is_same = confirmation_tag_of(evidence.payload) == state.view.confirmation_tag
    _require(not is_same, "The handshake led to the epoch that is described.")
    message = (
        f"What a member signed of the epoch after handshake {entry.sequence} is not where the "
        "handshake in the log leads: the server changed it, or its device made it so."
    )
    return Shown(Blame.UNCLEAR, message)


def _state_of(group_info: bytes, tree: bytes, document: bytes, *, sequence: int) -> LogState:
    return LogState.start(group_info, tree, document, sequence)


# --- What they share ---


def _entry_of(run: Run, sequence: int, trust: Trust) -> tuple[Blame, Entry]:
    blamed = check_run(run, trust)
    place = sequence - run.entries[0].sequence
    _require(0 <= place < len(run.entries), "The entry in question is not in the run.")
    return blamed, run.entries[place]


def _handshake_before(run: Run, entry: Entry) -> Entry:
    earlier = [
        item
        for item in run.entries
        if item.kind is EntryKind.HANDSHAKE and item.sequence < entry.sequence
    ]
    _require(bool(earlier), "The run does not hold the handshake before the entry.")
    return earlier[-1]


def _read_document(data: bytes, document_hash: bytes | None) -> RosterDocument:
    _require(hash_document(data) == document_hash, "The log does not name this roster.")
    try:
        return decode_document(data)
    except PeerError as error:
        raise SealError("The roster cannot be read.") from error


def _check_payload(entry: Entry, payload: bytes) -> None:
    _require(hash_payload(payload) == entry.payload_hash, "The payload is not the entry's.")


def _require(held: bool, message: str) -> None:
    if not held:
        raise SealError(message)
