"""Walks everything that must hold in a data folder and says what does not."""

from __future__ import annotations

from collections.abc import Iterator

from backend.blobs import GrowingBlobs
from backend.store import blobs as blobs_store
from backend.store import entries as entries_store
from backend.store import facts, rosters
from backend.store.database import Database, Session
from backend.store.tables import ConversationRow
from backend.store.walk import (
    conversation_rows,
    event_gaps,
    incomplete_welcomes,
    marks_beyond_head,
    stray_records,
)
from shared import chain, limits
from shared.entries import Entry, EntryKind
from shared.roster import decode_document, hash_document

__all__ = ["check_all", "check_blobs", "stats"]


def stats(database: Database) -> dict[str, int]:
    """Return how many there are of each thing."""
    return database.read(facts.counts)


def check_all(database: Database) -> list[str]:
    """Return a sentence for everything that is wrong; none if all is well."""

    def query(session: Session) -> list[str]:
        problems: list[str] = []
        for row in conversation_rows(session):
            problems.extend(_check_conversation(session, row))
        problems.extend(
            f"Account {account}: {count} events, but the newest has position {position}."
            for account, count, position in event_gaps(session)
        )
        problems.extend(
            f"Conversation {conversation}: a mark of account {account} is beyond the head."
            for conversation, account in marks_beyond_head(session)
        )
        problems.extend(
            f"Conversation {conversation}: a record names {parent}, which made no epoch."
            for conversation, parent in stray_records(session)
        )
        problems.extend(
            f"Conversation {conversation}: the Welcome of {sequence} is not whole."
            for conversation, sequence in incomplete_welcomes(session)
        )
        problems.extend(
            f"Conversation {conversation}: an attachment is named by {sequence}, which is blank."
            for conversation, sequence in blobs_store.stray_references(session)
        )
        return problems

    return database.read(query)


def check_blobs(database: Database, files: GrowingBlobs) -> list[str]:
    """Return a sentence for every attachment whose bytes are not all there.

    What they are is not looked at: who fetches them knows their hash.
    """
    return [
        f"Attachment {blob_id}: {files.size(blob_id)} bytes are there, not {size}."
        for blob_id, size, is_complete in database.read(blobs_store.all_blobs)
        if is_complete and files.size(blob_id) != size
    ]


def _check_conversation(session: Session, row: ConversationRow) -> Iterator[str]:
    """Walk one log; after the first break of the chain the rest says nothing."""
    where = f"Conversation {row.conversation_id}"
    walk = _Walk()
    for entry in _entries(session, row.conversation_id):
        problem = walk.step(entry)
        if problem:
            yield f"{where}, sequence {entry.sequence}: {problem}"
            return
    if (walk.sequence, walk.chain) != (row.head, row.chain):
        yield f"{where}: the log ends at {walk.sequence}, its head says {row.head}."
    if walk.newest_handshake != row.newest_handshake:
        yield f"{where}: the newest handshake is {walk.newest_handshake}, not as its head says."
    yield from _check_roster(session, row, where)


def _check_roster(session: Session, row: ConversationRow, where: str) -> Iterator[str]:
    """Compare the members with the newest accepted document."""
    content = rosters.document_content(session, row.conversation_id, row.document_hash)
    if content is None or hash_document(content) != row.document_hash:
        yield f"{where}: the roster document is missing or another one."
        return
    document = decode_document(content)
    rows = rosters.all_members(session, row.conversation_id)
    found = {member.account: (member.role, member.root_key) for member in rows if not member.last}
    stated = {member.account: (int(member.role), member.root_key) for member in document.members}
    # Of a group that everybody has left at once the last document still names some.
    if found != stated and not row.closed_ms:
        yield f"{where}: the members are not those of the roster document."
    if document.has_history is not row.has_history:
        yield f"{where}: whether history is kept is not as in the roster document."


def _entries(session: Session, conversation_id: int) -> Iterator[Entry]:
    after = 0
    while True:
        page = entries_store.entries_after(
            session, conversation_id, after=after, limit=limits.ENTRIES_PER_FRAME_MAX
        )
        if not page.entries:
            return
        yield from page.entries
        after = page.entries[-1].sequence


class _Walk:
    """What has been seen of one log."""

    def __init__(self) -> None:
        self.sequence = 0
        self.chain = chain.START
        self.newest_handshake = 0
        self._received_ms = 0
        self._counters: dict[int, int] = {}

    def step(self, entry: Entry) -> str | None:
        """Go on to the next entry; what is wrong with it."""
        if entry.sequence != self.sequence + 1:
            return f"expected sequence {self.sequence + 1}."
        if entry.device_counter != self._counters.get(entry.device, 0) + 1:
            return f"device {entry.device} has counter {entry.device_counter} out of turn."
        if entry.received_at_ms < self._received_ms:
            return "it was received before the one before it."
        if not chain.is_linked(self.chain, entry):
            return "the chain is broken."
        if entry.kind is EntryKind.HANDSHAKE and not entry.payload:
            return "a handshake is blank."
        self.sequence, self.chain = entry.sequence, entry.chain
        self._received_ms = entry.received_at_ms
        self._counters[entry.device] = entry.device_counter
        if entry.kind is EntryKind.HANDSHAKE:
            self.newest_handshake = entry.sequence
        return None
