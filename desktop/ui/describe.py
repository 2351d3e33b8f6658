"""Rows of lists and trees in words, for screen readers."""

from __future__ import annotations

from desktop.events import (
    Contact,
    ConversationRow,
    FriendGroup,
    MessageKind,
    PresenceState,
    Profile,
    Request,
)
from desktop.models.contacts import Blocked, Group, Joining, Node, Section
from desktop.models.names import named, shown_name
from desktop.models.session import Describer
from desktop.ui.controls import Ink
from desktop.ui.timeline_layout import system_words
from desktop.ui.times import list_time, seen_time
from desktop.ui.translate import translate
from shared.identifiers import AccountId
from shared.roster import ConversationKind

__all__ = [
    "WordDescriber",
    "face_of",
    "presence_ink",
    "presence_words",
    "preview_sender",
    "preview_words",
    "typing_words",
]


def presence_words(contact: Contact) -> str:
    """Say whether a friend can be reached, or when they were last seen."""
    if contact.presence is PresenceState.ONLINE:
        return translate("presence.online")
    if contact.last_seen_ms:
        return translate("presence.last_seen", time=seen_time(contact.last_seen_ms))
    return translate("presence.offline")


def presence_ink(contact: Contact) -> Ink:
    """Return the ink of these words: who is online stands out."""
    is_online = contact.presence is PresenceState.ONLINE
    return lambda colors: colors.accent if is_online else colors.text_2


def face_of(row: ConversationRow) -> Profile:
    """Return the name and picture a conversation is shown with: a person's, or its own."""
    if row.kind == ConversationKind.DIRECT:
        return named(row.peer, row.remark)
    is_group = row.kind == ConversationKind.GROUP
    name = (row.title or translate("group.unnamed")) if is_group else translate("notes.title")
    # Its number chooses the colour, as an account's does.
    return Profile(account=AccountId(row.conversation_id), user_name="", nickname=name)


def preview_words(row: ConversationRow) -> str:
    """Return what the newest line of a conversation says."""
    match row.preview_kind:
        case MessageKind.TEXT:
            return row.preview
        case MessageKind.FILE:
            return _file_words(row)
        case MessageKind.SYSTEM:
            return system_words(row.preview_system, row.preview)
        case kind:
            return translate(f"timeline.{kind.value}")


def typing_words(name: str) -> str:
    """Say that somebody types; in groups by name, if it is known."""
    return translate("typing.who", name=name) if name else translate("list.typing")


def preview_sender(row: ConversationRow, name: str) -> str:
    """Return who said the newest line, as it is written before it; empty where that is plain.

    Args:
        row: The conversation.
        name: Who wrote the newest line of a group, if it is somebody else.
    """
    if not row.preview or row.preview_system is not None or row.kind == ConversationKind.NOTES:
        return ""
    if row.preview_is_own:
        return translate("timeline.you") + ":"
    return f"{name}:" if name else ""


def _file_words(row: ConversationRow) -> str:
    """Say that the newest line is a picture, or which file; behind it what was written to it."""
    caption = "" if row.preview == row.preview_file else row.preview
    if row.preview_is_picture:
        return " ".join(part for part in (translate("list.picture"), caption) if part)
    if caption and row.preview_file:
        return " ".join((translate("list.file"), caption))
    return row.preview


class WordDescriber(Describer):
    """Says rows in the language that holds now."""

    def conversation(
        self, row: ConversationRow, is_typing: bool, is_muted: bool = False, sender: str = ""
    ) -> str:
        """Say a conversation: who, what, when, how many unread, and how it is kept."""
        parts = [face_of(row).nickname]
        if row.is_verified:
            parts.append(translate("list.verified"))
        if is_typing:
            parts.append(translate("list.typing"))
        elif row.draft:
            parts.append(f"{translate('list.draft')} {row.draft}")
        elif words := preview_words(row):
            parts.append(" ".join(part for part in (preview_sender(row, sender), words) if part))
        if row.last_at_ms:
            parts.append(list_time(row.last_at_ms))
        if row.preview_is_own and row.preview_state is not None:
            parts.append(translate(f"state.{row.preview_state.value}"))
        if row.unread:
            parts.append(translate("list.unread", count=row.unread))
        for key, holds in (
            ("list.mentioned", row.mentions > 0),
            ("list.muted", is_muted),
            ("list.pinned", row.is_pinned),
        ):
            if holds:
                parts.append(translate(key))
        return ", ".join(parts)

    def node(self, node: Node, count: int) -> str:
        """Say a section with its number, a friend with presence, a request with its greeting."""
        match node:
            case Section():
                return f"{translate(f'contacts.section_{node.value}')} ({count})"
            case FriendGroup():
                return f"{node.name} ({count})"
            case Contact():
                name = shown_name(node.profile, node.remark)
                verified = translate("list.verified") if node.is_verified else ""
                parts = [name, verified, presence_words(node), node.profile.signature]
            case Request():
                state = "contacts.waiting" if node.is_own else "contacts.wants"
                parts = [node.profile.nickname, translate(state), node.greeting]
            case Group():
                members = translate("group.member_count", count=node.row.member_count)
                parts = [face_of(node.row).nickname, members]
            case Joining():
                waiting = translate("contacts.joining", count=node.row.join_requests)
                parts = [face_of(node.row).nickname, waiting]
            case Blocked():
                name = shown_name(node.profile, node.remark)
                parts = [name, translate("contacts.is_blocked")]
        return ", ".join(part for part in parts if part)
