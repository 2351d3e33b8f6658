"""Arithmetic of full binary trees kept in an array (RFC 9420, appendix C).

With 2^d leaves there are 2^(d+1) - 1 nodes; leaf ``i`` is node ``2i``; the level of a node is the
number of ones its index ends in.

::

    node    0   1   2   3   4   5   6          3
    level   0   1   0   2   0   1   0      1       5
    leaf    0       1       2       3    0   2   4   6
"""

from __future__ import annotations

__all__ = [
    "common_ancestor",
    "copath",
    "direct_path",
    "first_leaf",
    "is_leaf",
    "leaf_span",
    "left",
    "level",
    "node_count",
    "parent",
    "right",
    "root",
    "sibling",
    "width_for",
]


def level(node: int) -> int:
    """Return the height of ``node`` above the leaves."""
    return (~node & node + 1).bit_length() - 1


def is_leaf(node: int) -> bool:
    """Say whether ``node`` is a leaf."""
    return not node & 1


def node_count(width: int) -> int:
    """Return how many nodes a tree of ``width`` leaves has."""
    return 2 * width - 1


def root(width: int) -> int:
    """Return the root of a tree of ``width`` leaves."""
    return width - 1


def left(node: int) -> int:
    """Return the left child of a parent node."""
    return node ^ 1 << level(node) - 1


def right(node: int) -> int:
    """Return the right child of a parent node."""
    return node ^ 3 << level(node) - 1


def parent(node: int) -> int:
    """Return the parent of a node below the root."""
    height = level(node)
    return (node | 1 << height) & ~(2 << height)


def sibling(node: int) -> int:
    """Return the other child of the parent of a node below the root."""
    return node ^ 2 << level(node)


def direct_path(node: int, width: int) -> list[int]:
    """Return the nodes above ``node``, from its parent to the root."""
    path = []
    top = root(width)
    while node != top:
        node = parent(node)
        path.append(node)
    return path


def copath(node: int, width: int) -> list[int]:
    """Return the siblings of ``node`` and of the nodes above it, but for the root."""
    path = []
    top = root(width)
    while node != top:
        path.append(sibling(node))
        node = parent(node)
    return path


def first_leaf(node: int) -> int:
    """Return the leaf index at the left end of the subtree under ``node``."""
    return (node - (1 << level(node)) + 1) // 2


def leaf_span(node: int) -> range:
    """Return the leaf indices under ``node``."""
    start = first_leaf(node)
    return range(start, start + (1 << level(node)))


def common_ancestor(one: int, other: int) -> int:
    """Return the lowest node that has both nodes at or under it."""
    if one == other:
        return one
    while level(one) < level(other):
        one = parent(one)
    while level(other) < level(one):
        other = parent(other)
    while one != other:
        one, other = parent(one), parent(other)
    return one


def width_for(last_leaf: int) -> int:
    """Return the least power of two that is above a leaf index."""
    return 1 << last_leaf.bit_length()
