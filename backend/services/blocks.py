"""Blocking: nothing of somebody reaches an account any more, and they are not told.

| of the one who is blocked | becomes of it |
| --- | --- |
| a contact request | it is taken as any other and shows among their own; the other one hears nothing |
| a message in the direct conversation | refused with ``not_contact``, as after the end of a friendship |
| adding the other one to a group | refused with ``not_contact``; an invitation by somebody else counts |
| presence | neither sees the other's |

Who blocks can not write to them either (``blocked``). The conversation stays readable on both
sides, and a friendship stays what it was.
"""  # noqa: E501

from __future__ import annotations

from backend.services.contacts import Contacts
from backend.services.context import Context
from backend.services.log import Log
from backend.services.presence import PresenceService
from backend.services.rate_limits import Limiter
from backend.store import blocks as store
from backend.store.accounts import find_user
from backend.store.contacts import find_request, pair_name
from backend.store.conversations import conversation_of_pair
from backend.store.unit import Unit
from shared import limits
from shared.errors import Code, RefusedError
from shared.events import EventKind
from shared.rest import ContactList

__all__ = ["Blocks"]


class Blocks:
    """Who wants to hear nothing of whom."""

    def __init__(
        self,
        context: Context,
        limiter: Limiter,
        presence: PresenceService,
        log: Log,
        contacts: Contacts,
    ) -> None:
        self._context = context
        self._limiter = limiter
        self._presence = presence
        self._log = log
        self._contacts = contacts

    def block(self, account: int, other: int) -> ContactList:
        """Block somebody; an own request to them is withdrawn. A repeat is no error.

        Raises:
            RefusedError: With ``oneself``, ``unknown_user``, ``overloaded`` or ``rate_limited``.
        """
        self._limiter.spend("blocks_per_account", str(account))
        if other == account:
            raise RefusedError(Code.ONESELF, "That is you.")

        def work(unit: Unit) -> None:
            session = unit.session
            if find_user(session, other) is None:
                raise RefusedError(Code.UNKNOWN_USER, "There is no such person.")
            if store.count_blocks(session, account) >= limits.BLOCKS_MAX:
                raise RefusedError(Code.OVERLOADED, "Too many people are blocked.")
            if not store.add_block(session, account, other, at_ms=unit.now_ms):
                return
            request = find_request(session, sender=account, recipient=other)
            if request is not None:
                session.delete(request)
                self._context.tell(unit, other, EventKind.CONTACTS_CHANGED, account=account)
            self._note(unit, account, other)

        with self._presence.changing(account):
            self._context.change(work)
        return self._contacts.listing(account)

    def unblock(self, account: int, other: int) -> ContactList:
        """Let somebody through again; who is not blocked is no error.

        Raises:
            RefusedError: With ``rate_limited``.
        """
        self._limiter.spend("blocks_per_account", str(account))

        def work(unit: Unit) -> None:
            if store.remove_block(unit.session, account, other):
                self._note(unit, account, other)

        with self._presence.changing(account):
            self._context.change(work)
        return self._contacts.listing(account)

    def _note(self, unit: Unit, account: int, other: int) -> None:
        """Tell the own devices, and judge what both write anew."""
        self._context.tell(unit, account, EventKind.CONTACTS_CHANGED, account=other)
        conversation = conversation_of_pair(unit.session, pair_name(account, other))
        if conversation is not None:
            self._log.forget(conversation.conversation_id)
