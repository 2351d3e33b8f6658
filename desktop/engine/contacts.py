"""Contacts, requests and presence."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from desktop.engine.context import EngineContext
from desktop.engine.errors import CommandFailedError
from desktop.engine.peer_keys import PeerKeys
from desktop.events import (
    Contact,
    ContactsChanged,
    FriendGroup,
    PresenceChanged,
    PresenceState,
    ProfileChanged,
    Request,
    UsersFound,
)
from desktop.storage.people_store import StoredRequest, profile_of
from shared.e2ee.account import open_greeting, seal_greeting
from shared.errors import Code, RefusedError, SealError
from shared.frames import Presence
from shared.identifiers import AccountId, fold_user_name
from shared.rest import ContactInfo, ContactList, ContactRequest, RequestInfo, UserList

__all__ = ["Contacts"]

logger = logging.getLogger(__name__)


class Contacts:
    """The own contacts and requests, as the server told them last, and who is there."""

    def __init__(self, context: EngineContext, keys: PeerKeys) -> None:
        self._context = context
        self._keys = keys
        self._online: set[int] = set()
        # Called with whoever was blocked or let through.
        self.on_blocked: Callable[[int], None] = lambda _account: None
        self._is_due = False

    def tell_soon(self) -> None:
        """Tell the list once this turn of the loop is over, however often it was asked for."""
        if not self._is_due:
            self._is_due = True
            asyncio.get_running_loop().call_soon(self.tell_due)

    def tell_due(self) -> None:
        """Tell the list, if it is to be told."""
        if self._is_due and self._context.identity is not None:
            self.tell()
        self._is_due = False

    def tell(self) -> None:
        """Tell the whole list as it is now."""
        self._is_due = False
        storage = self._context.storage
        document = storage.document.load().own
        verified = {pin.account for pin in storage.keys.pins() if pin.is_verified}
        contacts = []
        for each in storage.people.contacts():
            account = each.profile.account
            conversation = storage.conversations.with_peer(account)
            contacts.append(
                Contact(
                    profile=each.profile,
                    presence=self.presence(account),
                    last_seen_ms=each.last_seen_ms,
                    conversation_id=conversation.conversation_id if conversation else None,
                    remark=document.remarks.get(account, ""),
                    is_verified=account in verified,
                )
            )
        requests = [
            Request(
                profile=each.profile,
                greeting=each.greeting,
                is_own=each.is_own,
                at_ms=each.at_ms,
            )
            for each in storage.people.requests()
        ]
        friends = {contact.profile.account for contact in contacts}
        self._context.emit(
            ContactsChanged(
                contacts=contacts,
                requests=requests,
                friend_groups=tuple(
                    FriendGroup(
                        name=group.name,
                        accounts=tuple(
                            AccountId(each) for each in group.accounts if each in friends
                        ),
                    )
                    for group in document.friend_groups
                ),
                blocked=tuple(storage.people.blocked()),
            )
        )

    def presence(self, account: int) -> PresenceState:
        """Return whether someone is there now."""
        return PresenceState.ONLINE if account in self._online else PresenceState.OFFLINE

    async def refresh(self) -> list[ContactInfo]:
        """Fetch the list, store and tell it; return the contacts."""
        return self._take(await self._context.http.get("/v1/contacts", ContactList))

    async def search(self, text: str) -> UsersFound:
        """Find people by the beginning of their user name."""
        self._context.me()
        prefix = fold_user_name(text)
        if not prefix:
            return UsersFound(profiles=[])
        found = await self._context.http.get("/v1/users", UserList, prefix=prefix)
        return UsersFound(profiles=[profile_of(user) for user in found.users])

    async def request(self, user_name: str, greeting: str) -> None:
        """Ask someone to become a contact; whoever asked oneself before is accepted by it."""
        me = self._context.me()
        if fold_user_name(user_name) == fold_user_name(me.user_name):
            raise RefusedError(Code.ONESELF, "This is your own name.")
        found = await self._context.http.get(
            "/v1/users", UserList, user_name=fold_user_name(user_name)
        )
        if not found.users:
            raise RefusedError(Code.UNKNOWN_USER, "Nobody has this user name.")
        account = found.users[0].account
        keys = await self._keys.fetch(account)
        try:
            sealed = seal_greeting(
                greeting, archive_key=keys.archive.key, random=self._context.random
            )
        except SealError as error:
            raise RefusedError(Code.BAD_CERTIFICATE, "Their key cannot be used.") from error
        body = ContactRequest(account=account, greeting=sealed)
        answer = await self._context.http.send("POST", "/v1/contact-requests", ContactList, body)
        self._context.storage.people.save_own_greeting(account, greeting)
        self._take(answer)

    async def withdraw(self, account: AccountId) -> None:
        """Take back an own request."""
        await self._change("DELETE", f"/v1/contact-requests/{account}")

    async def accept(self, account: AccountId) -> None:
        """Accept someone's request."""
        await self._change("POST", f"/v1/contact-requests/{account}/accept")

    async def decline(self, account: AccountId) -> None:
        """Decline someone's request."""
        await self._change("POST", f"/v1/contact-requests/{account}/decline")

    async def remove(self, account: AccountId) -> None:
        """End a friendship."""
        await self._change("DELETE", f"/v1/contacts/{account}")

    async def block(self, account: AccountId) -> None:
        """Let nothing of somebody through any more."""
        await self._change("PUT", f"/v1/blocks/{account}")

    async def unblock(self, account: AccountId) -> None:
        """Let somebody through again."""
        await self._change("DELETE", f"/v1/blocks/{account}")

    def note_presence(self, frame: Presence) -> None:
        """Take what the server says about who is there."""
        self._set_presence(frame.account, is_online=frame.is_online)
        self._context.storage.people.set_last_seen(frame.account, frame.last_seen_ms)
        self._context.emit(
            PresenceChanged(
                account=AccountId(frame.account),
                presence=self.presence(frame.account),
                last_seen_ms=frame.last_seen_ms,
            )
        )

    def forget_presence(self) -> None:
        """Without a link nobody is known to be there."""
        last_seen = {
            each.profile.account: each.last_seen_ms
            for each in (self._context.storage.people.contacts() if self._online else [])
        }
        gone, self._online = self._online, set()
        for account in sorted(gone & set(last_seen)):
            self._context.emit(
                PresenceChanged(
                    account=AccountId(account),
                    presence=PresenceState.OFFLINE,
                    last_seen_ms=last_seen[AccountId(account)],
                )
            )

    def _set_presence(self, account: int, *, is_online: bool) -> None:
        if is_online:
            self._online.add(account)
        else:
            self._online.discard(account)

    async def _change(self, method: str, path: str) -> None:
        self._context.me()
        self._take(await self._context.http.send(method, path, ContactList))

    def _take(self, answer: ContactList) -> list[ContactInfo]:
        if self._context.identity is None:
            raise CommandFailedError("not_logged_in", "Logged out meanwhile.")
        people = self._context.storage.people
        requests = [self._open(request) for request in answer.requests]
        blocked = [profile_of(user) for user in answer.blocked]
        were_blocked = {profile.account for profile in people.blocked()}
        for profile in people.replace_contacts(answer.contacts, requests, blocked):
            self._context.emit(ProfileChanged(profile=profile))
        for contact in answer.contacts:
            self._set_presence(contact.profile.account, is_online=contact.is_online)
        for account in were_blocked ^ {profile.account for profile in blocked}:
            self.on_blocked(account)
        self.tell()
        return answer.contacts

    def _open(self, request: RequestInfo) -> StoredRequest:
        profile = profile_of(request.profile)
        if request.is_own:
            greeting = self._context.storage.people.own_greeting(profile.account)
        else:
            try:
                greeting = open_greeting(request.greeting, archives=self._context.me().archives)
            except SealError:
                logger.warning("the greeting of %d does not open", profile.account)
                greeting = ""
        return StoredRequest(
            profile=profile, is_own=request.is_own, at_ms=request.at_ms, greeting=greeting
        )
