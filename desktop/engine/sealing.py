"""The outbox's side of the database: typed, sealed, accepted, refused."""

from __future__ import annotations

import msgspec

from desktop.engine.context import EngineContext
from desktop.events import MessageRow
from desktop.storage.message_store import NewMessage
from desktop.storage.outbox_store import OutboxItem
from shared import limits
from shared.chain import START, binding_bytes, hash_payload
from shared.content import Text, encode_content
from shared.e2ee.conversation_key import seal_application
from shared.entries import Entry, EntryKind, Submission
from shared.errors import Code, RefusedError
from shared.frames import Accepted
from shared.identifiers import ConversationId

__all__ = ["Sealing"]

_MESSAGE_ID_BYTES = 16


class Sealing:
    """Messages of one's own on their way into the log."""

    def __init__(self, context: EngineContext) -> None:
        self._context = context
        self._typed_ms: dict[int, int] = {}  # Local id → monotonic time, within this process.

    def store_typed(self, conversation_id: ConversationId, text: str) -> MessageRow:
        """Store a message that was typed, to be sent; its draft goes with the same step.

        Raises:
            RefusedError: ``overloaded``: too many wait; ``too_large``; ``malformed``: empty.
        """
        if not text.strip():
            raise RefusedError(Code.MALFORMED, "There is nothing to send.")
        if len(text) > limits.TEXT_LENGTH_MAX:
            raise RefusedError(Code.TOO_LARGE, "A text has at most 8000 characters.")
        storage = self._context.storage
        if storage.outbox.count() >= limits.OUTBOX_QUEUE_MAX:
            raise RefusedError(Code.OVERLOADED, "Too many messages wait to be sent.")
        message = NewMessage(
            conversation_id=conversation_id,
            message_id=self._context.random(_MESSAGE_ID_BYTES),
            sender=self._context.me().account,
            text=text,
            typed_at_ms=self._context.server_time().at_ms,
        )
        with storage.database.transaction():
            local_id = storage.messages.add_waiting(message)
            storage.outbox.add(local_id, conversation_id, typed_at_ms=self._context.wall_ms())
            storage.conversations.save_draft(conversation_id, "")
        self._typed_ms[local_id] = self._context.now_ms()
        row = storage.messages.row(local_id)
        assert row is not None
        return row

    def seal(self, local_id: int, device_counter: int) -> Submission | None:
        """Seal a message under a counter and store it; ``None`` if its key is not here yet."""
        storage, me = self._context.storage, self._context.me()
        item, row = storage.outbox.item(local_id), storage.messages.row(local_id)
        assert item is not None
        assert row is not None
        conversation = storage.conversations.get(item.conversation_id)
        assert conversation is not None
        record = storage.conversations.record(item.conversation_id, conversation.newest_handshake)
        if record is None:
            return None
        sent_at_ms, sent_error_ms = self._stamp(item)
        unsealed = Submission(
            conversation_id=item.conversation_id,
            kind=EntryKind.APPLICATION,
            device_counter=device_counter,
            parent=record.parent,
            sent_at_ms=sent_at_ms,
            sent_error_ms=sent_error_ms,
            payload=b"",
        )
        binding = binding_bytes(
            unsealed,
            account=me.account,
            device=me.device.device_id,
            seen=conversation.have,
            seen_chain=conversation.chain_have or START,
        )
        payload = seal_application(
            record,
            encode_content(Text(bytes.fromhex(row.message_id), row.text)),
            binding=binding,
            device=me.device,
            random=self._context.random,
        )
        submission = msgspec.structs.replace(unsealed, payload=payload)
        storage.outbox.save_sealed(local_id, submission)
        return submission

    def store_accepted(self, local_id: int, accepted: Accepted) -> Entry | None:
        """Store that a message is in the log.

        Returns:
            Its entry; ``None`` if it was sealed anew since, so that the entry must be pulled.
        """
        storage = self._context.storage
        item = storage.outbox.item(local_id)
        with storage.database.transaction():
            storage.conversations.set_own_counter(accepted.conversation_id, accepted.device_counter)
            storage.outbox.remove(local_id)
            self._typed_ms.pop(local_id, None)
            submission = None if item is None else item.submission
            if submission is None or hash_payload(submission.payload) != accepted.payload_hash:
                return None
            entry = self._entry(submission, accepted)
            storage.messages.settle(local_id, entry)
        return entry

    def store_refused(self, local_id: int, code: Code) -> None:
        """Store that a rule says no to a message."""
        storage = self._context.storage
        with storage.database.transaction():
            storage.outbox.remove(local_id)
            storage.messages.refuse(local_id, code.value)
        self._typed_ms.pop(local_id, None)

    def _stamp(self, item: OutboxItem) -> tuple[int, int]:
        """Return the server's time when it was typed: the stamp of the first seal stays."""
        if item.submission is not None:
            return item.submission.sent_at_ms, item.submission.sent_error_ms
        now_ms = self._context.now_ms()
        typed_ms = self._typed_ms.get(item.local_id)
        if typed_ms is None:
            # Typed before this start: only the wall clock knows how long ago.
            typed_ms = now_ms - max(0, self._context.wall_ms() - item.typed_at_ms)
        stamp = self._context.server_time(typed_ms=typed_ms)
        return stamp.at_ms, stamp.error_ms

    def _entry(self, submission: Submission, accepted: Accepted) -> Entry:
        me = self._context.me()
        return Entry(
            conversation_id=submission.conversation_id,
            sequence=accepted.sequence,
            entry_id=accepted.entry_id,
            kind=submission.kind,
            account=me.account,
            device=me.device.device_id,
            device_counter=submission.device_counter,
            parent=submission.parent,
            base=submission.base,
            document_hash=submission.document_hash,
            sent_at_ms=submission.sent_at_ms,
            sent_error_ms=submission.sent_error_ms,
            received_at_ms=accepted.received_at_ms,
            expires_at_ms=submission.expires_at_ms,
            blob_ids=submission.blob_ids,
            payload_hash=accepted.payload_hash,
            chain=accepted.chain,
            payload=submission.payload,
        )
