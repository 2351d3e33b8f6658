from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from shared import limits
from shared.e2ee.mls.crypto import SUITE
from shared.e2ee.mls.errors import Check, MlsError, Reason
from shared.e2ee.mls.group import Group
from shared.e2ee.mls.public_view import Change, PublicView
from shared.e2ee.mls.ratchet_tree import RatchetTree
from shared.e2ee.mls.wire import (
    Add,
    Application,
    Commit,
    CommitSource,
    Extension,
    External,
    ExternalInit,
    GroupContextExtensions,
    GroupInfo,
    LeafNode,
    Member,
    NewMemberCommit,
    NewMemberProposal,
    Remove,
    Sender,
    Update,
    UpdatePath,
    frame,
)
from tests.shared.e2ee.mls.forge import (
    handshake,
    joiner,
    member,
    proposal,
    sign_again,
    sign_info,
    updated_leaf,
)
from tests.shared.e2ee.mls.members import (
    NOW_S,
    advance,
    assert_refused,
    clients,
    follow,
    make_groups,
    warm,
)


class Recording:
    """Keeps the last change, and says yes or no to all."""

    def __init__(self, answer: bool = True) -> None:
        self.answer = answer
        self.change: Change | None = None

    def admits_leaf(self, leaf: LeafNode) -> bool:
        return True

    def admits_change(self, change: Change) -> bool:
        self.change = change
        return self.answer


def bystander(group: Group) -> PublicView:
    return PublicView.from_group_info(group.group_info(), group.tree)


def refusal(call: Any, *args: Any, **more: Any) -> tuple[Reason, Check]:
    with pytest.raises(MlsError) as refused:
        call(*args, **more)
    return refused.value.reason, refused.value.check


# --- Following along ---


def test_a_bystander_sees_the_same_epochs_as_the_members() -> None:
    groups = make_groups(4)
    view = bystander(groups[0])
    sent, reference = proposal(groups[1], Update(updated_leaf(groups[1])))
    view = view.follow(sent)
    groups = [*follow(groups[:1], sent), *follow(groups[2:], sent)]

    pending = groups[0].commit(references=[reference], remove=[3])
    view = view.follow(pending.commit)
    external = Group.join_external(
        pending.group.group_info(),
        clients(9)[8].template,
        key=clients(9)[8].key,
        tree=pending.group.tree,
    )
    view = view.follow(external.commit)

    assert view == external.group.view
    assert view.epoch == 3
    assert view.interim_hash == external.group.view.interim_hash


def test_a_view_comes_back_from_its_bytes_with_what_waits() -> None:
    groups = make_groups(3)
    sent, _ = proposal(groups[1], Remove(2))
    view = bystander(groups[0]).follow(sent)

    again = PublicView.decode(view.encode())

    assert again == view
    assert len(again.waiting) == 1


def test_view_whose_tree_does_not_fit_its_context_is_refused() -> None:
    groups = make_groups(2)
    view = replace(groups[0].view, tree=make_groups(2, seed="x")[0].tree)

    assert refusal(PublicView.decode, view.encode())[0] is Reason.STATE_MISMATCH


def test_the_policy_is_shown_what_a_commit_does() -> None:
    groups = make_groups(4)
    package, _ = clients(9)[8].package()
    pending = groups[0].commit(add=[package], remove=[2], now_s=NOW_S, authenticated_data=b"bound")
    policy = Recording()

    bystander(groups[0]).follow(pending.commit, policy)

    change = policy.change
    assert change is not None
    assert (change.committer, change.is_external) == (0, False)
    assert set(change.added) == {2}
    assert change.removed[2] == groups[0].tree.leaf(2)
    assert change.updated[0][0] == groups[0].tree.leaf(0)
    assert change.updated[0][1] == pending.group.tree.leaf(0)
    assert change.authenticated_data == b"bound"
    assert change.before == groups[0].view


def test_the_policy_is_shown_who_joins_and_which_leaf_it_replaces() -> None:
    groups = make_groups(3)
    policy = Recording()
    again = clients(3)[2]
    pending = Group.join_external(
        groups[0].group_info(), again.template, key=again.key, tree=groups[0].tree, remove=2
    )

    bystander(groups[0]).follow(pending.commit, policy)

    change = policy.change
    assert change is not None
    assert (change.committer, change.is_external) == (2, True)
    assert change.removed[2] == groups[0].tree.leaf(2)
    assert change.committer_leaf == pending.group.tree.leaf(2)


def test_change_that_the_policy_does_not_want_is_refused() -> None:
    groups = make_groups(2)
    data = member(groups[0]).commit()

    assert_refused(groups[1], data, Reason.POLICY, policy=Recording(False))


# --- Messages that are refused before their content is looked at ---


def test_message_of_another_group_or_epoch_is_refused() -> None:
    groups = make_groups(2)
    others = make_groups(2, seed="other")
    elsewhere = replace(
        groups[0],
        view=replace(groups[0].view, context=replace(groups[0].view.context, group_id=b"x")),
    )
    assert others[0].group_id == groups[0].group_id

    assert_refused(groups[1], member(elsewhere).commit(), Reason.WRONG_GROUP)
    later, _ = advance(groups, 0)
    assert_refused(groups[1], member(later[0]).commit(), Reason.WRONG_EPOCH)
    assert_refused(later[1], member(groups[0]).commit(), Reason.WRONG_EPOCH)
    sealed = later[0].seal(b"text")[1]
    assert refusal(groups[1].process, sealed)[0] is Reason.WRONG_EPOCH
    assert refusal(groups[1].process, elsewhere.seal(b"text")[1])[0] is Reason.WRONG_GROUP


def test_what_is_no_message_of_a_group_is_refused() -> None:
    groups = make_groups(2)
    package, _ = clients(1)[0].package()

    assert_refused(groups[1], frame(package), Reason.UNEXPECTED_MESSAGE)


def test_sealed_message_is_refused_by_a_bystander() -> None:
    groups = make_groups(2)
    sealed = groups[0].seal(b"text")[1]

    assert refusal(groups[1].view.follow, sealed)[0] is Reason.UNEXPECTED_MESSAGE


@pytest.mark.parametrize("leaf", [2, 3, 4, 1_000_000])
def test_sender_at_a_blank_leaf_is_refused(leaf: int) -> None:
    groups, _ = advance(make_groups(4), 0, remove=[2])
    data = handshake(groups[0], Remove(1), sender=Member(leaf if leaf != 3 else 7))

    assert_refused(groups[1], data, Reason.UNKNOWN_SENDER)


@pytest.mark.parametrize(
    ("sender", "reason"),
    [
        (External(0), Reason.EXTERNAL_SENDER),
        (NewMemberProposal(), Reason.NEW_MEMBER_PROPOSAL),
        (NewMemberCommit(), Reason.NEW_MEMBER_CONTENT),
    ],
)
def test_proposal_from_outside_is_refused(sender: Sender, reason: Reason) -> None:
    groups = make_groups(2)

    assert_refused(groups[1], handshake(groups[0], Remove(1), sender=sender), reason)


def test_external_commit_without_a_path_is_refused() -> None:
    groups = make_groups(2)
    forger, init = joiner(groups[0], clients(9)[8], has_path=False)

    assert_refused(groups[1], forger.commit(init), Reason.NEW_MEMBER_CONTENT)


def test_application_data_in_clear_is_refused() -> None:
    groups = make_groups(2)
    data = handshake(groups[0], Application(b"text"))

    assert_refused(groups[1], data, Reason.APPLICATION_IN_CLEAR)


def test_message_that_its_sender_did_not_sign_is_refused() -> None:
    groups = make_groups(3)
    hooks: list[dict[str, Any]] = [
        {"signature": lambda signature: signature[::-1]},
        {"message_key": groups[2].signature_key},
        {"wire_format": 2},
    ]

    for hook in hooks:
        assert_refused(groups[1], member(groups[0], **hook).commit(), Reason.SIGNATURE)
    forger, init = joiner(groups[0], clients(9)[8], message_key=groups[2].signature_key)
    assert_refused(groups[1], forger.commit(init), Reason.SIGNATURE)


def test_signature_over_another_epoch_is_refused() -> None:
    groups = make_groups(2)
    forger = member(groups[0])
    forger.view = replace(
        forger.view, context=replace(forger.view.context, confirmed_transcript_hash=b"x")
    )

    assert_refused(groups[1], forger.commit(), Reason.SIGNATURE)


def test_too_many_waiting_proposals_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MLS_PROPOSALS_MAX", 1)
    groups = make_groups(3)
    sent, _ = proposal(groups[0], Remove(2))
    [other] = follow(groups[1:2], sent)

    assert_refused(other, proposal(groups[0], Remove(1))[0], Reason.TOO_MANY_ITEMS)


# --- Paths ---


@pytest.mark.parametrize("kind", ["empty", "remove", "extensions", "update"])
def test_commit_without_the_path_it_needs_is_refused(kind: str) -> None:
    groups = make_groups(3)
    listed: list[Any] = []
    if kind == "remove":
        listed = [Remove(2)]
    elif kind == "extensions":
        listed = [GroupContextExtensions(())]
    elif kind == "update":
        sent, reference = proposal(groups[2], Update(updated_leaf(groups[2])))
        groups = follow(groups[:2], sent)
        listed = [reference]

    data = member(groups[0], has_path=False).commit(*listed)

    assert_refused(groups[1], data, Reason.PATH_REQUIRED)


@pytest.mark.parametrize("change", [lambda nodes: nodes[:-1], lambda nodes: nodes + nodes[:1]])
def test_path_of_another_length_is_refused(change: Any) -> None:
    groups = warm(make_groups(4))

    def edit(path: UpdatePath) -> UpdatePath:
        return replace(path, nodes=change(path.nodes))

    assert_refused(groups[1], member(groups[0], path=edit).commit(), Reason.PATH_LENGTH)


@pytest.mark.parametrize("change", [lambda sealed: (), lambda sealed: sealed * 2])
def test_path_for_other_recipients_is_refused(change: Any) -> None:
    groups = warm(make_groups(4))

    def edit(path: UpdatePath) -> UpdatePath:
        node = path.nodes[1]
        bad = replace(node, encrypted_path_secret=change(node.encrypted_path_secret))
        return replace(path, nodes=(path.nodes[0], bad))

    assert_refused(groups[1], member(groups[0], path=edit).commit(), Reason.PATH_RECIPIENTS)


def with_key(path: UpdatePath, place: int, key: bytes) -> UpdatePath:
    nodes = list(path.nodes)
    nodes[place] = replace(nodes[place], encryption_key=key)
    return replace(path, nodes=tuple(nodes))


def test_path_with_a_key_that_is_there_already_is_refused() -> None:
    groups = warm(make_groups(4))
    known = groups[0].tree.parent(5)
    leaf = groups[0].tree.leaf(3)
    assert known is not None
    assert leaf is not None
    for key in (known.encryption_key, leaf.encryption_key):
        data = member(groups[0], path=lambda path, k=key: with_key(path, 1, k)).commit()
        assert_refused(groups[1], data, Reason.PATH_KEY_REPEATED)


def test_path_with_one_key_twice_is_refused() -> None:
    groups = warm(make_groups(4))
    for get in (lambda path: path.nodes[0], lambda path: path.leaf_node):

        def edit(path: UpdatePath, get: Any = get) -> UpdatePath:
            return with_key(path, 1, get(path).encryption_key)

        data = member(groups[0], path=edit).commit()
        assert_refused(groups[1], data, Reason.PATH_KEY_REPEATED)


def test_path_with_a_key_that_nothing_can_be_sealed_to_is_refused() -> None:
    groups = warm(make_groups(4))
    data = member(groups[0], path=lambda path: with_key(path, 1, bytes(32))).commit()

    assert_refused(groups[1], data, Reason.ENCRYPTION_KEY)


def test_leaf_with_another_parent_hash_is_refused() -> None:
    groups = warm(make_groups(4))
    for parent_hash in (b"", b"\x07" * 32):
        data = member(
            groups[0], leaf=lambda leaf, h=parent_hash: replace(leaf, source=CommitSource(h))
        ).commit()
        assert_refused(groups[1], data, Reason.PATH_PARENT_HASH)


def test_joiner_that_takes_the_key_of_the_leaf_it_replaces_is_refused() -> None:
    groups = make_groups(3)
    old = groups[0].tree.leaf(2)
    assert old is not None
    forger, init = joiner(
        groups[0],
        clients(3)[2],
        leaf=lambda leaf: replace(leaf, encryption_key=old.encryption_key),
    )

    assert_refused(groups[1], forger.commit(init, Remove(2)), Reason.LEAF_KEY_KEPT)


def test_joiner_that_is_in_the_group_is_refused() -> None:
    groups = make_groups(3)
    forger, init = joiner(groups[0], clients(3)[2])

    assert_refused(groups[1], forger.commit(init), Reason.SIGNATURE_KEY_REPEATED)


def test_path_key_of_a_leaf_added_with_it_is_refused() -> None:
    groups = make_groups(4)
    package, _ = clients(9)[8].package()
    data = member(
        groups[0],
        path=lambda path: with_key(path, 0, package.leaf_node.encryption_key),
    ).commit(Add(package))

    assert_refused(groups[1], data, Reason.PATH_KEY_REPEATED)


# --- Group infos and trees of newcomers ---


def info_refused(group: Group, info: GroupInfo, tree: RatchetTree | None = None) -> Reason:
    reason, check = refusal(PublicView.from_group_info, info, tree or group.tree)
    assert check is Check.PUBLIC
    return reason


def signed(group: Group, **changes: Any) -> GroupInfo:
    return sign_info(replace(group.group_info(), **changes), group.signature_key)


def bad_context(group: Group, **changes: Any) -> GroupInfo:
    return signed(group, group_context=replace(group.view.context, **changes))


def with_tree(group: Group, tree: RatchetTree) -> tuple[GroupInfo, RatchetTree]:
    """Return a description of a changed tree that says its hash, signed."""
    return bad_context(group, tree_hash=tree.root_hash), tree


def test_a_view_can_be_had_from_a_description_that_holds_the_tree() -> None:
    group = make_groups(3)[0]

    assert PublicView.from_group_info(group.group_info(with_tree=True)) == group.view


def test_description_for_another_version_or_suite_is_refused() -> None:
    group = make_groups(2)[0]

    assert info_refused(group, bad_context(group, version=2)) is Reason.VERSION
    assert info_refused(group, bad_context(group, cipher_suite=1)) is Reason.SUITE


def test_description_without_a_tree_is_refused() -> None:
    group = make_groups(2)[0]

    reason, _ = refusal(PublicView.from_group_info, group.group_info())

    assert reason is Reason.TREE_ABSENT


@pytest.mark.parametrize("signer", [1, 2, 5_000])
def test_description_by_nobody_is_refused(signer: int) -> None:
    groups, _ = advance(make_groups(3), 0, remove=[1])

    assert info_refused(groups[0], signed(groups[0], signer=signer if signer != 2 else 3)) is (
        Reason.GROUP_INFO_SIGNER
    )


def test_description_that_its_signer_did_not_sign_is_refused() -> None:
    groups = make_groups(2)
    info = groups[0].group_info()

    for bad in (
        replace(info, signature=info.signature[::-1]),
        replace(info, signer=1),
        replace(info, confirmation_tag=b"x" * 32),
        replace(info, extensions=()),
        sign_info(info, groups[1].signature_key),
    ):
        assert info_refused(groups[0], bad) is Reason.GROUP_INFO_SIGNATURE


def test_description_with_two_extensions_of_a_type_is_refused() -> None:
    group = make_groups(2)[0]
    info = group.group_info()

    bad = signed(group, extensions=info.extensions * 2)

    assert info_refused(group, bad) is Reason.EXTENSION_REPEATED


def test_description_of_another_tree_is_refused() -> None:
    group = make_groups(2)[0]

    assert info_refused(group, bad_context(group, tree_hash=b"x" * 32)) is Reason.TREE_HASH


def test_unknown_extensions_of_a_description_are_ignored() -> None:
    group = make_groups(2)[0]

    info = signed(group, extensions=(Extension(0x0A0A, b"grease"),))

    assert PublicView.from_group_info(info, group.tree) == group.view


def test_newcomer_refuses_a_tree_with_a_bad_leaf() -> None:
    groups = make_groups(3)
    draft = groups[0].tree.draft()
    leaf = draft.leaf(0)
    assert leaf is not None
    draft.set_leaf(0, replace(leaf, signature=leaf.signature[::-1]))

    assert info_refused(groups[0], *with_tree(groups[0], draft)) is Reason.LEAF_SIGNATURE


def test_newcomer_refuses_a_tree_with_a_bad_parent() -> None:
    groups = warm(make_groups(4))
    draft = groups[0].tree.draft()
    node = draft.parent(5)
    assert node is not None
    draft.set_parent(5, replace(node, encryption_key=b"\x07" * 32))

    assert info_refused(groups[0], *with_tree(groups[0], draft)) is Reason.PARENT_HASH


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("encryption_key", Reason.ENCRYPTION_KEY_REPEATED),
        ("signature_key", Reason.SIGNATURE_KEY_REPEATED),
    ],
)
def test_tree_with_a_key_twice_is_refused_by_a_newcomer(name: str, reason: Reason) -> None:
    groups = make_groups(3)
    own, other = groups[0].tree.leaf(0), groups[0].tree.leaf(1)
    assert own is not None
    assert other is not None
    changed = replace(own, **{name: getattr(other, name)})
    key = groups[1 if name == "signature_key" else 0].signature_key
    draft = groups[0].tree.draft()
    draft.set_leaf(0, sign_again(changed, key, b"group", 0))

    # Somebody else signs, whose leaf is as it was.
    info = bad_context(groups[2], tree_hash=draft.root_hash)

    assert info_refused(groups[2], info, draft) is reason


def test_newcomer_refuses_a_parent_key_that_nothing_can_be_sealed_to() -> None:
    group = make_groups(2)[0]
    draft = group.tree.draft()
    parent_hash = draft.merge_path(0, draft.filtered_path(0), [bytes(32)])
    own = draft.leaf(0)
    assert own is not None
    leaf = replace(own, source=CommitSource(parent_hash))
    draft.set_leaf(0, sign_again(leaf, group.signature_key, b"group", 0))

    assert info_refused(group, *with_tree(group, draft)) is Reason.ENCRYPTION_KEY


def test_group_with_extensions_a_member_does_not_know_is_refused() -> None:
    group = make_groups(2)[0]
    bad = bad_context(group, extensions=(Extension(0xF001, b""),))

    assert info_refused(group, bad) is Reason.LEAF_GROUP_EXTENSION


def test_the_default_suite_is_the_one_of_the_product() -> None:
    assert make_groups(1)[0].view.context.cipher_suite == SUITE.number == 3


def test_an_empty_commit_is_no_external_init() -> None:
    assert Commit((), None).encode() == b"\0\0"
    assert ExternalInit(b"").encode() == b"\0"
