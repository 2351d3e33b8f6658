"""From what people type (user names, conversation ids) to what the engine knows."""

from __future__ import annotations

import re

from desktop.cli.session import Session
from desktop.commands import LoadMembers, OpenConversation, OpenNotes, SearchUsers
from desktop.engine import CommandFailedError
from desktop.events import Contact, ConversationOpened, MembersLoaded, Profile, UsersFound
from shared.errors import Code
from shared.identifiers import AccountId, ConversationId, fold_user_name

__all__ = ["contact_of", "conversation_id_of", "mentions_in", "profile_of"]

_MENTION = re.compile(r"(?<![\w@])@([\w.\-]+)")


def contact_of(session: Session, user_name: str) -> Contact:
    """Find a contact.

    Raises:
        CommandFailedError: ``not_contact``.
    """
    contact = session.contact(user_name)
    if contact is None:
        raise CommandFailedError(Code.NOT_CONTACT, "This person is no contact of yours.")
    return contact


async def profile_of(session: Session, user_name: str) -> Profile:
    """Find a person: a contact, or anybody on the server with exactly this user name.

    Raises:
        CommandFailedError: ``unknown_user``, and what the server says.
    """
    contact = session.contact(user_name)
    if contact is not None:
        return contact.profile
    folded = fold_user_name(user_name)
    found = await session.ask_for(UsersFound, SearchUsers(text=user_name))
    for profile in found.profiles:
        if fold_user_name(profile.user_name) == folded:
            return profile
    raise CommandFailedError(Code.UNKNOWN_USER, "There is nobody with this user name.")


async def conversation_id_of(session: Session, name: str) -> ConversationId:
    """Find the conversation with a person, or by its id; make the one with a contact.

    The own user name stands for one's notes. A user name comes first: it may consist of digits
    alone, and people know names, not ids.

    Raises:
        CommandFailedError: ``not_contact``, and what the server says.
    """
    if fold_user_name(name) == fold_user_name(session.own().user_name):
        return (await session.ask_for(ConversationOpened, OpenNotes())).conversation_id
    row = session.conversation_with(name)
    if row is not None:
        return row.conversation_id
    contact = session.contact(name)
    if contact is not None:
        command = OpenConversation(account=contact.profile.account)
        return (await session.ask_for(ConversationOpened, command)).conversation_id
    if name.isascii() and name.isdigit() and ConversationId(int(name)) in session.conversations:
        return ConversationId(int(name))
    raise CommandFailedError(Code.NOT_CONTACT, "This person is no contact of yours.")


async def mentions_in(
    session: Session, conversation_id: ConversationId, text: str
) -> tuple[AccountId, ...]:
    """Return the members that a text names by ``@user_name``, in order; others stay words."""
    names = [fold_user_name(name) for name in _MENTION.findall(text)]
    if not names:
        return ()
    loaded = await session.ask_for(MembersLoaded, LoadMembers(conversation_id=conversation_id))
    members = {
        fold_user_name(member.profile.user_name): member.profile.account
        for member in loaded.members
    }
    # A sentence may end right behind a name.
    found = [members.get(name) or members.get(name.rstrip(".-")) for name in names]
    return tuple(dict.fromkeys(account for account in found if account is not None))
