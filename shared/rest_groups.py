"""Bodies of the REST API about handshakes and groups; the rules of `shared.rest` hold.

| call | body → answer | may answer |
| --- | --- | --- |
| POST /v1/conversations | Creation → 201 Conversation | exists, not_contact, bad_hash, out_of_turn, stale, forbidden |
| POST /v1/conversations/ID/handshakes | Handshake → 201 HandshakeAccepted | not_found, out_of_turn (details.own_counter), stale (details.newest_handshake), forbidden, malformed, not_contact, bad_invite, bad_hash, closed, rate_limited |
| GET /v1/conversations/ID/group-infos | → GroupInfoList: the newest three, newest first | not_found |
| GET /v1/conversations/ID/welcome | → WelcomeInfo: the newest for this device | not_found |
| DELETE /v1/conversations/ID/welcome | → 204, joined or of no use | |
| GET /v1/conversations/ID/records?before=0&limit=200 | → RecordList of the asking account, newest parent first | not_found |
| POST /v1/conversations/ID/records | RecordAddition → 201 | not_found, too_large, exists, forbidden |
| POST /v1/conversations/ID/blank | Blanking → 204 | not_found, forbidden, bad_hash |
| POST /v1/conversations/ID/leave | Leaving → 204 | not_found, forbidden, malformed |
| GET /v1/conversations/ID/warrants | → WarrantList: those that wait for a commit | not_found |
| POST /v1/conversations/ID/warrants | WarrantList (revoke, archive; own account) → 204 | not_found, forbidden |
| POST /v1/conversations/ID/join-requests | JoinRequest → 201 | not_found, bad_invite, already_requested, exists, stale, closed |
| GET /v1/conversations/ID/join-requests | → JoinRequestList: by invite to members, others to admins | not_found |
| DELETE /v1/conversations/ID/join-requests/ACCOUNT | (decline, or withdraw the own) → 204 | no_request, forbidden |
| POST /v1/heads | HeadQuestion → HeadList, signed | |

A device-made identifier that is taken, and a repeat of what was done, are answered as in
`shared.entries`: a repeat gets the first answer.
"""  # noqa: E501

from __future__ import annotations

from typing import Annotated

import msgspec

from shared import limits
from shared.entries import Counter, Head, Submission
from shared.identifiers import Hash, Id, Milliseconds
from shared.rest import Body, SealedRecord, UserProfile
from shared.roster import Warrant

__all__ = [
    "Blanking",
    "Creation",
    "GroupInfoList",
    "Handshake",
    "HandshakeAccepted",
    "HeadList",
    "HeadQuestion",
    "JoinRequest",
    "JoinRequestInfo",
    "JoinRequestList",
    "Leaving",
    "PublicState",
    "RecordAddition",
    "WarrantList",
    "Welcome",
    "WelcomeInfo",
]

Records = Annotated[list[SealedRecord], msgspec.Meta(max_length=limits.MEMBERS_MAX)]
Document = Annotated[bytes, msgspec.Meta(max_length=limits.ROSTER_BYTES_MAX)]
GroupInfo = Annotated[bytes, msgspec.Meta(max_length=limits.GROUP_INFO_BYTES_MAX)]
Tree = Annotated[bytes, msgspec.Meta(max_length=limits.TREE_BYTES_MAX)]
WelcomeBytes = Annotated[bytes, msgspec.Meta(max_length=limits.WELCOME_BYTES_MAX)]


class Welcome(Body, frozen=True):
    """One MLS Welcome for all devices that a commit adds; stored once."""

    devices: Annotated[list[Id], msgspec.Meta(min_length=1, max_length=limits.MLS_LEAVES_MAX)]
    welcome: WelcomeBytes

    def __repr__(self) -> str:
        return f"Welcome({len(self.devices)} devices)"


class Creation(Body, frozen=True):
    """A new conversation: its first handshake (sequence 1) and all that travels with it.

    ``submission`` has device_counter 1, parent 0, base 0 and the document's hash; the document has
    number 1.
    """

    submission: Submission
    document: Document
    records: Records
    group_info: GroupInfo
    tree: Tree
    welcome: Welcome | None = None

    def __repr__(self) -> str:
        return f"Creation({self.submission.conversation_id})"


class Handshake(Body, frozen=True):
    """A commit with all that travels with it; ``document`` only where it changes."""

    submission: Submission
    records: Records
    group_info: GroupInfo
    tree: Tree
    document: Document | None = None
    welcome: Welcome | None = None

    def __repr__(self) -> str:
        return f"Handshake({self.submission.conversation_id})"


class HandshakeAccepted(Body, frozen=True):
    """The handshake is in the log for good; fields as in `shared.frames.Accepted`.

    A repeat of the counter gets the first answer; ``payload_hash`` says for which payload.
    """

    device_counter: Counter
    payload_hash: Hash
    sequence: Counter
    entry_id: Id
    received_at_ms: Milliseconds
    chain: Hash
    is_repeat: bool = False


class PublicState(Body, frozen=True):
    """What the committer of handshake ``sequence`` signed of the epoch it made, and its tree."""

    sequence: Counter
    parent: Counter
    document_hash: Hash
    group_info: bytes
    tree: bytes

    def __repr__(self) -> str:
        return f"PublicState(sequence={self.sequence})"


class GroupInfoList(Body, frozen=True):
    """The newest states, newest first; at most `limits.GROUP_INFOS_KEPT`."""

    states: list[PublicState]


class WelcomeInfo(Body, frozen=True):
    """The way in for this device, made by handshake ``sequence``."""

    sequence: Counter
    welcome: bytes
    tree: bytes

    def __repr__(self) -> str:
        return f"WelcomeInfo(sequence={self.sequence})"


class RecordAddition(Body, frozen=True):
    """Another record of an epoch, sealed to the own account by a device that was present."""

    parent: Counter
    record: Annotated[bytes, msgspec.Meta(max_length=limits.RECORD_BYTES_MAX)]

    def __repr__(self) -> str:
        return f"RecordAddition(parent={self.parent})"


class Blanking(Body, frozen=True):
    """Asks for a payload to be dropped: by its sender's account, or a group's admin."""

    sequence: Counter
    payload_hash: Hash


class Leaving(Body, frozen=True):
    """The own account wants to go: a `shared.roster.LeaveWarrant`."""

    warrant: Warrant


class WarrantList(Body, frozen=True):
    """Changes that an account has signed and no commit has carried out yet."""

    warrants: Annotated[list[Warrant], msgspec.Meta(max_length=limits.JOIN_REQUESTS_MAX)]


class JoinRequest(Body, frozen=True):
    """The own account wants to come in; with an `InviteWarrant` no admin needs to agree."""

    root_key: Hash
    greeting: Annotated[bytes, msgspec.Meta(max_length=limits.SEALED_GREETING_BYTES_MAX)] = b""
    invite: Warrant | None = None

    def __repr__(self) -> str:
        return "JoinRequest()"


class JoinRequestInfo(Body, frozen=True):
    """A request that waits."""

    profile: UserProfile
    at_ms: Milliseconds
    root_key: Hash
    greeting: bytes = b""
    invite: Warrant | None = None

    def __repr__(self) -> str:
        return f"JoinRequestInfo({self.profile.account})"


class JoinRequestList(Body, frozen=True):
    """All requests that wait and that the asking account may carry out."""

    requests: list[JoinRequestInfo]


class HeadQuestion(Body, frozen=True):
    """Asks where conversations stand."""

    conversation_ids: Annotated[list[Id], msgspec.Meta(min_length=1, max_length=200)]


class HeadList(Body, frozen=True):
    """Heads with chain and signature, of those conversations that the account is a member of."""

    heads: list[Head]
