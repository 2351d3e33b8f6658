"""A group as bytes, in two parts, so that sealing a message does not write a tree.

=========  ==========  ===========================================================================
part       changes     holds
=========  ==========  ===========================================================================
epoch      per commit  public view, own leaf, private keys, epoch secrets, resumption keys
ratchets   per message the secret tree: what is left of the epoch's message keys
=========  ==========  ===========================================================================

Both begin with a version, and the ratchets with the epoch they belong to: parts that do not fit
together are refused. The signature key is the device's, not the group's, and is not in here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Final

from shared import limits
from shared.e2ee.mls.codec import Fixed, Opaque, Struct, Uint, Uint16, Uint32, Uint64, Vector
from shared.e2ee.mls.crypto import HASH_BYTES, SUITE, Suite, is_same, public_signature_key
from shared.e2ee.mls.errors import Reason, require
from shared.e2ee.mls.group import Group
from shared.e2ee.mls.key_schedule import EpochSecrets
from shared.e2ee.mls.keys import HpkePrivateKey, Secret, SignaturePrivateKey
from shared.e2ee.mls.public_view import PublicView
from shared.e2ee.mls.secret_tree import MessageKey, Ratchet, RatchetKind, SecretTree

__all__ = ["VERSION", "decode_group", "encode_epoch", "encode_group", "encode_ratchets"]

VERSION: Final = 1
_SecretField = Annotated[bytes, Fixed(HASH_BYTES)]
_LEAVES: Final = limits.MLS_LEAVES_MAX


@dataclass(frozen=True, slots=True, repr=False)
class _NodeSecret(Struct):
    node: Uint32
    secret: _SecretField


@dataclass(frozen=True, slots=True, repr=False)
class _Resumption(Struct):
    epoch: Uint64
    secret: _SecretField


@dataclass(frozen=True, slots=True, repr=False)
class _Epoch(Struct):
    version: Uint16
    view: Opaque
    own_leaf: Uint32
    private_keys: Annotated[tuple[_NodeSecret, ...], Vector(_NodeSecret)]
    secrets: EpochSecrets
    resumptions: Annotated[tuple[_Resumption, ...], Vector(_Resumption)]


@dataclass(frozen=True, slots=True, repr=False)
class _Skipped(Struct):
    generation: Uint32
    key: Opaque
    nonce: Opaque


@dataclass(frozen=True, slots=True, repr=False)
class _StoredRatchet(Struct):
    leaf: Uint32
    kind: Annotated[int, Uint(1)]
    generation: Uint32
    secret: _SecretField
    skipped: Annotated[tuple[_Skipped, ...], Vector(_Skipped, limits.MLS_SKIPPED_MAX)]


@dataclass(frozen=True, slots=True, repr=False)
class _Ratchets(Struct):
    version: Uint16
    epoch_authenticator: _SecretField
    nodes: Annotated[tuple[_NodeSecret, ...], Vector(_NodeSecret, 2 * _LEAVES)]
    ratchets: Annotated[tuple[_StoredRatchet, ...], Vector(_StoredRatchet, 2 * _LEAVES)]


@dataclass(frozen=True, slots=True, repr=False)
class _Whole(Struct):
    epoch: Opaque
    ratchets: Opaque


def encode_epoch(group: Group) -> bytes:
    """Return the part that changes with a commit or a waiting proposal."""
    keys = tuple(_NodeSecret(node, key) for node, key in group.private_keys.items())
    past = tuple(_Resumption(epoch, key) for epoch, key in group.resumptions.items())
    view = group.view.encode()
    return _Epoch(VERSION, view, group.own_leaf, keys, group.secrets, past).encode()


def encode_ratchets(group: Group) -> bytes:
    """Return the part that changes with every message."""
    tree = group.secret_tree
    nodes = tuple(_NodeSecret(node, secret) for node, secret in tree.nodes.items())
    ratchets = tuple(
        _StoredRatchet(
            leaf,
            kind,
            ratchet.generation,
            ratchet.secret,
            tuple(_Skipped(at, key.key, key.nonce) for at, key in ratchet.skipped.items()),
        )
        for (leaf, kind), ratchet in tree.ratchets.items()
    )
    return _Ratchets(VERSION, group.epoch_authenticator, nodes, ratchets).encode()


def encode_group(group: Group) -> bytes:
    """Return both parts in one."""
    return _Whole(encode_epoch(group), encode_ratchets(group)).encode()


def decode_group(
    data: bytes,
    *,
    key: SignaturePrivateKey,
    ratchets: bytes | None = None,
    suite: Suite = SUITE,
) -> Group:
    """Return a group from its bytes, which are trusted.

    Args:
        data: Both parts in one, or the epoch part.
        key: The device's signature key.
        ratchets: The part with the ratchets, where it is kept apart.
        suite: What to compute with.

    Raises:
        MlsError: If the bytes are of another version, another device, or do not fit together.
    """
    if ratchets is None:
        whole = _Whole.decode(data)
        data, ratchets = whole.epoch, whole.ratchets
    _check_version(data)
    _check_version(ratchets)
    stored = _Epoch.decode(data)
    view = PublicView.decode(stored.view, suite)
    own = view.tree.leaf(stored.own_leaf)
    is_ours = own is not None and own.signature_key == public_signature_key(key)
    require(is_ours, Reason.STATE_MISMATCH)
    return Group(
        view,
        stored.own_leaf,
        key,
        {item.node: HpkePrivateKey(item.secret) for item in stored.private_keys},
        stored.secrets,
        _decode_tree(ratchets, view.tree.width, stored.secrets),
        {item.epoch: item.secret for item in stored.resumptions},
    )


def _check_version(data: bytes) -> None:
    require(data[:2] == VERSION.to_bytes(2, "big"), Reason.STATE_VERSION)


def _decode_tree(data: bytes, width: int, secrets: EpochSecrets) -> SecretTree:
    stored = _Ratchets.decode(data)
    fits = is_same(stored.epoch_authenticator, secrets.epoch_authenticator)
    require(fits, Reason.STATE_MISMATCH)
    return SecretTree(
        width,
        {item.node: Secret(item.secret) for item in stored.nodes},
        {
            (item.leaf, _kind(item.kind)): Ratchet(
                Secret(item.secret),
                item.generation,
                {one.generation: MessageKey(one.key, one.nonce) for one in item.skipped},
            )
            for item in stored.ratchets
        },
    )


def _kind(number: int) -> RatchetKind:
    require(number in set(RatchetKind), Reason.UNKNOWN_TAG)
    return RatchetKind(number)
