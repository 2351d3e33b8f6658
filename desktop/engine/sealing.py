"""The outbox's side of the database: typed, sealed, accepted, refused."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum

import msgspec

from desktop.engine.contents import Contents
from desktop.engine.context import EngineContext
from desktop.engine.group_states import GroupStates
from desktop.events import MessageRow
from desktop.storage.conversation_store import Draft
from desktop.storage.intent_store import ReplaceRoot
from desktop.storage.message_store import NewMessage
from desktop.storage.outbox_store import OutboxItem
from shared import limits
from shared.chain import START, binding_bytes, hash_payload
from shared.content import Text, blob_ids_of, encode_content
from shared.e2ee.messages import seal_message
from shared.entries import Entry, EntryKind, Submission
from shared.errors import Code, RefusedError, SealError
from shared.frames import Accepted
from shared.identifiers import AccountId, ConversationId
from shared.roster_rules import member_of

__all__ = ["NotSealed", "Sealing"]

_MESSAGE_ID_BYTES = 16


class NotSealed(Enum):
    """What has to happen before a message can be sealed."""

    GONE = "gone"  # This account is no member any more: never.
    JOIN = "join"  # This device is not in the conversation.
    ROTATE = "rotate"  # The epoch has seen enough.
    WAIT = "wait"  # A handshake is not judged yet.
    OVER = "over"  # It is in the log, or was taken back: nothing is to be sent.
    HELD = "held"  # A changed root is to be looked at or to come in; or the log may have it.


class Sealing:
    """Messages of one's own on their way into the log."""

    def __init__(self, context: EngineContext, states: GroupStates, contents: Contents) -> None:
        self._context = context
        self._states = states
        self._contents = contents
        self._typed_ms: dict[int, int] = {}  # Local id → monotonic time, within this process.
        self.on_no_blob: Callable[[int], bool] = lambda _local_id: False  # Whether it is cared for.

    def store_typed(
        self,
        conversation_id: ConversationId,
        text: str,
        *,
        reply_to: bytes | None = None,
        mentions: tuple[AccountId, ...] = (),
    ) -> MessageRow:
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
            reply_to=reply_to,
            mentions=mentions,
        )
        with storage.database.transaction():
            local_id = storage.messages.add_waiting(message)
            storage.outbox.add(
                local_id,
                conversation_id,
                typed_at_ms=self._context.wall_ms(),
                content=encode_content(Text(message.message_id, text, reply_to, mentions)),
            )
            storage.conversations.save_draft(conversation_id, Draft())
        self._typed_ms[local_id] = self._context.now_ms()
        row = storage.messages.row(local_id)
        assert row is not None
        return row

    def seal(self, local_id: int, device_counter: int) -> Submission | NotSealed:
        """Seal a message under a counter, and store it with the state that sealing leads to."""
        storage = self._context.storage
        item = storage.outbox.item(local_id)
        if item is None:
            return NotSealed.OVER
        conversation_id = item.conversation_id
        if self._is_gone(conversation_id):
            return NotSealed.GONE
        stored, log = storage.groups.log(conversation_id), self._states.log(conversation_id)
        if stored is None or log is None or not self._states.is_current(conversation_id):
            return NotSealed.WAIT
        if self._states.is_blocked(conversation_id) or self._waits_for_root(conversation_id):
            return NotSealed.HELD
        group = self._states.group(conversation_id)
        if group is None:
            return NotSealed.JOIN
        count = stored.messages + storage.outbox.sealed_count(conversation_id)
        now_ms = self._context.server_time().at_ms
        age_ms = now_ms - stored.epoch_at_ms
        leaf_age_ms = now_ms - storage.groups.leaf_at_ms(conversation_id)
        is_sealed_again = item.submission is not None and item.submission.parent == log.sequence
        if count >= limits.EPOCH_MESSAGES_MAX and not is_sealed_again:
            return NotSealed.ROTATE
        if age_ms >= limits.EPOCH_AGE_MAX_MS or leaf_age_ms >= limits.LEAF_AGE_MAX_MS:
            return NotSealed.ROTATE
        unsealed, binding = self._unsealed(item, device_counter, parent=log.sequence)
        try:
            group, payload = seal_message(group, item.content, binding=binding)
        except SealError:
            return NotSealed.ROTATE  # This leaf has sent too much in this epoch.
        submission = msgspec.structs.replace(unsealed, payload=payload)
        with storage.database.transaction():
            self._states.save_ratchets(conversation_id, group)
            storage.outbox.save_sealed(local_id, submission)
        return submission

    def _is_gone(self, conversation_id: int) -> bool:
        """Whether the own account's time in a conversation has ended, by the log or as told."""
        conversation = self._context.storage.conversations.get(conversation_id)
        if conversation is None or conversation.last:
            return True
        log = self._states.log(conversation_id)
        if log is None or not self._states.is_current(conversation_id):
            return False
        return member_of(log.document, self._context.me().account) is None

    def _waits_for_root(self, conversation_id: int) -> bool:
        """Whether a member's new root is about to come in: the old one's devices are lost."""
        waiting = self._context.storage.intents.of(conversation_id)
        return any(isinstance(each.intent, ReplaceRoot) for each in waiting)

    def _unsealed(
        self, item: OutboxItem, device_counter: int, *, parent: int
    ) -> tuple[Submission, bytes]:
        """Return a submission without its payload, and what is bound to it."""
        me = self._context.me()
        conversation = self._context.storage.conversations.get(item.conversation_id)
        assert conversation is not None
        sent_at_ms, sent_error_ms = self._stamp(item)
        unsealed = Submission(
            conversation_id=item.conversation_id,
            kind=EntryKind.APPLICATION,
            device_counter=device_counter,
            parent=parent,
            sent_at_ms=sent_at_ms,
            sent_error_ms=sent_error_ms,
            expires_at_ms=self._contents.expires_at_ms(item, sent_at_ms),
            blob_ids=blob_ids_of(item.content),
            payload=b"",
        )
        binding = binding_bytes(
            unsealed,
            account=me.account,
            device=me.device.device_id,
            seen=conversation.have,
            seen_chain=conversation.chain_have or START,
        )
        return unsealed, binding

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
            entry = self.entry_of(submission, accepted)
            self._settle(local_id, entry)
        return entry

    def note_in_log(self, entry: Entry) -> int:
        """Settle the message that an entry of this device was sealed from; inside a transaction.

        Its payload may be gone by then, taken back by another device: only its hash tells.

        Returns:
            The message's local id; 0 if there is none (any more).
        """
        local_id = self._context.storage.outbox.sealed_from(entry.payload_hash)
        return local_id if local_id and self._settle(local_id, entry) else 0

    def _settle(self, local_id: int, entry: Entry) -> bool:
        is_settled = self._context.storage.messages.settle(local_id, entry)
        if is_settled:
            self._contents.settled(entry.conversation_id, local_id)
        return is_settled

    def store_refused(self, local_id: int, code: Code) -> None:
        """Store that a rule says no to a message."""
        storage = self._context.storage
        with storage.database.transaction():
            storage.outbox.remove(local_id)
            # Its file was on the server and has gone, because it waited here for too long.
            if code is not Code.NO_BLOB or not self.on_no_blob(local_id):
                self._contents.refused(local_id, code)
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

    def entry_of(self, submission: Submission, accepted: Accepted) -> Entry:
        """Return the entry that a submission of this device has become."""
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
