"""Friendships: asking, answering, ending. Both sides hear of every change as an event.

Two people who ask each other are contacts at once. A friendship that ends closes the direct
conversation on both sides: it can be read, not written; a new friendship opens it again.
"""

from __future__ import annotations

from backend.services.context import Context
from backend.services.log import Log
from backend.services.presence import PresenceService
from backend.services.rate_limits import Limiter
from backend.store import contacts as store
from backend.store.accounts import find_user, profile_of
from backend.store.blocks import blocked_users, has_blocked, presence_circle
from backend.store.conversations import set_can_write
from backend.store.database import Session
from backend.store.tables import ContactRequestRow
from backend.store.unit import Unit
from shared import limits
from shared.errors import Code, RefusedError
from shared.events import EventKind
from shared.rest import ContactInfo, ContactList, ContactRequest, RequestInfo

__all__ = ["Contacts"]


class Contacts:
    """Who is a friend of whom."""

    def __init__(
        self, context: Context, limiter: Limiter, presence: PresenceService, log: Log
    ) -> None:
        self._context = context
        self._limiter = limiter
        self._presence = presence
        self._log = log

    def listing(self, account: int) -> ContactList:
        """Return all contacts and requests of an account."""
        return self._context.read(lambda session: self._list(session, account))

    def request(self, account: int, request: ContactRequest) -> ContactList:
        """Ask somebody, or accept if they have asked.

        Raises:
            RefusedError: With ``oneself``, ``unknown_user``, ``already_contact``,
                ``already_requested``, ``blocked`` (by oneself), ``overloaded`` or
                ``rate_limited``.
        """
        self._limiter.spend("contact_requests_per_account", str(account))
        other = request.account
        if other == account:
            raise RefusedError(Code.ONESELF, "That is you.")

        def work(unit: Unit) -> None:
            self._check_request(unit.session, account, other)
            has_asked = store.find_request(unit.session, sender=other, recipient=account)
            is_unwanted = has_blocked(unit.session, other, account)
            if has_asked is not None and not is_unwanted:
                self._befriend(unit, asking=other, answering=account)
                return
            unit.session.add(
                ContactRequestRow(
                    sender=account,
                    recipient=other,
                    at_ms=unit.now_ms,
                    greeting=request.greeting,
                )
            )
            if is_unwanted:
                # Who is blocked sees what anybody sees who has asked.
                self._context.tell(unit, account, EventKind.CONTACTS_CHANGED, account=other)
            else:
                self._tell_both(unit, account, other)

        self._context.change(work)
        return self.listing(account)

    def withdraw(self, account: int, other: int) -> ContactList:
        """Take an own request back.

        Raises:
            RefusedError: With ``no_request``.
        """
        return self._drop_request(account, sender=account, recipient=other)

    def decline(self, account: int, other: int) -> ContactList:
        """Say no to somebody's request.

        Raises:
            RefusedError: With ``no_request``.
        """
        return self._drop_request(account, sender=other, recipient=account)

    def accept(self, account: int, other: int) -> ContactList:
        """Say yes to somebody's request.

        Raises:
            RefusedError: With ``no_request``.
        """

        def work(unit: Unit) -> None:
            _known_request(unit.session, sender=other, recipient=account)
            if has_blocked(unit.session, account, other):
                raise RefusedError(Code.NO_REQUEST, "There is no such request any more.")
            self._befriend(unit, asking=other, answering=account)

        self._context.change(work)
        return self.listing(account)

    def remove(self, account: int, other: int) -> ContactList:
        """End a friendship on both sides.

        Raises:
            RefusedError: With ``not_contact``.
        """

        def work(unit: Unit) -> None:
            if not store.are_contacts(unit.session, account, other):
                raise RefusedError(Code.NOT_CONTACT, "This person is none of your contacts.")
            store.remove_contact(unit.session, account, other)
            self._tell_both(unit, account, other)
            self._set_can_write(unit, account, other, can_write=False)

        self._context.change(work)
        return self.listing(account)

    def _check_request(self, session: Session, account: int, other: int) -> None:
        if find_user(session, other) is None:
            raise RefusedError(Code.UNKNOWN_USER, "There is no such person.")
        if has_blocked(session, account, other):
            raise RefusedError(Code.BLOCKED, "You have blocked this person.")
        if store.are_contacts(session, account, other):
            raise RefusedError(Code.ALREADY_CONTACT, "You are contacts already.")
        if store.find_request(session, sender=account, recipient=other) is not None:
            raise RefusedError(Code.ALREADY_REQUESTED, "You have asked this person already.")
        is_full = store.count_requests_to(session, other) >= limits.REQUESTS_PENDING_MAX
        if is_full or store.count_contacts(session, account) >= limits.CONTACTS_MAX:
            raise RefusedError(Code.OVERLOADED, "There are too many contacts or open requests.")

    def _drop_request(self, account: int, *, sender: int, recipient: int) -> ContactList:
        def work(unit: Unit) -> None:
            request = _known_request(unit.session, sender=sender, recipient=recipient)
            unit.session.delete(request)
            self._tell_both(unit, sender, recipient)

        self._context.change(work)
        return self.listing(account)

    def _befriend(self, unit: Unit, *, asking: int, answering: int) -> None:
        store.add_contact(unit.session, asking=asking, answering=answering, at_ms=unit.now_ms)
        self._tell_both(unit, asking, answering)
        self._set_can_write(unit, asking, answering, can_write=True)

    def _set_can_write(self, unit: Unit, one: int, other: int, *, can_write: bool) -> None:
        pair = store.pair_name(one, other)
        conversation_id = set_can_write(unit.session, pair, can_write=can_write)
        if conversation_id is None:
            return
        self._log.forget(conversation_id)
        for to in (one, other):
            self._context.tell(
                unit, to, EventKind.CONVERSATION_CHANGED, conversation_id=conversation_id
            )

    def _tell_both(self, unit: Unit, one: int, other: int) -> None:
        for to, about in ((one, other), (other, one)):
            self._context.tell(unit, to, EventKind.CONTACTS_CHANGED, account=about)

    def _list(self, session: Session, account: int) -> ContactList:
        rows = store.contact_rows(session, account)
        others = [user.account for _, user in rows]
        conversations = store.direct_conversations(session, account, others)
        circle = presence_circle(session, account)
        blocked = blocked_users(session, account)
        unwanted = {user.account for user in blocked}
        contacts = []
        for contact, user in rows:
            presence = self._presence.presence_of(user, is_shown=user.account in circle)
            contacts.append(
                ContactInfo(
                    profile=profile_of(user),
                    since_ms=contact.since_ms,
                    requested_by=contact.requested_by,
                    is_online=presence.is_online,
                    last_seen_ms=presence.last_seen_ms,
                    conversation_id=conversations.get(user.account, 0),
                )
            )
        requests = [
            RequestInfo(
                profile=profile_of(user),
                is_own=request.sender == account,
                at_ms=request.at_ms,
                greeting=b"" if request.sender == account else request.greeting,
            )
            for request, user in store.request_rows(session, account)
            if request.sender not in unwanted
        ]
        profiles = [profile_of(user) for user in blocked]
        return ContactList(contacts=contacts, requests=requests, blocked=profiles)


def _known_request(session: Session, *, sender: int, recipient: int) -> ContactRequestRow:
    request = store.find_request(session, sender=sender, recipient=recipient)
    if request is None:
        raise RefusedError(Code.NO_REQUEST, "There is no such request any more.")
    return request
