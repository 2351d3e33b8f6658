"""Dropping content: payloads go when they are recalled or their time is over; their hash stays."""

from __future__ import annotations

import logging

from backend.services.context import Context
from backend.store import entries as store
from backend.store import rosters
from backend.store.conversations import find_conversation
from backend.store.unit import Unit
from shared import limits
from shared.entries import EntryKind
from shared.errors import Code, MimError, RefusedError
from shared.rest_groups import Blanking
from shared.roster import ConversationKind, Role

__all__ = ["Blankings"]

logger = logging.getLogger(__name__)


class Blankings:
    """Blanks payloads."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def blank(self, account: int, conversation_id: int, blanking: Blanking) -> None:
        """Drop a message: for its sender's account in time, for a group's admin at any time.

        Raises:
            RefusedError: With ``not_found``, ``forbidden`` or ``bad_hash``.
        """

        def work(unit: Unit) -> None:
            session = unit.session
            member = rosters.find_member(session, conversation_id, account)
            ranges = rosters.ranges_of(session, conversation_id, account)
            entry = store.clear_fields(session, conversation_id, blanking.sequence)
            is_seen = member is not None and rosters.range_of(ranges, blanking.sequence)
            if entry is None or member is None or not is_seen:
                raise RefusedError(Code.NOT_FOUND, "There is no such message.")
            if entry.payload_hash != blanking.payload_hash:
                raise RefusedError(Code.BAD_HASH, "The message has another hash.")
            if entry.is_blank:
                return
            row = find_conversation(session, conversation_id)
            assert row is not None
            is_admin = row.kind == ConversationKind.GROUP and member.role >= Role.ADMIN
            is_recent = unit.now_ms - entry.received_at_ms <= limits.RECALL_AGE_MAX_MS
            may = is_admin or (entry.account == account and is_recent)
            if entry.kind != EntryKind.APPLICATION or not may:
                raise RefusedError(Code.FORBIDDEN, "This message is not yours to drop.")
            store.blank(session, conversation_id, blanking.sequence)

        self._context.change(work)

    def blank_expired(self) -> int:
        """Drop what is over its time; return how many messages that were."""
        try:
            return self._context.change(lambda unit: store.blank_expired(unit.session, unit.now_ms))
        except MimError as error:
            logger.warning("Expired messages stay for now: %s", error)
            return 0
