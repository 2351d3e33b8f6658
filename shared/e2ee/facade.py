"""Conversations end-to-end encrypted: what the client engine uses, without knowing MLS.

A `Conversation` is one device's state of one conversation in one epoch, a value: every step gives
another one to be stored, in the same transaction as what the step produced. A `Bystander` holds no
secret and judges handshakes all the same. An `EpochReader` opens the messages of one epoch from its
record, in any order.

What the application believes and allows is a `LogPolicy`: pure functions of what they are shown,
so that all devices judge alike. Everything that can be wrong with what others sent is one
exception, `SealError`; it is an `MlsError`, whose ``check`` tells a failure that everyone sees
(``PUBLIC``: skip the entry) from one that took a secret to see (``SECRET``: rejoin).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final, Protocol

from shared import limits
from shared.e2ee.mls.crypto import SUITE, Suite
from shared.e2ee.mls.epoch_record import EpochOpener, EpochRecord, RecordOpened
from shared.e2ee.mls.errors import Check, MlsError, Reason, require
from shared.e2ee.mls.group import Committed, Group, Opened, Pending
from shared.e2ee.mls.key_packages import (
    KeyPackageSecrets,
    check_lifetime,
    check_signature,
    make_key_package,
    reference_of,
)
from shared.e2ee.mls.keys import SignaturePrivateKey
from shared.e2ee.mls.leaf_nodes import ANYONE, LeafTemplate, Policy, capabilities_with
from shared.e2ee.mls.public_view import Change, PublicView
from shared.e2ee.mls.ratchet_tree import RatchetTree
from shared.e2ee.mls.state import decode_group, encode_epoch, encode_group, encode_ratchets
from shared.e2ee.mls.wire import (
    BasicCredential,
    Extension,
    GroupInfo,
    KeyPackage,
    LeafNode,
    MlsMessage,
    PrivateMessage,
    PublicMessage,
    Welcome,
    extension_of,
    frame,
)

__all__ = [
    "DOCUMENT_EXTENSION",
    "Bystander",
    "Check",
    "Conversation",
    "Device",
    "DeviceChange",
    "DeviceKeys",
    "EpochReader",
    "Followed",
    "LogPolicy",
    "MlsError",
    "PendingChange",
    "Prekey",
    "Reason",
    "RecordOpened",
    "binding_of",
    "check_prekey",
    "confirmation_tag_of",
    "describe_prekey",
    "epoch_after",
    "is_prekey_current",
    "is_welcomed",
    "make_prekey",
    "stated_binding_of",
]

# Holds the SHA-256 of the roster document in force (from the range for private use, 17.3).
DOCUMENT_EXTENSION: Final = 0xF0C1
# Unknown values that peers have to ignore (13.5).
_GREASE: Final = (0x1A1A,)
_PADDED_MIN: Final = 160  # A line of chat: a pushed entry of it stays below 600 bytes.


@dataclass(frozen=True, slots=True)
class Device:
    """A device in a conversation.

    Attributes:
        leaf: Its place; the same device can come back at another one.
        credential: Who it says it is; to be believed as far as the policy does.
        signature_key: The public key its messages are signed with.
    """

    leaf: int
    credential: bytes
    signature_key: bytes


@dataclass(frozen=True, slots=True)
class DeviceChange:
    """What a handshake would do.

    Attributes:
        committer: Who does it.
        is_join: Whether the committer joins by it.
        added: Devices that come, but for a joining committer.
        removed: Devices that go.
        updated: Devices before and after they changed what they say of themselves.
        document_hash: The roster document in force afterwards.
        authenticated_data: What the committer bound to the handshake.
        is_plain: Whether there is nothing else in it: the document is the conversation's only
            extension, and no pre-shared key is mixed in that others might lack.
    """

    committer: Device
    is_join: bool
    added: tuple[Device, ...]
    removed: tuple[Device, ...]
    updated: tuple[tuple[Device, Device], ...]
    document_hash: bytes
    authenticated_data: bytes
    is_plain: bool = True


class LogPolicy(Protocol):
    """Pure functions of the log: no clock, no look-up, the same answer on every device."""

    def admits_credential(self, credential: bytes, signature_key: bytes, /) -> bool:
        """Say whether a credential names the device that holds this key."""

    def admits_change(self, change: DeviceChange, /) -> bool:
        """Say whether the committer may do this."""


@dataclass(frozen=True, slots=True, repr=False)
class DeviceKeys:
    """The device that uses a conversation.

    Attributes:
        credential: Who it is, in the application's own bytes.
        signature_key: The seed of its Ed25519 key.
    """

    credential: bytes
    signature_key: SignaturePrivateKey

    def template(self, suite: Suite) -> LeafTemplate:
        """Return what the device's leaves say."""
        able = capabilities_with(
            suite=suite.number, extensions=(DOCUMENT_EXTENSION,), grease=_GREASE
        )
        return LeafTemplate(BasicCredential(self.credential), able)


@dataclass(frozen=True, slots=True, repr=False)
class Prekey:
    """A key package and its private halves, which are stored before it is published."""

    public: bytes
    private: bytes


def make_prekey(keys: DeviceKeys, *, now_s: int, lifetime_s: int, suite: Suite = SUITE) -> Prekey:
    """Return a fresh key package for others to add this device with."""
    package, secrets = make_key_package(
        suite,
        keys.template(suite),
        key=keys.signature_key,
        not_before_s=max(0, now_s - 3600),
        not_after_s=now_s + lifetime_s,
    )
    return Prekey(frame(package), secrets.encode())


def describe_prekey(public: bytes) -> Device:
    """Return whom a key package would add; ``leaf`` is -1.

    Raises:
        SealError: If these are not the bytes of one.
    """
    return _device(-1, _key_package(public).leaf_node)


def check_prekey(public: bytes) -> Device:
    """Return whom a key package would add, as far as its signature can tell; ``leaf`` is -1.

    Raises:
        SealError: If it is none, or its signature does not hold.
    """
    package = _key_package(public)
    check_signature(package)
    return _device(-1, package.leaf_node)


def is_prekey_current(public: bytes, *, now_s: int) -> bool:
    """Whether a key package may be used now; only who adds it asks."""
    try:
        check_lifetime(_key_package(public), now_s)
    except MlsError:
        return False
    return True


def is_welcomed(welcome: bytes, public: bytes) -> bool:
    """Whether a Welcome is for the device with this key package; False if it is none."""
    try:
        body = MlsMessage.decode(welcome).body
        reference = reference_of(_key_package(public))
    except MlsError:
        return False
    return isinstance(body, Welcome) and any(each.new_member == reference for each in body.secrets)


def padding_for(length: int) -> int:
    """Return how many bytes hide a length: at least 160 in all, then at most 12 % more.

    Longer ones are rounded up to a few leading bits (Padmé), so that a length tells the order of
    magnitude and little else.
    """
    if length <= _PADDED_MIN:
        return _PADDED_MIN - length
    exponent = length.bit_length() - 1
    step = 1 << exponent - exponent.bit_length()
    return -length % step


@dataclass(frozen=True, slots=True)
class _MlsPolicy:
    """Shows the application's policy what MLS means, in the application's words."""

    policy: LogPolicy

    def admits_leaf(self, leaf: LeafNode) -> bool:
        if not isinstance(leaf.credential, BasicCredential):
            return False
        return self.policy.admits_credential(leaf.credential.identity, leaf.signature_key)

    def admits_change(self, change: Change) -> bool:
        return self.policy.admits_change(_device_change(change))


def _mls_policy(policy: LogPolicy | None) -> Policy:
    return ANYONE if policy is None else _MlsPolicy(policy)


def _device(index: int, leaf: LeafNode) -> Device:
    credential = leaf.credential
    identity = credential.identity if isinstance(credential, BasicCredential) else b""
    return Device(index, identity, leaf.signature_key)


def _devices(leaves: Mapping[int, LeafNode]) -> tuple[Device, ...]:
    return tuple(_device(index, leaf) for index, leaf in leaves.items())


def _device_change(change: Change) -> DeviceChange:
    return DeviceChange(
        committer=_device(change.committer, change.committer_leaf),
        is_join=change.is_external,
        added=_devices(change.added),
        removed=_devices(change.removed),
        updated=tuple(
            (_device(index, before), _device(index, after))
            for index, (before, after) in change.updated.items()
        ),
        document_hash=_document_hash(change.extensions),
        authenticated_data=change.authenticated_data,
        is_plain=not change.psks and _has_only_document(change.extensions),
    )


def _has_only_document(extensions: tuple[Extension, ...]) -> bool:
    return [item.extension_type for item in extensions] == [DOCUMENT_EXTENSION]


def _document(document_hash: bytes) -> tuple[Extension, ...]:
    return (Extension(DOCUMENT_EXTENSION, document_hash),)


def _document_hash(extensions: tuple[Extension, ...]) -> bytes:
    return extension_of(extensions, DOCUMENT_EXTENSION) or b""


def _group_info(data: bytes) -> GroupInfo:
    body = MlsMessage.decode(data).body
    if not isinstance(body, GroupInfo):
        raise MlsError(Reason.UNEXPECTED_MESSAGE)
    return body


def _key_package(data: bytes) -> KeyPackage:
    body = MlsMessage.decode(data).body
    if not isinstance(body, KeyPackage):
        raise MlsError(Reason.UNEXPECTED_MESSAGE)
    return body


def confirmation_tag_of(handshake: bytes) -> bytes:
    """Return the tag by which a handshake in clear names the epoch it leads to.

    Raises:
        SealError: If these are not the bytes of a handshake in clear.
    """
    return _in_clear(handshake).auth.confirmation_tag or b""


def binding_of(handshake: bytes) -> bytes:
    """Return what the committer bound to a handshake in clear.

    Raises:
        SealError: If these are not the bytes of a handshake in clear.
    """
    return _in_clear(handshake).content.authenticated_data


def epoch_after(handshake: bytes) -> int:
    """Return the number of the epoch that a handshake in clear says it leads to.

    Raises:
        SealError: If these are not the bytes of a handshake in clear.
    """
    return _in_clear(handshake).content.epoch + 1


def stated_binding_of(payload: bytes) -> bytes:
    """Return what a payload says in clear that its sender bound to it; nothing is checked.

    Raises:
        SealError: If this is no payload of ours.
    """
    body = MlsMessage.decode(payload).body
    if isinstance(body, PrivateMessage):
        return body.authenticated_data
    return _in_clear(payload).content.authenticated_data


def _in_clear(handshake: bytes) -> PublicMessage:
    body = MlsMessage.decode(handshake).body
    if not isinstance(body, PublicMessage):
        raise MlsError(Reason.UNEXPECTED_MESSAGE)
    return body


class EpochReader:
    """Opens the application messages of one epoch from its record, in any order."""

    __slots__ = ("_opener",)

    def __init__(self, record: bytes, suite: Suite = SUITE) -> None:
        self._opener = EpochOpener(EpochRecord.decode(record), suite)

    @property
    def epoch(self) -> int:
        """The number of the epoch."""
        return self._opener.context.epoch

    @property
    def conversation_id(self) -> bytes:
        """The name of the conversation."""
        return self._opener.context.group_id

    @property
    def document_hash(self) -> bytes:
        """The roster document in force in this epoch."""
        return _document_hash(self._opener.context.extensions)

    def open(self, payload: bytes, *, signer: bytes) -> RecordOpened:
        """Open a message that the device with this public key is said to have sent.

        Raises:
            SealError: If it is not of this epoch, was changed, or someone else signed it.
        """
        return self._opener.open(payload, signer=signer)

    def confirm(self, handshake: bytes) -> None:
        """Check that a handshake led to this epoch.

        Raises:
            SealError: If it led elsewhere.
        """
        self._opener.confirm(handshake)


@dataclass(frozen=True, slots=True)
class Bystander:
    """A conversation without its secrets: who is in it, and which handshakes count."""

    view: PublicView

    @classmethod
    def start(
        cls,
        group_info: bytes,
        tree: bytes,
        *,
        policy: LogPolicy | None = None,
        suite: Suite = SUITE,
    ) -> Bystander:
        """Return the view that a member has signed.

        Raises:
            SealError: If the description or the tree does not hold.
        """
        info, ratchet_tree = _group_info(group_info), RatchetTree.decode(tree)
        return cls(
            PublicView.from_group_info(info, ratchet_tree, policy=_mls_policy(policy), suite=suite)
        )

    @classmethod
    def from_state(cls, state: bytes, *, suite: Suite = SUITE) -> Bystander:
        """Return a view from its own bytes."""
        return cls(PublicView.decode(state, suite))

    def state(self) -> bytes:
        """Return the view as bytes."""
        return self.view.encode()

    def follow(self, handshake: bytes, *, policy: LogPolicy | None = None) -> Bystander:
        """Return the view after a handshake.

        Raises:
            SealError: If a public check fails, which means that everyone skips the handshake.
        """
        return Bystander(self.view.follow(handshake, _mls_policy(policy)))

    @property
    def conversation_id(self) -> bytes:
        """The name of the conversation."""
        return self.view.group_id

    @property
    def epoch(self) -> int:
        """The number of the epoch."""
        return self.view.epoch

    @property
    def confirmation_tag(self) -> bytes:
        """The tag of the handshake that led to this epoch."""
        return self.view.confirmation_tag

    @property
    def is_plain(self) -> bool:
        """Whether the document is the conversation's only extension."""
        return _has_only_document(self.view.context.extensions)

    @property
    def devices(self) -> tuple[Device, ...]:
        """Who is in the conversation."""
        return tuple(_device(index, leaf) for index, leaf in self.view.tree.leaves())

    @property
    def document_hash(self) -> bytes:
        """The roster document in force."""
        return _document_hash(self.view.context.extensions)


@dataclass(frozen=True, slots=True, repr=False)
class PendingChange:
    """A handshake of ours that the log has not taken yet, with all that travels with it.

    Attributes:
        conversation: The state if the log takes it.
        handshake: The payload of the log entry.
        welcome: For the devices it adds.
        group_info: For devices that join by themselves later.
        tree: Belongs to ``group_info`` and ``welcome``.
        record: What opens the new epoch's messages; to be sealed to each account.
    """

    conversation: Conversation
    handshake: bytes
    welcome: bytes | None
    group_info: bytes
    tree: bytes
    record: bytes


@dataclass(frozen=True, slots=True, repr=False)
class Followed:
    """What a handshake did.

    Attributes:
        conversation: The state from now on; None if the handshake removed this device.
        change: Who changed what.
        record: What opens the new epoch's messages; None without a conversation.
    """

    conversation: Conversation | None
    change: DeviceChange
    record: bytes | None


def _pending(pending: Pending) -> PendingChange:
    group = pending.group
    return PendingChange(
        Conversation(group),
        pending.commit,
        pending.welcome,
        pending.group_info,
        group.tree.encode(),
        group.epoch_record().encode(),
    )


@dataclass(frozen=True, slots=True, repr=False)
class Conversation:
    """One device's state of one conversation in one epoch."""

    group: Group

    # --- How it begins ---

    @classmethod
    def create(
        cls,
        conversation_id: bytes,
        keys: DeviceKeys,
        *,
        document_hash: bytes,
        now_s: int,
        policy: LogPolicy | None = None,
        suite: Suite = SUITE,
    ) -> Conversation:
        """Return a new conversation with this device alone in it."""
        group = Group.create(
            conversation_id,
            keys.template(suite),
            key=keys.signature_key,
            not_before_s=max(0, now_s - 3600),
            not_after_s=now_s + limits.MLS_LIFETIME_MAX_S - 3600,
            extensions=_document(document_hash),
            suite=suite,
            policy=_mls_policy(policy),
        )
        return cls(group)

    @classmethod
    def join(
        cls,
        welcome: bytes,
        prekey: Prekey,
        keys: DeviceKeys,
        *,
        tree: bytes,
        policy: LogPolicy | None = None,
        suite: Suite = SUITE,
    ) -> Conversation:
        """Return the conversation that a Welcome leads to.

        Raises:
            SealError: If the Welcome is not for this key package, or does not hold.
        """
        group = Group.join(
            welcome,
            _key_package(prekey.public),
            KeyPackageSecrets.decode(prekey.private),
            key=keys.signature_key,
            tree=RatchetTree.decode(tree),
            policy=_mls_policy(policy),
            suite=suite,
        )
        return cls(group)

    @classmethod
    def join_external(
        cls,
        group_info: bytes,
        tree: bytes,
        keys: DeviceKeys,
        *,
        authenticated_data: bytes,
        policy: LogPolicy | None = None,
        suite: Suite = SUITE,
    ) -> PendingChange:
        """Join without an invitation; a leaf this device still has is removed by the same step.

        Raises:
            SealError: If the description does not hold, or others would skip the handshake.
        """
        info, ratchet_tree = _group_info(group_info), RatchetTree.decode(tree)
        template = keys.template(suite)
        old = [
            index for index, leaf in ratchet_tree.leaves() if leaf.credential == template.credential
        ]
        pending = Group.join_external(
            info,
            template,
            key=keys.signature_key,
            tree=ratchet_tree,
            remove=old[0] if old else None,
            authenticated_data=authenticated_data,
            policy=_mls_policy(policy),
            suite=suite,
        )
        return _pending(pending)

    # --- From and to bytes ---

    def state(self) -> bytes:
        """Return everything in one piece."""
        return encode_group(self.group)

    def epoch_state(self) -> bytes:
        """Return the part that changes with handshakes only, and is as large as the group."""
        return encode_epoch(self.group)

    def ratchet_state(self) -> bytes:
        """Return the part that changes with every message, and is small."""
        return encode_ratchets(self.group)

    @classmethod
    def from_state(
        cls,
        state: bytes,
        keys: DeviceKeys,
        *,
        ratchet_state: bytes | None = None,
        suite: Suite = SUITE,
    ) -> Conversation:
        """Return a conversation from `state`, or from `epoch_state` and `ratchet_state`.

        Raises:
            SealError: If the parts are of another version, of another device, or of two epochs.
        """
        key = keys.signature_key
        return cls(decode_group(state, key=key, ratchets=ratchet_state, suite=suite))

    # --- What it is ---

    @property
    def conversation_id(self) -> bytes:
        """The name of the conversation."""
        return self.group.group_id

    @property
    def epoch(self) -> int:
        """The number of the epoch."""
        return self.group.epoch

    @property
    def epoch_authenticator(self) -> bytes:
        """What two devices in the same epoch have in common, and nobody else has."""
        return self.group.epoch_authenticator

    @property
    def own_leaf(self) -> int:
        """Where this device is."""
        return self.group.own_leaf

    @property
    def devices(self) -> tuple[Device, ...]:
        """Who is in the conversation."""
        return self.bystander.devices

    @property
    def document_hash(self) -> bytes:
        """The roster document in force."""
        return self.bystander.document_hash

    @property
    def bystander(self) -> Bystander:
        """The conversation as everyone sees it."""
        return Bystander(self.group.view)

    def group_info(self) -> bytes:
        """Return a signed description of this epoch, for devices that join by themselves."""
        return frame(self.group.group_info())

    def tree(self) -> bytes:
        """Return the tree that belongs to `group_info`."""
        return self.group.tree.encode()

    def epoch_record(self) -> bytes:
        """Return what opens this epoch's messages; to be asked for before one is sealed.

        Raises:
            SealError: If a message key was taken already.
        """
        return self.group.epoch_record().encode()

    # --- What happens ---

    def change(
        self,
        *,
        add: Collection[bytes] = (),
        remove: Collection[int] = (),
        document_hash: bytes | None = None,
        now_s: int,
        authenticated_data: bytes,
        policy: LogPolicy | None = None,
    ) -> PendingChange:
        """Make a handshake: add and remove devices, name a new roster document, renew our keys.

        Args:
            add: Key packages of devices to add.
            remove: Leaves of devices to remove.
            document_hash: The roster document from now on, if it changes.
            now_s: The time in seconds since 1970, for the lifetime of the key packages.
            authenticated_data: What to bind to the handshake.
            policy: Which credentials to believe and what to allow.

        Raises:
            SealError: If others would skip it.
        """
        pending = self.group.commit(
            add=[_key_package(package) for package in add],
            now_s=now_s,
            remove=remove,
            extensions=None if document_hash is None else self._with_document(document_hash),
            authenticated_data=authenticated_data,
            policy=_mls_policy(policy),
        )
        return _pending(pending)

    def _with_document(self, document_hash: bytes) -> tuple[Extension, ...]:
        others = tuple(
            item
            for item in self.group.view.context.extensions
            if item.extension_type != DOCUMENT_EXTENSION
        )
        return others + _document(document_hash)

    def follow(self, handshake: bytes, *, policy: LogPolicy | None = None) -> Followed:
        """Take in another device's handshake.

        Raises:
            SealError: With ``check`` PUBLIC if everyone skips it, SECRET if we have to rejoin.
        """
        step = self.group.process(handshake, policy=_mls_policy(policy))
        # A proposal alone is no handshake of ours: nothing in a log waits for a commit.
        if not isinstance(step.event, Committed):
            raise MlsError(Reason.UNEXPECTED_MESSAGE)
        change = _device_change(step.event.change)
        if step.group is None:
            return Followed(None, change, None)
        return Followed(Conversation(step.group), change, step.group.epoch_record().encode())

    def seal(self, data: bytes, *, authenticated_data: bytes) -> tuple[Conversation, bytes]:
        """Seal a message, padded.

        Returns:
            The conversation without the message's key, to be stored with the payload before it is
            sent, and the payload.

        Raises:
            SealError: If this epoch has seen too many messages.
        """
        group, payload = self.group.seal(
            data, authenticated_data=authenticated_data, padding=padding_for(len(data))
        )
        require(len(payload) <= limits.PAYLOAD_BYTES_MAX, Reason.TOO_LARGE)
        return Conversation(group), payload

    def open(self, payload: bytes) -> tuple[Conversation, Opened]:
        """Open another device's message, and step its ratchet.

        Raises:
            SealError: If it cannot be opened, for whatever reason; this value is still good.
        """
        step = self.group.process(payload)
        if not isinstance(step.event, Opened) or step.group is None:
            raise MlsError(Reason.UNEXPECTED_MESSAGE)
        return Conversation(step.group), step.event
