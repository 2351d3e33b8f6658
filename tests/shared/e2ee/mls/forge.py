"""Commits that nobody honest makes: right in everything but what a test asks to be wrong.

The steps are those of the engine's author, without a single check, and with a hook at each place
where someone could lie. Tags and signatures are right for the lie, as a member's would be.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from shared.e2ee.mls import framing, key_schedule, tree_math
from shared.e2ee.mls.commits import PskStore
from shared.e2ee.mls.crypto import HASH_BYTES, ZERO, Suite, sign_with_label
from shared.e2ee.mls.group import Group
from shared.e2ee.mls.hpke import export_to
from shared.e2ee.mls.key_schedule import Joining
from shared.e2ee.mls.keys import PathSecret, SignaturePrivateKey
from shared.e2ee.mls.leaf_nodes import LeafTemplate, _to_be_signed
from shared.e2ee.mls.proposals import Proposed
from shared.e2ee.mls.public_view import PublicView
from shared.e2ee.mls.ratchet_tree import TreeDraft
from shared.e2ee.mls.secret_tree import RatchetKind, SecretTree
from shared.e2ee.mls.treekem import NewPath, climb, seal_path
from shared.e2ee.mls.wire import (
    PRIVATE_MESSAGE,
    PUBLIC_MESSAGE,
    Add,
    AuthData,
    AuthenticatedContent,
    Commit,
    CommitSource,
    Content,
    Extension,
    ExternalInit,
    ExternalPub,
    FramedContent,
    GroupContextExtensions,
    GroupInfo,
    KeyPackage,
    LeafNode,
    Member,
    NewMemberCommit,
    ParentNode,
    PreSharedKey,
    ProposalByReference,
    ProposalByValue,
    PublicMessage,
    Remove,
    Sender,
    Update,
    UpdatePath,
    content_type_of,
    extension_of,
    frame,
)
from tests.shared.e2ee.mls.members import Client

Edit = Callable[[Any], Any]


def same(value: Any) -> Any:
    return value


def sign_again(leaf: LeafNode, key: SignaturePrivateKey, group_id: bytes, index: int) -> LeafNode:
    """Return a changed leaf with a signature that holds."""
    signed = _to_be_signed(leaf, group_id, index)
    return replace(leaf, signature=sign_with_label(key, b"LeafNodeTBS", signed))


def sign_package(package: KeyPackage, key: SignaturePrivateKey) -> KeyPackage:
    """Return a changed key package with a signature that holds."""
    unsigned = package.encode_fields(without=("signature",))
    return replace(package, signature=sign_with_label(key, b"KeyPackageTBS", unsigned))


def sign_info(info: GroupInfo, key: SignaturePrivateKey) -> GroupInfo:
    """Return a changed group info with a signature that holds."""
    unsigned = info.encode_fields(without=("signature",))
    return replace(info, signature=sign_with_label(key, b"GroupInfoTBS", unsigned))


@dataclass(kw_only=True)
class Forger:
    """Someone with the secrets of a member, or of a joiner, who does as told.

    Attributes:
        leaf: Changes the new leaf before it is signed.
        signed_leaf: Changes it afterwards.
        tree: Changes the draft before the path is made.
        merged: Changes the draft after it was.
        path: Changes the finished path.
        content: Changes the message before it is signed.
        signature: Changes the signature.
        tag: Changes the confirmation tag.
        membership: Changes the membership tag.
    """

    view: PublicView
    sender: Sender
    key: SignaturePrivateKey
    template: LeafTemplate
    init_secret: bytes
    membership_key: bytes = b""
    psks: PskStore = field(default_factory=lambda: PskStore({}))
    wire_format: int = PUBLIC_MESSAGE
    leaf: Edit = same
    signed_leaf: Edit = same
    tree: Edit = same
    merged: Edit = same
    path: Edit = same
    content: Edit = same
    signature: Edit = same
    tag: Edit = same
    membership: Edit = same
    has_path: bool = True
    leaf_key: SignaturePrivateKey | None = None
    path_key: tuple[bytes, bytes] | None = None
    message_key: SignaturePrivateKey | None = None

    @property
    def suite(self) -> Suite:
        return self.view.suite

    def commit(self, *proposals: Any) -> bytes:
        """Return a commit of proposals, each by value, or by reference where it is bytes."""
        message, membership = self.authenticated(*proposals)
        return frame(PublicMessage(message.content, message.auth, membership))

    def authenticated(self, *proposals: Any) -> tuple[AuthenticatedContent, bytes | None]:
        items = tuple(
            ProposalByReference(item) if isinstance(item, bytes) else ProposalByValue(item)
            for item in proposals
        )
        by = self.sender.leaf_index if isinstance(self.sender, Member) else None
        known = [
            self.view.waiting.get(item) if isinstance(item, bytes) else Proposed(item, by)
            for item in proposals
        ]
        listed = [item for item in known if item is not None]
        draft = self.view.tree.draft()
        added, extensions = force(draft, listed, self.view.context.extensions)
        self.tree(draft)
        index = draft.free_leaf() if by is None else by
        update_path, commit_secret, draft = self._path(draft, index, added, extensions)
        provisional = self._provisional(draft, extensions)
        content: FramedContent = self.content(
            FramedContent(
                self.view.group_id,
                self.view.epoch,
                self.sender,
                b"",
                Commit(items, update_path),
            )
        )
        key = self.message_key or self.key
        signature = self.signature(framing.sign(content, self.view.context, key, self.wire_format))
        message = AuthenticatedContent(self.wire_format, content, AuthData(signature, b""))
        confirmed = key_schedule.confirmed_hash(self.view.interim_hash, message)
        context = replace(provisional, confirmed_transcript_hash=confirmed)
        joiner = key_schedule.joiner_secret(self.init_secret, commit_secret, context)
        names = [item.proposal.psk for item in listed if isinstance(item.proposal, PreSharedKey)]
        secrets, _ = Joining.start(joiner, self.psks.combine(names), context).secrets()
        tag = self.tag(key_schedule.confirmation_tag(secrets.confirmation_key, confirmed))
        message = replace(message, auth=AuthData(signature, tag))
        return message, self.membership(self._membership(message))

    def _membership(self, message: AuthenticatedContent) -> bytes | None:
        if not isinstance(message.content.sender, Member):
            return None
        return framing.membership_tag(message, self.view.context, self.membership_key)

    def _provisional(self, draft: TreeDraft, extensions: tuple[Extension, ...]) -> Any:
        return replace(
            self.view.context,
            epoch=self.view.epoch + 1,
            tree_hash=draft.root_hash,
            extensions=extensions,
        )

    def _path(
        self,
        draft: TreeDraft,
        index: int,
        added: list[int],
        extensions: tuple[Extension, ...],
    ) -> tuple[UpdatePath | None, bytes, TreeDraft]:
        if not self.has_path:
            return None, ZERO, draft
        filtered = draft.filtered_path(index)
        nodes = [node for node, _ in filtered]
        climbed = climb(self.suite, nodes, PathSecret(self.suite.random(HASH_BYTES)))
        private, public = self.suite.kem.derive_keypair(self.suite.random(HASH_BYTES))
        parent_hash = draft.merge_path(index, filtered, list(climbed.public_keys))
        signer = self.leaf_key or self.key
        from shared.e2ee.mls.crypto import public_signature_key

        leaf = LeafNode(
            public,
            public_signature_key(signer),
            self.template.credential,
            self.template.capabilities,
            CommitSource(parent_hash),
            self.template.extensions,
            b"",
        )
        leaf = self.leaf(leaf)
        leaf = self.signed_leaf(sign_again(leaf, signer, self.view.group_id, index))
        draft.set_leaf(index, leaf)
        self.merged(draft)
        own = {2 * index: private, **climbed.private_keys}
        made = NewPath(leaf, filtered, climbed, own)
        path = seal_path(
            self.suite,
            draft,
            made,
            context=self._provisional(draft, extensions),
            new_leaves=added,
        )
        return self.path(path), climbed.commit_secret, draft


def force(
    draft: TreeDraft, proposals: list[Proposed], extensions: tuple[Extension, ...]
) -> tuple[list[int], tuple[Extension, ...]]:
    """Apply proposals whatever they are."""
    for item in proposals:
        if isinstance(item.proposal, GroupContextExtensions):
            extensions = item.proposal.extensions
        if isinstance(item.proposal, Update) and item.sender is not None:
            draft.update(item.sender, item.proposal.leaf_node)
    for item in proposals:
        if isinstance(item.proposal, Remove) and item.proposal.removed < draft.width:
            draft.remove(item.proposal.removed)
    if any(isinstance(item.proposal, Remove) for item in proposals) and draft.census.members:
        draft.truncate()
    adds = [item.proposal for item in proposals if isinstance(item.proposal, Add)]
    return [draft.add(item.key_package.leaf_node) for item in adds], extensions


def member(group: Group, **hooks: Any) -> Forger:
    """Return a member gone bad."""
    own = group.tree.leaf(group.own_leaf)
    assert own is not None
    made: dict[str, Any] = {
        "view": group.view,
        "sender": Member(group.own_leaf),
        "key": group.signature_key,
        "template": LeafTemplate.of(own),
        "init_secret": group.secrets.init_secret,
        "membership_key": group.secrets.membership_key,
        "psks": group._psk_store(hooks.pop("external_psks", {})),
    }
    return Forger(**{**made, **hooks})


def joiner(group: Group, client: Client, **hooks: Any) -> tuple[Forger, ExternalInit]:
    """Return an outsider gone bad, and the proposal that has to be in its commit."""
    info = group.group_info()
    data = extension_of(info.extensions, 4)
    assert data is not None
    output, secret = export_to(group.suite, ExternalPub.decode(data).external_pub)
    made: dict[str, Any] = {
        "view": group.view,
        "sender": NewMemberCommit(),
        "key": client.key,
        "template": client.template,
        "init_secret": secret,
    }
    return Forger(**{**made, **hooks}), ExternalInit(output)


def handshake(
    group: Group,
    content: Content,
    *,
    sender: Sender | None = None,
    wire_format: int = PUBLIC_MESSAGE,
    key: SignaturePrivateKey | None = None,
    edit: Edit = same,
) -> bytes:
    """Return any content as a message in clear, tagged as a member's."""
    framed = FramedContent(
        group.group_id, group.epoch, sender or Member(group.own_leaf), b"", content
    )
    framed = edit(framed)
    signature = framing.sign(framed, group.view.context, key or group.signature_key, wire_format)
    tag = b"tag" if isinstance(content, Commit) else None
    message = AuthenticatedContent(wire_format, framed, AuthData(signature, tag))
    membership = None
    if isinstance(framed.sender, Member):
        membership = framing.membership_tag(
            message, group.view.context, group.secrets.membership_key
        )
    return frame(PublicMessage(framed, message.auth, membership))


def proposal(group: Group, content: Content) -> tuple[bytes, bytes]:
    """Return a proposal in clear, and the reference that commits call it by."""
    framed = FramedContent(group.group_id, group.epoch, Member(group.own_leaf), b"", content)
    signature = framing.sign(framed, group.view.context, group.signature_key, PUBLIC_MESSAGE)
    message = AuthenticatedContent(PUBLIC_MESSAGE, framed, AuthData(signature, None))
    key = group.secrets.membership_key
    sent = frame(framing.protect_public(message, group.view.context, key))
    return sent, framing.proposal_reference(message)


def updated_leaf(group: Group, edit: Edit = same) -> LeafNode:
    """Return a leaf as a member's Update would carry it."""
    from shared.e2ee.mls.wire import UpdateSource

    own = group.tree.leaf(group.own_leaf)
    assert own is not None
    _, public = group.suite.kem.derive_keypair(group.suite.random(HASH_BYTES))
    leaf = edit(replace(own, encryption_key=public, source=UpdateSource(), signature=b""))
    return sign_again(leaf, group.signature_key, group.group_id, group.own_leaf)


def private(
    group: Group,
    content: Content,
    *,
    generation: int = 0,
    leaf: int | None = None,
    key: SignaturePrivateKey | None = None,
    edit_plaintext: Edit = same,
    signature: Edit = same,
) -> bytes:
    """Return any content as a sealed message, with the plaintext as told."""
    index = group.own_leaf if leaf is None else leaf
    framed = FramedContent(group.group_id, group.epoch, Member(index), b"", content)
    signed = signature(
        framing.sign(framed, group.view.context, key or group.signature_key, PRIVATE_MESSAGE)
    )
    tag = b"tag" if isinstance(content, Commit) else None
    message = AuthenticatedContent(PRIVATE_MESSAGE, framed, AuthData(signed, tag))
    content_type = content_type_of(content)
    encryption = group.secret_tree.encryption_secret
    assert encryption is not None
    sealing_key = ratchet_key(group, encryption, index, framing.kind_of(content_type), generation)
    sealing = framing.SealingKey(group.secrets.sender_data_secret, sealing_key, generation)
    suite = EditingSuite(group.suite, edit_plaintext)
    return frame(framing.protect_private(suite.suite(), message, sealing))


def ratchet_key(
    group: Group, encryption: Any, leaf: int, kind: RatchetKind, generation: int
) -> Any:
    """Return any key of the epoch, however far ahead."""
    tree = SecretTree.start(group.tree.width, encryption)._open_leaf(leaf % group.tree.width)
    ratchet = tree.ratchets[leaf % group.tree.width, kind]
    while True:
        key, ratchet = ratchet.step(group.suite)
        if ratchet.generation > generation:
            return key


class EditingSuite:
    """An AEAD that changes the first plaintext it is given to seal."""

    def __init__(self, suite: Suite, edit: Edit) -> None:
        self._suite = suite
        self._edits = [edit]
        self.number = suite.aead.number
        self.key_bytes = suite.aead.key_bytes
        self.nonce_bytes = suite.aead.nonce_bytes

    def suite(self) -> Suite:
        return replace(self._suite, aead=self)

    def seal(self, *, key: bytes, nonce: bytes, aad: bytes, plaintext: bytes) -> bytes:
        edit = self._edits.pop() if self._edits else same
        return self._suite.aead.seal(key=key, nonce=nonce, aad=aad, plaintext=edit(plaintext))

    def open(self, *, key: bytes, nonce: bytes, aad: bytes, ciphertext: bytes) -> bytes | None:
        return self._suite.aead.open(key=key, nonce=nonce, aad=aad, ciphertext=ciphertext)


def bad_parent(draft: TreeDraft, index: int, **changes: Any) -> None:
    """Change a parent of a draft."""
    node = draft.parent(index)
    assert isinstance(node, ParentNode)
    draft.set_parent(index, replace(node, **changes))


def path_of(group: Group) -> list[int]:
    return tree_math.direct_path(2 * group.own_leaf, group.tree.width)
