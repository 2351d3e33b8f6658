"""What windows, scripts and bots ask of the engine: plain values, one struct each.

A command returns at once. Its answer arrives as `desktop.events.Done` or `desktop.events.Failed`
with the same ``request_id`` (chosen by the caller, unique per engine); its effects arrive as the
other events. ``conversation_id`` and ``account`` are as in `shared.identifiers`.
"""

from __future__ import annotations

import msgspec

from shared.identifiers import AccountId, ConversationId

__all__ = [
    "AcceptRequest",
    "AcknowledgeRoot",
    "AddMembers",
    "ApproveJoin",
    "BlockAccount",
    "CancelMessage",
    "CancelTransfer",
    "ChangePassword",
    "ClearFiles",
    "Command",
    "CreateGroup",
    "DeclineJoin",
    "DeclineRequest",
    "DecodePicture",
    "Download",
    "EditMessage",
    "ExportAudit",
    "FetchPictures",
    "FindMessage",
    "JoinGroup",
    "LeaveGroup",
    "LoadAudit",
    "LoadAvatar",
    "LoadDevices",
    "LoadDraft",
    "LoadJoinRequests",
    "LoadMembers",
    "LoadPicture",
    "LoadProfile",
    "LoadSafety",
    "LoadServer",
    "LoadStorage",
    "LoadTimeline",
    "LogIn",
    "LogOut",
    "LookAtFile",
    "MakeInvite",
    "MakeRecoveryCode",
    "MarkRead",
    "OpenConversation",
    "OpenNotes",
    "PauseTransfer",
    "React",
    "RecallMessage",
    "Reconnect",
    "Recover",
    "Register",
    "RemoveContact",
    "RemoveMember",
    "RenameDevice",
    "RequestContact",
    "ResetAccount",
    "ResumeTransfer",
    "RevokeDevice",
    "SaveDraft",
    "SaveFile",
    "SearchMessages",
    "SearchUsers",
    "SendFile",
    "SendText",
    "SetArchived",
    "SetAvatar",
    "SetFriendGroups",
    "SetGroupProfile",
    "SetHistory",
    "SetMuted",
    "SetPasscode",
    "SetPinned",
    "SetPrivacy",
    "SetProfile",
    "SetRemark",
    "SetRole",
    "SetTimer",
    "SetTyping",
    "SetVerified",
    "UnblockAccount",
    "Unlock",
    "WipeProfile",
    "WithdrawRequest",
]

PASTED_FOLDER = "pasted"  # In the profile's folder: what is sent from there is deleted once sealed.


class Command(msgspec.Struct, frozen=True, tag=True, kw_only=True):
    """The root of all commands."""

    request_id: int = 0


class Register(Command, frozen=True):
    """Make an account and log in. Answer: `events.Registered`."""

    user_name: str
    password: str
    nickname: str

    def __repr__(self) -> str:
        return f"Register(request_id={self.request_id})"


class LogIn(Command, frozen=True):
    """Log in to an account. Answer: `events.LoggedIn`."""

    user_name: str
    password: str

    def __repr__(self) -> str:
        return f"LogIn(request_id={self.request_id})"


class LogOut(Command, frozen=True):
    """End the session; with ``wipe`` the local database and keys are deleted too."""

    wipe: bool


class SearchUsers(Command, frozen=True):
    """Find people by user name (prefix, case-folded). Answer: `events.UsersFound`."""

    text: str


class RequestContact(Command, frozen=True):
    """Ask someone to become a contact, with a greeting sealed to them."""

    user_name: str
    greeting: str = ""

    def __repr__(self) -> str:
        return f"RequestContact(request_id={self.request_id})"


class WithdrawRequest(Command, frozen=True):
    """Take back one's own request to ``account``."""

    account: AccountId


class AcceptRequest(Command, frozen=True):
    """Accept the request of ``account``; the conversation is created too."""

    account: AccountId


class DeclineRequest(Command, frozen=True):
    """Decline the request of ``account``; the other side is not told."""

    account: AccountId


class RemoveContact(Command, frozen=True):
    """End the friendship on both sides; the conversation stays readable."""

    account: AccountId


class OpenConversation(Command, frozen=True):
    """Find or create the conversation with a contact. Answer: `events.ConversationOpened`."""

    account: AccountId


class LoadTimeline(Command, frozen=True):
    """Load rows by their order key. Answer: `events.TimelinePage`, from the local database.

    Give ``before`` for the rows just before that key, ``after`` for those just after it, neither
    for the newest, or ``around`` for half before and half from that key on. Where the local
    database has no older row, the engine pulls from the server first (if it is reachable).
    """

    conversation_id: ConversationId
    before: int | None = None
    after: int | None = None
    around: int | None = None
    at_ms: int | None = None  # Like ``around`` the first row shown at or after this server time.
    limit: int = 60


class SendText(Command, frozen=True):
    """Put a text into the outbox. Answer: `events.Queued`, once it is stored."""

    conversation_id: ConversationId
    text: str
    reply_to: str = ""  # Hex ``message_id`` of the message answered.
    mentions: tuple[AccountId, ...] = ()  # Who is named in the text and is to be told so.

    def __repr__(self) -> str:
        return f"SendText(conversation_id={self.conversation_id})"


class EditMessage(Command, frozen=True):
    """Replace the text of one's own message. Answer: `events.Queued`, like the two below.

    The row is the message as it is shown from now on; if a rule says no later, it is shown as
    before, and a `events.Notice` tells it.
    """

    conversation_id: ConversationId
    message_id: str
    text: str
    mentions: tuple[AccountId, ...] = ()

    def __repr__(self) -> str:
        return f"EditMessage(conversation_id={self.conversation_id})"


class RecallMessage(Command, frozen=True):
    """Take a message back: one's own; an admin of a group any."""

    conversation_id: ConversationId
    message_id: str


class React(Command, frozen=True):
    """Put an emoji at a message, or take it away."""

    conversation_id: ConversationId
    message_id: str
    emoji: str
    is_removed: bool = False

    def __repr__(self) -> str:
        return f"React(conversation_id={self.conversation_id})"


class SetTimer(Command, frozen=True):
    """Later messages disappear so many seconds after the server received them; 0: never."""

    conversation_id: ConversationId
    seconds: int


class CancelMessage(Command, frozen=True):
    """Drop a message of one's own that waits or was refused.

    One that is on its way already may be in the log: it is taken back there, if it turns out so.
    """

    conversation_id: ConversationId
    local_id: int


class MarkRead(Command, frozen=True):
    """Everything up to this sequence was seen by the person."""

    conversation_id: ConversationId
    sequence: int


class SetTyping(Command, frozen=True):
    """The person is typing, or stopped; the engine spaces out what it sends."""

    conversation_id: ConversationId
    is_typing: bool


class SaveDraft(Command, frozen=True):
    """Keep what was typed and not sent; where all of it is empty, nothing is kept.

    ``edit_text`` is what the message ``edit_of`` is being changed to; ``text`` waits meanwhile.
    """

    conversation_id: ConversationId
    text: str
    reply_to: str = ""  # Hex ``message_id`` of the message it answers.
    edit_of: str = ""  # Hex ``message_id``.
    edit_text: str = ""

    def __repr__(self) -> str:
        return f"SaveDraft(conversation_id={self.conversation_id})"


class LoadDraft(Command, frozen=True):
    """Bring back what was typed and not sent. Answer: `events.DraftLoaded`."""

    conversation_id: ConversationId


class SetProfile(Command, frozen=True):
    """Change the own nickname and signature."""

    nickname: str
    signature: str


class SetAvatar(Command, frozen=True):
    """Change the own avatar: PNG or JPEG of at most `limits.AVATAR_BYTES_MAX`; empty removes it."""

    data: bytes

    def __repr__(self) -> str:
        return f"SetAvatar({len(self.data)} bytes)"


class LoadProfile(Command, frozen=True):
    """Fetch someone's profile. Answer: `events.ProfileLoaded`; also `events.ProfileChanged`."""

    account: AccountId


class LoadAvatar(Command, frozen=True):
    """Fetch an avatar's picture, from the local cache if it is there. Answer: `AvatarLoaded`."""

    account: AccountId
    avatar: str


class SearchMessages(Command, frozen=True):
    """Search the local messages, newest first. Answer: `events.MessagesFound`.

    Without a text, whatever fits what else is asked for: a sender, a time, files.
    """

    text: str
    conversation_id: ConversationId | None = None
    limit: int = 50
    sender: AccountId | None = None
    since_ms: int = 0  # Server time; 0: from the beginning.
    until_ms: int = 0  # Up to here, not included; 0: to the end.
    only_files: bool = False
    before_local_id: int = 0  # Go on behind this row of an earlier answer.

    def __repr__(self) -> str:
        return f"SearchMessages(limit={self.limit})"


class Reconnect(Command, frozen=True):
    """Try to reach the server now: not only at `events.LinkChanged.retry_at_ms`, or never more."""


class OpenNotes(Command, frozen=True):
    """Find or create the conversation with oneself. Answer: `events.ConversationOpened`."""


class CreateGroup(Command, frozen=True):
    """Make a group with these accounts. Answer: `events.ConversationOpened`."""

    name: str
    accounts: tuple[AccountId, ...] = ()

    def __repr__(self) -> str:
        return f"CreateGroup({len(self.accounts)} accounts)"


class AddMembers(Command, frozen=True):
    """Add accounts to a group; done once a commit has done it."""

    conversation_id: ConversationId
    accounts: tuple[AccountId, ...]


class RemoveMember(Command, frozen=True):
    """Remove an account from a group; done once a commit has done it."""

    conversation_id: ConversationId
    account: AccountId


class LeaveGroup(Command, frozen=True):
    """Leave a group; it stays readable up to here."""

    conversation_id: ConversationId


class SetRole(Command, frozen=True):
    """Give a member another role (`shared.roster.Role`)."""

    conversation_id: ConversationId
    account: AccountId
    role: int


class SetGroupProfile(Command, frozen=True):
    """Change what a group shows of itself; ``None`` leaves it."""

    conversation_id: ConversationId
    name: str | None = None
    avatar: bytes | None = None
    announcement: str | None = None

    def __repr__(self) -> str:
        return f"SetGroupProfile(conversation_id={self.conversation_id})"


class SetHistory(Command, frozen=True):
    """Keep epoch records of a conversation, so that new devices read it, or do not."""

    conversation_id: ConversationId
    has_history: bool


class MakeInvite(Command, frozen=True):
    """Make a code that lets others in, or ask. Answer: `events.InviteMade`."""

    conversation_id: ConversationId
    needs_approval: bool = False


class JoinGroup(Command, frozen=True):
    """Join by a code. Answer: `events.JoinStarted`; the conversation comes when it is done."""

    code: str

    def __repr__(self) -> str:
        return f"JoinGroup(request_id={self.request_id})"


class LoadJoinRequests(Command, frozen=True):
    """Fetch who waits to come in. Answer: `events.JoinRequestsLoaded`."""

    conversation_id: ConversationId


class ApproveJoin(Command, frozen=True):
    """Let someone in who asked."""

    conversation_id: ConversationId
    account: AccountId


class DeclineJoin(Command, frozen=True):
    """Do not let someone in who asked; they are not told why."""

    conversation_id: ConversationId
    account: AccountId


class LoadMembers(Command, frozen=True):
    """List the members. Answer: `events.MembersLoaded`, from the local database."""

    conversation_id: ConversationId


class LoadDevices(Command, frozen=True):
    """Fetch the own devices. Answer: `events.DevicesLoaded`."""


class RenameDevice(Command, frozen=True):
    """Give one of the own devices another name."""

    device_id: int
    name: str

    def __repr__(self) -> str:
        return f"RenameDevice({self.device_id})"


class RevokeDevice(Command, frozen=True):
    """End one of the own devices for good; what it could read from now on is changed."""

    device_id: int
    password: str

    def __repr__(self) -> str:
        return f"RevokeDevice({self.device_id})"


class ChangePassword(Command, frozen=True):
    """Change the password."""

    password: str
    new_password: str

    def __repr__(self) -> str:
        return f"ChangePassword(request_id={self.request_id})"


class MakeRecoveryCode(Command, frozen=True):
    """Make a new recovery code; the old one is void. Answer: `events.RecoveryCodeMade`."""

    password: str

    def __repr__(self) -> str:
        return f"MakeRecoveryCode(request_id={self.request_id})"


class Recover(Command, frozen=True):
    """Set a new password with the recovery code and log in. Answer: `events.RecoveryCodeMade`."""

    user_name: str
    recovery_code: str
    new_password: str

    def __repr__(self) -> str:
        return f"Recover(request_id={self.request_id})"


class ResetAccount(Command, frozen=True):
    """Begin anew under the same name with the administrator's token; old messages stay sealed.

    Answer: `events.Registered`.
    """

    user_name: str
    reset_token: str
    new_password: str

    def __repr__(self) -> str:
        return f"ResetAccount(request_id={self.request_id})"


class LoadSafety(Command, frozen=True):
    """Compute the safety number with someone. Answer: `events.SafetyLoaded`."""

    account: AccountId


class SetVerified(Command, frozen=True):
    """The safety number was compared and is the same, or is to be compared again."""

    account: AccountId
    is_verified: bool


class AcknowledgeRoot(Command, frozen=True):
    """Accept that someone's root has changed: the new one is pinned, not verified."""

    account: AccountId


class LoadAudit(Command, frozen=True):
    """Check a conversation whole. Answer: `events.AuditLoaded`."""

    conversation_id: ConversationId


class ExportAudit(Command, frozen=True):
    """Write what proves the findings. Answer: `events.AuditExported`."""

    conversation_id: ConversationId


class SendFile(Command, frozen=True):
    """Send a file with a caption. Answer: `events.Queued`, once it is noted.

    It is sealed into the profile first, then uploaded, then the message goes out; all of it goes
    on after a restart. The file must stay as it is until it is sealed; one in `PASTED_FOLDER` is
    the app's own (a picture from the clipboard) and is deleted then.
    """

    conversation_id: ConversationId
    path: str
    text: str = ""
    reply_to: str = ""  # Hex of the message it answers.

    def __repr__(self) -> str:
        return f"SendFile(conversation_id={self.conversation_id})"


class LookAtFile(Command, frozen=True):
    """Say what would be sent. Answer: `events.FileLookedAt`, or ``no_file``, ``too_large``."""

    path: str

    def __repr__(self) -> str:
        return f"LookAtFile(request_id={self.request_id})"


class Download(Command, frozen=True):
    """Fetch the bytes of a file; they stay in the profile, sealed. Done once it has begun."""

    conversation_id: ConversationId
    local_id: int


class FetchPictures(Command, frozen=True):
    """Bring pictures that are in sight, those asked for last first, when nothing else waits.

    Of those that have not begun the newest `limits.PICTURES_WANTED_MAX` are remembered, until the
    program ends: whoever comes into sight again asks again.
    """

    conversation_id: ConversationId
    local_ids: list[int]


class SaveFile(Command, frozen=True):
    """Write a file to ``path``, fetching it first if need be; done once it is there.

    What is at that path is replaced. The fetching goes on after a restart, and so does the
    writing; only the answer does not come then.
    """

    conversation_id: ConversationId
    local_id: int
    path: str

    def __repr__(self) -> str:
        return f"SaveFile({self.local_id})"


class PauseTransfer(Command, frozen=True):
    """Let an upload or a download rest."""

    conversation_id: ConversationId
    local_id: int


class ResumeTransfer(Command, frozen=True):
    """Go on with what rests, or try again what failed."""

    conversation_id: ConversationId
    local_id: int


class CancelTransfer(Command, frozen=True):
    """End a download, what has come is dropped; or an upload, and its message goes."""

    conversation_id: ConversationId
    local_id: int


class LoadPicture(Command, frozen=True):
    """Decode a picture that is here, scaled down into these bounds. Answer: `PictureLoaded`."""

    conversation_id: ConversationId
    local_id: int
    width: int
    height: int


class DecodePicture(Command, frozen=True):
    """Decode a picture file, scaled down into these bounds. Answer: `PictureLoaded`, local_id 0.

    It is decoded in a process of its own, so that a hostile file harms that one alone.
    """

    path: str
    width: int
    height: int

    def __repr__(self) -> str:
        return f"DecodePicture({self.width} × {self.height})"


class FindMessage(Command, frozen=True):
    """Find messages here whose name begins so (hex, 8 digits or more). Answer: `MessagesFound`."""

    message_id: str


class BlockAccount(Command, frozen=True):
    """Let nothing of this account through: no request, no message; they are not told."""

    account: AccountId


class UnblockAccount(Command, frozen=True):
    """Let an account through again."""

    account: AccountId


class SetRemark(Command, frozen=True):
    """Call somebody by a name of one's own, on all own devices; empty takes it away."""

    account: AccountId
    remark: str

    def __repr__(self) -> str:
        return f"SetRemark({self.account})"


class SetFriendGroups(Command, frozen=True):
    """Sort friends into named groups, on all own devices; these are all there are, in order."""

    groups: tuple[tuple[str, tuple[AccountId, ...]], ...]  # Name and members of each.

    def __repr__(self) -> str:
        return f"SetFriendGroups({len(self.groups)})"


class SetMuted(Command, frozen=True):
    """Tell nothing of a conversation, on all own devices.

    ``until_ms`` is server time; 0 is for ever, -1 no more.
    """

    conversation_id: ConversationId
    until_ms: int


class SetPinned(Command, frozen=True):
    """Keep a conversation on top of the list, on all own devices."""

    conversation_id: ConversationId
    is_pinned: bool


class SetArchived(Command, frozen=True):
    """Put a conversation out of the list, on all own devices; a new message brings it back."""

    conversation_id: ConversationId
    is_archived: bool


class SetPrivacy(Command, frozen=True):
    """Choose what others may see of this account, on all own devices."""

    shares_presence: bool
    sends_read_marks: bool


class LoadServer(Command, frozen=True):
    """Ask the server what it is called and which version it runs. Answer: `events.ServerLoaded`."""


class LoadStorage(Command, frozen=True):
    """Say how much room this profile takes. Answer: `events.StorageLoaded`."""


class ClearFiles(Command, frozen=True):
    """Drop files kept in this profile that the server still has; they are fetched again if need be.

    Answer: `events.StorageLoaded`, as it is then.
    """


class SetPasscode(Command, frozen=True):
    """Let the local database be opened by a passcode alone, by another one, or by none again.

    ``passcode`` is the one of now, empty if there is none; an empty ``new_passcode`` takes it away.
    Refused with ``wrong_passcode``, ``passcode_wait`` or ``bad_passcode``.
    """

    passcode: str
    new_passcode: str

    def __repr__(self) -> str:
        return f"SetPasscode(request_id={self.request_id})"


class Unlock(Command, frozen=True):
    """Open a profile that is locked at its start; of an open one only check the passcode.

    Refused with ``wrong_passcode`` or ``passcode_wait``; `events.PasscodeChanged` tells when the
    next one may be tried.
    """

    passcode: str

    def __repr__(self) -> str:
        return f"Unlock(request_id={self.request_id})"


class WipeProfile(Command, frozen=True):
    """Delete everything of this profile here, also when it is locked; the server is not asked.

    For who has forgotten the passcode. `LogOut` with ``wipe`` also ends the device on the server.
    """
