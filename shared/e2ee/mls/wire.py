"""Everything RFC 9420 puts on the wire, one structure per name of the RFC.

Selections (``select`` in the RFC) are unions of small structures: a `Sender` is a `Member` or a
`NewMemberCommit`; a `Proposal` is an `Add` or a `Remove` or …; the tag is written from the class.
Nothing here is trusted: a decoded structure is well-formed, that is all.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Final

from shared import limits
from shared.e2ee.mls.codec import (
    Codec,
    Opaque,
    Opaque4,
    OpaqueBytes,
    Optional,
    Reader,
    Struct,
    Tagged,
    Uint,
    Uint16,
    Uint32,
    Uint64,
    Vector,
    encode_opaque,
)
from shared.e2ee.mls.errors import Reason, require

__all__ = [
    "APPLICATION",
    "BASIC",
    "COMMIT",
    "DEFAULT_EXTENSIONS",
    "DEFAULT_PROPOSALS",
    "EXTERNAL_PUB",
    "EXTERNAL_SENDERS",
    "MLS10",
    "PRIVATE_MESSAGE",
    "PROPOSAL",
    "PUBLIC_MESSAGE",
    "RATCHET_TREE",
    "REQUIRED_CAPABILITIES",
    "Add",
    "Application",
    "AuthData",
    "AuthenticatedContent",
    "BasicCredential",
    "Body",
    "Capabilities",
    "Commit",
    "CommitSource",
    "Content",
    "Credential",
    "EncryptedGroupSecrets",
    "Extension",
    "External",
    "ExternalInit",
    "ExternalPsk",
    "ExternalPub",
    "FramedContent",
    "GroupContext",
    "GroupContextExtensions",
    "GroupInfo",
    "GroupSecrets",
    "HpkeCiphertext",
    "KeyPackage",
    "KeyPackageSource",
    "LeafNode",
    "Member",
    "MlsMessage",
    "NewMemberCommit",
    "NewMemberProposal",
    "Node",
    "ParentNode",
    "PathSecretValue",
    "PreSharedKey",
    "PreSharedKeyId",
    "PrivateMessage",
    "Proposal",
    "ProposalByReference",
    "ProposalByValue",
    "ProposalOrRef",
    "PublicMessage",
    "ReInit",
    "Remove",
    "RequiredCapabilities",
    "ResumptionPsk",
    "Sender",
    "SenderData",
    "Update",
    "UpdatePath",
    "UpdatePathNode",
    "UpdateSource",
    "Welcome",
    "X509Credential",
    "content_codec",
    "content_type_of",
    "credential_type_of",
    "extension_of",
    "frame",
    "nodes_codec",
    "proposal_codec",
]

MLS10: Final = 1

# Wire formats (17.2).
PUBLIC_MESSAGE: Final = 1
PRIVATE_MESSAGE: Final = 2

# Content types (6).
APPLICATION: Final = 1
PROPOSAL: Final = 2
COMMIT: Final = 3

# Credential and extension types (17.5, 17.3).
BASIC: Final = 1
RATCHET_TREE: Final = 2
REQUIRED_CAPABILITIES: Final = 3
EXTERNAL_PUB: Final = 4
EXTERNAL_SENDERS: Final = 5
DEFAULT_EXTENSIONS: Final = frozenset({1, 2, 3, 4, 5})
DEFAULT_PROPOSALS: Final = frozenset({1, 2, 3, 4, 5, 6, 7})

_LEAVES: Final = limits.MLS_LEAVES_MAX
_Numbers = Annotated[tuple[int, ...], Vector(Uint(2))]


# --- Credentials, extensions, leaves and parents (5.3, 7.1, 7.2) ---


@dataclass(frozen=True, slots=True)
class BasicCredential(Struct):
    """An identity that the application understands."""

    identity: Opaque


@dataclass(frozen=True, slots=True)
class X509Credential(Struct):
    """A chain of certificates, each opaque to this package."""

    certificates: Annotated[tuple[bytes, ...], Vector(OpaqueBytes())]


Credential = BasicCredential | X509Credential
_CREDENTIAL: Final = Tagged(2, {1: BasicCredential, 2: X509Credential}, Reason.UNKNOWN_CREDENTIAL)


def credential_type_of(credential: Credential) -> int:
    """Return the number of the credential's type."""
    return _CREDENTIAL.tag_of(credential)


@dataclass(frozen=True, slots=True)
class Extension(Struct):
    """A typed piece of data."""

    extension_type: Uint16
    extension_data: Opaque


_Extensions = Annotated[tuple[Extension, ...], Vector(Extension)]


def extension_of(extensions: tuple[Extension, ...], extension_type: int) -> bytes | None:
    """Return the data of the extension of one type, if there is one."""
    for extension in extensions:
        if extension.extension_type == extension_type:
            return extension.extension_data
    return None


@dataclass(frozen=True, slots=True)
class Capabilities(Struct):
    """What a client can do beyond what every client can."""

    versions: _Numbers
    cipher_suites: _Numbers
    extensions: _Numbers
    proposals: _Numbers
    credentials: _Numbers


@dataclass(frozen=True, slots=True)
class RequiredCapabilities(Struct):
    """What every member has to be able to do (11.1)."""

    extension_types: _Numbers
    proposal_types: _Numbers
    credential_types: _Numbers


@dataclass(frozen=True, slots=True)
class KeyPackageSource(Struct):
    """The leaf comes from a key package, good between two times in seconds since 1970."""

    not_before: Uint64
    not_after: Uint64


@dataclass(frozen=True, slots=True)
class UpdateSource(Struct):
    """The leaf comes from an Update."""


@dataclass(frozen=True, slots=True)
class CommitSource(Struct):
    """The leaf comes from the path of a commit."""

    parent_hash: Opaque


@dataclass(frozen=True, slots=True)
class LeafNode(Struct):
    """One client in the tree, signed by itself."""

    KEEPS_ENCODING = True

    encryption_key: Opaque
    signature_key: Opaque
    credential: Annotated[Credential, _CREDENTIAL]
    capabilities: Capabilities
    source: Annotated[
        KeyPackageSource | UpdateSource | CommitSource,
        Tagged(1, {1: KeyPackageSource, 2: UpdateSource, 3: CommitSource}),
    ]
    extensions: _Extensions
    signature: Opaque


@dataclass(frozen=True, slots=True)
class ParentNode(Struct):
    """A key that the members under it share, but for the unmerged ones."""

    KEEPS_ENCODING = True

    encryption_key: Opaque
    parent_hash: Opaque
    unmerged_leaves: Annotated[tuple[int, ...], Vector(Uint(4), _LEAVES)]


Node = LeafNode | ParentNode
nodes_codec: Final = Vector(Optional(Tagged(1, {1: LeafNode, 2: ParentNode})), 2 * _LEAVES)


# --- Key packages and update paths (7.6, 10) ---


@dataclass(frozen=True, slots=True)
class KeyPackage(Struct):
    """A leaf to be added, with a key for its Welcome."""

    KEEPS_ENCODING = True

    version: Uint16
    cipher_suite: Uint16
    init_key: Opaque
    leaf_node: LeafNode
    extensions: _Extensions
    signature: Opaque


@dataclass(frozen=True, slots=True)
class HpkeCiphertext(Struct):
    """Something sealed to a public key."""

    kem_output: Opaque
    ciphertext: Opaque


@dataclass(frozen=True, slots=True)
class UpdatePathNode(Struct):
    """A new parent key, and its path secret for each node of the copath's resolution."""

    encryption_key: Opaque
    encrypted_path_secret: Annotated[tuple[HpkeCiphertext, ...], Vector(HpkeCiphertext, _LEAVES)]


@dataclass(frozen=True, slots=True)
class UpdatePath(Struct):
    """A new leaf and new keys from it to the root."""

    leaf_node: LeafNode
    nodes: Annotated[tuple[UpdatePathNode, ...], Vector(UpdatePathNode, 32)]


# --- Pre-shared keys (8.4) ---


@dataclass(frozen=True, slots=True)
class ExternalPsk(Struct):
    """A key the application has handed out."""

    psk_id: Opaque


@dataclass(frozen=True, slots=True)
class ResumptionPsk(Struct):
    """A key of an earlier epoch."""

    usage: Annotated[int, Uint(1)]
    psk_group_id: Opaque
    psk_epoch: Uint64


@dataclass(frozen=True, slots=True)
class PreSharedKeyId(Struct):
    """The name of a key and a nonce for this use of it."""

    psk: Annotated[ExternalPsk | ResumptionPsk, Tagged(1, {1: ExternalPsk, 2: ResumptionPsk})]
    psk_nonce: Opaque


# --- Proposals and commits (12.1, 12.4) ---


@dataclass(frozen=True, slots=True)
class Add(Struct):
    """Add a client."""

    key_package: KeyPackage


@dataclass(frozen=True, slots=True)
class Update(Struct):
    """Replace the sender's leaf."""

    leaf_node: LeafNode


@dataclass(frozen=True, slots=True)
class Remove(Struct):
    """Remove the client at a leaf."""

    removed: Uint32


@dataclass(frozen=True, slots=True)
class PreSharedKey(Struct):
    """Mix in a pre-shared key."""

    psk: PreSharedKeyId


@dataclass(frozen=True, slots=True)
class ReInit(Struct):
    """Close the group for another one; read, and refused."""

    group_id: Opaque
    version: Uint16
    cipher_suite: Uint16
    extensions: _Extensions


@dataclass(frozen=True, slots=True)
class ExternalInit(Struct):
    """Start the next epoch from a secret that a joiner sends."""

    kem_output: Opaque


@dataclass(frozen=True, slots=True)
class GroupContextExtensions(Struct):
    """Replace the extensions of the group."""

    extensions: _Extensions


Proposal = Add | Update | Remove | PreSharedKey | ReInit | ExternalInit | GroupContextExtensions
proposal_codec: Final = Tagged(
    2,
    {
        1: Add,
        2: Update,
        3: Remove,
        4: PreSharedKey,
        5: ReInit,
        6: ExternalInit,
        7: GroupContextExtensions,
    },
    Reason.UNKNOWN_PROPOSAL,
)


@dataclass(frozen=True, slots=True)
class ProposalByValue(Struct):
    """A proposal inside a commit."""

    proposal: Annotated[Proposal, proposal_codec]


@dataclass(frozen=True, slots=True)
class ProposalByReference(Struct):
    """A proposal sent before, named by its hash."""

    reference: Opaque


ProposalOrRef = ProposalByValue | ProposalByReference


@dataclass(frozen=True, slots=True)
class Commit(Struct):
    """The proposals that come into effect, and a path."""

    proposals: Annotated[
        tuple[ProposalOrRef, ...],
        Vector(Tagged(1, {1: ProposalByValue, 2: ProposalByReference}), limits.MLS_PROPOSALS_MAX),
    ]
    path: Annotated[UpdatePath | None, Optional(UpdatePath)]


# --- Framing (6) ---


@dataclass(frozen=True, slots=True)
class Member(Struct):
    """Sent by the member at a leaf."""

    leaf_index: Uint32


@dataclass(frozen=True, slots=True)
class External(Struct):
    """Sent by an external sender; read, and refused."""

    sender_index: Uint32


@dataclass(frozen=True, slots=True)
class NewMemberProposal(Struct):
    """Sent by someone who wants to be added; read, and refused."""


@dataclass(frozen=True, slots=True)
class NewMemberCommit(Struct):
    """Sent by someone who joins by an external commit."""


Sender = Member | External | NewMemberProposal | NewMemberCommit


@dataclass(frozen=True, slots=True)
class Application(Struct):
    """What the application says."""

    data: Opaque


Content = (
    Application
    | Add
    | Update
    | Remove
    | PreSharedKey
    | ReInit
    | ExternalInit
    | GroupContextExtensions
    | Commit
)
content_codec: Final[dict[int, Codec]] = {
    APPLICATION: Application,
    PROPOSAL: proposal_codec,
    COMMIT: Commit,
}
_CONTENT: Final = Tagged(1, content_codec)


def content_type_of(content: Content) -> int:
    """Return the number of the content's type."""
    return _CONTENT.tag_of(content)


@dataclass(frozen=True, slots=True)
class FramedContent(Struct):
    """A message, before anything protects it."""

    # It is signed, tagged and hashed: the same bytes three times.
    KEEPS_ENCODING = True

    group_id: Opaque
    epoch: Uint64
    sender: Annotated[
        Sender,
        Tagged(1, {1: Member, 2: External, 3: NewMemberProposal, 4: NewMemberCommit}),
    ]
    authenticated_data: Opaque
    content: Annotated[Content, _CONTENT]


@dataclass(frozen=True, slots=True)
class AuthData(Struct):
    """The signature, and a commit's confirmation tag; which of them depends on the content."""

    signature: bytes
    confirmation_tag: bytes | None

    @classmethod
    def read_for(cls, reader: Reader, content_type: int) -> AuthData:
        """Return what follows content of this type."""
        signature = reader.opaque()
        return cls(signature, reader.opaque() if content_type == COMMIT else None)

    def encode(self) -> bytes:
        """Return the parts that are there."""
        tag = b"" if self.confirmation_tag is None else encode_opaque(self.confirmation_tag)
        return encode_opaque(self.signature) + tag


@dataclass(frozen=True, slots=True)
class AuthenticatedContent(Struct):
    """A message with its authentication, as hashes and references see it."""

    wire_format: int
    content: FramedContent
    auth: AuthData

    @classmethod
    def read(cls, reader: Reader) -> AuthenticatedContent:
        """Return the next one."""
        wire_format = reader.uint(2)
        content = FramedContent.read(reader)
        return cls(
            wire_format, content, AuthData.read_for(reader, content_type_of(content.content))
        )

    def encode(self) -> bytes:
        """Return the parts one after the other."""
        return self.wire_format.to_bytes(2, "big") + self.content.encode() + self.auth.encode()


@dataclass(frozen=True, slots=True)
class PublicMessage(Struct):
    """A signed message that anyone can read."""

    content: FramedContent
    auth: AuthData
    membership_tag: bytes | None

    @classmethod
    def read(cls, reader: Reader) -> PublicMessage:
        """Return the next one; only members send a membership tag."""
        content = FramedContent.read(reader)
        auth = AuthData.read_for(reader, content_type_of(content.content))
        is_member = isinstance(content.sender, Member)
        return cls(content, auth, reader.opaque() if is_member else None)

    def encode(self) -> bytes:
        """Return the parts that are there."""
        tag = b"" if self.membership_tag is None else encode_opaque(self.membership_tag)
        return self.content.encode() + self.auth.encode() + tag


@dataclass(frozen=True, slots=True)
class PrivateMessage(Struct):
    """A signed and sealed message."""

    group_id: Opaque
    epoch: Uint64
    content_type: Annotated[int, Uint(1)]
    authenticated_data: Opaque
    encrypted_sender_data: Opaque
    ciphertext: Opaque


@dataclass(frozen=True, slots=True)
class SenderData(Struct):
    """Who sealed a message, and with which key."""

    leaf_index: Uint32
    generation: Uint32
    reuse_guard: Opaque4


# --- Groups (8.1, 12.4.3) ---


@dataclass(frozen=True, slots=True)
class GroupContext(Struct):
    """What all members of an epoch agree on."""

    KEEPS_ENCODING = True

    version: Uint16
    cipher_suite: Uint16
    group_id: Opaque
    epoch: Uint64
    tree_hash: Opaque
    confirmed_transcript_hash: Opaque
    extensions: _Extensions


@dataclass(frozen=True, slots=True)
class GroupInfo(Struct):
    """An epoch as a member describes it to who joins."""

    group_context: GroupContext
    extensions: _Extensions
    confirmation_tag: Opaque
    signer: Uint32
    signature: Opaque


@dataclass(frozen=True, slots=True)
class ExternalPub(Struct):
    """The key that external commits are sent to."""

    external_pub: Opaque


@dataclass(frozen=True, slots=True)
class PathSecretValue(Struct):
    """A path secret in a Welcome."""

    path_secret: Opaque


@dataclass(frozen=True, slots=True)
class GroupSecrets(Struct):
    """What a new member is told in secret."""

    joiner_secret: Opaque
    path_secret: Annotated[PathSecretValue | None, Optional(PathSecretValue)]
    psks: Annotated[tuple[PreSharedKeyId, ...], Vector(PreSharedKeyId, limits.MLS_PSKS_MAX)]


@dataclass(frozen=True, slots=True)
class EncryptedGroupSecrets(Struct):
    """Group secrets, sealed to one key package."""

    new_member: Opaque
    encrypted_group_secrets: HpkeCiphertext


@dataclass(frozen=True, slots=True)
class Welcome(Struct):
    """Group secrets for new members, and a group info sealed once for all of them."""

    cipher_suite: Uint16
    secrets: Annotated[tuple[EncryptedGroupSecrets, ...], Vector(EncryptedGroupSecrets, _LEAVES)]
    encrypted_group_info: Opaque


Body = PublicMessage | PrivateMessage | Welcome | GroupInfo | KeyPackage
_BODY: Final = Tagged(
    2,
    {1: PublicMessage, 2: PrivateMessage, 3: Welcome, 4: GroupInfo, 5: KeyPackage},
    Reason.UNKNOWN_WIRE_FORMAT,
)


@dataclass(frozen=True, slots=True)
class MlsMessage(Struct):
    """The outermost structure of everything that travels."""

    version: int
    body: Body

    @classmethod
    def read(cls, reader: Reader) -> MlsMessage:
        """Return the next message of the one version there is."""
        version = reader.uint(2)
        require(version == MLS10, Reason.VERSION)
        return cls(version, _BODY.read(reader))

    def encode(self) -> bytes:
        """Return the version and the body."""
        return self.version.to_bytes(2, "big") + _BODY.write(self.body)


def frame(body: Body) -> bytes:
    """Return the bytes that travel."""
    return MlsMessage(MLS10, body).encode()
