"""Message keys: a tree of secrets over the leaves, and two ratchets at each leaf (section 9).

A `SecretTree` is a value: taking a key returns the key and the tree without it. Nobody has to adopt
that tree, so a forged message costs the real one nothing. What a key was derived from is gone from
the tree that follows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import IntEnum
from typing import Final

from shared import limits
from shared.e2ee.mls import tree_math
from shared.e2ee.mls.crypto import HASH_BYTES, Suite, derive_tree_secret, expand_with_label
from shared.e2ee.mls.errors import Check, MlsError, Reason, require
from shared.e2ee.mls.keys import Secret

__all__ = ["MessageKey", "Ratchet", "RatchetKind", "SecretTree", "child_secrets", "first_ratchet"]


class RatchetKind(IntEnum):
    """Handshakes and application messages have a ratchet each."""

    HANDSHAKE = 0
    APPLICATION = 1


_LABELS: Final = {RatchetKind.HANDSHAKE: b"handshake", RatchetKind.APPLICATION: b"application"}


@dataclass(frozen=True, slots=True, repr=False)
class MessageKey:
    """The key and nonce of one message."""

    key: bytes
    nonce: bytes

    def guarded_nonce(self, guard: bytes) -> bytes:
        """Return the nonce with the reuse guard in its first four bytes (6.3.1)."""
        head = bytes(one ^ other for one, other in zip(self.nonce[:4], guard, strict=True))
        return head + self.nonce[4:]


@dataclass(frozen=True, slots=True, repr=False)
class Ratchet:
    """One sender's keys of one kind, from the next generation on, and those that were skipped."""

    secret: Secret
    generation: int = 0
    skipped: Mapping[int, MessageKey] = field(default_factory=dict)

    def step(self, suite: Suite) -> tuple[MessageKey, Ratchet]:
        """Return the key of the next generation, and the ratchet after it."""
        derived = MessageKey(
            self._derive(b"key", suite.aead.key_bytes),
            self._derive(b"nonce", suite.aead.nonce_bytes),
        )
        return derived, self.pass_over()

    def pass_over(self) -> Ratchet:
        """Return the ratchet after the next generation, whose key is not wanted."""
        secret = Secret(self._derive(b"secret", HASH_BYTES))
        return Ratchet(secret, self.generation + 1, self.skipped)

    def _derive(self, label: bytes, length: int) -> bytes:
        return derive_tree_secret(self.secret, label, self.generation, length)

    def take(self, suite: Suite, generation: int) -> tuple[MessageKey, Ratchet]:
        """Return the key of one generation, and the ratchet that no longer has it.

        Raises:
            MlsError: If the key is used up, or too far ahead to look for.
        """
        if generation < self.generation:
            return self._take_skipped(generation)
        ahead = generation - self.generation
        require(ahead <= limits.MLS_AHEAD_MAX, Reason.TOO_FAR_AHEAD, Check.SECRET)
        key, ratchet = self.step(suite)
        if not ahead:
            return key, ratchet
        skipped = dict(self.skipped)
        while ratchet.generation <= generation:
            skipped[ratchet.generation - 1] = key
            key, ratchet = ratchet.step(suite)
        for oldest in sorted(skipped)[: -limits.MLS_SKIPPED_MAX]:
            del skipped[oldest]
        return key, replace(ratchet, skipped=skipped)

    def _take_skipped(self, generation: int) -> tuple[MessageKey, Ratchet]:
        key = self.skipped.get(generation)
        if key is None:
            raise MlsError(Reason.KEY_CONSUMED, Check.SECRET)
        skipped = {other: kept for other, kept in self.skipped.items() if other != generation}
        return key, replace(self, skipped=skipped)


def child_secrets(secret: bytes) -> tuple[Secret, Secret]:
    """Return the secrets of the left and the right child of a node."""
    left = expand_with_label(secret, b"tree", b"left", HASH_BYTES)
    return Secret(left), Secret(expand_with_label(secret, b"tree", b"right", HASH_BYTES))


def first_ratchet(leaf_secret: bytes, kind: RatchetKind) -> Ratchet:
    """Return a leaf's ratchet of one kind before its first message."""
    return Ratchet(Secret(expand_with_label(leaf_secret, _LABELS[kind], b"", HASH_BYTES)))


@dataclass(frozen=True, slots=True, repr=False)
class SecretTree:
    """The message keys of an epoch that are not used up.

    Attributes:
        width: Leaves of the tree, a power of two.
        nodes: Secrets of nodes under which no key was taken.
        ratchets: The ratchets of leaves of which one was.
    """

    width: int
    nodes: Mapping[int, Secret]
    ratchets: Mapping[tuple[int, RatchetKind], Ratchet]

    @classmethod
    def start(cls, width: int, encryption_secret: Secret) -> SecretTree:
        """Return the tree of an epoch in which nothing was sent."""
        return cls(width, {tree_math.root(width): encryption_secret}, {})

    @property
    def encryption_secret(self) -> Secret | None:
        """The secret at the root, as long as no key was taken."""
        return self.nodes.get(tree_math.root(self.width))

    def generation_of(self, leaf: int, kind: RatchetKind) -> int:
        """Return which generation comes next at a leaf."""
        ratchet = self.ratchets.get((leaf, kind))
        return 0 if ratchet is None else ratchet.generation

    def take(
        self, suite: Suite, *, leaf: int, kind: RatchetKind, generation: int
    ) -> tuple[MessageKey, SecretTree]:
        """Return one message key, and the tree that no longer has it.

        Raises:
            MlsError: If the key is used up, or too far ahead to look for.
        """
        opened = self if (leaf, kind) in self.ratchets else self._open_leaf(leaf)
        key, ratchet = opened.ratchets[leaf, kind].take(suite, generation)
        return key, replace(opened, ratchets={**opened.ratchets, (leaf, kind): ratchet})

    def _open_leaf(self, leaf: int) -> SecretTree:
        node = 2 * leaf
        path = [node, *tree_math.direct_path(node, self.width)]
        height = next(height for height, index in enumerate(path) if index in self.nodes)
        nodes = dict(self.nodes)
        secret = nodes.pop(path[height])
        for index in reversed(path[:height]):
            # The one not taken stays, for its own leaves.
            left, right = child_secrets(secret)
            is_left = index < path[path.index(index) + 1]
            secret, nodes[tree_math.sibling(index)] = (left, right) if is_left else (right, left)
        ratchets = {(leaf, kind): first_ratchet(secret, kind) for kind in RatchetKind}
        return SecretTree(self.width, nodes, {**self.ratchets, **ratchets})
