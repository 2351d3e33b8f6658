"""Which handshakes of a log count, and what they change: a pure function of the log.

A `LogState` is what everyone can know after a handshake: who is in the conversation (a
`Bystander`) and the roster document in force. `follow` judges the next handshake with every check
that needs no secret; whoever runs it comes to the same verdict, a committer before sending too
(with `draft_entry`). A handshake is valid if

1. its ``parent`` is the newest valid handshake, it never expires and refers to no attachment;
2. it is an MLS commit in clear that a `Bystander` follows (RFC 9420, 12.4.2), with no pre-shared
   key and no extension of the group but the document's hash;
3. its binding belongs to the entry around it and names an earlier place as seen;
4. the committer's leaf is the entry's account and device, and keeps its credential and key;
5. the document is the one whose hash both the entry and the group name, and `check_change`
   admits it (`shared.roster_rules`);
6. afterwards each leaf's account and root are in the document, no device is barred, and each
   device has one leaf;
7. who joins by itself changes no document and removes no leaf but its own former one.

Anything else is a `RuleError` or another `MlsError`, `Check.PUBLIC`: everyone skips the entry.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from enum import StrEnum

import msgspec

from shared.chain import hash_payload, is_bound, seen_of
from shared.e2ee.credentials import Credential, peek_credential, read_credential
from shared.e2ee.facade import (
    Bystander,
    Check,
    Device,
    DeviceChange,
    LogPolicy,
    MlsError,
    Reason,
    binding_of,
    confirmation_tag_of,
    epoch_after,
)
from shared.e2ee.warrants import is_signed
from shared.entries import Entry, EntryKind, Submission
from shared.errors import LocalError, PeerError, RefusedError, SealError
from shared.identifiers import Id
from shared.roster import RosterDocument, decode_document, encode_document, hash_document
from shared.roster_rules import RosterChange, check_change, check_first, check_form

__all__ = [
    "LogState",
    "Rule",
    "RuleError",
    "Step",
    "check_creation",
    "conversation_name",
    "draft_entry",
    "follow",
    "is_made_by",
    "may_be_made_by",
    "policy_for",
    "roster_policy",
]


class Rule(StrEnum):
    """Which of our rules a handshake breaks."""

    PARENT = "parent"
    PAYLOAD = "payload"
    NO_COMMIT = "no_commit"
    BINDING = "binding"
    COMMITTER = "committer"
    NOT_PLAIN = "not_plain"
    CREDENTIAL = "credential"
    DOCUMENT = "document"
    ROSTER = "roster"
    NOT_ROSTERED = "not_rostered"
    BARRED = "barred"
    DEVICE_TWICE = "device_twice"
    JOIN = "join"
    CREATION = "creation"


class RuleError(MlsError):
    """A handshake breaks one of our rules; ``check`` as in `MlsError`."""

    def __init__(self, rule: Rule, check: Check = Check.PUBLIC) -> None:
        super().__init__(Reason.POLICY, check)
        self.rule = rule

    def __str__(self) -> str:
        return f"refused by the {self.check} rule {self.rule}"


class _Stored(msgspec.Struct, frozen=True, array_like=True):
    version: int
    conversation_id: Id
    sequence: int
    view: bytes
    document: bytes


_VERSION = 1


def conversation_name(conversation_id: int) -> bytes:
    """Return what a conversation is called in MLS, 8 bytes."""
    return conversation_id.to_bytes(8, "big")


@dataclass(frozen=True, slots=True)
class LogState:
    """What everyone can know after a valid handshake.

    Attributes:
        view: Who is in the conversation.
        document: The roster document in force.
        sequence: The handshake that led here.
    """

    view: Bystander
    document: RosterDocument
    sequence: int

    @classmethod
    def start(
        cls, group_info: bytes, tree: bytes, document_bytes: bytes, sequence: int
    ) -> LogState:
        """Return the state that a member signed, after all the checks a newcomer can make.

        Args:
            group_info: The signed description of the epoch that handshake ``sequence`` made.
            tree: The tree that belongs to it.
            document_bytes: The roster document it names.
            sequence: The handshake.

        Raises:
            SealError: If they do not fit each other.
        """
        document = _read_document(document_bytes)
        view = Bystander.start(group_info, tree, policy=roster_policy(document))
        return cls.of(view, document_bytes, sequence)

    @classmethod
    def of(cls, view: Bystander, document_bytes: bytes, sequence: int) -> LogState:
        """Return the state of a view that was checked, such as that of a joined conversation.

        Raises:
            SealError: If the document is not the view's, or lacks one of its devices.
        """
        document = _read_document(document_bytes)
        is_named = (
            view.document_hash == hash_document(document_bytes)
            and view.conversation_id == conversation_name(document.conversation_id)
            and view.is_plain
        )
        _require(is_named, Rule.DOCUMENT)
        _check_devices(view.devices, document)
        return cls(view, document, sequence)

    def encode(self) -> bytes:
        """Return the state as bytes, to be stored."""
        stored = _Stored(
            _VERSION,
            self.document.conversation_id,
            self.sequence,
            self.view.state(),
            encode_document(self.document),
        )
        return msgspec.msgpack.encode(stored)

    @classmethod
    def decode(cls, data: bytes) -> LogState:
        """Return a state from its own bytes, which are trusted.

        Raises:
            SealError: If they are damaged or of another version.
        """
        try:
            stored = msgspec.msgpack.decode(data, type=_Stored)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise MlsError(Reason.STATE_MISMATCH) from error
        if stored.version != _VERSION:
            raise MlsError(Reason.STATE_VERSION)
        view = Bystander.from_state(stored.view)
        return cls(view, _read_document(stored.document), stored.sequence)

    @property
    def document_hash(self) -> bytes:
        """The hash of the roster document in force."""
        return self.view.document_hash

    @property
    def credentials(self) -> dict[int, Credential]:
        """Whose device is at each leaf."""
        return {device.leaf: peek_credential(device.credential) for device in self.view.devices}

    def device_at(self, leaf: int) -> Credential | None:
        """Return whose device is at a leaf, or None."""
        return self.credentials.get(leaf)

    def leaves_of(self, *, account: int, device: int | None = None) -> tuple[int, ...]:
        """Return where an account's devices are, or one of them."""
        return tuple(
            leaf
            for leaf, item in self.credentials.items()
            if item.account == account and device in (None, item.device_id)
        )


@dataclass(frozen=True, slots=True)
class Step:
    """What a valid handshake did.

    Attributes:
        state: The state from now on.
        change: Which devices came and went.
        roster_change: What the document changed; None if it stayed.
    """

    state: LogState
    change: DeviceChange
    roster_change: RosterChange | None


def follow(state: LogState, entry: Entry, document: bytes | None) -> Step:
    """Return what a handshake does.

    Args:
        state: What came before; stays as it is.
        entry: A later handshake of the same log, whose chain was checked.
        document: The bytes whose hash the entry names; needed only if it is another than before.

    Raises:
        MlsError: With ``check`` PUBLIC if everyone skips the entry; SECRET if its payload was
            withheld or changed on the way.
        LocalError: If the document is needed and was not given, or the entry is no later
            handshake of this log.
    """
    _check_place(state, entry)
    _require(entry.parent == state.sequence, Rule.PARENT)
    # What expires is blanked one day, but a log without its handshakes leads nowhere.
    _require(entry.expires_at_ms == 0 and not entry.blob_ids, Rule.NOT_PLAIN)
    if hash_payload(entry.payload) != entry.payload_hash:
        raise RuleError(Rule.PAYLOAD, Check.SECRET)
    after = _document_after(state, entry, document)
    judge = _Judge(state, entry, after)
    try:
        view = state.view.follow(entry.payload, policy=judge)
    except MlsError as error:
        if judge.broken is None:
            raise
        raise RuleError(judge.broken) from error
    if judge.change is None:
        raise RuleError(Rule.NO_COMMIT)  # A proposal alone.
    return Step(LogState(view, after, entry.sequence), judge.change, judge.roster_change)


def policy_for(state: LogState, entry: Entry, after: RosterDocument) -> LogPolicy:
    """Return the same rules for one handshake on top of a state.

    For `Conversation.follow` of a handshake that `follow` found valid, and for
    `Conversation.change` and `Conversation.join_external` with a `draft_entry`.

    Args:
        state: What everyone knew before.
        entry: The handshake; its payload is not looked at.
        after: The document whose hash the entry names.
    """
    return _Judge(state, entry, after)


def roster_policy(document: RosterDocument) -> LogPolicy:
    """Return the rules for who looks at a conversation for the first time.

    For `Conversation.create` and `Conversation.join`.
    """
    return _Roster(document)


def draft_entry(
    submission: Submission, *, account: int, device: int, seen: int, received_at_ms: int
) -> Entry:
    """Return a handshake as its author expects it in the log, to judge it before it is sent.

    Args:
        submission: What will be sent; the payload may still be empty.
        account: The author's account.
        device: The author's device.
        seen: The newest place its author saw, as in the binding.
        received_at_ms: The author's idea of the server's time.
    """
    return Entry(
        conversation_id=submission.conversation_id,
        sequence=seen + 1,
        entry_id=1,
        kind=submission.kind,
        account=account,
        device=device,
        device_counter=submission.device_counter,
        parent=submission.parent,
        base=submission.base,
        document_hash=submission.document_hash,
        sent_at_ms=submission.sent_at_ms,
        sent_error_ms=submission.sent_error_ms,
        received_at_ms=received_at_ms,
        expires_at_ms=submission.expires_at_ms,
        blob_ids=submission.blob_ids,
        payload_hash=hash_payload(submission.payload),
        chain=bytes(32),
        payload=submission.payload,
    )


def is_made_by(state: LogState, entry: Entry) -> bool:
    """Whether a handshake led to a state, as far as the state's own signature says.

    A state from a signed description that was not made by the handshake in the log shows that one
    of the two was changed on the way.
    """
    try:
        tag = confirmation_tag_of(entry.payload)
    except MlsError:
        return False
    return tag == state.view.confirmation_tag and entry.sequence == state.sequence


def may_be_made_by(state: LogState, entry: Entry) -> bool:
    """Whether a signed state can be what a handshake led to before it was changed on its way.

    One of another epoch or roster is an old one. Whoever went by it would seal to those who have
    gone since.
    """
    if state.document_hash != entry.document_hash:
        return False
    try:
        return state.view.epoch == epoch_after(entry.payload)
    except MlsError:
        return True  # It was withheld, or made unreadable: it says nothing of its epoch.


def check_creation(state: LogState, entry: Entry) -> None:
    """Check the first entry of a log against the state it made.

    Raises:
        RuleError: If the conversation did not begin like this.
    """
    is_first = (
        (entry.sequence, entry.parent, entry.base) == (1, 0, 0)
        and entry.kind is EntryKind.HANDSHAKE
        and entry.conversation_id == state.document.conversation_id
        and entry.document_hash == state.document_hash
        and state.view.epoch == 1
    )
    _require(is_first and is_made_by(state, entry), Rule.CREATION)
    binding = binding_of(entry.payload)
    _require(is_bound(binding, entry) and seen_of(binding)[0] == 0, Rule.BINDING)
    creator = state.leaves_of(account=entry.account, device=entry.device)
    _require(creator == (0,), Rule.COMMITTER)
    try:
        check_first(state.document, by=entry.account)
    except RefusedError as error:
        raise RuleError(Rule.ROSTER) from error


def _require(held: bool, rule: Rule) -> None:
    if not held:
        raise RuleError(rule)


def _check_place(state: LogState, entry: Entry) -> None:
    is_later = (
        entry.conversation_id == state.document.conversation_id
        and entry.kind is EntryKind.HANDSHAKE
        and entry.sequence > state.sequence
    )
    if not is_later:
        raise LocalError("This entry is no later handshake of this conversation.")


def _read_document(data: bytes) -> RosterDocument:
    try:
        document = decode_document(data)
        check_form(document)
    except (PeerError, RefusedError) as error:
        raise RuleError(Rule.DOCUMENT) from error
    return document


def _document_after(state: LogState, entry: Entry, document: bytes | None) -> RosterDocument:
    """Return the document that the entry names; what was given in vain is not looked at."""
    if entry.document_hash is None:
        raise RuleError(Rule.DOCUMENT)
    if entry.document_hash == state.document_hash:
        return state.document
    if document is None or hash_document(document) != entry.document_hash:
        raise LocalError("The document that this handshake names is needed.")
    return _read_document(document)


def _check_devices(devices: Iterable[Device], document: RosterDocument) -> None:
    roots = {member.account: member.root_key for member in document.members}
    barred = frozenset(document.barred_devices)
    seen: set[int] = set()
    for device in devices:
        credential = _peek(device)
        _require(roots.get(credential.account) == credential.root_key, Rule.NOT_ROSTERED)
        _require(credential.device_id not in barred, Rule.BARRED)
        _require(credential.device_id not in seen, Rule.DEVICE_TWICE)
        seen.add(credential.device_id)


def _peek(device: Device) -> Credential:
    try:
        return peek_credential(device.credential)
    except SealError as error:
        raise RuleError(Rule.CREDENTIAL) from error


class _Roster:
    """Believes devices that their root certified, of accounts in the document."""

    __slots__ = ("_document", "broken")

    def __init__(self, document: RosterDocument) -> None:
        self._document = document
        self.broken: Rule | None = None

    def admits_credential(self, credential: bytes, signature_key: bytes) -> bool:
        try:
            read_credential(credential, signature_key)
        except SealError:
            self.broken = Rule.CREDENTIAL
            return False
        return True

    def admits_change(self, change: DeviceChange) -> bool:
        """Say no: who looks for the first time changes nothing."""
        del change
        return False


class _Judge(_Roster):
    """Judges one handshake, and remembers what it would do or which rule it breaks."""

    __slots__ = ("_entry", "_state", "change", "roster_change")

    def __init__(self, state: LogState, entry: Entry, after: RosterDocument) -> None:
        super().__init__(after)
        self._state = state
        self._entry = entry
        self.change: DeviceChange | None = None
        self.roster_change: RosterChange | None = None

    def admits_change(self, change: DeviceChange) -> bool:
        try:
            self.roster_change = self._check(change)
        except RuleError as error:
            self.broken = error.rule
            return False
        self.change = change
        return True

    def _check(self, change: DeviceChange) -> RosterChange | None:
        entry = self._entry
        is_named = change.document_hash == entry.document_hash
        _require(change.is_plain, Rule.NOT_PLAIN)
        _require(is_named, Rule.DOCUMENT)
        seen, _ = seen_of(change.authenticated_data)
        is_earlier = is_bound(change.authenticated_data, entry) and seen < entry.sequence
        _require(is_earlier, Rule.BINDING)
        self._check_committer(change)
        roster_change = None
        if entry.document_hash != self._state.document_hash:
            roster_change = self._check_document()
        _check_devices(self._devices_after(change), self._document)
        return roster_change

    def _check_committer(self, change: DeviceChange) -> None:
        credential = _peek(change.committer)
        own = (self._entry.account, self._entry.device)
        _require((credential.account, credential.device_id) == own, Rule.COMMITTER)
        for before, after in change.updated:
            is_same = (before.credential, before.signature_key) == (
                after.credential,
                after.signature_key,
            )
            _require(is_same, Rule.CREDENTIAL)
        if change.is_join:
            gone = [_peek(device) for device in change.removed]
            is_own = all((item.account, item.device_id) == own for item in gone)
            _require(is_own, Rule.JOIN)

    def _check_document(self) -> RosterChange:
        # Who joins by itself can name no other document: MLS lets it change no extension.
        try:
            return check_change(
                self._state.document,
                self._document,
                by=self._entry.account,
                received_at_ms=self._entry.received_at_ms,
                verify=is_signed,
            )
        except RefusedError as error:
            raise RuleError(Rule.ROSTER) from error

    def _devices_after(self, change: DeviceChange) -> Collection[Device]:
        devices = {device.leaf: device for device in self._state.view.devices}
        for device in change.removed:
            del devices[device.leaf]
        devices |= {device.leaf: device for device in change.added}
        if change.is_join:
            devices[change.committer.leaf] = change.committer
        return devices.values()
