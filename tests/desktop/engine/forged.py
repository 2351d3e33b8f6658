"""What a server that lies puts into a log, for tests of what a seat makes of it."""

from __future__ import annotations

from typing import Any

import msgspec

from shared.entries import Entry, EntryKind, Submission
from tests.desktop.engine.small_server import Seat

__all__ = ["append", "newest_submission", "push"]


def newest_submission(seat: Seat, number: int) -> Submission:
    """Return what the newest entry of a log was submitted as."""
    entry = seat.server.logs[number].entries[-1]
    return Submission(
        conversation_id=number,
        kind=entry.kind,
        device_counter=entry.device_counter,
        parent=entry.parent,
        base=entry.base,
        document_hash=entry.document_hash,
        sent_at_ms=entry.sent_at_ms,
        sent_error_ms=entry.sent_error_ms,
        expires_at_ms=entry.expires_at_ms,
        payload=entry.payload,
    )


def append(seat: Seat, number: int, **changes: Any) -> Entry:
    """Let the server take an entry in a seat's name that nobody submitted; tell nobody."""
    log = seat.server.logs[number]
    own = log.own(seat.device)
    submission = Submission(
        conversation_id=number,
        kind=EntryKind.APPLICATION,
        device_counter=own[-1].device_counter + 1 if own else 1,
        parent=log.newest_handshake,
        sent_at_ms=seat.server.now_ms,
        sent_error_ms=0,
        payload=b"sealed by nobody",
    )
    return seat.server._append(seat, log, msgspec.structs.replace(submission, **changes))


def push(seat: Seat, entry: Entry) -> None:
    """Let the server send an entry to everybody whose log it is."""
    seat.server._push(seat.server.logs[entry.conversation_id], entry, but=None)
