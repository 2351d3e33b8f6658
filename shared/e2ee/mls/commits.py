"""Making commits, welcomes and what goes with them (12.4.1, 12.4.3.1).

Members and external joiners author a commit in the same steps; what differs is the sender, and
where the init secret comes from. The author runs the public checks on its own commit at the end,
so nothing leaves that others would skip.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from shared.e2ee.mls import key_schedule, tree_math
from shared.e2ee.mls.crypto import Suite
from shared.e2ee.mls.errors import Check, MlsError, Reason
from shared.e2ee.mls.framing import sign
from shared.e2ee.mls.hpke import encrypt_with_label
from shared.e2ee.mls.key_packages import reference_of
from shared.e2ee.mls.key_schedule import EpochSecrets, Joining
from shared.e2ee.mls.keys import HpkePrivateKey, Psk, Secret, SignaturePrivateKey
from shared.e2ee.mls.leaf_nodes import LeafTemplate, Policy
from shared.e2ee.mls.proposals import apply, check_list, resolve
from shared.e2ee.mls.public_view import CheckedCommit, PublicView
from shared.e2ee.mls.treekem import NewPath, renew_path, seal_path
from shared.e2ee.mls.wire import (
    AuthData,
    AuthenticatedContent,
    Commit,
    EncryptedGroupSecrets,
    ExternalPsk,
    FramedContent,
    GroupInfo,
    GroupSecrets,
    HpkeCiphertext,
    Member,
    NewMemberCommit,
    PathSecretValue,
    PreSharedKeyId,
    ProposalOrRef,
    Welcome,
)

__all__ = ["Author", "Authored", "PskStore", "author_commit", "make_welcome", "seal_group_info"]


@dataclass(frozen=True, slots=True, repr=False)
class PskStore:
    """Where pre-shared keys are found.

    Attributes:
        external: Keys the application has handed out, by their id.
        group_id: The group whose resumption keys we have.
        resumptions: These keys, by epoch.
    """

    external: Mapping[bytes, Psk]
    group_id: bytes = b""
    resumptions: Mapping[int, bytes] | None = None

    def combine(self, names: Sequence[PreSharedKeyId]) -> Secret:
        """Return all named keys as one secret.

        Raises:
            MlsError: If one is not here.
        """
        return key_schedule.psk_secret([(name, self._find(name)) for name in names])

    def _find(self, name: PreSharedKeyId) -> Psk:
        found: bytes | None = None
        if isinstance(name.psk, ExternalPsk):
            found = self.external.get(name.psk.psk_id)
        elif name.psk.psk_group_id == self.group_id:
            found = (self.resumptions or {}).get(name.psk.psk_epoch)
        if found is None:
            raise MlsError(Reason.PSK_UNKNOWN, Check.SECRET)
        return Psk(found)


@dataclass(frozen=True, slots=True, repr=False)
class Author:
    """Who commits, and from which state.

    Attributes:
        view: The group before.
        sender: The member, or the joiner.
        template: What the new leaf says.
        key: The author's signature key.
        init_secret: Of the epoch, or the one a joiner has just sent.
        psks: Where pre-shared keys are found.
        wire_format: How the commit will travel.
        authenticated_data: What to bind to the message.
    """

    view: PublicView
    sender: Member | NewMemberCommit
    template: LeafTemplate
    key: SignaturePrivateKey
    init_secret: bytes
    psks: PskStore
    wire_format: int
    authenticated_data: bytes


@dataclass(frozen=True, slots=True, repr=False)
class Authored:
    """A commit and all that its author now knows of the next epoch."""

    checked: CheckedCommit
    path: NewPath
    private_keys: Mapping[int, HpkePrivateKey]
    joiner: Secret
    welcome_secret: Secret
    secrets: EpochSecrets
    encryption_secret: Secret


def author_commit(
    author: Author, proposals: tuple[ProposalOrRef, ...], *, policy: Policy
) -> Authored:
    """Return a full commit of these proposals.

    Raises:
        MlsError: If others would refuse it.
    """
    view = author.view
    by = author.sender.leaf_index if isinstance(author.sender, Member) else None
    resolved = resolve(Commit(proposals, None), by, view.waiting)
    check_list(resolved, by)
    draft = view.tree.draft()
    applied = apply(draft, resolved, view.context.extensions)
    leaf_index = draft.free_leaf() if by is None else by
    path = renew_path(
        view.suite,
        draft,
        leaf_index=leaf_index,
        template=author.template,
        group_id=view.group_id,
        key=author.key,
    )
    provisional = replace(
        view.context,
        epoch=view.epoch + 1,
        tree_hash=draft.root_hash,
        extensions=applied.extensions,
    )
    update_path = seal_path(view.suite, draft, path, context=provisional, new_leaves=applied.added)
    content = FramedContent(
        view.group_id,
        view.epoch,
        author.sender,
        author.authenticated_data,
        Commit(proposals, update_path),
    )
    signature = sign(content, view.context, author.key, author.wire_format)
    unconfirmed = AuthenticatedContent(author.wire_format, content, AuthData(signature, b""))
    confirmed = key_schedule.confirmed_hash(view.interim_hash, unconfirmed)
    context = replace(provisional, confirmed_transcript_hash=confirmed)
    joiner = key_schedule.joiner_secret(author.init_secret, path.climb.commit_secret, context)
    joining = Joining.start(joiner, author.psks.combine(applied.psks), context)
    secrets, encryption = joining.secrets()
    tag = key_schedule.confirmation_tag(secrets.confirmation_key, confirmed)
    message = replace(unconfirmed, auth=AuthData(signature, tag))
    view.authenticate(message)
    return Authored(
        checked=view.check_commit(message, policy),
        path=path,
        private_keys=path.private_keys,
        joiner=joiner,
        welcome_secret=joining.welcome_secret,
        secrets=secrets,
        encryption_secret=encryption,
    )


def seal_group_info(suite: Suite, welcome_secret: Secret, info: GroupInfo) -> bytes:
    """Return the group info as a Welcome carries it."""
    key, nonce = key_schedule.welcome_key(suite, welcome_secret)
    return suite.aead.seal(key=key, nonce=nonce, aad=b"", plaintext=info.encode())


def make_welcome(suite: Suite, authored: Authored, info: GroupInfo) -> Welcome | None:
    """Return one Welcome for all members a commit has added, or None if it added nobody."""
    checked = authored.checked
    applied = checked.applied
    if not applied.added:
        return None
    sealed_info = seal_group_info(suite, authored.welcome_secret, info)
    sealed = []
    for leaf, add in zip(applied.added, applied.key_packages, strict=True):
        ancestor = tree_math.common_ancestor(2 * leaf, 2 * checked.committer)
        path_secret = PathSecretValue(authored.path.climb.secrets[ancestor])
        secrets = GroupSecrets(authored.joiner, path_secret, applied.psks)
        output, ciphertext = encrypt_with_label(
            suite,
            add.key_package.init_key,
            label=b"Welcome",
            context=sealed_info,
            plaintext=secrets.encode(),
        )
        reference = reference_of(add.key_package)
        sealed.append(EncryptedGroupSecrets(reference, HpkeCiphertext(output, ciphertext)))
    return Welcome(suite.number, tuple(sealed), sealed_info)
