"""A file on its way in: fetched part by part, checked chunk by chunk, kept sealed, written out.

What is in the cache from before is opened again before more is fetched, so that a download goes
on from what is right. At most one part is in memory.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from desktop.engine.context import EngineContext
from desktop.engine.errors import CommandFailedError
from desktop.engine.part_size import PartSize
from desktop.engine.threads import in_thread
from desktop.engine.uploads import Progress
from desktop.storage.file_store import StoredFile, Transfer
from shared import limits
from shared.e2ee.attachments import HEADER_BYTES, AttachmentKey, AttachmentOpener, sealed_size
from shared.errors import SealError, TransportError

__all__ = ["Downloads"]

_PIECE_BYTES = 1024 * 1024


class Downloads:
    """Carries out downloads, one call each."""

    def __init__(self, context: EngineContext) -> None:
        self._context = context

    async def run(self, transfer: Transfer, *, progress: Progress) -> None:
        """Bring a file here, and to where it is wanted; it goes on where it stopped.

        Raises:
            CommandFailedError: ``no_file``: it cannot be written; ``damaged``.
            LocalError: If the cache's disk does not take it.
            ServerRefusedError: If the server says no.
            TransportError: If it cannot be reached; try again.
        """
        file = self._context.storage.files.get(transfer.local_id)
        assert file is not None, "a transfer ends with its file"
        if not self._context.storage.file_cache.has(file.blob_id):
            await self._fetch(file, progress)
        if transfer.path:
            await self.save(file, Path(transfer.path))

    async def save(self, file: StoredFile, path: Path) -> None:
        """Write a file that is here to ``path``, whole or not at all.

        Raises:
            CommandFailedError: ``no_file``: it cannot be written; ``damaged``: what is here is
                not what was sent.
        """
        try:
            await in_thread(lambda: self._write(file, path))
        except OSError as error:
            raise CommandFailedError(
                "no_file", f"The file cannot be written: {error.strerror}."
            ) from error
        except SealError as error:
            raise self.note_damaged(file) from error

    async def read(self, file: StoredFile) -> bytes:
        """Return a small file that is here; errors as in `save`."""
        try:
            return await in_thread(lambda: b"".join(self._opened(file)))
        except SealError as error:
            raise self.note_damaged(file) from error

    def note_damaged(self, file: StoredFile) -> CommandFailedError:
        """Drop what is here, so that it can be fetched again; return what to say."""
        self._context.storage.file_cache.remove(file.blob_id)
        self._context.storage.files.set_here(file.blob_id, is_here=False)
        return CommandFailedError("damaged", "The file is not as it was sent.")

    async def _fetch(self, file: StoredFile, progress: Progress) -> None:
        cache, total = self._context.storage.file_cache, sealed_size(file.size)
        opener, offset = await in_thread(lambda: self._resumed(file))
        part = PartSize()
        while offset < total:
            progress(offset, total)
            data = await self._get(file.blob_id, offset, min(part.bytes, total - offset), part)
            await in_thread(
                lambda data=data, offset=offset: self._take(file, opener, data, offset)  # type: ignore[misc] # As in uploads.
            )
            offset += len(data)
        try:
            opener.finish(file.hash)
        except SealError as error:
            raise self.note_damaged(file) from error
        await in_thread(lambda: cache.complete(file.blob_id))
        progress(total, total)

    def _resumed(self, file: StoredFile) -> tuple[AttachmentOpener, int]:
        """Open what has come before; return how far it is right, and what goes on from there."""
        cache = self._context.storage.file_cache
        have = min(cache.size(file.blob_id), sealed_size(file.size))
        while True:
            opener, offset = AttachmentOpener(AttachmentKey(file.key), size=file.size), 0
            try:
                while offset < have:
                    piece = cache.read(file.blob_id, offset, min(_PIECE_BYTES, have - offset))
                    opener.feed(piece)
                    offset += len(piece)
                return opener, offset
            except SealError:
                # The disk has lost some of it: what opens stays.
                have = _good(opener)

    async def _get(self, blob_id: int, offset: int, size: int, part: PartSize) -> bytes:
        began_ms = self._context.now_ms()
        try:
            data = await self._context.http.call(
                "GET",
                f"/v1/blobs/{blob_id}",
                headers={"Range": f"bytes={offset}-{offset + size - 1}"},
            )
        except TransportError:
            part.note_failed()
            raise
        part.note_done(self._context.now_ms() - began_ms)
        if len(data) != size:
            raise CommandFailedError("damaged", "The server has another file than was sent.")
        return data

    def _take(self, file: StoredFile, opener: AttachmentOpener, data: bytes, offset: int) -> None:
        """Keep the next part, if it is right."""
        cache = self._context.storage.file_cache
        try:
            opener.feed(data)
        except SealError as error:
            # What came before may be wrong as well, in the chunk that was not whole yet.
            cache.append(file.blob_id, b"", offset=_good(opener))
            raise CommandFailedError("damaged", "The file is not as it was sent.") from error
        cache.append(file.blob_id, data, offset=offset)

    def _opened(self, file: StoredFile) -> Iterator[bytes]:
        """Yield the file in pieces; it is right as a whole only once this has ended."""
        cache, offset = self._context.storage.file_cache, 0
        opener = AttachmentOpener(AttachmentKey(file.key), size=file.size)
        while piece := cache.read(file.blob_id, offset, _PIECE_BYTES):
            offset += len(piece)
            yield opener.feed(piece)
        opener.finish(file.hash)

    def _write(self, file: StoredFile, path: Path) -> None:
        with tempfile.NamedTemporaryFile(
            dir=path.parent, prefix=".mim-", suffix=".part", delete=False
        ) as target:
            try:
                for piece in self._opened(file):
                    target.write(piece)
                target.flush()
                os.fsync(target.fileno())
                target.close()
                Path(target.name).replace(path)
            except BaseException:
                target.close()
                Path(target.name).unlink(missing_ok=True)
                raise


def _good(opener: AttachmentOpener) -> int:
    """Return how many sealed bytes are right; the header is, once a chunk behind it opens."""
    return opener.opened_bytes if opener.opened_bytes > HEADER_BYTES else 0


assert _PIECE_BYTES >= limits.FILE_CHUNK_BYTES
