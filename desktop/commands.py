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
    "CancelMessage",
    "Command",
    "DeclineRequest",
    "LoadAvatar",
    "LoadProfile",
    "LoadTimeline",
    "LogIn",
    "LogOut",
    "MarkRead",
    "OpenConversation",
    "Register",
    "RemoveContact",
    "RequestContact",
    "SaveDraft",
    "SearchMessages",
    "SearchUsers",
    "SendText",
    "SetAvatar",
    "SetProfile",
    "SetTyping",
    "WithdrawRequest",
]


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
    limit: int = 60


class SendText(Command, frozen=True):
    """Put a text into the outbox. Answer: `events.Queued`, once it is stored."""

    conversation_id: ConversationId
    text: str

    def __repr__(self) -> str:
        return f"SendText(conversation_id={self.conversation_id})"


class CancelMessage(Command, frozen=True):
    """Drop a message of one's own that is waiting unsealed or was refused."""

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
    """Keep what was typed and not sent; empty text removes it."""

    conversation_id: ConversationId
    text: str

    def __repr__(self) -> str:
        return f"SaveDraft(conversation_id={self.conversation_id})"


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
    """Search the local messages, newest first. Answer: `events.MessagesFound`."""

    text: str
    conversation_id: ConversationId | None = None
    limit: int = 50

    def __repr__(self) -> str:
        return f"SearchMessages(limit={self.limit})"
