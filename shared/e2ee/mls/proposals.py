"""The proposals of a commit: which lists are acceptable, what they do to a tree (12.1 to 12.3).

`check_list` looks at the list, `apply` puts it into a draft of the tree in the RFC's order,
`check_applied` and `check_fresh` look at the members that came of it. All of it needs public
knowledge only, so committers, receivers and those who merely look on run the same code.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from shared import limits
from shared.e2ee.mls.crypto import HASH_BYTES, Suite
from shared.e2ee.mls.errors import MlsError, Reason, require
from shared.e2ee.mls.key_packages import check_key_package
from shared.e2ee.mls.leaf_nodes import Needs, Policy, check_among, check_leaf
from shared.e2ee.mls.ratchet_tree import RatchetTree, TreeDraft
from shared.e2ee.mls.wire import (
    Add,
    Commit,
    Extension,
    ExternalInit,
    GroupContext,
    GroupContextExtensions,
    LeafNode,
    PreSharedKey,
    PreSharedKeyId,
    Proposal,
    ProposalByValue,
    ReInit,
    Remove,
    ResumptionPsk,
    Update,
    UpdateSource,
)

__all__ = [
    "Applied",
    "Proposed",
    "apply",
    "check_applied",
    "check_fresh",
    "check_list",
    "check_psk_names",
    "resolve",
]

_NEEDS_NO_PATH: Final = (Add, PreSharedKey, ReInit)
_APPLICATION_USAGE: Final = 1
_REINIT_USAGE: Final = 2
_BRANCH_USAGE: Final = 3


@dataclass(frozen=True, slots=True)
class Proposed:
    """A proposal and the leaf of who made it; None for who is only joining."""

    proposal: Proposal
    sender: int | None


@dataclass(frozen=True, slots=True)
class Applied:
    """What a list of proposals did.

    Attributes:
        extensions: The group's extensions afterwards.
        added: New leaves by index, in the order of the list.
        removed: Leaves that are gone.
        updated: Leaves before and after their member's Update.
        key_packages: The packages of the added.
        psks: Pre-shared keys to mix in, in order.
        external_init: What an external joiner has sent.
        needs_path: Whether the commit has to have a path.
        has_new_extensions: Whether the list replaced the extensions.
    """

    extensions: tuple[Extension, ...]
    added: Mapping[int, LeafNode]
    removed: Mapping[int, LeafNode]
    updated: Mapping[int, tuple[LeafNode, LeafNode]]
    key_packages: tuple[Add, ...]
    psks: tuple[PreSharedKeyId, ...]
    external_init: bytes | None
    needs_path: bool
    has_new_extensions: bool


def resolve(
    commit: Commit, sender: int | None, waiting: Mapping[bytes, Proposed]
) -> list[Proposed]:
    """Return the proposals of a commit, looking up those named by reference.

    Raises:
        MlsError: If a reference is unknown, or comes from a joiner, who can not know any.
    """
    found = []
    for item in commit.proposals:
        if isinstance(item, ProposalByValue):
            found.append(Proposed(item.proposal, sender))
            continue
        require(sender is not None, Reason.EXTERNAL_REFERENCE)
        proposed = waiting.get(item.reference)
        if proposed is None:
            raise MlsError(Reason.PROPOSAL_REFERENCE)
        found.append(proposed)
    return found


def check_list(proposals: list[Proposed], committer: int | None) -> None:
    """Check a list by itself (12.2).

    Args:
        proposals: The list.
        committer: The leaf of who commits; None for an external commit.

    Raises:
        MlsError: If the list is not acceptable.
    """
    if committer is None:
        _check_external(proposals)
    else:
        _check_regular(proposals, committer)
    check_psk_names(
        [item.proposal.psk for item in proposals if isinstance(item.proposal, PreSharedKey)]
    )


def _check_regular(proposals: list[Proposed], committer: int) -> None:
    changed: set[int] = set()
    has_extensions = False
    for item in proposals:
        match item.proposal:
            case Update():
                assert item.sender is not None
                require(item.sender != committer, Reason.UPDATE_BY_COMMITTER)
                require(item.sender not in changed, Reason.LEAF_CHANGED_TWICE)
                changed.add(item.sender)
            case Remove(removed):
                require(removed != committer, Reason.REMOVE_COMMITTER)
                require(removed not in changed, Reason.LEAF_CHANGED_TWICE)
                changed.add(removed)
            case GroupContextExtensions():
                require(not has_extensions, Reason.EXTENSIONS_PROPOSED_TWICE)
                has_extensions = True
            case ReInit():
                raise MlsError(Reason.REINIT)
            case ExternalInit():
                raise MlsError(Reason.EXTERNAL_INIT_BY_MEMBER)
        # An Add is looked at as a leaf, a pre-shared key with the others of its kind.


def _check_external(proposals: list[Proposed]) -> None:
    kinds = [type(item.proposal) for item in proposals]
    require(kinds.count(ExternalInit) == 1, Reason.EXTERNAL_INIT_COUNT)
    require(kinds.count(Remove) <= 1, Reason.EXTERNAL_REMOVE_COUNT)
    allowed = {ExternalInit, Remove, PreSharedKey}
    require(allowed.issuperset(kinds), Reason.EXTERNAL_PROPOSAL)


def check_psk_names(psks: Sequence[PreSharedKeyId]) -> None:
    """Check which pre-shared keys are named, and how (12.1.4).

    Raises:
        MlsError: If one is for what we refuse, is named twice, or has a nonce of another size.
    """
    for name in psks:
        if isinstance(name.psk, ResumptionPsk):
            require(name.psk.usage != _REINIT_USAGE, Reason.PSK_REINIT)
            require(name.psk.usage != _BRANCH_USAGE, Reason.PSK_BRANCH)
            require(name.psk.usage == _APPLICATION_USAGE, Reason.PSK_USAGE)
        require(len(name.psk_nonce) == HASH_BYTES, Reason.PSK_NONCE)
    require(len(set(psks)) == len(psks), Reason.PSK_REPEATED)
    require(len(psks) <= limits.MLS_PSKS_MAX, Reason.TOO_MANY_ITEMS)


def apply(
    draft: TreeDraft, proposals: list[Proposed], extensions: tuple[Extension, ...]
) -> Applied:
    """Put a checked list into a draft: extensions, updates, removes, then adds (12.3).

    Raises:
        MlsError: If a leaf to be changed is blank, or the tree is full.
    """
    changes = [item.proposal for item in proposals]
    new_extensions = [item for item in changes if isinstance(item, GroupContextExtensions)]
    adds = tuple(item for item in changes if isinstance(item, Add))
    inits = [item.kem_output for item in changes if isinstance(item, ExternalInit)]
    updated = _apply_updates(draft, proposals)
    removed = _apply_removes(draft, [item.removed for item in changes if isinstance(item, Remove)])
    added = {}
    for item in adds:
        added[draft.add(item.key_package.leaf_node)] = item.key_package.leaf_node
    return Applied(
        extensions=new_extensions[0].extensions if new_extensions else extensions,
        added=added,
        removed=removed,
        updated=updated,
        key_packages=adds,
        psks=tuple(item.psk for item in changes if isinstance(item, PreSharedKey)),
        external_init=inits[0] if inits else None,
        needs_path=not all(isinstance(item, _NEEDS_NO_PATH) for item in changes) or not changes,
        has_new_extensions=bool(new_extensions),
    )


def _apply_updates(
    draft: TreeDraft, proposals: list[Proposed]
) -> dict[int, tuple[LeafNode, LeafNode]]:
    updated = {}
    for item in proposals:
        if isinstance(item.proposal, Update):
            assert item.sender is not None
            before = draft.leaf(item.sender)
            # A waiting proposal was signed in this epoch by the leaf that is there.
            assert before is not None
            draft.update(item.sender, item.proposal.leaf_node)
            updated[item.sender] = (before, item.proposal.leaf_node)
    return updated


def _apply_removes(draft: TreeDraft, leaves: list[int]) -> dict[int, LeafNode]:
    removed = {}
    for leaf in leaves:
        before = draft.leaf(leaf)
        if before is None:
            raise MlsError(Reason.REMOVE_BLANK)
        draft.remove(leaf)
        removed[leaf] = before
    if removed:
        draft.truncate()
    return removed


def check_applied(
    suite: Suite, tree: RatchetTree, applied: Applied, *, context: GroupContext, policy: Policy
) -> Needs:
    """Check every leaf that the list put into the tree, and the new extensions against all.

    Args:
        suite: What to compute with.
        tree: The tree after the list.
        applied: What the list did.
        context: The group, in the epoch that is about to end.
        policy: Which credentials to believe.

    Returns:
        What the group asks of each member from now on.

    Raises:
        MlsError: If a leaf or the extensions are not acceptable.
    """
    needs = Needs.of(applied.extensions)
    for add in applied.key_packages:
        check_key_package(suite, add.key_package, context)
    for before, after in applied.updated.values():
        require(isinstance(after.source, UpdateSource), Reason.LEAF_SOURCE)
        require(before.encryption_key != after.encryption_key, Reason.LEAF_KEY_KEPT)
    fresh = {**applied.added, **{index: leaf for index, (_, leaf) in applied.updated.items()}}
    for index, leaf in fresh.items():
        check_leaf(leaf, suite=suite, context=context, leaf_index=index, needs=needs, policy=policy)
    if applied.has_new_extensions:
        for _, leaf in tree.leaves():
            able = leaf.capabilities
            require(needs.has_extensions(able), Reason.GROUP_EXTENSION_UNSUPPORTED)
            require(needs.has_required(able), Reason.REQUIRED_CAPABILITIES)
    return needs


def check_fresh(tree: RatchetTree, applied: Applied) -> None:
    """Check the leaves of a list among all others, once the path is in the tree as well."""
    for leaf in applied.added.values():
        check_among(leaf, tree.census)
    for _, leaf in applied.updated.values():
        check_among(leaf, tree.census)
