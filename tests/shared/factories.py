"""Entries and submissions for tests, with a chain that fits."""

from __future__ import annotations

from shared import chain
from shared.entries import Entry, EntryKind, Submission

ACCOUNT = 11
DEVICE = 21
CONVERSATION = 31
START_MS = 1_800_000_000_000


def make_submission(
    counter: int,
    payload: bytes = b"payload",
    *,
    conversation_id: int = CONVERSATION,
    kind: EntryKind = EntryKind.APPLICATION,
    parent: int = 1,
    sent_at_ms: int = START_MS,
) -> Submission:
    return Submission(
        conversation_id=conversation_id,
        kind=kind,
        device_counter=counter,
        parent=parent,
        sent_at_ms=sent_at_ms,
        sent_error_ms=5,
        payload=payload,
    )


def make_entry(
    previous: bytes,
    sequence: int,
    submission: Submission,
    *,
    account: int = ACCOUNT,
    device: int = DEVICE,
    received_at_ms: int = START_MS,
) -> Entry:
    """Return what a server makes of a submission."""
    entry = Entry(
        conversation_id=submission.conversation_id,
        sequence=sequence,
        entry_id=1_000 + sequence,
        kind=submission.kind,
        account=account,
        device=device,
        device_counter=submission.device_counter,
        parent=submission.parent,
        base=submission.base,
        document_hash=submission.document_hash,
        sent_at_ms=submission.sent_at_ms,
        sent_error_ms=submission.sent_error_ms,
        received_at_ms=received_at_ms,
        expires_at_ms=submission.expires_at_ms,
        blob_ids=submission.blob_ids,
        payload_hash=chain.hash_payload(submission.payload),
        chain=bytes(32),
        payload=submission.payload,
    )
    return replace_entry(entry, chain_value=chain.chain_after(previous, entry))


def replace_entry(
    entry: Entry,
    *,
    chain_value: bytes | None = None,
    payload: bytes | None = None,
    sequence: int | None = None,
) -> Entry:
    """Return a copy with other fields."""
    return Entry(
        conversation_id=entry.conversation_id,
        sequence=entry.sequence if sequence is None else sequence,
        entry_id=entry.entry_id,
        kind=entry.kind,
        account=entry.account,
        device=entry.device,
        device_counter=entry.device_counter,
        parent=entry.parent,
        base=entry.base,
        document_hash=entry.document_hash,
        sent_at_ms=entry.sent_at_ms,
        sent_error_ms=entry.sent_error_ms,
        received_at_ms=entry.received_at_ms,
        expires_at_ms=entry.expires_at_ms,
        blob_ids=entry.blob_ids,
        payload_hash=entry.payload_hash,
        chain=entry.chain if chain_value is None else chain_value,
        payload=entry.payload if payload is None else payload,
    )


def make_log(count: int) -> list[Entry]:
    """Return the entries 1 … count of one conversation, all of one device."""
    entries: list[Entry] = []
    previous = chain.START
    for sequence in range(1, count + 1):
        submission = make_submission(sequence, b"payload %d" % sequence)
        entries.append(make_entry(previous, sequence, submission))
        previous = entries[-1].chain
    return entries


def chain_before(entries: list[Entry], sequence: int) -> bytes:
    """Return the chain value before the entry of this sequence of a whole log."""
    return chain.START if sequence == 1 else entries[sequence - 2].chain
