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
    "Alarm",
    "Answer",
    "AnyAnswer",
    "AuditExported",
    "AuditFinding",
    "AuditLoaded",
    "AvatarLoaded",
    "Contact",
    "ContactsChanged",
    "ConversationOpened",
    "ConversationRow",
    "ConversationsChanged",
    "DeviceRow",
    "DevicesLoaded",
    "Done",
    "DraftLoaded",
    "Event",
    "Failed",
    "FileLookedAt",
    "FileRow",
    "FileState",
    "FriendGroup",
    "InviteMade",
    "JoinRequestsLoaded",
    "JoinStarted",
    "LinkChanged",
    "LinkState",
    "LoggedIn",
    "Member",
    "MembersLoaded",
    "MessageKind",
    "MessageRow",
    "MessageState",
    "MessagesFound",
    "Notice",
    "NoticeKind",
    "PasscodeChanged",
    "PictureLoaded",
    "PresenceChanged",
    "PresenceState",
    "PrivacyChanged",
    "Profile",
    "ProfileChanged",
    "ProfileLoaded",
    "Queued",
    "Quote",
    "ReactionCount",
    "RecoveryCodeMade",
    "Registered",
    "Request",
    "SafetyLoaded",
    "StorageLoaded",
    "SystemKind",
    "TimelineChanged",
    "TimelinePage",
    "TransferProgress",
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
    FILE = "file"  # ``file`` says which; ``text`` is its caption.
    UNREADABLE = "unreadable"  # Cannot be opened: one grey line.
    REMOVED = "removed"  # The payload was blanked.
    UNSUPPORTED = "unsupported"  # A kind that needs a newer version.
    RECALLED = "recalled"  # Taken back by its sender or an admin; ``text`` is empty.
    SYSTEM = "system"  # What happened to the conversation; ``system`` says what.


class FileState(StrEnum):
    """Where a file's bytes are."""

    REMOTE = "remote"  # On the server, to be fetched.
    WAITING = "waiting"  # For its turn, or for the server to be reachable.
    RUNNING = "running"  # On their way; `TransferProgress` says how far.
    PAUSED = "paused"
    FAILED = "failed"  # ``code`` says why; `commands.ResumeTransfer` tries again.
    HERE = "here"


class SystemKind(StrEnum):
    """What a system line tells; ``MessageRow.subjects`` are the accounts it happened to."""

    CREATED = "created"
    ADDED = "added"
    JOINED = "joined"  # By an invitation.
    REMOVED = "removed"
    LEFT = "left"
    ROLE_CHANGED = "role_changed"  # ``text``: the role's number.
    RENAMED = "renamed"  # ``text``: the name.
    TIMER_CHANGED = "timer_changed"  # ``text``: seconds.
    HISTORY_CHANGED = "history_changed"  # ``text``: "on" or "off".
    ROOT_CHANGED = "root_changed"


class NoticeKind(StrEnum):
    """A quiet line that is told once."""

    CLOCK_OFF = "clock_off"  # detail: minutes the local clock is off.
    PROFILE_ROLLED_BACK = "profile_rolled_back"
    PROFILE_COPIED = "profile_copied"  # Twice within a day: this copy of the profile is ended.
    KEY_FILE = "key_file"  # No OS key store: the key lies in an owner-only file. detail: path.
    ROOT_CHANGED = "root_changed"  # detail: account.
    CHAIN_BROKEN = "chain_broken"  # detail: conversation id.
    DISK_FULL = "disk_full"
    DEVICE_ADDED = "device_added"  # A device of one's own; detail: its name.
    REVOKED = "revoked"  # This device was ended by another one.
    CHANGE_REFUSED = "change_refused"  # An edit, recall or reaction did not come in; detail: code.


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
    remark: str = ""  # One's own name for them; shown instead of the nickname.
    is_verified: bool = False

    def __repr__(self) -> str:
        return f"Contact(account={self.profile.account})"


class FriendGroup(msgspec.Struct, frozen=True, kw_only=True):
    """A named group of friends; an account is in at most one."""

    name: str
    accounts: tuple[AccountId, ...] = ()

    def __repr__(self) -> str:
        return f"FriendGroup({len(self.accounts)} accounts)"


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """A contact request that waits for an answer, the own ones and those of others."""

    profile: Profile
    greeting: str
    is_own: bool
    at_ms: int

    def __repr__(self) -> str:
        return f"Request(account={self.profile.account}, is_own={self.is_own})"


class FileRow(msgspec.Struct, frozen=True, kw_only=True):
    """The file of a message; a picture if it has a width.

    ``preview`` (20 pixels, to be shown blurred at once) and ``thumbnail`` (320) are PNG or JPEG
    that somebody else may have made: decode them with a bound on their pixels.
    """

    name: str  # As its sender called it: never a path.
    size: int
    media_type: str = ""
    width: int = 0
    height: int = 0
    preview: bytes = b""
    thumbnail: bytes = b""
    state: FileState = FileState.REMOTE
    is_upload: bool = False
    done: int = 0  # Sealed bytes, when the state changed last.
    total: int = 0
    code: str = ""

    def __repr__(self) -> str:
        return f"FileRow({self.size} bytes, {self.state})"


class ReactionCount(msgspec.Struct, frozen=True):
    """An emoji at a message, and who put it there, in order of coming."""

    emoji: str
    accounts: tuple[AccountId, ...]


class Quote(msgspec.Struct, frozen=True, kw_only=True):
    """What is shown of a message where another one answers it, as that one is now."""

    local_id: int
    order: int  # Where to jump to.
    sender: AccountId
    kind: MessageKind
    text: str  # Its beginning.

    def __repr__(self) -> str:
        return f"Quote(local_id={self.local_id})"


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
    reply_to: str = ""  # Hex message_id.
    quote: Quote | None = None  # ``None``: it answers nothing, or that is not here.
    is_edited: bool = False
    is_changing: bool = False  # An edit, recall or reaction of one's own is not accepted yet.
    reactions: tuple[ReactionCount, ...] = ()
    expires_at_ms: int = 0  # 0: stays.
    system: SystemKind | None = None
    subjects: tuple[AccountId, ...] = ()
    file: FileRow | None = None
    mentions: tuple[AccountId, ...] = ()

    def __repr__(self) -> str:
        return f"MessageRow(local_id={self.local_id}, sequence={self.sequence})"


class ConversationRow(msgspec.Struct, frozen=True, kw_only=True):
    """One row of the conversation list."""

    conversation_id: ConversationId
    peer: Profile  # The other member of a direct conversation.
    preview: str
    preview_is_own: bool
    preview_state: MessageState | None
    preview_kind: MessageKind = MessageKind.TEXT
    preview_system: SystemKind | None = None
    preview_sender: Profile | None = None  # Who wrote it, in groups; `None` for one's own.
    preview_file: str = ""  # The name of its file; then ``preview`` is the caption, or this name.
    preview_is_picture: bool = False
    last_at_ms: int
    unread: int
    first_unread: int  # Sequence of the first unread message, 0 if there is none.
    head: int  # Newest sequence held.
    draft: str
    can_send: bool  # False when the friendship has ended, or one is no member any more.
    kind: int = 1  # `shared.roster.ConversationKind`; in groups ``peer`` has account 0.
    title: str = ""  # Of a group; empty before its name has come.
    avatar: bytes = b""  # Of a group.
    announcement: str = ""
    member_count: int = 2
    own_role: int = 1  # `shared.roster.Role`; 0: no member any more.
    join_requests: int = 0
    timer_s: int = 0
    has_history: bool = True
    is_blocked: bool = False  # Sending waits until a changed root is looked at.
    remark: str = ""  # One's own name for the other one of two.
    is_verified: bool = False  # The other one of two was compared by safety number.
    muted_until_ms: int = -1  # Server time; 0: for ever; -1: not muted.
    is_pinned: bool = False
    pinned_at_ms: int = 0  # Server time; sorts pinned ones, the newest on top.
    is_archived: bool = False
    mentions: int = 0  # Unread messages that name the person.
    first_mention: int = 0  # Sequence of the first of them.

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
    missing: int = 0  # Entries that the server has and that are not here yet.


class ContactsChanged(Event, frozen=True):
    """The whole list of contacts and requests, as it is now."""

    contacts: list[Contact]
    requests: list[Request]
    friend_groups: tuple[FriendGroup, ...] = ()
    blocked: tuple[Profile, ...] = ()


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


class TransferProgress(Event, frozen=True):
    """How many sealed bytes of a file have gone or come; at most a few times a second."""

    conversation_id: ConversationId
    local_id: int
    done: int
    total: int


class TypingChanged(Event, frozen=True):
    """Somebody started or stopped typing; the engine ends it by itself after a while."""

    conversation_id: ConversationId
    account: AccountId
    is_typing: bool


class ProfileChanged(Event, frozen=True):
    """Somebody's profile changed."""

    profile: Profile


class PrivacyChanged(Event, frozen=True):
    """What others may see of this account; told at the start and when it changes."""

    shares_presence: bool
    sends_read_marks: bool


class PasscodeChanged(Event, frozen=True):
    """How this profile stands with its passcode; told at the start and when it changes.

    While ``is_locked`` the profile is closed: nothing but `commands.Unlock` and
    `commands.WipeProfile` is carried out, and no other event comes.
    """

    is_set: bool
    is_locked: bool
    retry_at_ms: int = 0  # Wall clock; before it no passcode is tried.


class Notice(Event, frozen=True):
    """A quiet line to show once."""

    kind: NoticeKind
    detail: str = ""


class Alarm(Event, frozen=True):
    """Somebody broke the rules of the log, and what shows it."""

    conversation_id: ConversationId
    kind: str  # `shared.e2ee.evidence.Finding`.
    blamed: str  # "server", "device" or "unclear": the server or NAME's device is wrong.
    sequence: int = 0
    account: int = 0
    evidence_id: int = 0


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


class DraftLoaded(Answer, frozen=True):
    """What was typed and not sent, and the messages that it answers or changes."""

    text: str
    reply: MessageRow | None = None
    edit: MessageRow | None = None
    edit_text: str = ""

    def __repr__(self) -> str:
        return "DraftLoaded()"


class FileLookedAt(Answer, frozen=True):
    """A file that can be sent; a picture if it has a width.

    ``thumbnail`` is PNG or JPEG of at most 320 pixels, made here.
    """

    size: int
    media_type: str = ""
    width: int = 0
    height: int = 0
    thumbnail: bytes = b""

    def __repr__(self) -> str:
        return f"FileLookedAt({self.size} bytes)"


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


class PictureLoaded(Answer, frozen=True):
    """A picture, decoded: rows of RGBA, 8 bits each, from the top, without gaps."""

    local_id: int
    width: int
    height: int
    data: bytes

    def __repr__(self) -> str:
        return f"PictureLoaded({self.width} × {self.height})"


class ServerLoaded(Answer, frozen=True):
    """What the server says of itself."""

    name: str
    version: str


class StorageLoaded(Answer, frozen=True):
    """How much room the profile takes, in bytes."""

    database_bytes: int
    files_bytes: int
    clearable_bytes: int  # Of the files, those that the server still has.


class InviteMade(Answer, frozen=True):
    """A code that lets others in."""

    code: str
    expires_at_ms: int

    def __repr__(self) -> str:
        return "InviteMade()"


class JoinStarted(Answer, frozen=True):
    """Asked to come in; waits for a member's device, or for an admin."""

    conversation_id: ConversationId
    title: str
    needs_approval: bool

    def __repr__(self) -> str:
        return f"JoinStarted({self.conversation_id})"


class JoinRequestsLoaded(Answer, frozen=True):
    """Who waits to come in."""

    conversation_id: ConversationId
    profiles: list[Profile]


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """A member of a conversation."""

    profile: Profile
    role: int  # `shared.roster.Role`.
    is_verified: bool = False
    device_count: int = 0  # Devices of this account in the conversation right now.


class MembersLoaded(Answer, frozen=True):
    """The members, in order of joining."""

    conversation_id: ConversationId
    members: list[Member]


class DeviceRow(msgspec.Struct, frozen=True, kw_only=True):
    """One of the own devices."""

    device_id: int
    name: str
    created_ms: int
    last_seen_ms: int
    is_current: bool
    is_revoked: bool
    has_session: bool


class DevicesLoaded(Answer, frozen=True):
    """The own devices, revoked ones last."""

    devices: list[DeviceRow]


class RecoveryCodeMade(Answer, frozen=True):
    """A new recovery code, shown this once."""

    recovery_code: str

    def __repr__(self) -> str:
        return "RecoveryCodeMade()"


class SafetyLoaded(Answer, frozen=True):
    """What two people compare: 60 digits, and the same for a QR code."""

    account: AccountId
    number: str  # 12 groups of 5 digits, a space between.
    qr_data: bytes
    is_verified: bool
    has_changed: bool  # The root is another than the one pinned; not acknowledged yet.


class AuditFinding(msgspec.Struct, frozen=True, kw_only=True):
    """Something that an honest server and honest devices do not do."""

    kind: str
    blamed: str
    sequence: int
    account: int
    at_ms: int
    message: str


class AuditLoaded(Answer, frozen=True):
    """What a whole check of a conversation found; ``entries`` were looked at."""

    conversation_id: ConversationId
    entries: int
    chain: str  # Hex of the chain value at ``sequence``.
    sequence: int
    findings: list[AuditFinding]


class AuditExported(Answer, frozen=True):
    """A proof that anybody can check offline."""

    data: bytes

    def __repr__(self) -> str:
        return f"AuditExported({len(self.data)} bytes)"


AnyAnswer = (
    Registered
    | LoggedIn
    | UsersFound
    | ConversationOpened
    | TimelinePage
    | Queued
    | DraftLoaded
    | FileLookedAt
    | ProfileLoaded
    | AvatarLoaded
    | MessagesFound
    | PictureLoaded
    | InviteMade
    | JoinStarted
    | JoinRequestsLoaded
    | MembersLoaded
    | DevicesLoaded
    | RecoveryCodeMade
    | SafetyLoaded
    | AuditLoaded
    | AuditExported
    | ServerLoaded
    | StorageLoaded
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
    ``not_logged_in``, ``profile_in_use`` (another process has this profile open), ``no_file``
    (there is no such file, or it cannot be read or written), ``file_changed`` (while it was
    read), ``damaged`` (the bytes are not those that were sent), ``cancelled`` (a transfer was
    stopped before its end), ``no_picture`` (it cannot be shown as a picture), ``locked`` (the
    profile waits for its passcode), ``wrong_passcode``, ``bad_passcode`` (too short or too long),
    ``passcode_wait`` (after wrong ones the next may be tried a while later).
    ``message`` is a sentence in English; windows translate by code.
    """

    request_id: int
    code: str
    message: str
