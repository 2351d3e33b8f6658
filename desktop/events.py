"""What the engine tells: plain values, one struct each, in the order in which they happened.

Times are server time in ms since 1970-01-01 UTC unless a field says otherwise.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec

from shared.identifiers import AccountId, ConversationId

__all__ = [
    "Account",
    "AccountChanged",
    "Answer",
    "AnyAnswer",
    "AvatarLoaded",
    "Contact",
    "ContactsChanged",
    "ConversationOpened",
    "ConversationRow",
    "ConversationsChanged",
    "Done",
    "Event",
    "Failed",
    "LinkChanged",
    "LinkState",
    "LoggedIn",
    "MessageKind",
    "MessageRow",
    "MessageState",
    "MessagesFound",
    "Notice",
    "NoticeKind",
    "PresenceChanged",
    "PresenceState",
    "Profile",
    "ProfileChanged",
    "ProfileLoaded",
    "Queued",
    "Registered",
    "Request",
    "TimelineChanged",
    "TimelinePage",
    "TypingChanged",
    "UsersFound",
]


class LinkState(StrEnum):
    """How the engine stands with the server."""

    OFFLINE = "offline"  # Not reachable; the next try is at ``retry_at_ms``.
    CONNECTING = "connecting"
    ONLINE = "online"
    REFUSED = "refused"  # A rule says no (revoked, too old); ``code`` says which. No more tries.


class PresenceState(StrEnum):
    """Whether a contact can be reached now."""

    ONLINE = "online"
    OFFLINE = "offline"


class MessageState(StrEnum):
    """How far a message has come. Own ones pass all states; others' are ``received``."""

    WAITING = "waiting"  # Stored here, not yet accepted.
    ACCEPTED = "accepted"  # Safe on the server: one tick.
    DELIVERED = "delivered"  # Safe on the other side's device: two ticks.
    READ = "read"  # Seen by the other side.
    REFUSED = "refused"  # A rule said no; ``refusal`` is its code.
    RECEIVED = "received"  # From somebody else.


class MessageKind(StrEnum):
    """What a row shows."""

    TEXT = "text"
    UNREADABLE = "unreadable"  # Cannot be opened: one grey line.
    REMOVED = "removed"  # The payload was blanked.
    UNSUPPORTED = "unsupported"  # A kind that needs a newer version.


class NoticeKind(StrEnum):
    """A quiet line that is told once."""

    CLOCK_OFF = "clock_off"  # detail: minutes the local clock is off.
    PROFILE_ROLLED_BACK = "profile_rolled_back"
    KEY_FILE = "key_file"  # No OS key store: the key lies in an owner-only file. detail: path.
    ROOT_CHANGED = "root_changed"  # detail: account.
    CHAIN_BROKEN = "chain_broken"  # detail: conversation id.
    DISK_FULL = "disk_full"


class Profile(msgspec.Struct, frozen=True, kw_only=True):
    """What a person shows of themselves; readable by the server."""

    account: AccountId
    user_name: str
    nickname: str
    signature: str = ""
    avatar: str = ""  # Hex hash of the picture, empty without one.


class Contact(msgspec.Struct, frozen=True, kw_only=True):
    """A friend."""

    profile: Profile
    presence: PresenceState = PresenceState.OFFLINE
    last_seen_ms: int = 0
    conversation_id: ConversationId | None = None


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """A contact request that waits for an answer, the own ones and those of others."""

    profile: Profile
    greeting: str
    is_own: bool
    at_ms: int

    def __repr__(self) -> str:
        return f"Request(account={self.profile.account}, is_own={self.is_own})"


class MessageRow(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a timeline.

    ``order`` sorts the timeline: an accepted row's is its slot after the insertion merge
    (`shared.ordering`) times 2^20; waiting rows come last in the order they were typed. It may
    change: an upsert with the same ``local_id`` replaces the row. ``local_id`` is stable within
    one database.
    """

    conversation_id: ConversationId
    local_id: int
    order: int
    sequence: int  # 0 while waiting.
    message_id: str  # Hex.
    sender: AccountId
    is_own: bool
    kind: MessageKind
    text: str
    shown_at_ms: int  # min(sent, received + error).
    sent_at_ms: int
    received_at_ms: int  # 0 while waiting.
    state: MessageState
    delivered_at_ms: int = 0
    read_at_ms: int = 0
    refusal: str = ""

    def __repr__(self) -> str:
        return f"MessageRow(local_id={self.local_id}, sequence={self.sequence})"


class ConversationRow(msgspec.Struct, frozen=True, kw_only=True):
    """One row of the conversation list."""

    conversation_id: ConversationId
    peer: Profile  # The other member of a direct conversation.
    preview: str
    preview_is_own: bool
    preview_state: MessageState | None
    last_at_ms: int
    unread: int
    first_unread: int  # Sequence of the first unread message, 0 if there is none.
    head: int  # Newest sequence held.
    draft: str
    can_send: bool  # False when the friendship has ended.

    def __repr__(self) -> str:
        return f"ConversationRow(conversation_id={self.conversation_id}, unread={self.unread})"


class Event(msgspec.Struct, frozen=True, tag=True, kw_only=True):
    """The root of all events."""


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """The account of this profile."""

    profile: Profile
    server_url: str
    is_logged_in: bool


class AccountChanged(Event, frozen=True):
    """Logged in, logged out, or the own profile changed; ``None``: no account here yet."""

    account: Account | None


class LinkChanged(Event, frozen=True):
    """The link to the server changed its state."""

    state: LinkState
    code: str = ""
    message: str = ""
    retry_at_ms: int = 0  # Local clock.
    complete_up_to_ms: int = 0  # 0: complete; else server time up to which all is here.


class ContactsChanged(Event, frozen=True):
    """The whole list of contacts and requests, as it is now."""

    contacts: list[Contact]
    requests: list[Request]


class PresenceChanged(Event, frozen=True):
    """A contact came or went."""

    account: AccountId
    presence: PresenceState
    last_seen_ms: int


class ConversationsChanged(Event, frozen=True):
    """Rows that are new or changed; after log-in all of them, with ``is_snapshot``."""

    rows: list[ConversationRow]
    is_snapshot: bool = False


class TimelineChanged(Event, frozen=True):
    """Rows of a timeline that are new or changed, and local ids that are gone."""

    conversation_id: ConversationId
    rows: list[MessageRow]
    removed: list[int] = []


class TypingChanged(Event, frozen=True):
    """Somebody started or stopped typing; the engine ends it by itself after a while."""

    conversation_id: ConversationId
    account: AccountId
    is_typing: bool


class ProfileChanged(Event, frozen=True):
    """Somebody's profile changed."""

    profile: Profile


class Notice(Event, frozen=True):
    """A quiet line to show once."""

    kind: NoticeKind
    detail: str = ""


class Answer(msgspec.Struct, frozen=True, tag=True, kw_only=True):
    """The root of what a command may answer."""


class Registered(Answer, frozen=True):
    """The account is made and logged in; the recovery code is shown this once."""

    recovery_code: str

    def __repr__(self) -> str:
        return "Registered()"


class LoggedIn(Answer, frozen=True):
    """The session is open."""


class UsersFound(Answer, frozen=True):
    """People found by user name; at most `limits.SEARCH_RESULTS_MAX`."""

    profiles: list[Profile]


class ConversationOpened(Answer, frozen=True):
    """The conversation with a contact."""

    conversation_id: ConversationId


class TimelinePage(Answer, frozen=True):
    """Rows in rising order; whether there are more on either side (also on the server)."""

    conversation_id: ConversationId
    rows: list[MessageRow]
    has_older: bool
    has_newer: bool


class Queued(Answer, frozen=True):
    """The message is in the outbox."""

    row: MessageRow


class ProfileLoaded(Answer, frozen=True):
    """Somebody's profile."""

    profile: Profile


class AvatarLoaded(Answer, frozen=True):
    """An avatar's picture; empty if it is gone."""

    account: AccountId
    avatar: str
    data: bytes

    def __repr__(self) -> str:
        return f"AvatarLoaded({self.account}, {len(self.data)} bytes)"


class MessagesFound(Answer, frozen=True):
    """Messages found, newest first."""

    rows: list[MessageRow]


AnyAnswer = (
    Registered
    | LoggedIn
    | UsersFound
    | ConversationOpened
    | TimelinePage
    | Queued
    | ProfileLoaded
    | AvatarLoaded
    | MessagesFound
    | None
)


class Done(Event, frozen=True):
    """A command is done."""

    request_id: int
    answer: AnyAnswer = None


class Failed(Event, frozen=True):
    """A command was refused or could not be carried out.

    ``code`` is a `shared.errors.Code` or one of the client's own: ``offline`` (server not
    reachable), ``insecure_address`` (plain http beyond loopback), ``weak_kdf`` (the server asks
    for less than this client accepts), ``passwords``, ``local`` (disk or database),
    ``not_logged_in``, ``profile_in_use`` (another process has this profile open).
    ``message`` is a sentence in English; windows translate by code.
    """

    request_id: int
    code: str
    message: str
