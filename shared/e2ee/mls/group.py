"""One epoch of a group as a member holds it (sections 11 and 12).

A `Group` is a value. Whatever happens gives another one, or an `MlsError` and then nothing has
happened: the old value is still good, and so is the key of the message that a forged one stood for.
A commit of our own is a `Pending`: its group is not ours until the log has taken the commit.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from shared import limits
from shared.e2ee.mls import framing, key_schedule, tree_math
from shared.e2ee.mls.commits import Author, Authored, PskStore, author_commit, make_welcome
from shared.e2ee.mls.crypto import (
    HASH_BYTES,
    SUITE,
    ZERO,
    Suite,
    is_same,
)
from shared.e2ee.mls.epoch_record import EpochRecord
from shared.e2ee.mls.errors import Check, MlsError, Reason, require
from shared.e2ee.mls.framing import SealingKey
from shared.e2ee.mls.hpke import decrypt_with_label, export_to, import_from
from shared.e2ee.mls.key_packages import KeyPackageSecrets, check_lifetime, reference_of
from shared.e2ee.mls.key_schedule import EpochSecrets, Joining
from shared.e2ee.mls.keys import HpkePrivateKey, PathSecret, Psk, Secret, SignaturePrivateKey
from shared.e2ee.mls.leaf_nodes import ANYONE, LeafTemplate, Policy, sign_leaf
from shared.e2ee.mls.proposals import check_psk_names
from shared.e2ee.mls.public_view import Change, CheckedCommit, PublicView, sign_group_info
from shared.e2ee.mls.ratchet_tree import RatchetTree
from shared.e2ee.mls.secret_tree import RatchetKind, SecretTree
from shared.e2ee.mls.treekem import climb, open_path
from shared.e2ee.mls.wire import (
    EXTERNAL_PUB,
    MLS10,
    PRIVATE_MESSAGE,
    PUBLIC_MESSAGE,
    Add,
    Application,
    AuthData,
    AuthenticatedContent,
    Commit,
    Extension,
    ExternalInit,
    ExternalPsk,
    ExternalPub,
    FramedContent,
    GroupContext,
    GroupContextExtensions,
    GroupInfo,
    GroupSecrets,
    KeyPackage,
    KeyPackageSource,
    Member,
    MlsMessage,
    NewMemberCommit,
    PreSharedKey,
    PreSharedKeyId,
    PrivateMessage,
    Proposal,
    ProposalByReference,
    ProposalByValue,
    ProposalOrRef,
    PublicMessage,
    Remove,
    Welcome,
    extension_of,
    frame,
)

__all__ = ["NO_PSKS", "Committed", "Group", "Opened", "Pending", "ProposalSeen", "Step"]

NO_PSKS: Final[Mapping[bytes, Psk]] = {}


@dataclass(frozen=True, slots=True, repr=False)
class Opened:
    """An application message.

    Attributes:
        sender: The leaf that sent it.
        generation: Which of that leaf's messages of the epoch it is.
        authenticated_data: What the sender bound to it in clear.
        data: What it says.
    """

    sender: int
    generation: int
    authenticated_data: bytes
    data: bytes


@dataclass(frozen=True, slots=True)
class ProposalSeen:
    """A proposal that waits for a commit."""

    sender: int
    proposal: Proposal


@dataclass(frozen=True, slots=True)
class Committed:
    """A commit has led to the next epoch."""

    change: Change


@dataclass(frozen=True, slots=True, repr=False)
class Step:
    """What a message did.

    Attributes:
        group: The group from now on; None if the message removed us.
        event: What happened.
    """

    group: Group | None
    event: Opened | ProposalSeen | Committed


@dataclass(frozen=True, slots=True, repr=False)
class Pending:
    """A commit of ours that the log has not taken yet.

    Attributes:
        group: The group if the log takes it.
        commit: What to send to the group.
        welcome: What to send to those it adds.
        group_info: What to give to who joins from outside; the tree goes apart from it.
        otherwise: The group if the log does not take it; None for one who is not a member then.
    """

    group: Group
    commit: bytes
    welcome: bytes | None
    group_info: bytes
    otherwise: Group | None


@dataclass(frozen=True, slots=True, repr=False)
class Group:
    """One epoch of a group, seen by one of its members.

    Attributes:
        view: What everyone can see.
        own_leaf: Where we are.
        signature_key: Our signature key.
        private_keys: Private keys of our leaf and of the nodes above it, as far as we know them.
        secrets: The secrets of the epoch.
        secret_tree: The message keys that are not used up.
        resumptions: Resumption keys of earlier epochs.
    """

    view: PublicView
    own_leaf: int
    signature_key: SignaturePrivateKey
    private_keys: Mapping[int, HpkePrivateKey]
    secrets: EpochSecrets
    secret_tree: SecretTree
    resumptions: Mapping[int, bytes] = field(default_factory=dict)

    # --- What it is ---

    @property
    def suite(self) -> Suite:
        """What the group computes with."""
        return self.view.suite

    @property
    def group_id(self) -> bytes:
        """The name of the group."""
        return self.view.group_id

    @property
    def epoch(self) -> int:
        """The number of the epoch."""
        return self.view.epoch

    @property
    def tree(self) -> RatchetTree:
        """The ratchet tree."""
        return self.view.tree

    @property
    def epoch_authenticator(self) -> bytes:
        """What two members can compare to know that they are in the same epoch (8.7)."""
        return self.secrets.epoch_authenticator

    def export(self, *, label: bytes, context: bytes, length: int) -> bytes:
        """Return a secret of this epoch for another use (8.5)."""
        return key_schedule.export_secret(self.secrets, label=label, context=context, length=length)

    def epoch_record(self) -> EpochRecord:
        """Return what opens this epoch's application messages and does nothing else.

        Raises:
            MlsError: If a message key was taken: the secret they all come from is gone then.
        """
        encryption = self.secret_tree.encryption_secret
        if encryption is None:
            raise MlsError(Reason.RECORD_CONSUMED, Check.SECRET)
        return EpochRecord(
            self.tree.width,
            encryption,
            self.secrets.sender_data_secret,
            self.secrets.confirmation_key,
            self.view.context,
        )

    def group_info(self, *, with_tree: bool = False) -> GroupInfo:
        """Return a signed description for who joins from outside."""
        return self._group_info(with_tree=with_tree, is_open=True)

    def _group_info(self, *, with_tree: bool, is_open: bool) -> GroupInfo:
        external = key_schedule.external_keypair(self.suite, self.secrets)[1] if is_open else None
        return sign_group_info(
            self.view,
            signer=self.own_leaf,
            key=self.signature_key,
            external_pub=external,
            with_tree=with_tree,
        )

    # --- How it begins ---

    @classmethod
    def create(
        cls,
        group_id: bytes,
        template: LeafTemplate,
        *,
        key: SignaturePrivateKey,
        not_before_s: int,
        not_after_s: int,
        extensions: tuple[Extension, ...] = (),
        suite: Suite = SUITE,
        policy: Policy = ANYONE,
    ) -> Group:
        """Return a new group with one member (section 11)."""
        private, public = suite.kem.derive_keypair(suite.random(HASH_BYTES))
        leaf = sign_leaf(
            template,
            encryption_key=public,
            source=KeyPackageSource(not_before_s, not_after_s),
            key=key,
        )
        tree = RatchetTree.of_one(leaf)
        context = GroupContext(MLS10, suite.number, group_id, 0, tree.root_hash, b"", extensions)
        secrets, encryption = key_schedule.epoch_secrets(Secret(suite.random(HASH_BYTES)))
        tag = key_schedule.confirmation_tag(secrets.confirmation_key, b"")
        view = PublicView(context, tree, tag, {}, suite)
        secret_tree = SecretTree.start(1, encryption)
        group = cls(view, 0, key, {0: private}, secrets, secret_tree)
        # The same checks as every newcomer will make.
        PublicView.from_group_info(group.group_info(), tree, policy=policy, suite=suite)
        return group

    @classmethod
    def join(
        cls,
        welcome: bytes,
        package: KeyPackage,
        package_secrets: KeyPackageSecrets,
        *,
        key: SignaturePrivateKey,
        tree: RatchetTree | None = None,
        psks: Mapping[bytes, Psk] = NO_PSKS,
        known_groups: Collection[bytes] = (),
        policy: Policy = ANYONE,
        suite: Suite = SUITE,
    ) -> Group:
        """Join by a Welcome (12.4.3.1).

        Args:
            welcome: The message.
            package: The key package we were added with.
            package_secrets: Its private halves.
            key: Our signature key.
            tree: The tree, unless the Welcome holds it.
            psks: Pre-shared keys by id.
            known_groups: Groups we are in already.
            policy: Which credentials to believe.
            suite: What to compute with.

        Raises:
            MlsError: If any check fails.
        """
        body = MlsMessage.decode(welcome).body
        if not isinstance(body, Welcome):
            raise MlsError(Reason.UNEXPECTED_MESSAGE)
        group_secrets = _open_group_secrets(suite, body, package, package_secrets)
        info, joining_psks = _open_group_info(suite, body, group_secrets, psks)
        require(info.group_context.group_id not in known_groups, Reason.GROUP_KNOWN)
        view = PublicView.from_group_info(info, tree, policy=policy, suite=suite)
        own_leaf = _find_leaf(view.tree, package)
        private_keys = {
            2 * own_leaf: HpkePrivateKey(package_secrets.encryption_key),
            **_welcome_keys(view, own_leaf, info.signer, group_secrets),
        }
        joining = Joining.start(group_secrets.joiner_secret, joining_psks, view.context)
        secrets, encryption = joining.secrets()
        _check_confirmation(secrets, view)
        secret_tree = SecretTree.start(view.tree.width, encryption)
        return cls(view, own_leaf, key, private_keys, secrets, secret_tree)

    @classmethod
    def join_external(
        cls,
        info: GroupInfo,
        template: LeafTemplate,
        *,
        key: SignaturePrivateKey,
        tree: RatchetTree | None = None,
        remove: int | None = None,
        psks: Mapping[bytes, Psk] = NO_PSKS,
        authenticated_data: bytes = b"",
        policy: Policy = ANYONE,
        suite: Suite = SUITE,
    ) -> Pending:
        """Join by an external commit (12.4.3.2).

        Args:
            info: A member's description of the newest epoch.
            template: What our leaf will say.
            key: Our signature key.
            tree: The tree, unless the description holds it.
            remove: A leaf of our own to replace.
            psks: Pre-shared keys to mix in, by id.
            authenticated_data: What to bind to the commit.
            policy: Which credentials to believe and what to allow.
            suite: What to compute with.

        Raises:
            MlsError: If the description does not hold, or others would refuse the commit.
        """
        view = PublicView.from_group_info(info, tree, policy=policy, suite=suite)
        data = extension_of(info.extensions, EXTERNAL_PUB)
        require(data is not None, Reason.EXTERNAL_PUB)
        external_pub = ExternalPub.decode(data or b"").external_pub
        require(suite.kem.accepts(external_pub), Reason.ENCRYPTION_KEY)
        output, init_secret = export_to(suite, external_pub)
        proposals: list[Proposal] = [ExternalInit(output)]
        if remove is not None:
            proposals.append(Remove(remove))
        proposals += _psk_proposals(suite, psks)
        author = Author(
            view=view,
            sender=NewMemberCommit(),
            template=template,
            key=key,
            init_secret=init_secret,
            psks=PskStore(psks),
            wire_format=PUBLIC_MESSAGE,
            authenticated_data=authenticated_data,
        )
        authored = author_commit(
            author, tuple(ProposalByValue(item) for item in proposals), policy=policy
        )
        message = authored.checked.message
        group = _adopt_own(authored, key, {})
        sent = frame(PublicMessage(message.content, message.auth, None))
        return Pending(group, sent, None, frame(group.group_info()), None)

    # --- What we send ---

    def seal(
        self, data: bytes, *, authenticated_data: bytes = b"", padding: int = 0
    ) -> tuple[Group, bytes]:
        """Seal an application message.

        Args:
            data: What it says.
            authenticated_data: What to bind to it in clear.
            padding: How many bytes to hide its length behind.

        Returns:
            The group without the message's key, to be stored before the message is sent.

        Raises:
            MlsError: If the epoch has to end first.
        """
        # A proposal that everyone has seen comes into effect before anything is said (12.4).
        require(not self.view.waiting, Reason.PROPOSALS_WAITING)
        content = FramedContent(
            self.group_id,
            self.epoch,
            Member(self.own_leaf),
            authenticated_data,
            Application(data),
        )
        signature = framing.sign(content, self.view.context, self.signature_key, PRIVATE_MESSAGE)
        message = AuthenticatedContent(PRIVATE_MESSAGE, content, AuthData(signature, None))
        return self._seal(message, padding)

    def _seal(self, message: AuthenticatedContent, padding: int) -> tuple[Group, bytes]:
        is_application = isinstance(message.content.content, Application)
        kind = RatchetKind.APPLICATION if is_application else RatchetKind.HANDSHAKE
        generation = self.secret_tree.generation_of(self.own_leaf, kind)
        require(generation < limits.MLS_GENERATIONS_MAX, Reason.GENERATIONS_EXHAUSTED)
        key, after = self.secret_tree.take(
            self.suite, leaf=self.own_leaf, kind=kind, generation=generation
        )
        sealing = SealingKey(self.secrets.sender_data_secret, key, generation)
        private = framing.protect_private(self.suite, message, sealing, padding=padding)
        return replace(self, secret_tree=after), frame(private)

    def commit(
        self,
        *,
        add: Collection[KeyPackage] = (),
        now_s: int | None = None,
        remove: Collection[int] = (),
        extensions: tuple[Extension, ...] | None = None,
        psks: Mapping[bytes, Psk] = NO_PSKS,
        references: Collection[bytes] = (),
        template: LeafTemplate | None = None,
        authenticated_data: bytes = b"",
        policy: Policy = ANYONE,
        is_private: bool = False,
        with_tree: bool = False,
    ) -> Pending:
        """Make a full commit.

        Args:
            add: Key packages of clients to add.
            now_s: The time in seconds since 1970, asked of key packages only.
            remove: Leaves to remove.
            extensions: New extensions of the group.
            psks: Pre-shared keys to mix in, by id.
            references: Waiting proposals to bring into effect.
            template: What our leaf is to say from now on.
            authenticated_data: What to bind to the commit.
            policy: Which credentials to believe and what to allow.
            is_private: Whether to seal the commit.
            with_tree: Whether the Welcome holds the tree.

        Raises:
            MlsError: If others would refuse it.
        """
        for package in add:
            check_lifetime(package, now_s)
        proposals = _proposals(self.suite, add, remove, extensions, psks)
        own = self.tree.leaf(self.own_leaf)
        assert own is not None
        author = Author(
            view=self.view,
            sender=Member(self.own_leaf),
            template=template or LeafTemplate.of(own),
            key=self.signature_key,
            init_secret=self.secrets.init_secret,
            psks=self._psk_store(psks),
            wire_format=PRIVATE_MESSAGE if is_private else PUBLIC_MESSAGE,
            authenticated_data=authenticated_data,
        )
        items: list[ProposalOrRef] = [ProposalByReference(name) for name in references]
        items += [ProposalByValue(item) for item in proposals]
        authored = author_commit(author, tuple(items), policy=policy)
        group = _adopt_own(authored, self.signature_key, self._resumptions_after())
        info = group._group_info(with_tree=with_tree, is_open=not with_tree)
        welcome = make_welcome(self.suite, authored, info)
        otherwise, sent = self._protect(authored.checked.message)
        return Pending(
            group,
            sent,
            None if welcome is None else frame(welcome),
            frame(group.group_info()),
            otherwise,
        )

    def _protect(self, message: AuthenticatedContent) -> tuple[Group, bytes]:
        if message.wire_format == PRIVATE_MESSAGE:
            return self._seal(message, 0)
        key = self.secrets.membership_key
        return self, frame(framing.protect_public(message, self.view.context, key))

    # --- What we receive ---

    def process(
        self, data: bytes, *, policy: Policy = ANYONE, psks: Mapping[bytes, Psk] = NO_PSKS
    ) -> Step:
        """Take in a message of this epoch.

        A commit fails publicly wherever a `PublicView` refuses it as well; only then come the
        checks that need a secret.

        Args:
            data: The message.
            policy: Which credentials to believe and what to allow.
            psks: Pre-shared keys by id.

        Raises:
            MlsError: If it is not good; this group is still what it was.
        """
        body = self.view.peek(data).body
        if isinstance(body, PublicMessage):
            return self._process_public(body, policy, psks)
        assert isinstance(body, PrivateMessage)
        try:
            return self._process_private(body, policy, psks)
        except MlsError as error:
            raise error.as_secret() from error

    def _process_public(
        self, body: PublicMessage, policy: Policy, psks: Mapping[bytes, Psk]
    ) -> Step:
        message = AuthenticatedContent(PUBLIC_MESSAGE, body.content, body.auth)
        self.view.authenticate(message)
        is_commit = isinstance(body.content.content, Commit)
        checked = self.view.check_commit(message, policy) if is_commit else None
        framing.check_membership(body, self.view.context, self.secrets.membership_key)
        if checked is not None:
            return self._follow(checked, psks)
        return self._take_proposal(message)

    def _process_private(
        self, body: PrivateMessage, policy: Policy, psks: Mapping[bytes, Psk]
    ) -> Step:
        secret = self.secrets.sender_data_secret
        sender = framing.open_sender_data(self.suite, body, secret)
        require(self.tree.leaf(sender.leaf_index) is not None, Reason.UNKNOWN_SENDER)
        # Our own ratchets are for sealing: nothing received may move them.
        require(sender.leaf_index != self.own_leaf, Reason.OWN_MESSAGE)
        kind = framing.kind_of(body.content_type)
        key, after = self.secret_tree.take(
            self.suite, leaf=sender.leaf_index, kind=kind, generation=sender.generation
        )
        message = framing.open_private(self.suite, body, sender, key)
        self.view.authenticate(message)
        group = replace(self, secret_tree=after)
        content = message.content.content
        if isinstance(content, Application):
            opened = Opened(
                sender.leaf_index,
                sender.generation,
                message.content.authenticated_data,
                content.data,
            )
            return Step(group, opened)
        if isinstance(content, Commit):
            return group._follow(self.view.check_commit(message, policy), psks)
        return group._take_proposal(message)

    def _take_proposal(self, message: AuthenticatedContent) -> Step:
        sender, proposal = message.content.sender, message.content.content
        assert isinstance(sender, Member)
        assert not isinstance(proposal, Application | Commit)
        group = replace(self, view=self.view.with_proposal(message))
        return Step(group, ProposalSeen(sender.leaf_index, proposal))

    def _follow(self, checked: CheckedCommit, psks: Mapping[bytes, Psk]) -> Step:
        if self.own_leaf in checked.applied.removed:
            return Step(None, Committed(checked.change))
        is_own = checked.committer == self.own_leaf
        require(not is_own, Reason.OWN_MESSAGE, Check.SECRET)
        private_keys = self._keys_still_good(checked.after.tree)
        commit_secret = ZERO
        if checked.commit.path is not None:
            climbed = open_path(
                self.suite,
                checked.after.tree,
                checked.commit.path,
                filtered=checked.filtered,
                own_leaf=self.own_leaf,
                private_keys=private_keys,
                context=checked.provisional,
                new_leaves=checked.applied.added,
            )
            private_keys.update(climbed.private_keys)
            commit_secret = climbed.commit_secret
        init_secret = self._init_secret(checked.applied.external_init)
        joiner = key_schedule.joiner_secret(init_secret, commit_secret, checked.after.context)
        psk = self._psk_store(psks).combine(checked.applied.psks)
        joining = Joining.start(joiner, psk, checked.after.context)
        secrets, encryption = joining.secrets()
        _check_confirmation(secrets, checked.after)
        group = Group(
            checked.after,
            self.own_leaf,
            self.signature_key,
            private_keys,
            secrets,
            SecretTree.start(checked.after.tree.width, encryption),
            self._resumptions_after(),
        )
        return Step(group, Committed(checked.change))

    def _keys_still_good(self, tree: RatchetTree) -> dict[int, HpkePrivateKey]:
        kept = {}
        for index, private in self.private_keys.items():
            before = self.tree.node(index)
            after = tree.node(index) if index < tree_math.node_count(tree.width) else None
            assert before is not None
            if after is not None and after.encryption_key == before.encryption_key:
                kept[index] = private
        return kept

    def _init_secret(self, external_init: bytes | None) -> bytes:
        if external_init is None:
            return self.secrets.init_secret
        private, _ = key_schedule.external_keypair(self.suite, self.secrets)
        return import_from(self.suite, external_init, private)

    def _psk_store(self, psks: Mapping[bytes, Psk]) -> PskStore:
        known = {**self.resumptions, self.epoch: self.secrets.resumption_psk}
        return PskStore(psks, self.group_id, known)

    def _resumptions_after(self) -> dict[int, bytes]:
        known = {**self.resumptions, self.epoch: self.secrets.resumption_psk}
        return dict(sorted(known.items())[-limits.MLS_RESUMPTIONS_KEPT :])


def _adopt_own(
    authored: Authored, key: SignaturePrivateKey, resumptions: Mapping[int, bytes]
) -> Group:
    checked = authored.checked
    return Group(
        checked.after,
        checked.committer,
        key,
        authored.private_keys,
        authored.secrets,
        SecretTree.start(checked.after.tree.width, authored.encryption_secret),
        resumptions,
    )


def _check_confirmation(secrets: EpochSecrets, view: PublicView) -> None:
    confirmed = view.context.confirmed_transcript_hash
    expected = key_schedule.confirmation_tag(secrets.confirmation_key, confirmed)
    held = is_same(expected, view.confirmation_tag)
    require(held, Reason.CONFIRMATION_TAG, Check.SECRET)


def _proposals(
    suite: Suite,
    add: Collection[KeyPackage],
    remove: Collection[int],
    extensions: tuple[Extension, ...] | None,
    psks: Mapping[bytes, Psk],
) -> list[Proposal]:
    proposals: list[Proposal] = [Remove(leaf) for leaf in remove]
    proposals += [Add(package) for package in add]
    if extensions is not None:
        proposals.append(GroupContextExtensions(extensions))
    return proposals + _psk_proposals(suite, psks)


def _psk_proposals(suite: Suite, psks: Mapping[bytes, Psk]) -> list[Proposal]:
    return [
        PreSharedKey(PreSharedKeyId(ExternalPsk(name), suite.random(HASH_BYTES))) for name in psks
    ]


# --- Opening a Welcome ---


def _open_group_secrets(
    suite: Suite, welcome: Welcome, package: KeyPackage, secrets: KeyPackageSecrets
) -> GroupSecrets:
    fits = welcome.cipher_suite == package.cipher_suite == suite.number
    require(fits, Reason.SUITE)
    reference = reference_of(package)
    for entry in welcome.secrets:
        if entry.new_member == reference:
            sealed = entry.encrypted_group_secrets
            break
    else:
        raise MlsError(Reason.WELCOME_NOT_FOR_US)
    plaintext = decrypt_with_label(
        suite,
        HpkePrivateKey(secrets.init_key),
        label=b"Welcome",
        context=welcome.encrypted_group_info,
        output=sealed.kem_output,
        ciphertext=sealed.ciphertext,
    )
    opened = GroupSecrets.decode(plaintext)
    require(len(opened.joiner_secret) == HASH_BYTES, Reason.WELCOME_SECRETS, Check.SECRET)
    return opened


def _open_group_info(
    suite: Suite, welcome: Welcome, secrets: GroupSecrets, psks: Mapping[bytes, Psk]
) -> tuple[GroupInfo, Secret]:
    check_psk_names(secrets.psks)
    combined = PskStore(psks).combine(secrets.psks)
    # The welcome secret does not depend on the context, which is still sealed.
    welcome_secret = key_schedule.welcome_secret(secrets.joiner_secret, combined)
    key, nonce = key_schedule.welcome_key(suite, welcome_secret)
    plaintext = suite.aead.open(
        key=key, nonce=nonce, aad=b"", ciphertext=welcome.encrypted_group_info
    )
    if plaintext is None:
        raise MlsError(Reason.WELCOME_GROUP_INFO, Check.SECRET)
    info = GroupInfo.decode(plaintext)
    return info, combined


def _find_leaf(tree: RatchetTree, package: KeyPackage) -> int:
    for index, leaf in tree.leaves():
        if leaf == package.leaf_node:
            return index
    raise MlsError(Reason.LEAF_ABSENT)


def _welcome_keys(
    view: PublicView, own_leaf: int, signer: int, secrets: GroupSecrets
) -> Mapping[int, HpkePrivateKey]:
    if secrets.path_secret is None:
        return {}
    first = secrets.path_secret.path_secret
    require(len(first) == HASH_BYTES, Reason.PATH_SECRET, Check.SECRET)
    ancestor = tree_math.common_ancestor(2 * own_leaf, 2 * signer)
    path = [node for node, _ in view.tree.filtered_path(signer)]
    nodes = [node for node in path if tree_math.level(node) >= tree_math.level(ancestor)]
    climbed = climb(view.suite, nodes, PathSecret(first))
    for node, public in zip(nodes, climbed.public_keys, strict=True):
        parent = view.tree.parent(node)
        is_shown = parent is not None and parent.encryption_key == public
        require(is_shown, Reason.PATH_KEY, Check.SECRET)
    return climbed.private_keys
