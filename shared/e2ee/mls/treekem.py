"""TreeKEM: how a committer gives everyone but the removed a new secret (7.4 to 7.6).

A path secret belongs to a parent node. Each leads to the node's key pair and to the secret of the
next node up; above the root it becomes the commit secret. Who receives a path finds the one place
where it can decrypt, and climbs from there.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from shared.e2ee.mls import tree_math
from shared.e2ee.mls.crypto import HASH_BYTES, Suite, derive_secret
from shared.e2ee.mls.errors import Check, MlsError, Reason, require
from shared.e2ee.mls.hpke import decrypt_with_label, encrypt_with_label
from shared.e2ee.mls.keys import (
    HpkePrivateKey,
    HpkePublicKey,
    PathSecret,
    Secret,
    SignaturePrivateKey,
)
from shared.e2ee.mls.leaf_nodes import LeafTemplate, sign_leaf
from shared.e2ee.mls.ratchet_tree import RatchetTree, TreeDraft
from shared.e2ee.mls.wire import (
    CommitSource,
    GroupContext,
    HpkeCiphertext,
    LeafNode,
    UpdatePath,
    UpdatePathNode,
)

__all__ = [
    "Climb",
    "Filtered",
    "NewPath",
    "climb",
    "open_path",
    "recipients",
    "renew_path",
    "seal_path",
]

_LABEL = b"UpdatePathNode"
Filtered = list[tuple[int, int]]


@dataclass(frozen=True, slots=True, repr=False)
class Climb:
    """The keys from one node up to the root.

    Attributes:
        secrets: Path secrets by node.
        private_keys: Private keys by node.
        public_keys: Public keys, from below.
        commit_secret: What the whole group takes from the path.
    """

    secrets: Mapping[int, PathSecret]
    private_keys: Mapping[int, HpkePrivateKey]
    public_keys: list[HpkePublicKey]
    commit_secret: Secret


def climb(suite: Suite, nodes: list[int], first: PathSecret) -> Climb:
    """Return the keys of ``nodes`` (from below), the lowest having this path secret."""
    secrets: dict[int, PathSecret] = {}
    private_keys: dict[int, HpkePrivateKey] = {}
    public_keys = []
    secret = first
    for node in nodes:
        secrets[node] = secret
        private, public = suite.kem.derive_keypair(derive_secret(secret, b"node"))
        private_keys[node] = private
        public_keys.append(public)
        secret = PathSecret(derive_secret(secret, b"path"))
    return Climb(secrets, private_keys, public_keys, Secret(secret))


@dataclass(frozen=True, slots=True, repr=False)
class NewPath:
    """A path its owner has just made."""

    leaf: LeafNode
    filtered: Filtered
    climb: Climb
    private_keys: Mapping[int, HpkePrivateKey]


def renew_path(
    suite: Suite,
    draft: TreeDraft,
    *,
    leaf_index: int,
    template: LeafTemplate,
    group_id: bytes,
    key: SignaturePrivateKey,
) -> NewPath:
    """Put fresh keys from a leaf to the root into a draft (7.4)."""
    filtered = draft.filtered_path(leaf_index)
    nodes = [node for node, _ in filtered]
    climbed = climb(suite, nodes, PathSecret(suite.random(HASH_BYTES)))
    private, public = suite.kem.derive_keypair(suite.random(HASH_BYTES))
    parent_hash = draft.merge_path(leaf_index, filtered, list(climbed.public_keys))
    leaf = sign_leaf(
        template,
        encryption_key=public,
        source=CommitSource(parent_hash),
        group_id=group_id,
        leaf_index=leaf_index,
        key=key,
    )
    draft.set_leaf(leaf_index, leaf)
    own = {2 * leaf_index: private, **climbed.private_keys}
    return NewPath(leaf, filtered, climbed, own)


def recipients(tree: RatchetTree, child: int, new_leaves: Collection[int]) -> list[int]:
    """Return the nodes that a path secret is sealed to: not those added by the same commit."""
    return [
        node
        for node in tree.resolution(child)
        if not tree_math.is_leaf(node) or node // 2 not in new_leaves
    ]


def seal_path(
    suite: Suite,
    tree: RatchetTree,
    path: NewPath,
    *,
    context: GroupContext,
    new_leaves: Collection[int],
) -> UpdatePath:
    """Seal each path secret to the part of the group that is to learn it (7.6)."""
    encoded = context.encode()
    nodes = []
    for (node, child), public in zip(path.filtered, path.climb.public_keys, strict=True):
        secret = path.climb.secrets[node]
        sealed = []
        for index in recipients(tree, child, new_leaves):
            recipient = tree.node(index)
            assert recipient is not None
            output, ciphertext = encrypt_with_label(
                suite,
                recipient.encryption_key,
                label=_LABEL,
                context=encoded,
                plaintext=secret,
            )
            sealed.append(HpkeCiphertext(output, ciphertext))
        nodes.append(UpdatePathNode(public, tuple(sealed)))
    return UpdatePath(path.leaf, tuple(nodes))


def open_path(
    suite: Suite,
    tree: RatchetTree,
    path: UpdatePath,
    *,
    filtered: Filtered,
    own_leaf: int,
    private_keys: Mapping[int, HpkePrivateKey],
    context: GroupContext,
    new_leaves: Collection[int],
) -> Climb:
    """Return the keys a path gives to the member at ``own_leaf``.

    Args:
        suite: What to compute with.
        tree: The tree with the path merged.
        path: The path, of the length and with as many ciphertexts as the tree asks for.
        filtered: The committer's filtered direct path.
        own_leaf: Where we are.
        private_keys: Our private keys by node, of the tree without the path.
        context: The provisional group context.
        new_leaves: Leaves added by the same commit.

    Raises:
        MlsError: If the path does not open for us, or gives other keys than it shows.
    """
    place = _place_of(filtered, own_leaf)
    node = path.nodes[place]
    for position, index in enumerate(recipients(tree, filtered[place][1], new_leaves)):
        private = private_keys.get(index)
        if private is not None:
            sealed = node.encrypted_path_secret[position]
            break
    else:
        raise MlsError(Reason.OWN_LEAF, Check.SECRET)
    first = decrypt_with_label(
        suite,
        private,
        label=_LABEL,
        context=context.encode(),
        output=sealed.kem_output,
        ciphertext=sealed.ciphertext,
    )
    require(len(first) == HASH_BYTES, Reason.PATH_SECRET, Check.SECRET)
    climbed = climb(suite, [index for index, _ in filtered[place:]], PathSecret(first))
    shown = [step.encryption_key for step in path.nodes[place:]]
    require(climbed.public_keys == shown, Reason.PATH_KEY, Check.SECRET)
    return climbed


def _place_of(filtered: Filtered, own_leaf: int) -> int:
    # A path reaches every member but its own, so there is one.
    return next(
        place for place, (_, child) in enumerate(filtered) if own_leaf in tree_math.leaf_span(child)
    )
