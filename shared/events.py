"""Events: what happened to a user outside logs, numbered per user.

Positions are 1, 2, 3 … An event points; what it points to is fetched by REST. A kind that a
client does not know is applied by moving the position on.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec

from shared.identifiers import Milliseconds

__all__ = ["Event", "EventKind"]


class EventKind(StrEnum):
    """What happened; ``account`` or ``conversation_id`` says to whom or where."""

    CONTACTS_CHANGED = "contacts_changed"  # Requests or friends: fetch ``/v1/contacts``.
    PROFILE_CHANGED = "profile_changed"  # Fetch ``/v1/users/ACCOUNT``.
    CONVERSATION_NEW = "conversation_new"  # Fetch ``/v1/conversations/ID``; its entries follow.
    CONVERSATION_CHANGED = "conversation_changed"  # May write or may not any more: fetch it.
    DEVICES_CHANGED = "devices_changed"  # Fetch ``/v1/users/ACCOUNT/keys``.
    WELCOME_READY = "welcome_ready"  # Fetch ``/v1/conversations/ID/welcome``.
    JOIN_REQUESTED = "join_requested"  # Fetch ``/v1/conversations/ID/join-requests``.
    REMOVAL_DUE = "removal_due"  # Fetch ``/v1/conversations/ID/warrants``.
    ACCOUNT_DOCUMENT_CHANGED = "account_document_changed"  # Fetch ``/v1/account-document``.
    KEY_PACKAGES_LOW = "key_packages_low"  # Publish some more.


class Event(msgspec.Struct, frozen=True, array_like=True, kw_only=True):
    """One event of one user."""

    position: int
    at_ms: Milliseconds
    kind: str  # An `EventKind`, or one of a later version.
    account: int = 0
    conversation_id: int = 0
