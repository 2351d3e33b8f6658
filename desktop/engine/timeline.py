"""From sealed entries to rows: opening, order, marks, and the pages that windows ask for."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from desktop.engine.changes import Changes
from desktop.engine.contents import Contents
from desktop.engine.context import EngineContext
from desktop.engine.group_states import GroupStates
from desktop.engine.opening import Lack, Missing, Opening
from desktop.engine.placing import LastBlocks
from desktop.engine.system_lines import SystemLine, line_of, newcomers_line_of
from desktop.events import MessageKind, MessageRow, Notice, NoticeKind, TimelinePage
from desktop.storage.conversation_store import StoredConversation
from desktop.storage.message_store import OpenedEntry
from shared import limits
from shared.content import decode_content
from shared.entries import Entry, EntryKind
from shared.errors import SealError
from shared.frames import Receipt
from shared.identifiers import AccountId
from shared.ordering import block_bounds, block_of, merge_block, place_of
from shared.roster import RosterDocument

__all__ = ["Timeline"]

logger = logging.getLogger(__name__)

_ROWS_TOLD_MAX = 1_000  # Of rows that one receipt changes, the newest are told.
_UNOPENED_BATCH = limits.ORDER_BLOCK  # A screen of messages: the newest of all come first.


class Timeline:
    """The messages of all conversations."""

    def __init__(
        self,
        context: EngineContext,
        states: GroupStates,
        opening: Opening,
        contents: Contents,
        changes: Changes,
    ) -> None:
        self._context = context
        self._states = states
        self._opening = opening
        self._contents = contents
        self._changes = changes
        self._last_blocks = LastBlocks()

    def open(self, conversation_id: int, entries: Sequence[Entry]) -> bool:
        """Open what can be opened of entries that are stored; inside a transaction.

        Returns:
            Whether something must be fetched to open the rest.
        """
        return self._open(conversation_id, entries, is_last_try=False)

    def open_rest(
        self, conversation_id: int, *, is_last_try: bool, before: int | None = None
    ) -> int | None:
        """Open one batch of what was stored without keys, the newest of it.

        Args:
            conversation_id: Which conversation.
            is_last_try: What still does not open is unreadable.
            before: Only what lies before this sequence.

        Returns:
            Before which sequence the next batch lies; ``None`` after the last one.
        """
        storage = self._context.storage
        entries = storage.messages.unopened(conversation_id, _UNOPENED_BATCH, before=before)
        with storage.database.transaction():
            self._open(conversation_id, entries, is_last_try=is_last_try)
        return entries[0].sequence if len(entries) == _UNOPENED_BATCH else None

    def needs(
        self, conversation_id: int, *, before: int | None = None
    ) -> tuple[set[int], set[bytes], set[int]]:
        """Return what opening a batch needs: parents' records, documents, accounts' devices."""
        parents: set[int] = set()
        documents: set[bytes] = set()
        accounts: set[int] = set()
        messages = self._context.storage.messages
        for entry in messages.unopened(conversation_id, _UNOPENED_BATCH, before=before):
            try:
                # Nothing of it stays: what it says is stored by `open_rest`.
                self._try(entry)
            except Missing as missing:
                if missing.lack is Lack.RECORD:
                    parents.add(entry.parent)
                elif missing.lack is Lack.DOCUMENT:
                    documents.add(missing.document_hash)
                elif missing.lack is Lack.DEVICE:
                    accounts.add(entry.account)
            except SealError:
                continue
        return parents, documents, accounts

    def note_unlisted(self, conversation_id: int, *, before: int | None = None) -> None:
        """Tell which entries are of devices that their accounts' lists, just asked for, lack."""
        messages = self._context.storage.messages
        for entry in messages.unopened(conversation_id, _UNOPENED_BATCH, before=before):
            try:
                self._try(entry)
            except Missing as missing:
                if missing.lack is Lack.DEVICE:
                    self._opening.note_unlisted(entry, missing.root_key)
            except SealError:
                continue

    def _try(self, entry: Entry) -> None:
        if entry.kind is EntryKind.HANDSHAKE:
            self._line(entry)
        elif entry.payload:
            self._opening.check(entry)

    def note_receipt(self, receipt: Receipt) -> None:
        """Store and tell how far a member is."""
        storage, conversation_id = self._context.storage, receipt.conversation_id
        storage.account.raise_marks_since(max(receipt.delivered_at_ms, receipt.read_at_ms))
        conversation = storage.conversations.get(conversation_id)
        if conversation is None:
            return
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
            has_older=has_older
            or conversation.floor >= conversation.first
            or self._context.storage.conversations.lacks_earlier(conversation_id)
            or self.has_unopened(conversation_id),
            has_newer=has_newer,
        )

    def has_unopened(self, conversation_id: int) -> bool:
        """Whether entries are here that wait for something to be opened with."""
        return self._context.storage.messages.has_unopened(conversation_id)

    def _open(self, conversation_id: int, entries: Sequence[Entry], *, is_last_try: bool) -> bool:
        is_left = False
        blocks: set[int] = set()  # An entry without a row yet is placed once it has one.
        for entry in entries:
            try:
                self._open_one(entry)
            except Missing as missing:
                if not is_last_try or missing.lack is Lack.VERDICT:
                    is_left = True
                    continue
                self._give_up(entry)
            if not self._last_blocks.takes(entry):
                blocks.add(block_of(entry.sequence))
        for block in sorted(blocks):
            self._place(conversation_id, block)
        return is_left

    def _open_one(self, entry: Entry) -> None:
        messages = self._context.storage.messages
        if messages.has_message(entry.conversation_id, entry.sequence):
            messages.set_opened(entry)
        elif entry.kind is EntryKind.HANDSHAKE:
            self._show_handshake(entry)
        elif not entry.payload:
            self._contents.apply_blank(entry)
        else:
            self._show_message(entry)

    def _show_message(self, entry: Entry) -> None:
        try:
            opened = self._opening.open(entry)
            content = decode_content(opened.message.data)
        except SealError:
            logger.warning("%r cannot be opened", entry)
            self._opening.note_forged(entry)
            self._give_up(entry)
            return
        if not self._opening.is_seen(entry, opened.message):
            # Two logs are about: the message is shown, but nothing is complete any more.
            self.note_broken(entry.conversation_id, opened.message.seen - 1)
        self._contents.apply(entry, content, role=int(opened.role), kind=opened.kind)

    def _give_up(self, entry: Entry) -> None:
        if entry.kind is EntryKind.HANDSHAKE:
            self._context.storage.messages.set_opened(entry)
            return
        self._add(OpenedEntry(entry=entry, kind=MessageKind.UNREADABLE))
        self._contents.refresh(entry.conversation_id, entry.sequence)

    def _show_handshake(self, entry: Entry) -> None:
        """Tell what a handshake has done to the roster, if people may care."""
        line = self._line(entry)
        if line is None:
            self._context.storage.messages.set_opened(entry)
            return
        system, subjects, text = line
        opened = OpenedEntry(
            entry=entry,
            kind=MessageKind.SYSTEM,
            text=text,
            system=system,
            subjects=tuple(AccountId(account) for account in subjects),
        )
        self._add(opened)

    def _line(self, entry: Entry) -> SystemLine | None:
        groups, conversation_id = self._context.storage.groups, entry.conversation_id
        stored = groups.log(conversation_id)
        is_past = self._states.is_past(conversation_id)
        if not is_past and (stored is None or entry.sequence > stored.followed):
            raise Missing(Lack.VERDICT)
        verdict = groups.verdict(conversation_id, entry.sequence)
        if entry.document_hash is None or (verdict is not None and not verdict.is_valid):
            return None
        if entry.sequence == 1:
            return line_of(None, self._document(entry.document_hash))
        previous = self._context.storage.messages.handshake_before(conversation_id, entry.sequence)
        if previous is None:
            return newcomers_line_of(self._document(entry.document_hash))
        before = self._hash_after(previous)
        if before is None or before == entry.document_hash:
            return None
        return line_of(self._document(before), self._document(entry.document_hash))

    def _hash_after(self, entry: Entry) -> bytes | None:
        """Return the hash of the roster in force after a handshake, valid or not."""
        verdict = self._context.storage.groups.verdict(entry.conversation_id, entry.sequence)
        return entry.document_hash if verdict is None else verdict.document_hash

    def _document(self, document_hash: bytes) -> RosterDocument:
        document = self._states.document(document_hash)
        if document is None:
            raise Missing(Lack.DOCUMENT, document_hash=document_hash)
        return document

    def note_chain_broken(self, conversation_id: int, sequence: int) -> None:
        """An entry, which is stored by now, does not continue the chain."""
        self._opening.note_broken(conversation_id, sequence)
        self.note_broken(conversation_id, sequence - 1)

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
        places = [place_of(entry, changes_roster=self._changes_roster(entry)) for entry in entries]
        slots = merge_block(places)
        for local_id in self._context.storage.messages.place(slots, conversation_id):
            self._changes.message(conversation_id, local_id)
        self._last_blocks.learn(conversation_id, entries)

    def _changes_roster(self, entry: Entry) -> bool:
        """Whether a handshake puts another document into force; everybody says the same."""
        if entry.kind is not EntryKind.HANDSHAKE:
            return False
        conversation_id = entry.conversation_id
        verdict = self._context.storage.groups.verdict(conversation_id, entry.sequence)
        if verdict is not None and not verdict.is_valid:
            return False
        previous = self._context.storage.messages.handshake_before(conversation_id, entry.sequence)
        return previous is None or self._hash_after(previous) != entry.document_hash
