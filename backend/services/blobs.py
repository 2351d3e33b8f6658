"""Attachments: sealed bytes that come in parts, are named by messages, and go when nobody does.

| step | what is stored |
| --- | --- |
| start | a row: whose, how many bytes, their hash |
| part | the file grows; its size is how far the upload is |
| finish | all is read and has the hash, is safe on the disk; then the row says so |
| a message names it | a reference, in the transaction of the entry |
| blank | the reference goes, in the transaction that drops the payload |
| collect | first the row goes, then the file; a file without a row goes as well |

So a crash at any point leaves an upload that goes on, or a file that is collected; what is not
complete is never served.
"""

from __future__ import annotations

import hashlib
import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import BinaryIO

from backend.blobs import GrowingBlobs
from backend.services.context import Context, RefusedWithDetailsError
from backend.services.rate_limits import Limiter
from backend.store import blobs as store
from backend.store.database import Session
from backend.store.tables import BlobRow
from backend.store.unit import Unit
from shared import limits
from shared.errors import Code, MimError, RefusedError, TransportError
from shared.rest_blobs import BlobStart, BlobStatus

__all__ = ["BlobContent", "Blobs"]

logger = logging.getLogger(__name__)

_COLLECTED_AT_ONCE = 500  # In one transaction; messages wait for no more than that.
_UNFINISHED_RETRY_MS = 60_000


@dataclass(frozen=True, slots=True)
class BlobContent:
    """A blob that is being fetched; ``file`` is to be closed."""

    size: int
    file: BinaryIO


class Blobs:
    """Uploads, downloads and collection of attachments."""

    def __init__(self, context: Context, limiter: Limiter, files: GrowingBlobs) -> None:
        self._context = context
        self._limiter = limiter
        self._files = files
        self._busy: set[int] = set()  # Being written to or checked.
        self._lock = threading.Lock()

    def start(self, account: int, asked: BlobStart) -> BlobStatus:
        """Announce an upload; the same again is the same upload.

        Raises:
            RefusedError: With ``exists``, ``too_large``, ``quota``, ``rate_limited`` or
                ``overloaded``.
        """
        self._limiter.spend("uploads_per_account", str(account))
        if asked.size > self._context.settings.blob_limits.bytes_each:
            raise RefusedError(Code.TOO_LARGE, "This server takes no files of that size.")
        free_bytes = self._context.crossing.read(self._files.free_bytes)
        if free_bytes - asked.size < self._context.settings.blob_limits.disk_bytes_free:
            raise RefusedError(Code.OVERLOADED, "The server's disk is nearly full.")

        def work(unit: Unit) -> BlobStatus:
            row = store.find_blob(unit.session, asked.blob_id)
            if row is None:
                self._check_room(unit.session, account, asked.size)
                row = store.start(
                    unit.session,
                    blob_id=asked.blob_id,
                    account=account,
                    size=asked.size,
                    sealed_hash=asked.hash,
                    at_ms=unit.now_ms,
                )
            elif (row.account, row.size, row.hash) != (account, asked.size, asked.hash):
                raise RefusedError(Code.EXISTS, "There is another blob of this number.")
            return self._status(row)

        return self._context.change(work)

    def status(self, account: int, blob_id: int) -> BlobStatus:
        """Return how far an upload is.

        Raises:
            RefusedError: With ``not_found`` if the account has no such blob.
        """
        return self._context.read(lambda session: self._status(_own(session, account, blob_id)))

    def write(self, account: int, blob_id: int, data: bytes, *, offset: int) -> BlobStatus:
        """Take the next part.

        Raises:
            RefusedError: With ``not_found``, ``conflict`` if it does not go on where the last
                part ended (details.received), or ``too_large``.
            TransportError: If the disk does not take it.
        """
        with self._alone(blob_id):
            status = self.status(account, blob_id)
            if status.is_complete or offset != status.received:
                raise _conflict(status, "The next part begins elsewhere.")
            if offset + len(data) > status.size:
                raise RefusedError(Code.TOO_LARGE, "These are more bytes than were announced.")
            self._context.crossing.read(lambda: self._files.append(blob_id, data, offset=offset))
            return self.status(account, blob_id)

    def finish(self, account: int, blob_id: int) -> BlobStatus:
        """Check what has come; from now on it can be named and fetched.

        Raises:
            RefusedError: With ``not_found``, ``conflict`` if bytes are missing
                (details.received), or ``bad_hash``: it has to be uploaded anew.
            TransportError: If the disk does not take it.
        """
        with self._alone(blob_id):
            status = self.status(account, blob_id)
            if status.is_complete:
                return status
            if status.received != status.size:
                raise _conflict(status, "Bytes are missing.")
            expected = self._context.read(lambda session: _own(session, account, blob_id).hash)
            if self._hash(blob_id) != expected:
                self._context.crossing.read(lambda: self._files.remove(blob_id))
                raise RefusedError(Code.BAD_HASH, "These are not the bytes that were announced.")
            self._context.crossing.read(lambda: self._files.settle(blob_id))

            def work(unit: Unit) -> None:
                store.complete(unit.session, blob_id, at_ms=unit.now_ms)

            self._context.change(work)
            return self.status(account, blob_id)

    def remove(self, account: int, blob_id: int) -> None:
        """Let go of an own blob that no message names.

        Raises:
            RefusedError: With ``not_found`` or ``conflict``.
        """
        with self._alone(blob_id):

            def work(unit: Unit) -> None:
                row = _own(unit.session, account, blob_id)
                if store.is_named(unit.session, blob_id):
                    raise RefusedError(Code.CONFLICT, "A message names this attachment.")
                unit.session.delete(row)

            self._context.change(work)
            self._context.crossing.read(lambda: self._files.remove(blob_id))

    def open(self, account: int, blob_id: int) -> BlobContent:
        """Return a complete blob for somebody who may fetch it.

        Raises:
            RefusedError: With ``not_found``.
        """

        def query(session: Session) -> int | None:
            row = store.find_blob(session, blob_id)
            may = row is not None and store.may_fetch(session, account, blob_id)
            return row.size if row is not None and may else None

        size = self._context.read(query)
        file = None if size is None else self._files.open(blob_id)
        if size is None or file is None:
            raise RefusedError(Code.NOT_FOUND, "There is no such attachment.")
        return BlobContent(size, file)

    def pieces(self, content: BlobContent, *, first: int, stop: int) -> Iterator[bytes]:
        """Yield the bytes from ``first`` to before ``stop``, a few at a time, and close it."""
        with content.file as file:
            file.seek(first)
            left = stop - first
            while left > 0:
                size = min(left, limits.BLOB_READ_BYTES)
                piece = self._context.crossing.read(lambda size=size: file.read(size))  # type: ignore[misc] # mypy knows no defaults of lambdas.
                if not piece:
                    logger.error("An attachment is shorter than it was when it was complete")
                    return
                left -= len(piece)
                yield piece

    def collect(self) -> int:
        """Drop what nobody needs any more; return how many blobs those were."""
        before_ms = self._context.wall_ms() - limits.BLOB_FORGOTTEN_MS
        try:
            dropped = self._forget_unfinished(before_ms) + self._forget_unnamed(before_ms)
            self._context.crossing.read(lambda: self._sweep(dropped))
        except MimError as error:
            logger.warning("Attachments that nobody needs stay for now: %s", error)
            return 0
        return len(dropped)

    def _forget_unfinished(self, before_ms: int) -> list[int]:
        """Forget uploads that were left alone; a slow one is written to again and again."""

        def query(session: Session) -> list[int]:
            started = store.unfinished(session, before_ms=before_ms)
            return [each for each in started if self._files.touched_ms(each) < before_ms]

        found = [each for each in self._context.read(query) if each not in self._busy]
        if not found:
            return []
        return self._context.change(lambda unit: store.forget(unit.session, found))

    def _forget_unnamed(self, before_ms: int) -> list[int]:
        def work(unit: Unit) -> list[int]:
            return store.forget_unnamed(unit.session, before_ms=before_ms, limit=_COLLECTED_AT_ONCE)

        dropped: list[int] = []
        # Most of the time there is nothing, and nobody has to wait for a commit.
        while self._context.read(lambda session: store.has_unnamed(session, before_ms=before_ms)):
            dropped.extend(self._context.change(work))
        return dropped

    def _sweep(self, dropped: list[int]) -> None:
        """Remove the files of these, and those that a crash has left without a row."""
        for blob_id in dropped:
            self._try_remove(blob_id)
        # A file comes after its row and goes after it: one that is here without has lost it.
        numbers = self._files.numbers()
        while page := list(islice(numbers, _COLLECTED_AT_ONCE)):
            known = self._context.database.read(_known_query(page))
            for blob_id in set(page) - known:
                self._try_remove(blob_id)

    def _try_remove(self, blob_id: int) -> None:
        try:
            self._files.remove(blob_id)
        except TransportError as error:
            logger.warning("A file stays for now: %s", error)

    def _check_room(self, session: Session, account: int, size: int) -> None:
        bounds = self._context.settings.blob_limits
        used, unfinished = store.usage(session, account)
        if used + size > bounds.bytes_per_account:
            raise RefusedWithDetailsError(
                Code.QUOTA,
                "Your attachments take up all the room that you have here.",
                used=str(used),
                allowed=str(bounds.bytes_per_account),
            )
        if unfinished >= bounds.unfinished_per_account:
            raise RefusedWithDetailsError(
                Code.RATE_LIMITED,
                "You have as many unfinished uploads as you may.",
                retry_after_ms=str(_UNFINISHED_RETRY_MS),
            )

    def _status(self, row: BlobRow) -> BlobStatus:
        is_complete = row.complete_ms > 0
        received = row.size if is_complete else self._files.size(row.blob_id)
        return BlobStatus(
            blob_id=row.blob_id, size=row.size, received=received, is_complete=is_complete
        )

    def _hash(self, blob_id: int) -> bytes:
        digest = hashlib.blake2b(digest_size=32)
        file = self._files.open(blob_id)
        if file is not None:
            with file:
                # Others read between the pieces: a large file takes seconds.
                while piece := self._context.crossing.read(
                    lambda: file.read(limits.BLOB_PART_BYTES_MAX)
                ):
                    digest.update(piece)
        return digest.digest()

    @contextmanager
    def _alone(self, blob_id: int) -> Iterator[None]:
        """Keep a second request away: it would write the same part twice."""
        with self._lock:
            if blob_id in self._busy:
                raise RefusedWithDetailsError(
                    Code.OVERLOADED, "This upload is busy.", retry_after_ms="1000"
                )
            self._busy.add(blob_id)
        try:
            yield
        finally:
            self._busy.discard(blob_id)


def _own(session: Session, account: int, blob_id: int) -> BlobRow:
    row = store.find_blob(session, blob_id)
    if row is None or row.account != account:
        raise RefusedError(Code.NOT_FOUND, "There is no such upload.")
    return row


def _conflict(status: BlobStatus, message: str) -> RefusedError:
    return RefusedWithDetailsError(Code.CONFLICT, message, received=str(status.received))


def _known_query(page: list[int]) -> Callable[[Session], set[int]]:
    return lambda session: store.known_among(session, page)
