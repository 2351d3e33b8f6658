"""Rows of lists and trees in words, for screen readers."""

from __future__ import annotations

from desktop.events import Contact, ConversationRow, PresenceState, Profile, Request
from desktop.models.contacts import Node, Section
from desktop.models.session import Describer
from desktop.ui.times import list_time
from desktop.ui.translate import translate
from shared.identifiers import AccountId
from shared.roster import ConversationKind

__all__ = ["WordDescriber", "face_of", "presence_words"]


def presence_words(contact: Contact) -> str:
    """Say whether a friend can be reached, or when they were last seen."""
    if contact.presence is PresenceState.ONLINE:
        return translate("presence.online")
    if contact.last_seen_ms:
        return translate("presence.last_seen", time=list_time(contact.last_seen_ms))
    return translate("presence.offline")


def face_of(row: ConversationRow) -> Profile:
    """Return the name and picture a conversation is shown with: a person's, or its own."""
    if row.kind == ConversationKind.DIRECT:
        return row.peer
    is_group = row.kind == ConversationKind.GROUP
    name = (row.title or translate("group.unnamed")) if is_group else translate("notes.title")
    # Its number chooses the colour, as an account's does.
    return Profile(account=AccountId(row.conversation_id), user_name="", nickname=name)


class WordDescriber(Describer):
    """Says rows in the language that holds now."""

    def conversation(self, row: ConversationRow, is_typing: bool) -> str:
        """Say a conversation: who, what, when, how many unread."""
        parts = [face_of(row).nickname]
        if is_typing:
            parts.append(translate("list.typing"))
        elif row.draft:
            parts.append(f"{translate('list.draft')} {row.draft}")
        elif row.preview:
            who = translate("timeline.you") + ": " if row.preview_is_own else ""
            parts.append(who + row.preview)
        if row.last_at_ms:
            parts.append(list_time(row.last_at_ms))
        if row.preview_is_own and row.preview_state is not None:
            parts.append(translate(f"state.{row.preview_state.value}"))
        if row.unread:
            parts.append(translate("list.unread", count=row.unread))
        return ", ".join(parts)

    def node(self, node: Node, count: int) -> str:
        """Say a section with its number, a friend with presence, a request with its greeting."""
        match node:
            case Section():
                return f"{translate(f'contacts.section_{node.value}')} ({count})"
            case Contact():
                parts = [node.profile.nickname, presence_words(node), node.profile.signature]
            case Request():
                state = "contacts.waiting" if node.is_own else "contacts.wants"
                parts = [node.profile.nickname, translate(state), node.greeting]
        return ", ".join(part for part in parts if part)
