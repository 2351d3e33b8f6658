"""From sealed entries to rows: opening, order, marks, and the pages that windows ask for."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from desktop.engine.changes import Changes
from desktop.engine.context import EngineContext
from desktop.engine.peer_keys import PeerKeys
from desktop.events import MessageKind, MessageRow, Notice, NoticeKind, TimelinePage
from desktop.storage.conversation_store import StoredConversation
from desktop.storage.message_store import OpenedEntry
from shared.chain import seen_of
from shared.content import Text, decode_content
from shared.e2ee.conversation_key import open_application
from shared.entries import Entry, EntryKind
from shared.errors import SealError
from shared.frames import Receipt
from shared.ordering import block_bounds, block_of, merge_block, place_of

__all__ = ["Timeline"]

logger = logging.getLogger(__name__)

_ROWS_TOLD_MAX = 1_000  # Of rows that one receipt changes, the newest are told.
_UNOPENED_BATCH = 200
_BINDING = slice(1, 73)  # As in the table of `shared.e2ee.conversation_key`.


class _KeysMissingError(Exception):
    """What opens this entry is not here; it may be fetched."""


class Timeline:
    """The messages of all conversations."""

    def __init__(self, context: EngineContext, keys: PeerKeys, changes: Changes) -> None:
        self._context = context
        self._keys = keys
        self._changes = changes

    def apply(self, conversation_id: int, entries: Sequence[Entry]) -> bool:
        """Store sealed entries and open what can be opened; inside a transaction.

        Returns:
            Whether keys must be fetched to open the rest.
        """
        self._context.storage.messages.save_entries(entries)
        return self._open(conversation_id, entries, is_last_try=False)

    def open_rest(self, conversation_id: int, *, is_last_try: bool) -> None:
        """Open what was stored without keys; with ``is_last_try`` the rest is unreadable."""
        storage = self._context.storage
        while entries := storage.messages.unopened(conversation_id, _UNOPENED_BATCH):
            with storage.database.transaction():
                is_left = self._open(conversation_id, entries, is_last_try=is_last_try)
            if is_left:
                return

    def missing_parents(self, conversation_id: int) -> list[int]:
        """Return the handshakes whose records are needed and not here."""
        storage = self._context.storage
        entries = storage.messages.unopened(conversation_id, _UNOPENED_BATCH)
        parents = {entry.parent for entry in entries if entry.kind is EntryKind.APPLICATION}
        return sorted(
            parent
            for parent in parents
            if storage.conversations.record(conversation_id, parent) is None
        )

    def note_receipt(self, receipt: Receipt) -> None:
        """Store and tell how far a member is."""
        storage, conversation_id = self._context.storage, receipt.conversation_id
        storage.account.raise_marks_since(max(receipt.delivered_at_ms, receipt.read_at_ms))
        if receipt.account == self._context.me().account:
            storage.conversations.mark_sent(conversation_id, receipt.read)
            if storage.conversations.raise_own_read(conversation_id, receipt.read, is_sent=True):
                self._changes.conversation(conversation_id)
            return
        first, last = storage.conversations.raise_marks(
            conversation_id,
            delivered=receipt.delivered,
            delivered_at_ms=receipt.delivered_at_ms,
            read=receipt.read,
            read_at_ms=receipt.read_at_ms,
        )
        if last:
            rows = storage.messages.own_between(conversation_id, first, last)
            for row in rows[-_ROWS_TOLD_MAX:]:
                self._changes.message(conversation_id, row.local_id)

    def page(
        self,
        conversation: StoredConversation,
        *,
        before: int | None,
        after: int | None,
        around: int | None,
        limit: int,
    ) -> TimelinePage:
        """Return rows from the local database; see `desktop.commands.LoadTimeline`."""
        messages, conversation_id = self._context.storage.messages, conversation.conversation_id
        rows: list[MessageRow]
        if around is not None:
            rows = messages.before(conversation_id, around, limit // 2)
            rows += messages.after(conversation_id, around - 1, limit - limit // 2)
        elif after is not None:
            rows = messages.after(conversation_id, after, limit)
        else:
            rows = messages.before(conversation_id, before, limit)
        first = rows[0].order if rows else (before or around or 0)
        last = rows[-1].order if rows else (after if after is not None else first)
        has_older = bool(messages.before(conversation_id, first, 1)) if first else False
        is_newest = before is None and after is None and around is None
        has_newer = not is_newest and bool(messages.after(conversation_id, last, 1))
        return TimelinePage(
            conversation_id=conversation_id,
            rows=rows,
            has_older=has_older or conversation.floor > 1,
            has_newer=has_newer,
        )

    def _open(self, conversation_id: int, entries: Sequence[Entry], *, is_last_try: bool) -> bool:
        conversation = self._context.storage.conversations.get(conversation_id)
        assert conversation is not None
        is_left = False
        for entry in entries:
            try:
                self._open_one(conversation, entry)
            except _KeysMissingError:
                if is_last_try:
                    self._add(OpenedEntry(entry=entry, kind=MessageKind.UNREADABLE))
                else:
                    is_left = True
        for block in sorted({block_of(entry.sequence) for entry in entries}):
            self._place(conversation_id, block)
        return is_left

    def _open_one(self, conversation: StoredConversation, entry: Entry) -> None:
        messages = self._context.storage.messages
        is_message = entry.kind is EntryKind.APPLICATION
        if not is_message or messages.has_message(entry.conversation_id, entry.sequence):
            messages.set_opened(entry)
            return
        if not entry.payload:
            self._add(OpenedEntry(entry=entry, kind=MessageKind.REMOVED))
            return
        try:
            opened = self._unseal(conversation, entry)
        except SealError:
            logger.warning("%r cannot be opened", entry)
            opened = OpenedEntry(entry=entry, kind=MessageKind.UNREADABLE)
        self._add(opened)

    def _unseal(self, conversation: StoredConversation, entry: Entry) -> OpenedEntry:
        if entry.account not in (conversation.peer, self._context.me().account):
            raise SealError("The sender is no member.")
        record = self._context.storage.conversations.record(entry.conversation_id, entry.parent)
        signer_key = self._keys.device_key(entry.account, entry.device)
        if record is None or signer_key is None:
            raise _KeysMissingError
        data = open_application(record, entry, signer_key=signer_key)
        self._check_seen(entry)
        content = decode_content(data)
        if isinstance(content, Text):
            return OpenedEntry(
                entry=entry,
                kind=MessageKind.TEXT,
                message_id=content.message_id,
                text=content.text,
            )
        return OpenedEntry(entry=entry, kind=MessageKind.UNSUPPORTED)

    def _check_seen(self, entry: Entry) -> None:
        """Check that the sender saw the same log: a fork is told, the message is shown."""
        seen, seen_chain = seen_of(entry.payload[_BINDING])
        here = self._context.storage.messages.entry(entry.conversation_id, seen)
        if here is not None and here.chain != seen_chain:
            self.note_broken(entry.conversation_id, seen - 1)

    def note_broken(self, conversation_id: int, last_good: int) -> None:
        """The chain does not check after ``last_good``: never complete again, told once."""
        storage = self._context.storage
        good = storage.messages.entry(conversation_id, last_good)
        after_ms = 1 if good is None else good.received_at_ms
        if storage.conversations.set_broken(conversation_id, after_ms=after_ms):
            detail = str(conversation_id)
            self._context.emit(Notice(kind=NoticeKind.CHAIN_BROKEN, detail=detail))

    def _add(self, opened: OpenedEntry) -> None:
        entry = opened.entry
        is_own = entry.account == self._context.me().account
        local_id = self._context.storage.messages.add_opened(opened, is_own=is_own)
        if local_id is not None:
            self._changes.message(entry.conversation_id, local_id)

    def _place(self, conversation_id: int, block: int) -> None:
        """Order one block anew: what came may change the slots of what was there."""
        first, last = block_bounds(block)
        entries = self._context.storage.messages.entries(conversation_id, first=first, last=last)
        # Format 0 has one handshake, the creation, which puts its roster into force.
        places = [
            place_of(entry, changes_roster=entry.kind is EntryKind.HANDSHAKE) for entry in entries
        ]
        slots = merge_block(places)
        for local_id in self._context.storage.messages.place(slots, conversation_id):
            self._changes.message(conversation_id, local_id)
