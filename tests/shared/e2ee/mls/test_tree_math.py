from __future__ import annotations

from pathlib import Path

import pytest

from shared.e2ee.mls import tree_math
from tests.shared.e2ee.mls.vectors import load


def test_tree_math_vectors(vectors: Path) -> None:
    for case in load(vectors, "mls/tree-math.json"):
        width = case["n_leaves"]

        assert tree_math.node_count(width) == case["n_nodes"]
        assert tree_math.root(width) == case["root"]
        for node in range(case["n_nodes"]):
            if not tree_math.is_leaf(node):
                assert tree_math.left(node) == case["left"][node]
                assert tree_math.right(node) == case["right"][node]
            if node != case["root"]:
                assert tree_math.parent(node) == case["parent"][node]
                assert tree_math.sibling(node) == case["sibling"][node]


def test_paths_lead_from_a_leaf_to_the_root() -> None:
    assert tree_math.direct_path(2, 4) == [1, 3]
    assert tree_math.copath(2, 4) == [0, 5]
    assert tree_math.direct_path(0, 1) == []
    assert tree_math.copath(0, 1) == []


def test_the_leaves_under_a_node_are_a_range() -> None:
    assert list(tree_math.leaf_span(5)) == [2, 3]
    assert list(tree_math.leaf_span(4)) == [2]
    assert tree_math.first_leaf(3) == 0


@pytest.mark.parametrize(
    ("one", "other", "ancestor"), [(0, 2, 1), (0, 6, 3), (4, 4, 4), (1, 4, 3), (6, 5, 5), (5, 0, 3)]
)
def test_common_ancestor_is_the_lowest_node_over_both(one: int, other: int, ancestor: int) -> None:
    assert tree_math.common_ancestor(one, other) == ancestor


def test_width_is_the_least_power_of_two_above_a_leaf() -> None:
    assert [tree_math.width_for(leaf) for leaf in (0, 1, 2, 3, 4)] == [1, 2, 4, 4, 8]
