"""The ratchet tree: who is in the group, and the public keys that reach any part of it (section 7).

A `RatchetTree` is a value: it never changes once others hold it. A `TreeDraft` is the copy that one
step of the group edits and then turns into the next value. Nodes are shared between the two; tree
hashes are kept with the nodes, and an edit forgets those on the way to the root only, so a commit
in a big group hashes a logarithm of it.

A `Census` counts keys and capabilities along with the edits, which makes "no key twice" and "every
member supports this credential" questions about the change instead of the whole tree.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Final, Self, TypeVar

from shared import limits
from shared.e2ee.mls import tree_math
from shared.e2ee.mls.codec import Reader, encode_opaque, encode_uint
from shared.e2ee.mls.crypto import hash_bytes
from shared.e2ee.mls.errors import MlsError, Reason, require
from shared.e2ee.mls.wire import (
    CommitSource,
    LeafNode,
    Node,
    ParentNode,
    credential_type_of,
    nodes_codec,
)

__all__ = ["Census", "RatchetTree", "TreeDraft", "parent_hash_of"]

_K = TypeVar("_K", bytes, int)

_LEAF_HASH: Final = b"\x01"
_PARENT_HASH: Final = b"\x02"


class Census:
    """How often each key and capability occurs in a tree."""

    __slots__ = (
        "credentials_supported",
        "credentials_used",
        "encryption_keys",
        "members",
        "signature_keys",
    )

    def __init__(self) -> None:
        self.members = 0
        self.encryption_keys: dict[bytes, int] = {}
        self.signature_keys: dict[bytes, int] = {}
        self.credentials_used: dict[int, int] = {}
        self.credentials_supported: dict[int, int] = {}

    def copy(self) -> Census:
        """Return another one that can be counted on."""
        other = Census()
        other.members = self.members
        other.encryption_keys = dict(self.encryption_keys)
        other.signature_keys = dict(self.signature_keys)
        other.credentials_used = dict(self.credentials_used)
        other.credentials_supported = dict(self.credentials_supported)
        return other

    def count(self, node: Node | None, step: int) -> None:
        """Count a node in (``step`` 1) or out (-1)."""
        if node is None:
            return
        _count(self.encryption_keys, node.encryption_key, step)
        if isinstance(node, LeafNode):
            self.members += step
            _count(self.signature_keys, node.signature_key, step)
            _count(self.credentials_used, credential_type_of(node.credential), step)
            for number in set(node.capabilities.credentials):
                _count(self.credentials_supported, number, step)


def _count(counts: dict[_K, int], key: _K, step: int) -> None:
    number = counts.get(key, 0) + step
    if number:
        counts[key] = number
    else:
        del counts[key]


def parent_hash_of(node: ParentNode, sibling_hash: bytes) -> bytes:
    """Return the parent hash of ``node`` with a copath child of this original tree hash (7.9)."""
    return hash_bytes(
        encode_opaque(node.encryption_key)
        + encode_opaque(node.parent_hash)
        + encode_opaque(sibling_hash)
    )


def _leaf_hash(index: int, leaf: LeafNode | None) -> bytes:
    content = b"\0" if leaf is None else b"\1" + leaf.encode()
    return hash_bytes(_LEAF_HASH + encode_uint(index, 4) + content)


def _parent_hash(node: ParentNode | None, left: bytes, right: bytes) -> bytes:
    content = b"\0" if node is None else b"\1" + node.encode()
    return hash_bytes(_PARENT_HASH + content + encode_opaque(left) + encode_opaque(right))


class RatchetTree:
    """A full binary tree of leaves and parents, some of them blank."""

    __slots__ = ("_census", "_encoded", "_hashes", "_nodes")

    def __init__(self, nodes: list[Node | None]) -> None:
        self._nodes = nodes
        self._hashes: list[bytes | None] = [None] * len(nodes)
        self._encoded: bytes | None = None
        self._census = Census()
        for node in nodes:
            self._census.count(node, 1)

    @classmethod
    def of_one(cls, leaf: LeafNode) -> RatchetTree:
        """Return the tree of a group with one member."""
        return RatchetTree([leaf])

    @classmethod
    def read(cls, reader: Reader) -> RatchetTree:
        """Return the next tree, as the ``ratchet_tree`` extension has it (12.4.3.3)."""
        nodes: list[Node | None] = list(nodes_codec.read(reader))
        require(bool(nodes) and nodes[-1] is not None, Reason.TREE_SHAPE)
        width = tree_math.width_for(len(nodes) // 2)
        require(width <= limits.MLS_LEAVES_MAX, Reason.TOO_MANY_LEAVES)
        kinds_fit = all(
            node is None or isinstance(node, LeafNode) == tree_math.is_leaf(index)
            for index, node in enumerate(nodes)
        )
        require(kinds_fit, Reason.TREE_SHAPE)
        nodes += [None] * (tree_math.node_count(width) - len(nodes))
        return RatchetTree(nodes)

    @classmethod
    def decode(cls, data: bytes) -> RatchetTree:
        """Return the tree that is all of ``data``."""
        reader = Reader(data)
        tree = RatchetTree.read(reader)
        reader.finish()
        return tree

    def encode(self) -> bytes:
        """Return the tree without the blanks at its right end."""
        if self._encoded is None:
            last = max(index for index, node in enumerate(self._nodes) if node is not None)
            self._encoded = nodes_codec.write(tuple(self._nodes[: last + 1]))
        return self._encoded

    def __eq__(self, other: object) -> bool:
        return isinstance(other, RatchetTree) and self._nodes == other._nodes

    def __hash__(self) -> int:
        return hash(self.root_hash)

    @property
    def width(self) -> int:
        """How many leaves there is room for."""
        return (len(self._nodes) + 1) // 2

    @property
    def census(self) -> Census:
        """The counts of keys and capabilities; not to be changed."""
        return self._census

    @property
    def root_hash(self) -> bytes:
        """The tree hash of the root."""
        return self.hash_of(tree_math.root(self.width))

    def node(self, index: int) -> Node | None:
        """Return the node at an index of the array."""
        return self._nodes[index]

    def leaf(self, index: int) -> LeafNode | None:
        """Return the leaf at a leaf index, or None if it is blank or beyond the tree."""
        if index >= self.width:
            return None
        node = self._nodes[2 * index]
        assert node is None or isinstance(node, LeafNode)
        return node

    def parent(self, index: int) -> ParentNode | None:
        """Return the parent node at an odd index of the array."""
        node = self._nodes[index]
        assert node is None or isinstance(node, ParentNode)
        return node

    def leaves(self) -> Iterator[tuple[int, LeafNode]]:
        """Yield the members with their leaf indices, from the left."""
        for index, node in enumerate(self._nodes[::2]):
            if isinstance(node, LeafNode):
                yield index, node

    def parents(self) -> Iterator[tuple[int, ParentNode]]:
        """Yield the parents that are not blank with their node indices."""
        for index, node in enumerate(self._nodes[1::2]):
            if isinstance(node, ParentNode):
                yield 2 * index + 1, node

    def resolution(self, index: int) -> list[int]:
        """Return the nodes that together reach everyone under a node (4.1.1)."""
        node = self._nodes[index]
        if isinstance(node, ParentNode):
            return [index, *(2 * leaf for leaf in node.unmerged_leaves)]
        if node is not None:
            return [index]
        if tree_math.is_leaf(index):
            return []
        return self.resolution(tree_math.left(index)) + self.resolution(tree_math.right(index))

    def is_empty(self, index: int) -> bool:
        """Say whether nobody is under a node: its resolution is empty."""
        if self._nodes[index] is not None:
            return False
        if tree_math.is_leaf(index):
            return True
        return self.is_empty(tree_math.left(index)) and self.is_empty(tree_math.right(index))

    def filtered_path(self, leaf: int) -> list[tuple[int, int]]:
        """Return the filtered direct path of a leaf with the copath child of each node (4.1.2)."""
        start = 2 * leaf
        path = tree_math.direct_path(start, self.width)
        copath = tree_math.copath(start, self.width)
        return [
            (node, child)
            for node, child in zip(path, copath, strict=True)
            if not self.is_empty(child)
        ]

    def hash_of(self, index: int) -> bytes:
        """Return the tree hash of a node (7.8)."""
        known = self._hashes[index]
        if known is None:
            if tree_math.is_leaf(index):
                known = _leaf_hash(index // 2, self.leaf(index // 2))
            else:
                left = self.hash_of(tree_math.left(index))
                right = self.hash_of(tree_math.right(index))
                known = _parent_hash(self.parent(index), left, right)
            self._hashes[index] = known
        return known

    def original_hash_of(self, index: int, absent: tuple[int, ...]) -> bytes:
        """Return the tree hash a node had before the (sorted) ``absent`` leaves came (7.9)."""
        span = tree_math.leaf_span(index)
        first = bisect_left(absent, span.start)
        if first == len(absent) or absent[first] >= span.stop:
            return self.hash_of(index)
        if tree_math.is_leaf(index):
            return _leaf_hash(index // 2, None)
        node = self.parent(index)
        if node is not None:
            merged = tuple(leaf for leaf in node.unmerged_leaves if leaf not in absent)
            node = ParentNode(node.encryption_key, node.parent_hash, merged)
        left = self.original_hash_of(tree_math.left(index), absent)
        right = self.original_hash_of(tree_math.right(index), absent)
        return _parent_hash(node, left, right)

    def draft(self) -> TreeDraft:
        """Return a copy to edit."""
        return TreeDraft._copy_of(self)

    # --- What a newcomer checks about the parents (7.9.2, 12.4.3.1) ---

    def check_parents(self) -> None:
        """Check unmerged leaves, keys and parent hashes of all parents.

        Raises:
            MlsError: If a parent could have been made up by someone outside its subtree.
        """
        for index, node in self.parents():
            self._check_unmerged(index, node)
            require(
                self._census.encryption_keys[node.encryption_key] == 1, Reason.PARENT_KEY_REPEATED
            )
        for index, node in self.parents():
            require(self._is_parent_hash_valid(index, node), Reason.PARENT_HASH)

    def _check_unmerged(self, index: int, node: ParentNode) -> None:
        leaves = node.unmerged_leaves
        require(all(one < other for one, other in pairwise(leaves)), Reason.UNMERGED_ORDER)
        span = tree_math.leaf_span(index)
        for leaf in leaves:
            is_there = leaf in span and self.leaf(leaf) is not None
            require(is_there and self._is_unmerged_below(index, leaf), Reason.UNMERGED_LEAVES)

    def _is_unmerged_below(self, top: int, leaf: int) -> bool:
        index = tree_math.parent(2 * leaf)
        while index != top:
            node = self.parent(index)
            if node is not None and leaf not in node.unmerged_leaves:
                return False
            index = tree_math.parent(index)
        return True

    def _is_parent_hash_valid(self, index: int, node: ParentNode) -> bool:
        left, right = tree_math.left(index), tree_math.right(index)
        children = self._vouching(node, left, right) + self._vouching(node, right, left)
        return children == 1

    def _vouching(self, node: ParentNode, child: int, sibling: int) -> int:
        expected = parent_hash_of(node, self.original_hash_of(sibling, node.unmerged_leaves))
        resolution = self.resolution(child)
        span = tree_math.leaf_span(child)
        unmerged = {2 * leaf for leaf in node.unmerged_leaves if leaf in span}
        return sum(
            self._parent_hash_in(index) == expected
            and unmerged == {other for other in resolution if other != index}
            for index in resolution
        )

    def _parent_hash_in(self, index: int) -> bytes | None:
        node = self._nodes[index]
        if isinstance(node, ParentNode):
            return node.parent_hash
        assert node is not None
        return node.source.parent_hash if isinstance(node.source, CommitSource) else None


class TreeDraft(RatchetTree):
    """A tree in the hands of the one step that edits it."""

    __slots__ = ()

    @classmethod
    def _copy_of(cls, tree: RatchetTree) -> Self:
        draft = cls.__new__(cls)
        draft._nodes = list(tree._nodes)
        draft._hashes = list(tree._hashes)
        draft._census = tree._census.copy()
        draft._encoded = None
        return draft

    def freeze(self) -> RatchetTree:
        """Return the tree as a value; the draft is not to be used any more."""
        tree = RatchetTree.__new__(RatchetTree)
        tree._nodes, tree._hashes = self._nodes, self._hashes
        tree._census, tree._encoded = self._census, None
        return tree

    def set_leaf(self, leaf: int, node: LeafNode | None) -> None:
        """Put a leaf in place, or take it away."""
        self._set(2 * leaf, node)

    def set_parent(self, index: int, node: ParentNode | None) -> None:
        """Put a parent in place, or take it away."""
        self._set(index, node)

    def _set(self, index: int, node: Node | None) -> None:
        self._census.count(self._nodes[index], -1)
        self._census.count(node, 1)
        self._nodes[index] = node
        self._hashes[index] = None
        for above in tree_math.direct_path(index, self.width):
            self._hashes[above] = None

    def blank_path(self, leaf: int) -> None:
        """Blank the nodes above a leaf."""
        for index in tree_math.direct_path(2 * leaf, self.width):
            if self._nodes[index] is not None:
                self._set(index, None)

    def free_leaf(self) -> int:
        """Return the leftmost blank leaf, where there is none after doubling the tree (7.7)."""
        for index, node in enumerate(self._nodes[::2]):
            if node is None:
                return index
        width = self.width
        if 2 * width > limits.MLS_LEAVES_MAX:
            raise MlsError(Reason.TOO_MANY_LEAVES)
        self._nodes += [None] * (2 * width)
        self._hashes += [None] * (2 * width)
        return width

    def add(self, leaf: LeafNode) -> int:
        """Put a new member in the leftmost blank leaf and return its index (12.1.1)."""
        index = self.free_leaf()
        for above in tree_math.direct_path(2 * index, self.width):
            node = self.parent(above)
            if node is not None:
                unmerged = tuple(sorted((*node.unmerged_leaves, index)))
                self._set(above, ParentNode(node.encryption_key, node.parent_hash, unmerged))
        self.set_leaf(index, leaf)
        return index

    def update(self, leaf: int, node: LeafNode) -> None:
        """Replace a member's leaf and blank what it can no longer vouch for (12.1.2)."""
        self.set_leaf(leaf, node)
        self.blank_path(leaf)

    def remove(self, leaf: int) -> None:
        """Blank a member's leaf and everything it knew the keys of (12.1.3)."""
        self.set_leaf(leaf, None)
        self.blank_path(leaf)

    def truncate(self) -> None:
        """Halve the tree as long as its right half has no member (7.7)."""
        width = self.width
        while width > 1 and not any(self._nodes[width : 2 * width - 1 : 2]):
            width //= 2
        for node in self._nodes[2 * width - 1 :]:
            self._census.count(node, -1)
        del self._nodes[2 * width - 1 :]
        del self._hashes[2 * width - 1 :]

    def merge_path(
        self, leaf: int, filtered: Iterable[tuple[int, int]], keys: list[bytes]
    ) -> bytes:
        """Put a path's new keys in place and return the parent hash for its leaf (7.5).

        Args:
            leaf: Whose path it is.
            filtered: The filtered direct path with its copath children, from below.
            keys: The public keys of these nodes.
        """
        self.blank_path(leaf)
        parent_hash = b""
        for (index, child), key in reversed(list(zip(filtered, keys, strict=True))):
            node = ParentNode(key, parent_hash, ())
            self._set(index, node)
            parent_hash = parent_hash_of(node, self.hash_of(child))
        return parent_hash
