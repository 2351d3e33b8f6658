"""Marks and cursors: how far members and devices are. They only grow.

A mark moves in the same transaction as the entries of its batch; the receipt goes to all members
after it. Cursors are best effort and written lazily.
"""

from __future__ import annotations

import logging

from backend.bus import ReceiptMoved
from backend.services.context import Context
from backend.services.log import Log
from backend.store import marks as store
from backend.store.unit import Unit
from backend.store.writer import Job
from shared import limits
from shared.errors import MimError
from shared.frames import Receipt

__all__ = ["Marks"]

logger = logging.getLogger(__name__)


class Marks:
    """Moves marks forward."""

    def __init__(self, context: Context, log: Log) -> None:
        self._context = context
        self._log = log
        self._cursors: dict[int, dict[int, int]] = {}

    def confirm(self, *, account: int, device: int, conversation_id: int, sequence: int) -> None:
        """Note that a device has stored a conversation up to ``sequence``."""
        cursors = self._cursors.setdefault(device, {})
        cursors[conversation_id] = max(sequence, cursors.get(conversation_id, 0))
        self._move(account, conversation_id, delivered=sequence, read=0)

    def mark_read(
        self, *, account: int, conversation_id: int, read: int, is_private: bool = False
    ) -> None:
        """Note that a person has read a conversation up to ``read``.

        If it is private, the account's own devices alone hear of it.
        """
        self._move(account, conversation_id, delivered=0, read=read, is_private=is_private)

    def flush_cursors(self) -> None:
        """Store the cursors that have moved."""
        moved, self._cursors = self._cursors, {}
        if not moved:
            return

        def work(unit: Unit) -> None:
            for device, cursors in moved.items():
                known = [
                    (conversation_id, stored)
                    for conversation_id, stored in cursors.items()
                    if self._log.state(unit, conversation_id) is not None
                ]
                store.store_cursors(unit.session, device, known, unit.now_ms)

        try:
            self._context.change(work)
        except MimError as error:
            logger.warning("The cursors of %d devices are not stored: %s", len(moved), error)

    def _move(
        self,
        account: int,
        conversation_id: int,
        *,
        delivered: int,
        read: int,
        is_private: bool = False,
    ) -> None:
        def work(unit: Unit) -> None:
            state = self._log.state(unit, conversation_id)
            if state is None or account not in state.members:
                return
            if not read and len(state.members) > limits.DELIVERED_MEMBERS_MAX:
                return
            unit.flush()
            # Nobody has stored or read what is not there yet.
            receipt = _moved(
                unit,
                account,
                conversation_id,
                delivered=min(delivered, state.head),
                read=min(read, state.head),
                is_private=is_private,
            )
            if receipt is not None:
                members = (account,) if is_private else state.members
                self._context.announce(unit, ReceiptMoved(receipt, members))

        def done(_: None, error: MimError | None) -> None:
            if error is not None:
                # The client confirms again with its next entry, cumulatively.
                logger.warning("A mark is not stored: %s", error)

        try:
            self._context.writer.put(Job(conversation_id, work, done))
        except MimError as error:
            done(None, error)


def _moved(
    unit: Unit,
    account: int,
    conversation_id: int,
    *,
    delivered: int,
    read: int,
    is_private: bool,
) -> Receipt | None:
    if read:
        move = store.move_read_privately if is_private else store.move_read
        return move(
            unit.connection,
            conversation_id=conversation_id,
            account=account,
            read=read,
            at_ms=unit.now_ms,
        )
    return store.move_delivered(
        unit.connection,
        conversation_id=conversation_id,
        account=account,
        delivered=delivered,
        at_ms=unit.now_ms,
    )
