from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from shared.e2ee.mls import tree_math, treekem
from shared.e2ee.mls.crypto import SUITE
from shared.e2ee.mls.errors import Check, Reason
from shared.e2ee.mls.hpke import encrypt_with_label
from shared.e2ee.mls.keys import HpkePrivateKey, PathSecret, SignaturePrivateKey
from shared.e2ee.mls.leaf_nodes import LeafTemplate
from shared.e2ee.mls.ratchet_tree import RatchetTree
from shared.e2ee.mls.wire import CommitSource, GroupContext, HpkeCiphertext, Update, UpdatePath
from tests.shared.e2ee.mls.forge import member, proposal, updated_leaf
from tests.shared.e2ee.mls.members import (
    advance,
    assert_refused,
    assert_same,
    clients,
    follow,
    make_groups,
    warm,
)
from tests.shared.e2ee.mls.vectors import load, unhex


def private_keys(tree: RatchetTree, case: dict[str, Any]) -> dict[int, HpkePrivateKey]:
    """Return the keys a leaf holds, each checked against the tree."""
    index = case["index"]
    keys = {2 * index: HpkePrivateKey(unhex(case["encryption_priv"]))}
    for step in case["path_secrets"]:
        climbed = treekem.climb(SUITE, [step["node"]], PathSecret(unhex(step["path_secret"])))
        keys.update(climbed.private_keys)
    for node, private in keys.items():
        found = tree.node(node)
        assert found is not None
        assert SUITE.kem.public_of(private) == found.encryption_key
    return keys


def test_treekem_vectors(vectors: Path) -> None:
    for case in load(vectors, "mls/treekem.json"):
        tree = RatchetTree.decode(unhex(case["ratchet_tree"]))
        keys = {item["index"]: private_keys(tree, item) for item in case["leaves_private"]}
        signers = {item["index"]: item["signature_priv"] for item in case["leaves_private"]}
        for step in case["update_paths"]:
            check_given_path(case, tree, keys, step)
            key = SignaturePrivateKey(unhex(signers[step["sender"]]))
            check_new_path(case, tree, keys, step["sender"], key)


def context_for(case: dict[str, Any], tree: RatchetTree) -> GroupContext:
    return GroupContext(
        1,
        case["cipher_suite"],
        unhex(case["group_id"]),
        case["epoch"],
        tree.root_hash,
        unhex(case["confirmed_transcript_hash"]),
        (),
    )


def check_given_path(case: Any, tree: RatchetTree, keys: Any, step: Any) -> None:
    path = UpdatePath.decode(unhex(step["update_path"]))
    sender = step["sender"]
    draft = tree.draft()
    filtered = draft.filtered_path(sender)
    parent_hash = draft.merge_path(sender, filtered, [node.encryption_key for node in path.nodes])
    draft.set_leaf(sender, path.leaf_node)
    assert path.leaf_node.source == CommitSource(parent_hash)
    assert draft.root_hash == unhex(step["tree_hash_after"])
    for leaf, own in keys.items():
        if leaf == sender:
            continue
        climbed = treekem.open_path(
            SUITE,
            draft,
            path,
            filtered=filtered,
            own_leaf=leaf,
            private_keys=own,
            context=context_for(case, draft),
            new_leaves=(),
        )
        ancestor = tree_math.common_ancestor(2 * leaf, 2 * sender)
        assert climbed.secrets[ancestor] == unhex(step["path_secrets"][leaf])
        assert climbed.commit_secret == unhex(step["commit_secret"])


def check_new_path(
    case: Any, tree: RatchetTree, keys: Any, sender: int, key: SignaturePrivateKey
) -> None:
    own = tree.leaf(sender)
    assert own is not None
    draft = tree.draft()
    made = treekem.renew_path(
        SUITE,
        draft,
        leaf_index=sender,
        template=LeafTemplate.of(own),
        group_id=unhex(case["group_id"]),
        key=key,
    )
    context = context_for(case, draft)
    path = treekem.seal_path(SUITE, draft, made, context=context, new_leaves=())
    for leaf, private in keys.items():
        if leaf != sender:
            climbed = treekem.open_path(
                SUITE,
                draft,
                path,
                filtered=made.filtered,
                own_leaf=leaf,
                private_keys=private,
                context=context,
                new_leaves=(),
            )
            assert climbed.commit_secret == made.climb.commit_secret


def test_a_path_is_not_sealed_to_those_added_by_the_same_commit() -> None:
    groups = make_groups(4)
    package, _ = clients(9)[8].package()

    pending = groups[0].commit(add=[package], now_s=1_800_000_000)

    assert_same([pending.group, *follow(groups[1:], pending.commit)])
    assert treekem.recipients(pending.group.tree, 8, {4}) == []


def bad_path(path: UpdatePath, place: int, **changes: Any) -> UpdatePath:
    nodes = list(path.nodes)
    nodes[place] = replace(nodes[place], **changes)
    return replace(path, nodes=tuple(nodes))


def test_path_secret_that_does_not_open_is_refused() -> None:
    groups = warm(make_groups(4))

    def swap(path: UpdatePath) -> UpdatePath:
        [sealed] = path.nodes[1].encrypted_path_secret
        changed = replace(sealed, ciphertext=sealed.ciphertext[::-1])
        return bad_path(path, 1, encrypted_path_secret=(changed,))

    data = member(groups[0], path=swap).commit()

    assert_refused(groups[2], data, Reason.HPKE_OPEN, Check.SECRET)
    # Who opens another place of the path has nothing to complain about.
    assert follow(groups[1:2], data)


def test_path_secret_sent_to_no_key_is_refused() -> None:
    groups = warm(make_groups(4))
    for output in (bytes(32), b"short"):

        def swap(path: UpdatePath, output: bytes = output) -> UpdatePath:
            [sealed] = path.nodes[1].encrypted_path_secret
            changed = replace(sealed, kem_output=output)
            return bad_path(path, 1, encrypted_path_secret=(changed,))

        data = member(groups[0], path=swap).commit()
        assert_refused(groups[2], data, Reason.HPKE_KEY, Check.SECRET)


def seal_other(groups: Any, secret: bytes) -> bytes:
    """Return a commit in which the right half of four is sent another path secret."""
    recipient = groups[0].tree.parent(5)
    contexts: list[GroupContext] = []
    forger = member(groups[0])
    forger.merged = lambda draft: contexts.append(
        forger._provisional(draft, groups[0].view.context.extensions)
    )

    def swap(path: UpdatePath) -> UpdatePath:
        output, sealed = encrypt_with_label(
            groups[0].suite,
            recipient.encryption_key,
            label=b"UpdatePathNode",
            context=contexts[0].encode(),
            plaintext=secret,
        )
        return bad_path(path, 1, encrypted_path_secret=(HpkeCiphertext(output, sealed),))

    forger.path = swap
    return forger.commit()


def test_path_secret_of_another_size_is_refused() -> None:
    groups = warm(make_groups(4))

    data = seal_other(groups, b"short")

    assert_refused(groups[2], data, Reason.PATH_SECRET, Check.SECRET)


def test_path_secret_that_leads_to_other_keys_is_refused() -> None:
    groups = warm(make_groups(4))

    data = seal_other(groups, b"\x05" * 32)

    assert_refused(groups[2], data, Reason.PATH_KEY, Check.SECRET)


def test_commit_over_an_update_of_ours_that_we_never_made_is_refused() -> None:
    groups = make_groups(2)
    sent, reference = proposal(groups[1], Update(updated_leaf(groups[1])))
    [committer] = follow(groups[:1], sent)
    # The other device of a copied profile has the proposal, but not the new leaf's key.
    copy = replace(groups[1], view=committer.view)

    data = member(committer).commit(reference)

    assert_refused(copy, data, Reason.OWN_LEAF, Check.SECRET)


def test_everyone_learns_a_path_whatever_is_blank() -> None:
    groups = warm(make_groups(9))
    groups, _ = advance(groups, 0, remove=[3, 5])

    for index in range(len(groups)):
        groups, _ = advance(groups, index)
        assert_same(groups)
