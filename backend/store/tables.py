"""The tables. Integers named ``*_ms`` are server time in milliseconds since 1970.

Columns that other databases need are already there in type: every string has a length, every
Snowflake is a big integer, every constraint has a name.
"""

from __future__ import annotations

from typing import Annotated

from sqlalchemy import (
    BigInteger,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    UniqueConstraint,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

__all__ = [
    "AccountDocumentRow",
    "Base",
    "BlobReference",
    "BlobRow",
    "Block",
    "Contact",
    "ContactRequestRow",
    "ConversationRow",
    "Device",
    "DeviceCursor",
    "DeviceListRow",
    "Document",
    "EntryRow",
    "EpochRecordRow",
    "EventRow",
    "JoinRequestRow",
    "KeyPackageClaimRow",
    "KeyPackageRow",
    "Member",
    "NodeLease",
    "PastRange",
    "PastRootRow",
    "PublicStateRow",
    "ServerFact",
    "SessionRow",
    "User",
    "WarrantRow",
    "WelcomeDevice",
    "WelcomeRow",
]

_Big = BigInteger().with_variant(Integer, "sqlite")
BigKey = Annotated[int, mapped_column(_Big, primary_key=True, autoincrement=False)]
Big = Annotated[int, mapped_column(_Big)]
Counted = Annotated[int, mapped_column(_Big, default=0)]
Bytes = Annotated[bytes, mapped_column(LargeBinary)]
AccountKey = Annotated[
    int, mapped_column(_Big, ForeignKey("users.account"), primary_key=True, autoincrement=False)
]
ConversationKey = Annotated[
    int,
    mapped_column(
        _Big, ForeignKey("conversations.conversation_id"), primary_key=True, autoincrement=False
    ),
]


class Base(DeclarativeBase):
    """The root of all tables."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class ServerFact(Base):
    """What the server knows about itself, like its identifier."""

    __tablename__ = "server_facts"
    name: Mapped[str] = mapped_column(String(32), primary_key=True)
    value: Mapped[str] = mapped_column(String(200))


class NodeLease(Base):
    """Which process makes Snowflakes with which node number."""

    __tablename__ = "node_leases"
    node: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    holder: Mapped[str] = mapped_column(String(64))
    taken_ms: Mapped[Big]
    newest_id: Mapped[Counted]


class User(Base):
    """An account: what it shows, and what its devices need to log in."""

    __tablename__ = "users"
    account: Mapped[BigKey]
    user_name: Mapped[str] = mapped_column(String(64))
    folded_name: Mapped[str] = mapped_column(String(128), unique=True)
    nickname: Mapped[str] = mapped_column(String(64))
    signature: Mapped[str] = mapped_column(String(200), default="")
    avatar: Mapped[str] = mapped_column(String(64), default="")
    auth_salt: Mapped[Bytes]
    auth_hash: Mapped[Bytes]
    recovery_salt: Mapped[Bytes]
    recovery_hash: Mapped[Bytes]
    reset_hash: Mapped[bytes | None] = mapped_column(LargeBinary)  # Of a token that waits.
    reset_expires_ms: Mapped[Counted]
    kdf_version: Mapped[int] = mapped_column(Integer)
    root_number: Mapped[int] = mapped_column(Integer, default=1)  # One more with every reset.
    root_key: Mapped[Bytes]
    archive_number: Mapped[int] = mapped_column(Integer)
    archive_key: Mapped[Bytes]
    archive_signature: Mapped[Bytes]
    vault: Mapped[Bytes]
    vault_version: Mapped[int] = mapped_column(Integer, default=1)
    event_position: Mapped[Counted]
    created_ms: Mapped[Big]
    last_seen_ms: Mapped[Counted]
    shares_presence: Mapped[bool] = mapped_column(default=True)


class Device(Base):
    """A device that an account has or once had; one that has gone stays, with when."""

    __tablename__ = "devices"
    device_id: Mapped[BigKey]
    account: Mapped[int] = mapped_column(_Big, ForeignKey("users.account"), index=True)
    signature_key: Mapped[Bytes]
    exchange_key: Mapped[Bytes]
    signature: Mapped[Bytes]
    sealed_name: Mapped[Bytes]
    sealed_archive: Mapped[Bytes]  # The newest archive secrets, sealed to this device.
    created_ms: Mapped[Big]
    last_seen_ms: Mapped[Counted]
    forgotten_ms: Mapped[Counted]
    revoked_ms: Mapped[Counted]


class DeviceListRow(Base):
    """An entry of an account's device list (`shared.device_list`), under one of its roots."""

    __tablename__ = "device_list"
    account: Mapped[AccountKey]
    root_number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    device_id: Mapped[int] = mapped_column(_Big, ForeignKey("devices.device_id"))
    is_revocation: Mapped[bool]
    signature: Mapped[Bytes]
    hash_after: Mapped[Bytes]


class PastRootRow(Base):
    """A root that an account had before a reset."""

    __tablename__ = "past_roots"
    account: Mapped[AccountKey]
    root_number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    root_key: Mapped[Bytes]
    ended_ms: Mapped[Big]


class AccountDocumentRow(Base):
    """What the devices of an account share, sealed."""

    __tablename__ = "account_documents"
    account: Mapped[AccountKey]
    version: Mapped[Big]
    sealed: Mapped[Bytes]


class KeyPackageRow(Base):
    """A published key package; one that was taken keeps its hash, to be taken only once."""

    __tablename__ = "key_packages"
    package_id: Mapped[int] = mapped_column(Integer, primary_key=True)
    device_id: Mapped[int] = mapped_column(_Big, ForeignKey("devices.device_id"))
    package_hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    package: Mapped[Bytes]
    is_last_resort: Mapped[bool]
    taken_ms: Mapped[Counted] = mapped_column(index=True)
    __table_args__ = (UniqueConstraint("device_id", "package_hash"),)


class KeyPackageClaimRow(Base):
    """What a claim was answered, for its repeats."""

    __tablename__ = "key_package_claims"
    device_id: Mapped[int] = mapped_column(
        _Big, ForeignKey("devices.device_id"), primary_key=True, autoincrement=False
    )
    claim_id: Mapped[bytes] = mapped_column(LargeBinary(16), primary_key=True)
    at_ms: Mapped[Big] = mapped_column(index=True)
    answer: Mapped[Bytes]


class SessionRow(Base):
    """The open session of a device; the token itself is not kept."""

    __tablename__ = "sessions"
    device_id: Mapped[int] = mapped_column(
        _Big, ForeignKey("devices.device_id"), primary_key=True, autoincrement=False
    )
    account: Mapped[int] = mapped_column(_Big, ForeignKey("users.account"), index=True)
    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    created_ms: Mapped[Big]


class Contact(Base):
    """One direction of a friendship; there are always both or none."""

    __tablename__ = "contacts"
    account: Mapped[AccountKey]
    contact: Mapped[AccountKey]
    since_ms: Mapped[Big]
    requested_by: Mapped[Big]


class ContactRequestRow(Base):
    """A request that waits for an answer."""

    __tablename__ = "contact_requests"
    sender: Mapped[AccountKey]
    recipient: Mapped[int] = mapped_column(
        _Big, ForeignKey("users.account"), primary_key=True, autoincrement=False, index=True
    )
    at_ms: Mapped[Big]
    greeting: Mapped[Bytes]


class Block(Base):
    """Somebody of whom an account wants to hear nothing."""

    __tablename__ = "blocks"
    account: Mapped[AccountKey]
    blocked: Mapped[int] = mapped_column(
        _Big, ForeignKey("users.account"), primary_key=True, autoincrement=False, index=True
    )
    at_ms: Mapped[Big]


class EventRow(Base):
    """What happened to a user outside logs; positions are 1, 2, 3 … per user."""

    __tablename__ = "events"
    account: Mapped[AccountKey]
    position: Mapped[BigKey]
    at_ms: Mapped[Big]
    kind: Mapped[str] = mapped_column(String(32))
    about_account: Mapped[Counted]
    about_conversation: Mapped[Counted]


class ConversationRow(Base):
    """A log's head.

    ``pair`` names what there is one of: the two accounts of a direct conversation, lower one
    first, or twice the account of its notes. A log that is closed for good has let go of it.
    """

    __tablename__ = "conversations"
    conversation_id: Mapped[BigKey]
    kind: Mapped[int] = mapped_column(Integer)
    pair: Mapped[str | None] = mapped_column(String(48), unique=True)
    head: Mapped[Big]
    chain: Mapped[Bytes]
    newest_handshake: Mapped[Big]
    document_hash: Mapped[Bytes]
    document_sequence: Mapped[Big]
    newest_received_ms: Mapped[Big]
    can_write: Mapped[bool]
    has_history: Mapped[bool]
    closed_ms: Mapped[Counted]
    created_ms: Mapped[Big]


class Member(Base):
    """A member of a conversation, and how far they are; marks only grow.

    They may read from ``first`` on, and up to ``last`` once they have gone (0: still here).
    ``read_privately`` is a read mark for the account's own devices alone.
    """

    __tablename__ = "members"
    conversation_id: Mapped[ConversationKey]
    account: Mapped[int] = mapped_column(
        _Big, ForeignKey("users.account"), primary_key=True, autoincrement=False, index=True
    )
    role: Mapped[int] = mapped_column(Integer)
    root_key: Mapped[Bytes]
    first: Mapped[int] = mapped_column(_Big, default=1)
    last: Mapped[Counted]
    delivered: Mapped[Counted]
    delivered_at_ms: Mapped[Counted]
    read: Mapped[Counted]
    read_at_ms: Mapped[Counted]
    read_privately: Mapped[Counted]
    read_privately_at_ms: Mapped[Counted]


class PastRange(Base):
    """What somebody may read of the time before they went and were added anew."""

    __tablename__ = "past_ranges"
    conversation_id: Mapped[ConversationKey]
    account: Mapped[AccountKey]
    first: Mapped[BigKey]
    last: Mapped[Big]


class EntryRow(Base):
    """One place of a log (`shared.entries`)."""

    __tablename__ = "entries"
    conversation_id: Mapped[ConversationKey]
    sequence: Mapped[BigKey]
    entry_id: Mapped[int] = mapped_column(_Big, unique=True)
    kind: Mapped[int] = mapped_column(Integer)
    account: Mapped[Big]
    device: Mapped[Big]
    device_counter: Mapped[Big]
    parent: Mapped[Big]
    base: Mapped[Big]
    document_hash: Mapped[bytes | None] = mapped_column(LargeBinary)
    sent_at_ms: Mapped[Big]
    sent_error_ms: Mapped[Big]
    received_at_ms: Mapped[Big]
    expires_at_ms: Mapped[Big]
    blob_ids: Mapped[Bytes]
    payload_hash: Mapped[Bytes]
    chain: Mapped[Bytes]
    payload: Mapped[Bytes]
    __table_args__ = (
        UniqueConstraint("conversation_id", "device", "device_counter"),
        Index(None, "expires_at_ms"),
    )


class Document(Base):
    """A roster document, by the hash that handshakes name."""

    __tablename__ = "documents"
    conversation_id: Mapped[ConversationKey]
    document_hash: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    content: Mapped[Bytes]


class EpochRecordRow(Base):
    """What opens one epoch, sealed to one account."""

    __tablename__ = "epoch_records"
    record_id: Mapped[int] = mapped_column(Integer, primary_key=True)
    conversation_id: Mapped[int] = mapped_column(_Big, ForeignKey("conversations.conversation_id"))
    account: Mapped[int] = mapped_column(_Big, ForeignKey("users.account"))
    parent: Mapped[Big]
    by_device: Mapped[Big]
    record: Mapped[Bytes]
    __table_args__ = (Index(None, "conversation_id", "account", "parent"),)


class PublicStateRow(Base):
    """What the committer of a handshake signed of the epoch it made, and its tree."""

    __tablename__ = "public_states"
    conversation_id: Mapped[ConversationKey]
    sequence: Mapped[BigKey]
    parent: Mapped[Big]
    document_hash: Mapped[Bytes]
    group_info: Mapped[Bytes]
    tree: Mapped[Bytes]


class WelcomeRow(Base):
    """The Welcome of a handshake, kept while a device waits for it; its tree is in the state."""

    __tablename__ = "welcomes"
    conversation_id: Mapped[ConversationKey]
    sequence: Mapped[BigKey]
    welcome: Mapped[Bytes]


class WelcomeDevice(Base):
    """The newest Welcome that waits for a device."""

    __tablename__ = "welcome_devices"
    conversation_id: Mapped[ConversationKey]
    device_id: Mapped[BigKey]
    account: Mapped[Big]
    sequence: Mapped[Big]


class WarrantRow(Base):
    """What an account has signed and no commit has carried out yet (`shared.roster`)."""

    __tablename__ = "warrants"
    conversation_id: Mapped[ConversationKey]
    account: Mapped[AccountKey]
    kind: Mapped[str] = mapped_column(String(16), primary_key=True)
    about: Mapped[BigKey]  # The device that is barred, the archive key's number, else 0.
    content: Mapped[Bytes]
    at_ms: Mapped[Big]


class JoinRequestRow(Base):
    """Somebody who wants to come in and waits."""

    __tablename__ = "join_requests"
    conversation_id: Mapped[ConversationKey]
    account: Mapped[AccountKey]
    root_key: Mapped[Bytes]
    greeting: Mapped[Bytes]
    invite: Mapped[bytes | None] = mapped_column(LargeBinary)
    at_ms: Mapped[Big]


class DeviceCursor(Base):
    """How far a device has stored a conversation; written lazily."""

    __tablename__ = "device_cursors"
    device_id: Mapped[BigKey]
    conversation_id: Mapped[ConversationKey]
    stored: Mapped[Counted]
    at_ms: Mapped[Counted]


class BlobRow(Base):
    """An attachment's bytes, in a file of their own; ``complete_ms`` is 0 while they come."""

    __tablename__ = "blobs"
    blob_id: Mapped[BigKey]
    account: Mapped[int] = mapped_column(_Big, ForeignKey("users.account"), index=True)
    size: Mapped[Big]
    hash: Mapped[Bytes]
    started_ms: Mapped[Big]
    complete_ms: Mapped[Counted]


class BlobReference(Base):
    """An entry that names a blob and is not blank."""

    __tablename__ = "blob_references"
    blob_id: Mapped[int] = mapped_column(
        _Big, ForeignKey("blobs.blob_id"), primary_key=True, autoincrement=False
    )
    conversation_id: Mapped[ConversationKey]
    sequence: Mapped[BigKey]
    __table_args__ = (Index(None, "conversation_id", "sequence"),)
