"""Bodies of the REST API under ``/v1``: JSON objects, the same types on both sides.

Bytes are base64. A request with a session has ``Authorization: Bearer TOKEN``. An error is
`ErrorBody` with the status of its code (`STATUS`). Handshakes and groups: `shared.rest_groups`;
devices, key packages and the vault: `shared.rest_devices`.

| call | body → answer | may answer |
| --- | --- | --- |
| GET /v1/server | → ServerInfo | |
| POST /v1/accounts | Registration → 201 SessionOpened | user_exists, bad_user_name, bad_nickname, bad_certificate |
| POST /v1/vault | Credentials → VaultOpened | wrong_credentials, rate_limited |
| POST /v1/sessions | SessionRequest → 201 SessionOpened | wrong_credentials, device_limit, bad_certificate, rate_limited |
| DELETE /v1/sessions/current?forget_device=false | → 204 | |
| GET /v1/me | → UserProfile | |
| PATCH /v1/me | ProfileChange → UserProfile | bad_nickname |
| PUT, DELETE /v1/me/avatar | image/png or image/jpeg → UserProfile | too_large, unsupported_media |
| GET /v1/avatars/HASH | → the picture | not_found |
| GET /v1/users?prefix=TEXT | → UserList, at most 20, by folded user name | |
| GET /v1/users?user_name=NAME | → UserList with one or none | |
| GET /v1/users/ACCOUNT | → UserProfile | not_found |
| GET /v1/users/ACCOUNT/keys | → AccountKeys; the sealed names of devices are for their own account, empty for others | not_found |
| GET /v1/contacts | → ContactList | |
| POST /v1/contact-requests | ContactRequest → 201 ContactList | unknown_user, oneself, already_contact, already_requested, blocked |
| DELETE /v1/contact-requests/ACCOUNT | (withdraw) → ContactList | no_request |
| POST /v1/contact-requests/ACCOUNT/accept | → ContactList | no_request |
| POST /v1/contact-requests/ACCOUNT/decline | → ContactList | no_request |
| DELETE /v1/contacts/ACCOUNT | → ContactList | not_contact |
| PUT /v1/blocks/ACCOUNT | (block) → ContactList | unknown_user, oneself, overloaded, rate_limited |
| DELETE /v1/blocks/ACCOUNT | (unblock) → ContactList | rate_limited |
| GET /v1/me/privacy | → Privacy | |
| PUT /v1/me/privacy | Privacy → Privacy | rate_limited |
| GET /v1/conversations | → ConversationList | |
| GET /v1/conversations/ID | → Conversation | not_found |
| GET /v1/conversations/ID/entries?after=0&limit=100 | → EntryPage | not_found |
| GET /v1/conversations/ID/documents/HASH | → the bytes | not_found |
| GET /v1/link | WebSocket, `shared.frames` | unauthenticated, origin |

Two people who request each other are contacts at once: the second request accepts the first.
A conversation one is no member of is ``not_found``, as if it did not exist.
"""  # noqa: E501

from __future__ import annotations

from typing import Annotated

import msgspec

from shared import limits
from shared.entries import Counter, Entry
from shared.errors import Code
from shared.identifiers import Hash, Id, Milliseconds
from shared.roster import ConversationKind, Role

__all__ = [
    "STATUS",
    "AccountKeys",
    "ArchiveKey",
    "Body",
    "ContactInfo",
    "ContactList",
    "ContactRequest",
    "Conversation",
    "ConversationList",
    "Credentials",
    "DeviceCertificate",
    "DeviceListEntry",
    "EntryPage",
    "EntryRange",
    "EpochRecord",
    "ErrorBody",
    "ErrorDetail",
    "Kdf",
    "MemberInfo",
    "PastRoot",
    "Privacy",
    "ProfileChange",
    "RecordList",
    "Registration",
    "RequestInfo",
    "SealedRecord",
    "ServerInfo",
    "SessionOpened",
    "SessionRequest",
    "UserList",
    "UserProfile",
    "VaultOpened",
]

# HTTP status of each code; a code that is not here is 400.
STATUS = {
    Code.UNAUTHENTICATED: 401,
    Code.WRONG_CREDENTIALS: 401,
    Code.ORIGIN: 403,
    Code.NOT_MEMBER: 403,
    Code.NOT_CONTACT: 403,
    Code.BLOCKED: 403,
    Code.DEVICE_LIMIT: 403,
    Code.NOT_FOUND: 404,
    Code.UNKNOWN_USER: 404,
    Code.NO_REQUEST: 404,
    Code.METHOD_NOT_ALLOWED: 405,
    Code.USER_EXISTS: 409,
    Code.EXISTS: 409,
    Code.ALREADY_CONTACT: 409,
    Code.ALREADY_REQUESTED: 409,
    Code.OUT_OF_TURN: 409,
    Code.STALE: 409,
    Code.CONFLICT: 409,
    Code.REMOVAL_DUE: 409,
    Code.CLOSED: 409,
    Code.FORBIDDEN: 403,
    Code.BAD_INVITE: 403,
    Code.NO_KEY_PACKAGE: 409,
    Code.NO_BLOB: 409,
    Code.QUOTA: 403,
    Code.BAD_RANGE: 416,
    Code.TOO_LARGE: 413,
    Code.UNSUPPORTED_MEDIA: 415,
    Code.CLIENT_TOO_OLD: 426,
    Code.RATE_LIMITED: 429,
    Code.INTERNAL: 500,
    Code.OVERLOADED: 503,
}

Key = Annotated[bytes, msgspec.Meta(min_length=32, max_length=32)]
Signature = Annotated[bytes, msgspec.Meta(min_length=64, max_length=64)]
Name = Annotated[str, msgspec.Meta(max_length=200)]


class Body(msgspec.Struct, frozen=True, kw_only=True):
    """The root of all bodies."""


class ErrorDetail(Body, frozen=True):
    """Why something was not done: a `Code`, a sentence, and what a program may need."""

    code: Code
    message: str
    details: dict[str, str] = {}


class ErrorBody(Body, frozen=True):
    """The body of every answer of status 400 and more."""

    error: ErrorDetail


class Kdf(Body, frozen=True):
    """How the password becomes keys: Argon2id (version 1). Memory in bytes."""

    version: int
    passes: int
    memory_bytes: int


class ServerInfo(Body, frozen=True):
    """What a client must know before it logs in."""

    server_id: str  # 32 hex characters, made once; part of every password's salt.
    name: str
    version: str
    protocol_min: int
    protocol_max: int
    sealing_format: int
    kdf: Kdf
    time_ms: Milliseconds
    head_key: Annotated[bytes, msgspec.Meta(max_length=32)] = b""  # Ed25519, signs heads.


class DeviceCertificate(Body, frozen=True):
    """A device's public keys, signed by its owner's root (`shared.e2ee.account`)."""

    device_id: Id
    signature_key: Key  # Ed25519.
    exchange_key: Key  # X25519.
    signature: Signature
    sealed_name: Annotated[bytes, msgspec.Meta(max_length=limits.DEVICE_NAME_BYTES_MAX)] = b""


class DeviceListEntry(Body, frozen=True):
    """One step of an account's device list (`shared.e2ee.devices`): a device comes or goes.

    ``certificate`` for a device that comes, ``revoked`` for one that goes; the other is empty.
    The root signs ``mim.device_list.v1 ‖ hash of the list after this entry``.
    """

    number: Annotated[int, msgspec.Meta(ge=1, le=limits.DEVICE_LIST_MAX)]  # 1, 2, 3 …
    signature: Signature
    certificate: DeviceCertificate | None = None
    revoked: Annotated[int, msgspec.Meta(ge=0)] = 0


class PastRoot(Body, frozen=True):
    """A root that an account had before, with its devices: their old entries stay readable."""

    root_key: Key
    device_list: list[DeviceListEntry]


class ArchiveKey(Body, frozen=True):
    """The X25519 key that records and greetings are sealed to, signed by the root."""

    number: Annotated[int, msgspec.Meta(ge=1, le=2**31)]
    key: Key
    signature: Signature


class Registration(Body, frozen=True):
    """A new account with its first device."""

    user_name: Name
    nickname: Name
    auth_key: Key
    kdf_version: int
    root_key: Key
    archive_key: ArchiveKey
    device: DeviceCertificate
    entry: DeviceListEntry  # Number 1, the same certificate.
    recovery_auth_key: Key  # From the recovery code, as ``auth_key`` is from the password.
    vault: Annotated[bytes, msgspec.Meta(max_length=limits.VAULT_BYTES_MAX)]

    def __repr__(self) -> str:
        return "Registration()"


class Credentials(Body, frozen=True):
    """User name and the key made from the password; the password itself never travels."""

    user_name: Name
    auth_key: Key

    def __repr__(self) -> str:
        return "Credentials()"


class VaultOpened(Body, frozen=True):
    """What a client with the password needs to log in."""

    account: Id
    root_key: Key
    vault: bytes
    vault_version: int
    devices: list[DeviceListEntry]  # The whole device list of this root.

    def __repr__(self) -> str:
        return f"VaultOpened({self.account})"


class SessionRequest(Body, frozen=True):
    """Log in on a known device, or, with the next entry of the device list, on a new one.

    Somebody else's entry with the same number was faster: ``conflict``. More than
    `limits.DEVICES_MAX` devices: ``device_limit``.
    """

    user_name: Name
    auth_key: Key
    device_id: Id
    entry: DeviceListEntry | None = None

    def __repr__(self) -> str:
        return "SessionRequest()"


class SessionOpened(Body, frozen=True):
    """The session; ``token`` is 43 characters of base64url."""

    account: Id
    device_id: Id
    token: str

    def __repr__(self) -> str:
        return f"SessionOpened({self.account})"


class UserProfile(Body, frozen=True):
    """What a person shows of themselves."""

    account: Id
    user_name: str
    nickname: str
    signature: str = ""
    avatar: str = ""  # Hex of the picture's BLAKE2b-256; empty without one.


class ProfileChange(Body, frozen=True):
    """New nickname and signature; ``None`` leaves it."""

    nickname: Name | None = None
    signature: Annotated[str, msgspec.Meta(max_length=limits.SIGNATURE_LENGTH_MAX)] | None = None


class UserList(Body, frozen=True):
    """People found."""

    users: list[UserProfile]


class AccountKeys(Body, frozen=True):
    """Whom to seal to, and whose signatures to expect: the whole device list, past roots too."""

    account: Id
    root_key: Key
    archive_key: ArchiveKey
    device_list: list[DeviceListEntry]
    past: list[PastRoot] = []


class ContactRequest(Body, frozen=True):
    """Asks ``account`` to become a contact; the greeting is sealed to its archive key."""

    account: Id
    greeting: Annotated[bytes, msgspec.Meta(max_length=limits.SEALED_GREETING_BYTES_MAX)] = b""

    def __repr__(self) -> str:
        return f"ContactRequest({self.account})"


class ContactInfo(Body, frozen=True):
    """A friend; presence as of now, "offline, never seen" where it is not shown."""

    profile: UserProfile
    since_ms: Milliseconds
    requested_by: Id  # Which of the two asked; the other one creates the conversation.
    is_online: bool
    last_seen_ms: Milliseconds
    conversation_id: int = 0  # Their direct conversation, 0 if there is none yet.


class RequestInfo(Body, frozen=True):
    """A request that waits; ``greeting`` only in those of others."""

    profile: UserProfile
    is_own: bool
    at_ms: Milliseconds
    greeting: bytes = b""

    def __repr__(self) -> str:
        return f"RequestInfo({self.profile.account})"


class ContactList(Body, frozen=True):
    """All contacts, all requests that wait, and whom the account has blocked, newest first."""

    contacts: list[ContactInfo]
    requests: list[RequestInfo]
    blocked: list[UserProfile] = []


class Privacy(Body, frozen=True):
    """What contacts see of an account; who hides their presence sees nobody's."""

    shares_presence: bool


class SealedRecord(Body, frozen=True):
    """One epoch's record, sealed to one account's archive key."""

    account: Id
    record: Annotated[bytes, msgspec.Meta(max_length=limits.RECORD_BYTES_MAX)]

    def __repr__(self) -> str:
        return f"SealedRecord({self.account})"


class MemberInfo(Body, frozen=True):
    """A member and their marks."""

    account: Id
    role: Role
    delivered: Counter
    delivered_at_ms: Milliseconds
    read: Counter
    read_at_ms: Milliseconds


class EntryRange(Body, frozen=True):
    """Entries ``first`` to ``last`` of a log."""

    first: Counter
    last: Counter


class Conversation(Body, frozen=True):
    """A conversation the asking account is, or was, a member of.

    A member that came later or was added anew is served from ``first``; one that has gone up to
    ``last`` (0: still here) and no further. ``past`` is what it may read of earlier times as a
    member, oldest first, the newest `limits.PAST_RANGES_MAX`.
    """

    conversation_id: Id
    kind: ConversationKind
    head: Counter
    newest_handshake: Counter
    document_hash: Hash
    can_write: bool
    members: list[MemberInfo]
    first: Counter = 1
    last: Counter = 0
    chain_before: Annotated[bytes, msgspec.Meta(max_length=32)] = b""  # Chain before ``first``.
    has_history: bool = True
    past: Annotated[list[EntryRange], msgspec.Meta(max_length=limits.PAST_RANGES_MAX)] = []


class ConversationList(Body, frozen=True):
    """All conversations of the account, the one with the newest entry first."""

    conversations: list[Conversation]


class EntryPage(Body, frozen=True):
    """A run of entries without holes."""

    chain_before: Hash
    entries: list[Entry]


class EpochRecord(Body, frozen=True):
    """A record sealed to the asking account; ``parent`` is the handshake that made its epoch."""

    parent: Counter
    by_device: Id
    record: bytes

    def __repr__(self) -> str:
        return f"EpochRecord(parent={self.parent})"


class RecordList(Body, frozen=True):
    """The records, the newest handshake's first; several of one handshake in order of coming."""

    records: list[EpochRecord]
