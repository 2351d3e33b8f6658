from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from shared import limits
from shared.e2ee.mls.codec import Struct
from shared.e2ee.mls.errors import MlsError, Reason
from shared.e2ee.mls.leaf_nodes import ANYONE, Needs, check_leaf
from shared.e2ee.mls.ratchet_tree import Census, RatchetTree
from shared.e2ee.mls.wire import (
    Add,
    GroupContext,
    LeafNode,
    ParentNode,
    ProposalByValue,
    Remove,
    Update,
    nodes_codec,
)
from tests.shared.e2ee.mls.members import advance, clients, make_groups, warm
from tests.shared.e2ee.mls.vectors import load, suite_of, unhex


def counts(census: Census) -> dict[str, object]:
    return {name: getattr(census, name) for name in Census.__slots__}


def leaves(count: int) -> list[LeafNode]:
    return [client.package()[0].leaf_node for client in clients(count)]


def refusal(tree: RatchetTree) -> Reason:
    with pytest.raises(MlsError) as refused:
        tree.check_parents()
    return refused.value.reason


def test_tree_validation_vectors(vectors: Path) -> None:
    for case in load(vectors, "mls/tree-validation.json"):
        tree = RatchetTree.decode(unhex(case["tree"]))
        group_id = unhex(case["group_id"])
        suite = suite_of(case)
        context = GroupContext(1, suite.number, group_id, 0, b"", b"", ())

        assert tree.encode() == unhex(case["tree"])
        assert [tree.resolution(node) for node in range(2 * tree.width - 1)] == case["resolutions"]
        hashes = [tree.hash_of(node) for node in range(2 * tree.width - 1)]
        assert hashes == [unhex(text) for text in case["tree_hashes"]]
        tree.check_parents()
        for index, leaf in tree.leaves():
            check_leaf(
                leaf,
                suite=suite,
                context=context,
                leaf_index=index,
                needs=Needs.of(()),
                policy=ANYONE,
            )


def test_tree_operation_vectors(vectors: Path) -> None:
    for case in load(vectors, "mls/tree-operations.suite1.json"):
        before = RatchetTree.decode(unhex(case["tree_before"]))
        proposal: Struct = ProposalByValue.decode(unhex(case["proposal"])).proposal
        draft = before.draft()

        if isinstance(proposal, Add):
            draft.add(proposal.key_package.leaf_node)
        elif isinstance(proposal, Update):
            draft.update(case["proposal_sender"], proposal.leaf_node)
        elif isinstance(proposal, Remove):
            draft.remove(proposal.removed)
            draft.truncate()
        after = draft.freeze()

        assert before.root_hash == unhex(case["tree_hash_before"])
        assert before.encode() == unhex(case["tree_before"])
        assert after.encode() == unhex(case["tree_after"])
        assert after.root_hash == unhex(case["tree_hash_after"])
        assert counts(after.census) == counts(RatchetTree.decode(after.encode()).census)


def test_a_draft_leaves_the_tree_it_came_from_alone() -> None:
    one, other, third = leaves(3)
    tree = RatchetTree.of_one(one)
    before = (tree.encode(), tree.root_hash)
    draft = tree.draft()

    draft.add(other)
    draft.add(third)

    assert (tree.encode(), tree.root_hash, tree.width) == (*before, 1)
    assert draft.freeze().width == 4
    assert tree == RatchetTree.of_one(one)
    assert hash(tree) == hash(RatchetTree.of_one(one))


def test_new_members_take_the_leftmost_blank_leaf() -> None:
    draft = RatchetTree.of_one(leaves(1)[0]).draft()
    for leaf in leaves(4)[1:]:
        draft.add(leaf)
    draft.remove(1)

    assert draft.add(leaves(5)[4]) == 1
    assert draft.leaf(7) is None


def test_an_added_leaf_is_unmerged_at_every_parent_over_it() -> None:
    groups = warm(make_groups(4))
    draft = groups[0].tree.draft()
    draft.remove(3)
    draft.set_parent(3, groups[0].tree.parent(3))

    index = draft.add(leaves(9)[8])

    root = draft.parent(3)
    assert index == 3
    assert root is not None
    assert root.unmerged_leaves == (3,)
    assert draft.resolution(3) == [3, 6]
    assert not draft.is_empty(5)


def test_a_tree_shrinks_when_its_right_half_is_empty() -> None:
    draft = RatchetTree.of_one(leaves(1)[0]).draft()
    for leaf in leaves(5)[1:]:
        draft.add(leaf)
    assert draft.width == 8

    draft.remove(4)
    draft.truncate()
    assert draft.width == 4

    draft.remove(3)
    draft.truncate()
    assert draft.width == 4

    draft.remove(2)
    draft.truncate()
    assert draft.width == 2


def test_growth_over_the_bound_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MLS_LEAVES_MAX", 2)
    one, other, third = leaves(3)
    draft = RatchetTree.of_one(one).draft()
    draft.add(other)

    with pytest.raises(MlsError) as refused:
        draft.add(third)

    assert refused.value.reason is Reason.TOO_MANY_LEAVES


def test_parents_of_an_honest_life_hold() -> None:
    groups = warm(make_groups(7))
    groups, _ = advance(groups, 3, remove=[1])
    groups[0].tree.check_parents()
    package, _ = clients(9)[8].package()
    groups, _ = advance(groups, 0, add=[package], now_s=1_800_000_000)

    groups[0].tree.check_parents()


def test_original_hash_looks_through_leaves_that_came_later() -> None:
    tree = warm(make_groups(4))[0].tree
    draft = tree.draft()
    draft.remove(3)
    draft.set_parent(5, replace(tree.parent(5), unmerged_leaves=(3,)))  # type: ignore[type-var]
    blank = tree.draft()
    blank.remove(3)
    blank.set_parent(5, tree.parent(5))
    draft.set_leaf(3, tree.leaf(3))

    assert draft.original_hash_of(5, (3,)) == blank.hash_of(5)
    assert draft.original_hash_of(5, (0,)) == draft.hash_of(5)


def test_tree_that_ends_in_a_blank_is_refused() -> None:
    data = nodes_codec.write((leaves(1)[0], None))

    with pytest.raises(MlsError) as refused:
        RatchetTree.decode(data)

    assert refused.value.reason is Reason.TREE_SHAPE


def test_empty_tree_is_refused() -> None:
    with pytest.raises(MlsError) as refused:
        RatchetTree.decode(b"\0")

    assert refused.value.reason is Reason.TREE_SHAPE


def test_bytes_after_a_tree_are_refused() -> None:
    with pytest.raises(MlsError) as refused:
        RatchetTree.decode(make_groups(2)[0].tree.encode() + b"\0")

    assert refused.value.reason is Reason.TRAILING_BYTES


def test_leaf_in_the_place_of_a_parent_is_refused() -> None:
    one, other, third = leaves(3)

    with pytest.raises(MlsError) as refused:
        RatchetTree.decode(nodes_codec.write((one, other, third)))

    assert refused.value.reason is Reason.TREE_SHAPE


def test_tree_over_the_bound_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    tree = make_groups(3)[0].tree
    monkeypatch.setattr(limits, "MLS_LEAVES_MAX", 2)

    with pytest.raises(MlsError) as refused:
        RatchetTree.decode(tree.encode())

    assert refused.value.reason is Reason.TOO_MANY_LEAVES


@pytest.mark.parametrize("unmerged", [(3, 2), (2, 2)])
def test_unmerged_leaves_out_of_order_are_refused(unmerged: tuple[int, ...]) -> None:
    draft = warm(make_groups(4))[0].tree.draft()
    draft.set_parent(5, replace(draft.parent(5), unmerged_leaves=unmerged))  # type: ignore[type-var]

    assert refusal(draft) is Reason.UNMERGED_ORDER


@pytest.mark.parametrize(("parent", "leaf"), [(5, 0), (5, 9), (3, 2)])
def test_unmerged_leaf_elsewhere_blank_or_merged_below_is_refused(parent: int, leaf: int) -> None:
    draft = warm(make_groups(4))[0].tree.draft()
    node = draft.parent(parent)
    assert node is not None
    draft.set_parent(parent, replace(node, unmerged_leaves=(leaf,)))

    assert refusal(draft) is Reason.UNMERGED_LEAVES


def test_unmerged_leaf_of_another_subtree_is_refused() -> None:
    draft = make_groups(4)[0].tree.draft()
    # Everything between the leaf and the root says so, too.
    for index in (1, 3):
        node = draft.parent(index)
        assert node is not None
        draft.set_parent(index, replace(node, unmerged_leaves=(2,)))

    assert refusal(draft) is Reason.UNMERGED_LEAVES


def test_unmerged_leaf_that_is_blank_is_refused() -> None:
    tree = warm(make_groups(4))[0].tree
    draft = tree.draft()
    draft.set_leaf(3, None)
    for index in (5, 3):
        node = tree.parent(index)
        assert node is not None
        draft.set_parent(index, replace(node, unmerged_leaves=(3,)))

    assert refusal(draft) is Reason.UNMERGED_LEAVES


def test_key_of_a_parent_that_is_elsewhere_too_is_refused() -> None:
    tree = warm(make_groups(4))[0].tree
    for index, key in ((5, tree.parent(1)), (5, tree.leaf(0)), (3, tree.parent(5))):
        draft = tree.draft()
        node = draft.parent(index)
        assert node is not None
        assert key is not None
        draft.set_parent(index, replace(node, encryption_key=key.encryption_key))
        assert refusal(draft) is Reason.PARENT_KEY_REPEATED


@pytest.mark.parametrize("index", [1, 3, 5])
def test_parent_with_another_key_than_was_vouched_for_is_refused(index: int) -> None:
    draft = warm(make_groups(4))[0].tree.draft()
    node = draft.parent(index)
    assert node is not None
    draft.set_parent(index, replace(node, encryption_key=b"\x07" * 32))

    assert refusal(draft) is Reason.PARENT_HASH


@pytest.mark.parametrize("index", [1, 5])
def test_parent_with_another_parent_hash_is_refused(index: int) -> None:
    draft = warm(make_groups(4))[0].tree.draft()
    node = draft.parent(index)
    assert node is not None
    draft.set_parent(index, replace(node, parent_hash=b"\x07" * 32))

    assert refusal(draft) is Reason.PARENT_HASH


def test_parent_that_nobody_under_it_made_is_refused() -> None:
    draft = make_groups(4)[0].tree.draft()
    draft.set_parent(5, ParentNode(b"\x07" * 32, b"", ()))

    assert refusal(draft) is Reason.PARENT_HASH


def test_leaf_said_to_be_unmerged_that_was_there_is_refused() -> None:
    tree = warm(make_groups(4))[0].tree
    draft = tree.draft()
    for index in (5, 3):
        node = tree.parent(index)
        assert node is not None
        draft.set_parent(index, replace(node, unmerged_leaves=(2,)))

    assert refusal(draft) is Reason.PARENT_HASH


def test_leaf_slipped_in_under_a_parent_it_knows_nothing_of_is_refused() -> None:
    groups, _ = advance(warm(make_groups(4)), 0, remove=[1])
    draft = groups[0].tree.draft()
    assert draft.parent(1) is None
    draft.set_leaf(1, leaves(9)[8])

    assert refusal(draft) is Reason.PARENT_HASH
