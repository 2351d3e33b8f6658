"""What makes a leaf good: its signature, its capabilities, its place among the others (7.3).

Whether a credential is to be believed is not MLS's to say, so it is an argument: a `Policy`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

from shared.e2ee.mls.codec import encode_opaque, encode_uint
from shared.e2ee.mls.crypto import SUITE_NUMBER, Suite, public_signature_key, sign_with_label
from shared.e2ee.mls.crypto import verify_with_label as is_signed
from shared.e2ee.mls.errors import Reason, require
from shared.e2ee.mls.keys import SignaturePrivateKey
from shared.e2ee.mls.ratchet_tree import Census
from shared.e2ee.mls.wire import (
    BASIC,
    DEFAULT_EXTENSIONS,
    DEFAULT_PROPOSALS,
    EXTERNAL_SENDERS,
    MLS10,
    REQUIRED_CAPABILITIES,
    Capabilities,
    CommitSource,
    Credential,
    Extension,
    GroupContext,
    KeyPackageSource,
    LeafNode,
    RequiredCapabilities,
    UpdateSource,
    credential_type_of,
    extension_of,
)

if TYPE_CHECKING:
    from shared.e2ee.mls.public_view import Change

__all__ = [
    "ANYONE",
    "LeafTemplate",
    "Needs",
    "Policy",
    "capabilities_with",
    "check_among",
    "check_extensions",
    "check_leaf",
    "sign_leaf",
]

_SIGNATURE_LABEL: Final = b"LeafNodeTBS"


class Policy(Protocol):
    """What the application decides; pure functions of what they are given, the same everywhere."""

    def admits_leaf(self, leaf: LeafNode, /) -> bool:
        """Say whether the credential of a leaf is to be believed (5.3.1)."""

    def admits_change(self, change: Change, /) -> bool:
        """Say whether who commits may change this (12.2)."""


class _Anyone:
    __slots__ = ()

    def admits_leaf(self, leaf: LeafNode) -> bool:  # noqa: ARG002
        return True

    def admits_change(self, change: Change) -> bool:  # noqa: ARG002
        return True


ANYONE: Final[Policy] = _Anyone()


def capabilities_with(
    *, suite: int = SUITE_NUMBER, extensions: tuple[int, ...] = (), grease: tuple[int, ...] = ()
) -> Capabilities:
    """Return what this engine can do, with extensions that the application understands.

    Args:
        suite: The suite of the group.
        extensions: Types of extensions beyond the RFC's own.
        grease: Unknown values that peers have to ignore (13.5).
    """
    return Capabilities((MLS10,), (suite, *grease), (*extensions, *grease), grease, (BASIC,))


@dataclass(frozen=True, slots=True)
class LeafTemplate:
    """What a client puts into its leaf, apart from keys.

    Attributes:
        credential: Who it is.
        capabilities: What it can do.
        extensions: What else it says of itself.
    """

    credential: Credential
    capabilities: Capabilities
    extensions: tuple[Extension, ...] = ()

    @classmethod
    def of(cls, leaf: LeafNode) -> LeafTemplate:
        """Return the template that a leaf was made from."""
        return cls(leaf.credential, leaf.capabilities, leaf.extensions)


def _to_be_signed(leaf: LeafNode, group_id: bytes, leaf_index: int) -> bytes:
    signed = leaf.encode_fields(without=("signature",))
    if isinstance(leaf.source, KeyPackageSource):
        return signed
    return signed + encode_opaque(group_id) + encode_uint(leaf_index, 4)


def sign_leaf(
    template: LeafTemplate,
    *,
    encryption_key: bytes,
    source: KeyPackageSource | UpdateSource | CommitSource,
    group_id: bytes = b"",
    leaf_index: int = 0,
    key: SignaturePrivateKey,
) -> LeafNode:
    """Return a leaf, signed; group and index count only outside key packages."""
    leaf = LeafNode(
        encryption_key,
        public_signature_key(key),
        template.credential,
        template.capabilities,
        source,
        template.extensions,
        b"",
    )
    signature = sign_with_label(key, _SIGNATURE_LABEL, _to_be_signed(leaf, group_id, leaf_index))
    return LeafNode(
        leaf.encryption_key,
        leaf.signature_key,
        leaf.credential,
        leaf.capabilities,
        leaf.source,
        leaf.extensions,
        signature,
    )


def check_extensions(extensions: tuple[Extension, ...]) -> None:
    """Refuse a list that has two extensions of one type (13.4)."""
    types = [extension.extension_type for extension in extensions]
    require(len(set(types)) == len(types), Reason.EXTENSION_REPEATED)


@dataclass(frozen=True, slots=True)
class Needs:
    """What the extensions of a group ask of each member (11.1, 13.4)."""

    group_extensions: frozenset[int]
    extensions: frozenset[int]
    proposals: frozenset[int]
    credentials: frozenset[int]

    @classmethod
    def of(cls, extensions: tuple[Extension, ...]) -> Needs:
        """Read them from a group's extensions.

        Raises:
            MlsError: If the extensions themselves are not acceptable.
        """
        check_extensions(extensions)
        require(extension_of(extensions, EXTERNAL_SENDERS) is None, Reason.EXTERNAL_SENDERS)
        data = extension_of(extensions, REQUIRED_CAPABILITIES)
        required = RequiredCapabilities((), (), ())
        if data is not None:
            required = RequiredCapabilities.decode(data)
        types = frozenset(extension.extension_type for extension in extensions)
        return cls(
            types - DEFAULT_EXTENSIONS,
            frozenset(required.extension_types) - DEFAULT_EXTENSIONS,
            frozenset(required.proposal_types) - DEFAULT_PROPOSALS,
            frozenset(required.credential_types),
        )

    def has_extensions(self, capabilities: Capabilities) -> bool:
        """Say whether a member understands the extensions of the group."""
        return self.group_extensions.issubset(capabilities.extensions)

    def has_required(self, capabilities: Capabilities) -> bool:
        """Say whether a member can do what is required."""
        return (
            self.extensions.issubset(capabilities.extensions)
            and self.proposals.issubset(capabilities.proposals)
            and self.credentials.issubset(capabilities.credentials)
        )


def check_leaf(
    leaf: LeafNode,
    *,
    suite: Suite,
    context: GroupContext,
    leaf_index: int,
    needs: Needs,
    policy: Policy,
) -> None:
    """Check all that a leaf says of itself, for a group and a place in it.

    Raises:
        MlsError: If the leaf can not be a member's.
    """
    can = leaf.capabilities
    require(
        is_signed(
            leaf.signature_key,
            _SIGNATURE_LABEL,
            _to_be_signed(leaf, context.group_id, leaf_index),
            leaf.signature,
        ),
        Reason.LEAF_SIGNATURE,
    )
    require(suite.kem.accepts(leaf.encryption_key), Reason.ENCRYPTION_KEY)
    require(MLS10 in can.versions, Reason.LEAF_VERSION)
    require(context.cipher_suite in can.cipher_suites, Reason.LEAF_SUITE)
    credential_type = credential_type_of(leaf.credential)
    require(credential_type in can.credentials, Reason.LEAF_CREDENTIAL_UNLISTED)
    check_extensions(leaf.extensions)
    require(_lists_own_extensions(leaf.extensions, can), Reason.LEAF_EXTENSION_UNLISTED)
    require(needs.has_extensions(can), Reason.LEAF_GROUP_EXTENSION)
    require(needs.has_required(can), Reason.LEAF_REQUIRED_CAPABILITY)
    require(policy.admits_leaf(leaf), Reason.LEAF_CREDENTIAL)


def _lists_own_extensions(extensions: tuple[Extension, ...], can: Capabilities) -> bool:
    return all(
        extension.extension_type in DEFAULT_EXTENSIONS or extension.extension_type in can.extensions
        for extension in extensions
    )


def check_among(leaf: LeafNode, census: Census) -> None:
    """Check a leaf against all others of the tree that it is part of.

    Raises:
        MlsError: If it shares a key with a node, or a credential is not understood by all.
    """
    require(census.encryption_keys[leaf.encryption_key] == 1, Reason.ENCRYPTION_KEY_REPEATED)
    require(census.signature_keys[leaf.signature_key] == 1, Reason.SIGNATURE_KEY_REPEATED)
    credential_type = credential_type_of(leaf.credential)
    everyone = census.credentials_supported.get(credential_type, 0) == census.members
    known = census.credentials_used.keys() <= set(leaf.capabilities.credentials)
    require(everyone and known, Reason.LEAF_CREDENTIAL_FOREIGN)
