"""A group as it looks without a secret: its context, its tree, and what may come next.

A `PublicView` is made from a GroupInfo and a tree, and runs on a commit every check of RFC 9420
that needs no secret; a `Group` runs the very same on what it receives, and on what it sends before
it sends it. So everyone agrees which handshakes count.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Annotated

from shared import limits
from shared.e2ee.mls import key_schedule
from shared.e2ee.mls.codec import Opaque, Struct, Uint32, Vector
from shared.e2ee.mls.crypto import SUITE, Suite, sign_with_label, verify_with_label
from shared.e2ee.mls.errors import MlsError, Reason, require
from shared.e2ee.mls.framing import is_signed_by, proposal_reference
from shared.e2ee.mls.keys import SignaturePrivateKey
from shared.e2ee.mls.leaf_nodes import (
    ANYONE,
    Needs,
    Policy,
    check_among,
    check_extensions,
    check_leaf,
)
from shared.e2ee.mls.proposals import (
    Applied,
    Proposed,
    apply,
    check_applied,
    check_fresh,
    check_list,
    resolve,
)
from shared.e2ee.mls.ratchet_tree import RatchetTree, TreeDraft
from shared.e2ee.mls.treekem import Filtered, recipients
from shared.e2ee.mls.wire import (
    EXTERNAL_PUB,
    MLS10,
    PUBLIC_MESSAGE,
    RATCHET_TREE,
    Application,
    AuthenticatedContent,
    Commit,
    CommitSource,
    Extension,
    ExternalPub,
    FramedContent,
    GroupContext,
    GroupInfo,
    LeafNode,
    Member,
    MlsMessage,
    NewMemberCommit,
    NewMemberProposal,
    PreSharedKeyId,
    PrivateMessage,
    ProposalByValue,
    PublicMessage,
    UpdatePath,
    extension_of,
)

__all__ = ["Change", "CheckedCommit", "PublicView", "check_group_info", "sign_group_info"]


@dataclass(frozen=True, slots=True)
class Change:
    """What a commit would do, for the application's policy to judge.

    Attributes:
        before: The group as it is.
        committer: The leaf of who commits; for a joiner the one it takes.
        committer_leaf: That leaf as it was; for a joiner as it comes.
        is_external: Whether the committer joins by this commit.
        added: New leaves.
        removed: Leaves that go.
        updated: Leaves before and after, the committer's own among them.
        extensions: The group's extensions afterwards.
        authenticated_data: What the sender bound to the message.
        psks: The pre-shared keys it mixes in.
    """

    before: PublicView
    committer: int
    committer_leaf: LeafNode
    is_external: bool
    added: Mapping[int, LeafNode]
    removed: Mapping[int, LeafNode]
    updated: Mapping[int, tuple[LeafNode, LeafNode]]
    extensions: tuple[Extension, ...]
    authenticated_data: bytes
    psks: tuple[PreSharedKeyId, ...] = ()


@dataclass(frozen=True, slots=True)
class CheckedCommit:
    """A commit that passed every public check.

    Attributes:
        message: The commit.
        commit: Its content.
        committer: The leaf of who commits; for a joiner the one it takes.
        applied: What its proposals did.
        filtered: The committer's filtered direct path, if the commit has a path.
        provisional: The context that path secrets are sealed under.
        change: The same for the policy.
        after: The view of the next epoch.
    """

    message: AuthenticatedContent
    commit: Commit
    committer: int
    applied: Applied
    filtered: Filtered
    provisional: GroupContext
    change: Change
    after: PublicView


@dataclass(frozen=True, slots=True)
class _WaitingProposal(Struct):
    reference: Opaque
    sender: Uint32
    proposal: ProposalByValue


@dataclass(frozen=True, slots=True)
class _StoredView(Struct):
    context: GroupContext
    tree: Opaque
    confirmation_tag: Opaque
    waiting: Annotated[
        tuple[_WaitingProposal, ...], Vector(_WaitingProposal, limits.MLS_PROPOSALS_MAX)
    ]


@dataclass(frozen=True, slots=True)
class PublicView:
    """One epoch of a group, without its secrets.

    Attributes:
        context: The group context.
        tree: The ratchet tree, whose hash the context names.
        confirmation_tag: The tag of the commit that led here.
        waiting: Proposals of this epoch by reference.
        suite: What to compute with.
    """

    context: GroupContext
    tree: RatchetTree
    confirmation_tag: bytes
    waiting: Mapping[bytes, Proposed] = field(default_factory=dict)
    suite: Suite = field(default=SUITE, compare=False)

    @property
    def group_id(self) -> bytes:
        """The name of the group."""
        return self.context.group_id

    @property
    def epoch(self) -> int:
        """The number of the epoch."""
        return self.context.epoch

    @property
    def interim_hash(self) -> bytes:
        """The transcript up to here."""
        confirmed = self.context.confirmed_transcript_hash
        return key_schedule.interim_hash(confirmed, self.confirmation_tag)

    # --- From and to bytes ---

    @classmethod
    def from_group_info(
        cls,
        info: GroupInfo,
        tree: RatchetTree | None = None,
        *,
        policy: Policy = ANYONE,
        suite: Suite = SUITE,
    ) -> PublicView:
        """Return the view a member describes, after all the checks of a newcomer (12.4.3.1).

        Args:
            info: The description.
            tree: The ratchet tree, unless the description holds it.
            policy: Which credentials to believe.
            suite: What to compute with.

        Raises:
            MlsError: If the description or the tree is not what a member could have signed.
        """
        return check_group_info(info, tree, policy=policy, suite=suite)

    @classmethod
    def decode(cls, data: bytes, suite: Suite = SUITE) -> PublicView:
        """Return a view from its own bytes, which are trusted."""
        stored = _StoredView.decode(data)
        waiting = {
            item.reference: Proposed(item.proposal.proposal, item.sender) for item in stored.waiting
        }
        tree = RatchetTree.decode(stored.tree)
        require(tree.root_hash == stored.context.tree_hash, Reason.STATE_MISMATCH)
        return cls(stored.context, tree, stored.confirmation_tag, waiting, suite)

    def encode(self) -> bytes:
        """Return the view as bytes."""
        waiting = []
        for reference, item in self.waiting.items():
            assert item.sender is not None
            value = ProposalByValue(item.proposal)
            waiting.append(_WaitingProposal(reference, item.sender, value))
        stored = _StoredView(
            self.context, self.tree.encode(), self.confirmation_tag, tuple(waiting)
        )
        return stored.encode()

    # --- What comes next ---

    def peek(self, data: bytes) -> MlsMessage:
        """Return a message that is meant for this epoch of this group.

        Raises:
            MlsError: If it can not be read, or belongs elsewhere.
        """
        message = MlsMessage.decode(data)
        body = message.body
        framed = body.content if isinstance(body, PublicMessage) else body
        if not isinstance(framed, FramedContent | PrivateMessage):
            raise MlsError(Reason.UNEXPECTED_MESSAGE)
        require(framed.group_id == self.group_id, Reason.WRONG_GROUP)
        require(framed.epoch == self.epoch, Reason.WRONG_EPOCH)
        return message

    def authenticate(self, message: AuthenticatedContent) -> None:
        """Check the sender and the signature of a message (6.1).

        Raises:
            MlsError: If the sender is not one who may send this, or did not sign it.
        """
        content = message.content.content
        key: bytes
        match message.content.sender:
            case Member(leaf_index):
                leaf = self.tree.leaf(leaf_index)
                if leaf is None:
                    raise MlsError(Reason.UNKNOWN_SENDER)
                key = leaf.signature_key
            case NewMemberCommit():
                if not isinstance(content, Commit) or content.path is None:
                    raise MlsError(Reason.NEW_MEMBER_CONTENT)
                key = content.path.leaf_node.signature_key
            case NewMemberProposal():
                raise MlsError(Reason.NEW_MEMBER_PROPOSAL)
            case _:
                raise MlsError(Reason.EXTERNAL_SENDER)
        if message.wire_format == PUBLIC_MESSAGE:
            require(not isinstance(content, Application), Reason.APPLICATION_IN_CLEAR)
        require(is_signed_by(key, message, self.context), Reason.SIGNATURE)

    def follow(self, data: bytes, policy: Policy = ANYONE) -> PublicView:
        """Return the view after a public handshake: the next epoch, or a proposal more.

        Raises:
            MlsError: If a public check failed; ``check`` is never ``SECRET``.
        """
        body = self.peek(data).body
        if not isinstance(body, PublicMessage):
            raise MlsError(Reason.UNEXPECTED_MESSAGE)
        message = AuthenticatedContent(PUBLIC_MESSAGE, body.content, body.auth)
        self.authenticate(message)
        if isinstance(body.content.content, Commit):
            return self.check_commit(message, policy).after
        return self.with_proposal(message)

    def with_proposal(self, message: AuthenticatedContent) -> PublicView:
        """Return the view with an authenticated proposal waiting for a commit."""
        content = message.content.content
        sender = message.content.sender
        assert isinstance(sender, Member)
        assert not isinstance(content, Application | Commit)
        waiting = {
            **self.waiting,
            proposal_reference(message): Proposed(content, sender.leaf_index),
        }
        require(len(waiting) <= limits.MLS_PROPOSALS_MAX, Reason.TOO_MANY_ITEMS)
        return replace(self, waiting=waiting)

    def check_commit(self, message: AuthenticatedContent, policy: Policy = ANYONE) -> CheckedCommit:
        """Run every public check on an authenticated commit (12.4.2).

        Raises:
            MlsError: If one fails.
        """
        commit = message.content.content
        assert isinstance(commit, Commit)
        sender = message.content.sender
        by = sender.leaf_index if isinstance(sender, Member) else None
        proposals = resolve(commit, by, self.waiting)
        check_list(proposals, by)
        draft = self.tree.draft()
        applied = apply(draft, proposals, self.context.extensions)
        needs = check_applied(self.suite, draft, applied, context=self.context, policy=policy)
        require(commit.path is not None or not applied.needs_path, Reason.PATH_REQUIRED)
        committer = draft.free_leaf() if by is None else by
        filtered: Filtered = []
        if commit.path is not None:
            filtered = self._merge(draft, commit.path, committer, applied, needs, policy)
        check_fresh(draft, applied)
        tree = draft.freeze()
        change = self._change(message.content, committer, applied, commit.path)
        require(policy.admits_change(change), Reason.POLICY)
        return self._checked(message, commit, committer, applied, filtered, tree, change)

    def _merge(
        self,
        draft: TreeDraft,
        path: UpdatePath,
        committer: int,
        applied: Applied,
        needs: Needs,
        policy: Policy,
    ) -> Filtered:
        leaf = path.leaf_node
        before = draft.leaf(committer)
        require(isinstance(leaf.source, CommitSource), Reason.LEAF_SOURCE)
        gone = [before] if before is not None else list(applied.removed.values())
        kept = any(leaf.encryption_key == old.encryption_key for old in gone)
        require(not kept, Reason.LEAF_KEY_KEPT)
        check_leaf(
            leaf,
            suite=self.suite,
            context=self.context,
            leaf_index=committer,
            needs=needs,
            policy=policy,
        )
        filtered = draft.filtered_path(committer)
        self._check_path_shape(draft, path, filtered, applied)
        keys = [node.encryption_key for node in path.nodes]
        parent_hash = draft.merge_path(committer, filtered, keys)
        assert isinstance(leaf.source, CommitSource)
        require(leaf.source.parent_hash == parent_hash, Reason.PATH_PARENT_HASH)
        draft.set_leaf(committer, leaf)
        check_among(leaf, draft.census)
        return filtered

    def _check_path_shape(
        self, draft: TreeDraft, path: UpdatePath, filtered: Filtered, applied: Applied
    ) -> None:
        require(len(path.nodes) == len(filtered), Reason.PATH_LENGTH)
        for node, (_, child) in zip(path.nodes, filtered, strict=True):
            expected = len(recipients(draft, child, applied.added))
            require(len(node.encrypted_path_secret) == expected, Reason.PATH_RECIPIENTS)
            require(self.suite.kem.accepts(node.encryption_key), Reason.ENCRYPTION_KEY)
        keys = [path.leaf_node.encryption_key, *(node.encryption_key for node in path.nodes)]
        known = draft.census.encryption_keys
        is_new = len(set(keys)) == len(keys) and not any(key in known for key in keys)
        require(is_new, Reason.PATH_KEY_REPEATED)

    def _change(
        self,
        content: FramedContent,
        committer: int,
        applied: Applied,
        path: UpdatePath | None,
    ) -> Change:
        is_external = not isinstance(content.sender, Member)
        updated = dict(applied.updated)
        if is_external:
            assert path is not None
            leaf = path.leaf_node
        else:
            own = self.tree.leaf(committer)
            assert own is not None
            leaf = own
            if path is not None:
                updated[committer] = (leaf, path.leaf_node)
        return Change(
            before=self,
            committer=committer,
            committer_leaf=leaf,
            is_external=is_external,
            added=applied.added,
            removed=applied.removed,
            updated=updated,
            extensions=applied.extensions,
            authenticated_data=content.authenticated_data,
            psks=applied.psks,
        )

    def _checked(
        self,
        message: AuthenticatedContent,
        commit: Commit,
        committer: int,
        applied: Applied,
        filtered: Filtered,
        tree: RatchetTree,
        change: Change,
    ) -> CheckedCommit:
        provisional = replace(
            self.context,
            epoch=self.epoch + 1,
            tree_hash=tree.root_hash,
            extensions=applied.extensions,
        )
        confirmed = key_schedule.confirmed_hash(self.interim_hash, message)
        context = replace(provisional, confirmed_transcript_hash=confirmed)
        after = PublicView(context, tree, message.auth.confirmation_tag or b"", {}, self.suite)
        return CheckedCommit(
            message, commit, committer, applied, filtered, provisional, change, after
        )


# --- Group infos (12.4.3) ---

_LABEL = b"GroupInfoTBS"


def sign_group_info(
    view: PublicView,
    *,
    signer: int,
    key: SignaturePrivateKey,
    external_pub: bytes | None,
    with_tree: bool,
) -> GroupInfo:
    """Return a member's signed description of an epoch."""
    extensions = []
    if with_tree:
        extensions.append(Extension(RATCHET_TREE, view.tree.encode()))
    if external_pub is not None:
        extensions.append(Extension(EXTERNAL_PUB, ExternalPub(external_pub).encode()))
    unsigned = GroupInfo(view.context, tuple(extensions), view.confirmation_tag, signer, b"")
    signature = sign_with_label(key, _LABEL, unsigned.encode_fields(without=("signature",)))
    return replace(unsigned, signature=signature)


def check_group_info(
    info: GroupInfo, tree: RatchetTree | None, *, policy: Policy, suite: Suite
) -> PublicView:
    """Return the view that a description and a tree give, checked like a newcomer has to.

    Raises:
        MlsError: If a check fails.
    """
    context = info.group_context
    require(context.version == MLS10, Reason.VERSION)
    require(context.cipher_suite == suite.number, Reason.SUITE)
    check_extensions(info.extensions)
    check_tree = _tree_of(info, tree)
    _check_signer(info, check_tree)
    require(check_tree.root_hash == context.tree_hash, Reason.TREE_HASH)
    needs = Needs.of(context.extensions)
    check_tree.check_parents()
    for index, leaf in check_tree.leaves():
        check_leaf(leaf, suite=suite, context=context, leaf_index=index, needs=needs, policy=policy)
        check_among(leaf, check_tree.census)
    for _, node in check_tree.parents():
        require(suite.kem.accepts(node.encryption_key), Reason.ENCRYPTION_KEY)
    return PublicView(context, check_tree, info.confirmation_tag, {}, suite)


def _tree_of(info: GroupInfo, tree: RatchetTree | None) -> RatchetTree:
    held = extension_of(info.extensions, RATCHET_TREE)
    if held is not None:
        return RatchetTree.decode(held)
    if tree is None:
        raise MlsError(Reason.TREE_ABSENT)
    return tree


def _check_signer(info: GroupInfo, tree: RatchetTree) -> None:
    signer = tree.leaf(info.signer)
    if signer is None:
        raise MlsError(Reason.GROUP_INFO_SIGNER)
    signed = info.encode_fields(without=("signature",))
    held = verify_with_label(signer.signature_key, _LABEL, signed, info.signature)
    require(held, Reason.GROUP_INFO_SIGNATURE)
