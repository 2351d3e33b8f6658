"""What `mim-cli` prints: one line each, for people or, with ``--json``, for scripts.

JSON objects have these fields; ids are decimal strings (they pass 2^53), ``message_id`` is hex:

| object | fields |
| --- | --- |
| message | message_id, conversation_id, sequence, sender, kind, text, sent_at_ms, received_at_ms, state |
| system | conversation_id, sequence, sender, kind ("system"), system, subjects, text, sent_at_ms, received_at_ms |
| file | as message, file_name, file_size |
| fetched | message_id, path, size |
| person | user_name, account, nickname, signature |
| contact | as person, presence, last_seen_ms, conversation_id |
| request | as person, greeting, is_own, at_ms |
| conversation | conversation_id, user_name, nickname, unread, head, last_at_ms, can_send, kind, title |
"""  # noqa: E501

from __future__ import annotations

import sys
from datetime import datetime
from typing import TextIO

import msgspec

from desktop.events import (
    Contact,
    ConversationRow,
    MessageKind,
    MessageRow,
    Profile,
    Request,
    SystemKind,
)
from shared.roster import ConversationKind, Role

__all__ = [
    "ContactLine",
    "ConversationLine",
    "FetchedLine",
    "FileLine",
    "Line",
    "MessageLine",
    "PersonLine",
    "ReactionLine",
    "RegisteredLine",
    "RequestLine",
    "SystemLine",
    "contact_line",
    "conversation_line",
    "duration_words",
    "message_line",
    "person_line",
    "print_line",
    "registered_line",
    "request_line",
    "size_words",
    "system_line",
    "visible",
]

_KIND_TEXTS = {
    MessageKind.UNREADABLE: "(cannot be opened)",
    MessageKind.REMOVED: "(removed)",
    MessageKind.UNSUPPORTED: "(needs a newer version)",
    MessageKind.RECALLED: "(taken back)",
}


_SYSTEM_TEXTS = {
    SystemKind.CREATED: "{sender} made the group",
    SystemKind.ADDED: "{sender} added {subjects}",
    SystemKind.JOINED: "{subjects} came in by an invitation",
    SystemKind.REMOVED: "{sender} removed {subjects}",
    SystemKind.LEFT: "{subjects} left",
    SystemKind.ROLE_CHANGED: "{subjects} is {text} now",
    SystemKind.RENAMED: "{sender} named the group {text}",
    SystemKind.TIMER_CHANGED: "{sender} set messages to disappear: {text}",
    SystemKind.HISTORY_CHANGED: "{sender} turned history for new devices {text}",
    SystemKind.ROOT_CHANGED: "{subjects} has new keys; compare the safety number",
}


_NAME_DIGITS = 8  # As many as commands need to find a message.
_QUOTE_LENGTH = 40
_DURATIONS = (("w", 7 * 24 * 3600), ("d", 24 * 3600), ("h", 3600), ("m", 60), ("s", 1))


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """Something printed on one line."""

    def sentence(self) -> str:
        """The line for people."""
        raise NotImplementedError


class ReactionLine(msgspec.Struct, frozen=True):
    """An emoji at a message, and whose it is."""

    emoji: str
    accounts: tuple[str, ...]


class MessageLine(Line, frozen=True):
    """A message."""

    message_id: str
    conversation_id: str
    sequence: int
    sender: str
    kind: MessageKind
    text: str
    sent_at_ms: int
    received_at_ms: int
    state: str
    is_edited: bool = False
    reactions: tuple[ReactionLine, ...] = ()
    reply_to: str = ""
    quoted_sender: str = ""
    quoted_text: str = ""
    expires_at_ms: int = 0

    def sentence(self) -> str:
        """Time, sender, what is answered, text, reactions, state, and how its name begins."""
        text = _KIND_TEXTS.get(self.kind, self.text)
        line = f"{_time(self.sent_at_ms)}  {self.sender}: {self._quote()}{visible(text)}"
        return f"{line}{self._marks()}  [{self.state}]  {self.message_id[:_NAME_DIGITS]}".rstrip()

    def _quote(self) -> str:
        if not self.reply_to:
            return ""
        who = f"{self.quoted_sender}: " if self.quoted_sender else ""
        return f"(to {who}{visible(self.quoted_text[:_QUOTE_LENGTH]) or '…'}) "

    def _marks(self) -> str:
        marks = "  (edited)" if self.is_edited else ""
        for reaction in self.reactions:
            marks += f"  {visible(reaction.emoji)} {len(reaction.accounts)}"
        return marks


class SystemLine(Line, frozen=True):
    """What happened to a conversation; nobody wrote it."""

    conversation_id: str
    sequence: int
    sender: str
    kind: MessageKind
    system: SystemKind
    subjects: list[str]
    text: str
    sent_at_ms: int
    received_at_ms: int

    def sentence(self) -> str:
        """Time, and what happened to whom."""
        text = self.text
        if self.text.isdigit() and self.system is SystemKind.ROLE_CHANGED:
            text = Role(int(self.text)).name.lower()
        elif self.text.isdigit() and self.system is SystemKind.TIMER_CHANGED:
            text = duration_words(int(self.text))
        words = _SYSTEM_TEXTS[self.system].format(
            sender=self.sender, subjects=", ".join(self.subjects), text=text
        )
        return f"{_time(self.sent_at_ms)}  -- {visible(words)}"


class FileLine(MessageLine, frozen=True):
    """A message with a file."""

    file_name: str = ""
    file_size: int = 0

    def sentence(self) -> str:
        """Time, sender, name and size, caption, state, and what ``fetch`` knows it by."""
        about = f"{self._quote()}[file] {visible(self.file_name)} ({size_words(self.file_size)})"
        caption = f" {visible(self.text)}" if self.text else ""
        line = f"{_time(self.sent_at_ms)}  {self.sender}: {about}{caption}{self._marks()}"
        line = f"{line}  [{self.state}]"
        return f"{line}  {self.message_id}"


class FetchedLine(Line, frozen=True):
    """A file that was written out."""

    message_id: str
    path: str
    size: int

    def sentence(self) -> str:
        """Where it is now."""
        return f"{visible(self.path)}  ({size_words(self.size)})"


class PersonLine(Line, frozen=True):
    """Somebody's profile."""

    user_name: str
    account: str
    nickname: str
    signature: str

    def sentence(self) -> str:
        """User name and nickname."""
        return f"{self.user_name}  {visible(self.nickname)}"


class RegisteredLine(PersonLine, frozen=True):
    """The own profile, with the recovery code that is shown this once."""

    recovery_code: str

    def sentence(self) -> str:
        """Who is registered; the code goes to standard error."""
        return f"Registered as {self.user_name}."


class ContactLine(PersonLine, frozen=True):
    """A contact."""

    presence: str
    last_seen_ms: int
    conversation_id: str | None
    remark: str = ""
    is_verified: bool = False

    def sentence(self) -> str:
        """User name, what they are called, and presence."""
        return f"{self.user_name}  {visible(self.remark or self.nickname)}  {self.presence}"


class RequestLine(PersonLine, frozen=True):
    """A request that waits."""

    greeting: str
    is_own: bool
    at_ms: int

    def sentence(self) -> str:
        """Time, direction, person and greeting."""
        direction = "to" if self.is_own else "from"
        greeting = f": {visible(self.greeting)}" if self.greeting else ""
        return f"{_time(self.at_ms)}  {direction} {self.user_name}{greeting}"


class ConversationLine(Line, frozen=True):
    """A conversation."""

    conversation_id: str
    user_name: str
    nickname: str
    unread: int
    head: int
    last_at_ms: int
    can_send: bool
    kind: str
    title: str
    mentions: int = 0
    is_pinned: bool = False
    is_archived: bool = False
    muted_until_ms: int = -1

    def sentence(self) -> str:
        """Id, person or group, what is unread, and how much of it names the person."""
        unread = f"  {self.unread} unread" if self.unread else ""
        unread += f", {self.mentions} with your name" if self.mentions else ""
        name = visible(self.title) if self.kind == "group" else self.user_name
        return f"{self.conversation_id}  {name or self.kind}{unread}"


def message_line(row: MessageRow, *, sender: str, quoted: str = "") -> MessageLine:
    """Return a message as it is printed; ``quoted`` is who wrote what it answers."""
    line = MessageLine(
        message_id=row.message_id,
        conversation_id=str(row.conversation_id),
        sequence=row.sequence,
        sender=sender,
        kind=row.kind,
        text=row.text,
        sent_at_ms=row.sent_at_ms,
        received_at_ms=row.received_at_ms,
        state=row.state,
        is_edited=row.is_edited,
        reactions=tuple(
            ReactionLine(each.emoji, tuple(str(account) for account in each.accounts))
            for each in row.reactions
        ),
        reply_to=row.reply_to,
        quoted_sender=quoted,
        quoted_text="" if row.quote is None else row.quote.text,
        expires_at_ms=row.expires_at_ms,
    )
    if row.file is None or row.kind is not MessageKind.FILE:
        return line
    fields = msgspec.structs.asdict(line)
    return FileLine(**fields, file_name=row.file.name, file_size=row.file.size)


def system_line(row: MessageRow, *, sender: str, subjects: list[str]) -> SystemLine:
    """Return what happened to a conversation as it is printed."""
    return SystemLine(
        conversation_id=str(row.conversation_id),
        sequence=row.sequence,
        sender=sender,
        kind=row.kind,
        system=row.system or SystemKind.CREATED,
        subjects=subjects,
        text=row.text,
        sent_at_ms=row.sent_at_ms,
        received_at_ms=row.received_at_ms,
    )


def duration_words(seconds: int) -> str:
    """Return a timer's time as `parse_duration` reads it: in the largest whole unit."""
    if not seconds:
        return "off"
    unit, size = next(each for each in _DURATIONS if seconds % each[1] == 0)
    return f"{seconds // size}{unit}"


def person_line(profile: Profile) -> PersonLine:
    """Return a profile as it is printed."""
    return PersonLine(
        user_name=profile.user_name,
        account=str(profile.account),
        nickname=profile.nickname,
        signature=profile.signature,
    )


def registered_line(profile: Profile, *, recovery_code: str) -> RegisteredLine:
    """Return a new account as it is printed."""
    return RegisteredLine(
        user_name=profile.user_name,
        account=str(profile.account),
        nickname=profile.nickname,
        signature=profile.signature,
        recovery_code=recovery_code,
    )


def contact_line(contact: Contact) -> ContactLine:
    """Return a contact as it is printed."""
    profile = contact.profile
    conversation_id = contact.conversation_id
    return ContactLine(
        user_name=profile.user_name,
        account=str(profile.account),
        nickname=profile.nickname,
        signature=profile.signature,
        presence=contact.presence,
        last_seen_ms=contact.last_seen_ms,
        conversation_id=None if conversation_id is None else str(conversation_id),
        remark=contact.remark,
        is_verified=contact.is_verified,
    )


def request_line(request: Request) -> RequestLine:
    """Return a request as it is printed."""
    profile = request.profile
    return RequestLine(
        user_name=profile.user_name,
        account=str(profile.account),
        nickname=profile.nickname,
        signature=profile.signature,
        greeting=request.greeting,
        is_own=request.is_own,
        at_ms=request.at_ms,
    )


def conversation_line(row: ConversationRow) -> ConversationLine:
    """Return a conversation as it is printed."""
    return ConversationLine(
        conversation_id=str(row.conversation_id),
        user_name=row.peer.user_name,
        nickname=row.peer.nickname,
        unread=row.unread,
        head=row.head,
        last_at_ms=row.last_at_ms,
        can_send=row.can_send,
        kind=ConversationKind(row.kind).name.lower(),
        title=row.title,
        mentions=row.mentions,
        is_pinned=row.is_pinned,
        is_archived=row.is_archived,
        muted_until_ms=row.muted_until_ms,
    )


def print_line(line: Line, *, as_json: bool, out: TextIO | None = None) -> None:
    """Print a line at once, so that a reader at the other end of a pipe sees it."""
    text = msgspec.json.encode(line).decode() if as_json else line.sentence()
    print(text, file=out or sys.stdout, flush=True)


def size_words(size: int) -> str:
    """Return a number of bytes as people read it: 2.0 GB."""
    if size < 1000:
        return f"{size} bytes"
    number, unit = float(size), ""
    for unit in ("kB", "MB", "GB"):  # noqa: B007 # The last one is used.
        number /= 1000
        if number < 999.95:
            break
    return f"{number:.1f} {unit}"


def visible(text: str) -> str:
    """Return the text on one line, without characters that could steer the terminal.

    Somebody else wrote it: an escape sequence in a message must not repaint the reader's screen.
    """
    return "".join(c if c.isprintable() or c == "\u200d" else " " for c in text)


def _time(at_ms: int) -> str:
    """Local time of day with its date."""
    return datetime.fromtimestamp(at_ms / 1000).astimezone().strftime("%Y-%m-%d %H:%M:%S")
