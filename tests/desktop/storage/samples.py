"""Values that tests of the storage put into it."""

from __future__ import annotations

from desktop.events import MessageKind
from desktop.storage.conversation_store import StoredConversation
from desktop.storage.message_store import NewMessage, OpenedEntry
from shared.chain import hash_payload
from shared.entries import Entry, EntryKind, Submission
from shared.identifiers import AccountId, ConversationId

__all__ = [
    "CONVERSATION",
    "ME",
    "PEER",
    "entry",
    "opened",
    "stored_conversation",
    "submission",
    "typed",
]

CONVERSATION = ConversationId(77)
ME, PEER = AccountId(4), AccountId(5)


def stored_conversation(conversation_id: ConversationId, peer: int = PEER) -> StoredConversation:
    return StoredConversation(
        conversation_id=conversation_id,
        kind=1,
        peer=peer,
        can_write=True,
        newest_handshake=1,
        document_hash=bytes(32),
        head=0,
    )


def entry(sequence: int, account: int = PEER, *, conversation_id: int = CONVERSATION) -> Entry:
    payload = b"sealed %d" % sequence
    return Entry(
        conversation_id=conversation_id,
        sequence=sequence,
        entry_id=1_000_000 * sequence + conversation_id,
        kind=EntryKind.APPLICATION,
        account=account,
        device=account * 10,
        device_counter=sequence,
        parent=1,
        base=0,
        document_hash=None,
        sent_at_ms=1_000 * sequence,
        sent_error_ms=5,
        received_at_ms=1_000 * sequence + 20,
        expires_at_ms=0,
        blob_ids=(),
        payload_hash=hash_payload(payload),
        chain=bytes(32),
        payload=payload,
    )


def opened(
    sequence: int,
    text: str,
    account: int = PEER,
    *,
    message_id: bytes | None = None,
    conversation_id: int = CONVERSATION,
) -> OpenedEntry:
    return OpenedEntry(
        entry=entry(sequence, account, conversation_id=conversation_id),
        kind=MessageKind.TEXT,
        message_id=message_id or b"%4d%12d" % (conversation_id, sequence),
        text=text,
    )


def typed(text: str, message_id: bytes = b"m" * 16) -> NewMessage:
    return NewMessage(
        conversation_id=CONVERSATION, message_id=message_id, sender=ME, text=text, typed_at_ms=7
    )


def submission(counter: int, payload: bytes = b"sealed") -> Submission:
    return Submission(
        conversation_id=CONVERSATION,
        kind=EntryKind.APPLICATION,
        device_counter=counter,
        parent=1,
        sent_at_ms=1,
        sent_error_ms=2,
        payload=payload,
    )
