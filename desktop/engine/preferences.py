"""What a person sets of people and conversations for all own devices.

It lies in the account document (`desktop.engine.account_documents`): stored here first and told
at once, shared with the own devices now or when the server can be reached.

| what | where in the document | gone with |
| --- | --- | --- |
| own name of somebody | ``remarks`` | an empty name |
| groups of friends | ``friend_groups`` | the friendship, for a member |
| mute | ``mutes``: until when | unmuting |
| place on top | ``pinned``: since when | archiving |
| archived | ``archived``: up to which sequence | a later message of somebody else, unless muted |
| what others see | ``settings``: ``shares_presence``, ``sends_read_marks``; "0" is no | |

Whether a conversation is archived is a function of the document and the log: a message of
somebody else counts that is later than the archiving and came when no mute held. So all own
devices show the same without telling each other.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

import msgspec

from desktop import commands
from desktop.commands import Command
from desktop.engine.account_documents import AccountDocuments
from desktop.engine.changes import Changes, is_archived
from desktop.engine.contacts import Contacts
from desktop.engine.context import EngineContext
from desktop.engine.errors import CommandFailedError
from desktop.events import PrivacyChanged
from desktop.storage.conversation_store import StoredConversation
from shared import limits
from shared.e2ee.account_document import AccountDocumentBody, FriendGroup
from shared.errors import Code, RefusedError
from shared.identifiers import ConversationId
from shared.rest import Privacy

__all__ = ["PreferenceCommand", "Preferences", "privacy_of"]

PreferenceCommand = (
    commands.SetRemark
    | commands.SetFriendGroups
    | commands.SetMuted
    | commands.SetPinned
    | commands.SetArchived
    | commands.SetPrivacy
)
_PRESENCE_TOLD = "presence_told"  # "0": the server knows that it is hidden.
K = TypeVar("K", int, str)
V = TypeVar("V")
_Change = Callable[[AccountDocumentBody], AccountDocumentBody]


class Preferences:
    """Carries out the commands, and tells what has changed here or on another own device.

    Attributes:
        on_changed: Called when there is something to share.
    """

    def __init__(
        self,
        context: EngineContext,
        documents: AccountDocuments,
        contacts: Contacts,
        changes: Changes,
    ) -> None:
        self._context = context
        self._documents = documents
        self._contacts = contacts
        self._changes = changes
        self.on_changed: Callable[[], None] = lambda: None
        documents.on_change.append(self._note)

    def carry_out(self, command: PreferenceCommand) -> None:
        """Carry out a command; nothing of it waits for the server.

        Raises:
            RefusedError: ``malformed`` or ``too_large``.
            CommandFailedError: ``not_found``.
        """
        if self._documents.change(self._change(command)):
            self.on_changed()

    def forget_friend(self, account: int) -> None:
        """Take somebody out of the groups of friends: they are none any more."""
        if self._documents.change(lambda body: _without_friend(body, account)):
            self.on_changed()

    def tell_privacy(self) -> None:
        """Tell what others may see of this account; whoever sends no read marks is shown none."""
        privacy = privacy_of(self._context.storage.document.load().own)
        self._context.storage.messages.shows_read = privacy.sends_read_marks
        self._context.emit(privacy)

    async def share_privacy(self) -> None:
        """Tell the server whether presence is shown, unless this device has told it so.

        Raises:
            ServerRefusedError, PeerError, TransportError: As `HttpClient.call`.
        """
        storage = self._context.storage
        wanted = privacy_of(storage.document.load().own).shares_presence
        if storage.account.setting(_PRESENCE_TOLD) == ("" if wanted else "0"):
            return
        body = Privacy(shares_presence=wanted)
        await self._context.http.send("PUT", "/v1/me/privacy", Privacy, body)
        storage.account.set_setting(_PRESENCE_TOLD, "" if wanted else "0")

    def _change(self, command: Command) -> _Change:
        match command:
            case commands.SetRemark():
                return self._remark(command)
            case commands.SetFriendGroups():
                groups = self._groups(command)
                return lambda body: msgspec.structs.replace(body, friend_groups=groups)
            case commands.SetMuted():
                return self._muted(command)
            case commands.SetPinned():
                return self._pinned(command)
            case commands.SetArchived():
                return self._archived(command)
            case commands.SetPrivacy():
                chosen = {
                    "shares_presence": str(int(command.shares_presence)),
                    "sends_read_marks": str(int(command.sends_read_marks)),
                }
                return lambda body: msgspec.structs.replace(
                    body, settings={**body.settings, **chosen}
                )
            case _:
                raise AssertionError(type(command))

    def _remark(self, command: commands.SetRemark) -> _Change:
        remark, account = command.remark.strip(), command.account
        if len(remark) > limits.REMARK_LENGTH_MAX:
            raise RefusedError(Code.TOO_LARGE, "A name has at most 64 characters.")
        if account == self._context.me().account:
            raise RefusedError(Code.ONESELF, "That is you.")
        if not self._context.storage.people.profile(account).user_name:
            raise CommandFailedError(Code.NOT_FOUND.value, "There is no such person here.")
        return lambda body: msgspec.structs.replace(
            body, remarks=_with(body.remarks, account, remark or None)
        )

    def _groups(self, command: commands.SetFriendGroups) -> tuple[FriendGroup, ...]:
        names = [name.strip() for name, _ in command.groups]
        if len(names) > limits.FRIEND_GROUPS_MAX:
            raise RefusedError(Code.TOO_LARGE, "There are at most 100 groups of friends.")
        if not all(0 < len(name) <= limits.FRIEND_GROUP_NAME_LENGTH_MAX for name in names):
            raise RefusedError(Code.MALFORMED, "The name of a group has 1 to 50 characters.")
        if len({name.casefold() for name in names}) < len(names):
            raise RefusedError(Code.MALFORMED, "Two groups have the same name.")
        friends = {each.profile.account for each in self._context.storage.people.contacts()}
        groups = []
        for name, (_, accounts) in zip(names, command.groups, strict=True):
            # A friendship may have ended meanwhile; nobody is in two groups.
            members = tuple(each for each in dict.fromkeys(accounts) if each in friends)
            friends.difference_update(members)
            groups.append(FriendGroup(name, members))
        return tuple(groups)

    def _muted(self, command: commands.SetMuted) -> _Change:
        conversation = self._conversation(command.conversation_id)
        until_ms = None if command.until_ms < 0 else command.until_ms

        def change(body: AccountDocumentBody) -> AccountDocumentBody:
            mark = None
            if is_archived(self._context.storage, conversation, body):
                # What came while it was muted has not brought it back, and does not now.
                mark = conversation.have
            return msgspec.structs.replace(
                body,
                mutes=_with(body.mutes, conversation.conversation_id, until_ms),
                archived=_with(body.archived, conversation.conversation_id, mark),
            )

        return change

    def _pinned(self, command: commands.SetPinned) -> _Change:
        conversation_id = self._conversation(command.conversation_id).conversation_id
        if not command.is_pinned:
            return lambda body: msgspec.structs.replace(
                body, pinned=_with(body.pinned, conversation_id, None)
            )
        now_ms = self._context.server_time().at_ms
        return lambda body: msgspec.structs.replace(
            body,
            pinned=_with(body.pinned, conversation_id, body.pinned.get(conversation_id, now_ms)),
            archived=_with(body.archived, conversation_id, None),
        )

    def _archived(self, command: commands.SetArchived) -> _Change:
        conversation = self._conversation(command.conversation_id)
        conversation_id = conversation.conversation_id
        if not command.is_archived:
            return lambda body: msgspec.structs.replace(
                body, archived=_with(body.archived, conversation_id, None)
            )
        return lambda body: msgspec.structs.replace(
            body,
            pinned=_with(body.pinned, conversation_id, None),
            archived=_with(body.archived, conversation_id, conversation.have),
        )

    def _note(self, before: AccountDocumentBody, after: AccountDocumentBody) -> None:
        """Tell what is shown otherwise now."""
        for conversation_id in (
            _differing(before.mutes, after.mutes)
            | _differing(before.pinned, after.pinned)
            | _differing(before.archived, after.archived)
        ):
            self._changes.conversation(conversation_id)
        renamed = _differing(before.remarks, after.remarks)
        for account in renamed:
            conversation = self._context.storage.conversations.with_peer(account)
            if conversation is not None:
                self._changes.conversation(conversation.conversation_id)
        if renamed or before.friend_groups != after.friend_groups:
            self._contacts.tell_soon()
        if privacy_of(before) != privacy_of(after):
            self.tell_privacy()
        if privacy_of(before).sends_read_marks != privacy_of(after).sends_read_marks:
            self._tell_marks()

    def _tell_marks(self) -> None:
        """Show the newest messages with what others have read of them, or without."""
        storage = self._context.storage
        newest: list[tuple[int, ConversationId]] = []
        for conversation in storage.conversations.all():
            row = storage.messages.newest(conversation.conversation_id)
            newest.append((0 if row is None else row.shown_at_ms, conversation.conversation_id))
        for _, conversation_id in sorted(newest, reverse=True)[: limits.CHAT_WINDOWS_MAX]:
            for row in storage.messages.before(conversation_id, None, limits.TIMELINE_WINDOW):
                if row.is_own:
                    self._changes.message(conversation_id, row.local_id)

    def _conversation(self, conversation_id: ConversationId) -> StoredConversation:
        conversation = self._context.storage.conversations.get(conversation_id)
        if conversation is None:
            raise CommandFailedError(Code.NOT_FOUND.value, "There is no such conversation.")
        return conversation


def privacy_of(body: AccountDocumentBody) -> PrivacyChanged:
    """Return what others may see, by a document; everything, as long as nothing else is said."""
    return PrivacyChanged(
        shares_presence=body.settings.get("shares_presence") != "0",
        sends_read_marks=body.settings.get("sends_read_marks") != "0",
    )


def _without_friend(body: AccountDocumentBody, account: int) -> AccountDocumentBody:
    groups = tuple(
        FriendGroup(group.name, tuple(each for each in group.accounts if each != account))
        for group in body.friend_groups
    )
    return msgspec.structs.replace(body, friend_groups=groups)


def _with(values: Mapping[K, V], key: K, value: V | None) -> dict[K, V]:
    """Return the values with another one, or without one."""
    others = {each: old for each, old in values.items() if each != key}
    return others if value is None else {**others, key: value}


def _differing(before: Mapping[int, V], after: Mapping[int, V]) -> set[int]:
    keys = before.keys() | after.keys()
    return {key for key in keys if before.get(key) != after.get(key)}
