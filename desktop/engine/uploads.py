"""A file on its way out: looked at, sealed into the cache, uploaded part by part.

The seal needs the file as it is; from then on the sealed bytes in the cache are what is sent,
whatever becomes of the file. At most one piece of it is in memory.
"""

from __future__ import annotations

import stat
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO

from desktop.engine.context import EngineContext
from desktop.engine.errors import CommandFailedError, ServerRefusedError
from desktop.engine.http import decode_answer
from desktop.engine.imaging import Imaging
from desktop.engine.part_size import PartSize
from desktop.engine.pasted import PastedFiles
from desktop.engine.threads import in_thread
from desktop.storage.file_store import StoredFile, Transfer
from shared import limits
from shared.e2ee.attachments import HEADER_BYTES, AttachmentKey, AttachmentSealer, sealed_size
from shared.errors import Code, LocalError, PeerError, TransportError
from shared.rest_blobs import BlobStart, BlobStatus

__all__ = ["Progress", "Uploads", "open_source"]

Progress = Callable[[int, int], None]  # Bytes done, bytes in all.

_PIECE_BYTES = 1024 * 1024
_CONFLICTS_MAX = 8
_BAD_HASHES_MAX = 2
_BYTES = "application/octet-stream"


def open_source(path: Path) -> tuple[BinaryIO, int]:
    """Open a file that is to be sent; return it with its size.

    Raises:
        CommandFailedError: ``no_file``, or ``too_large``.
    """
    try:
        # A pipe or a device would keep us waiting when it is opened.
        if not stat.S_ISREG(path.stat().st_mode):
            raise CommandFailedError("no_file", "This is no file.")
        source = path.open("rb")
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "it has no such name"
        raise CommandFailedError("no_file", f"The file cannot be read: {reason}.") from error
    size = source.seek(0, 2)
    source.seek(0)
    if size > limits.FILE_BYTES_MAX:
        source.close()
        raise CommandFailedError(
            Code.TOO_LARGE.value, f"A file has at most {limits.FILE_BYTES_MAX} bytes."
        )
    return source, size


class Uploads:
    """Carries out uploads, one call each."""

    def __init__(self, context: EngineContext, imaging: Imaging) -> None:
        self._context = context
        self._imaging = imaging
        self._pasted = PastedFiles(context.config.home)

    async def run(
        self, transfer: Transfer, *, progress: Progress, note_change: Callable[[], None]
    ) -> None:
        """Bring a file to the server; it goes on where it stopped.

        Args:
            transfer: As it was stored last.
            progress: Called with sealed bytes.
            note_change: Called when the message's row has changed.

        Raises:
            CommandFailedError: ``no_file``, ``file_changed``, ``damaged``.
            LocalError: If the disk does not take it.
            ServerRefusedError: If the server says no.
            TransportError: If it cannot be reached; try again.
        """
        if not transfer.is_sealed:
            await self._look(transfer, note_change)
            await self._seal(transfer)
            note_change()
        await self._upload(self._file(transfer), progress)

    async def forget(self, blob_id: int) -> None:
        """Tell the server that an upload is not wanted any more.

        Raises:
            MimError: As `HttpClient.call`; it is collected after a day all the same.
        """
        await self._context.http.call("DELETE", f"/v1/blobs/{blob_id}")

    def _file(self, transfer: Transfer) -> StoredFile:
        file = self._context.storage.files.get(transfer.local_id)
        assert file is not None, "a transfer ends with its file"
        return file

    async def _look(self, transfer: Transfer, note_change: Callable[[], None]) -> None:
        """Make thumbnail and preview, if it is a picture."""
        if self._file(transfer).width:
            return
        seen = await self._imaging.preview(Path(transfer.path))
        if seen is not None:
            self._context.storage.files.set_picture(
                transfer.local_id,
                width=seen.width,
                height=seen.height,
                preview=seen.preview,
                thumbnail=seen.thumbnail,
            )
            note_change()

    async def _seal(self, transfer: Transfer) -> None:
        file, cache = self._file(transfer), self._context.storage.file_cache
        if cache.has(file.blob_id):
            cache.remove(file.blob_id)  # Whole, but its hash was not stored: begin anew.
        sealer = AttachmentSealer(
            AttachmentKey(file.key), header=self._context.random(HEADER_BYTES), size=file.size
        )
        with ExitStack() as opened:
            # Opened and noted on the other thread: who is cancelled meanwhile still closes it.
            source, size = await in_thread(lambda: _open_on(opened, Path(transfer.path)))
            if size != file.size:
                raise CommandFailedError("file_changed", "The file has changed since.")
            offset = 0
            is_left = True
            while is_left:
                offset, is_left = await in_thread(
                    lambda offset=offset: self._seal_piece(file, sealer, source, offset)  # type: ignore[misc] # mypy knows no defaults of lambdas.
                )
        await in_thread(lambda: cache.complete(file.blob_id))
        self._context.storage.files.set_sealed(transfer.local_id, sealed_hash=sealer.hash)
        self._pasted.forget(transfer.path)

    def _seal_piece(
        self, file: StoredFile, sealer: AttachmentSealer, source: BinaryIO, offset: int
    ) -> tuple[int, bool]:
        """Seal the next piece into the cache at ``offset``; return where it ends, and whether."""
        try:
            piece = source.read(_PIECE_BYTES)
        except OSError as error:
            raise CommandFailedError(
                "no_file", f"The file cannot be read: {error.strerror}."
            ) from error
        try:
            sealed = sealer.feed(piece) if piece else sealer.finish()
        except LocalError as error:
            raise CommandFailedError("file_changed", str(error)) from error
        self._context.storage.file_cache.append(file.blob_id, sealed, offset=offset)
        return offset + len(sealed), bool(piece)

    async def _upload(self, file: StoredFile, progress: Progress) -> None:
        total, setbacks = sealed_size(file.size), _Setbacks()
        start = BlobStart(blob_id=file.blob_id, size=total, hash=file.hash)
        status = await self._context.http.send("POST", "/v1/blobs", BlobStatus, start)
        received, part = status.received, PartSize()
        while not status.is_complete:
            progress(received, total)
            try:
                if received < total:
                    status = await self._put(file, received, part)
                else:
                    status = await self._finish(file)
            except ServerRefusedError as error:
                received = setbacks.after(error)
            else:
                setbacks.conflicts = 0
                received = status.received
        progress(total, total)

    async def _put(self, file: StoredFile, offset: int, part: PartSize) -> BlobStatus:
        cache = self._context.storage.file_cache
        data = await in_thread(lambda: cache.read(file.blob_id, offset, part.bytes))
        if not data:
            raise CommandFailedError("damaged", "What was sealed here is not whole.")
        began_ms = self._context.now_ms()
        try:
            answer = await self._context.http.call(
                "PUT",
                f"/v1/blobs/{file.blob_id}/upload?offset={offset}",
                data,
                media_type=_BYTES,
            )
        except TransportError:
            part.note_failed()
            raise
        part.note_done(self._context.now_ms() - began_ms)
        return _status(answer, file.blob_id)

    async def _finish(self, file: StoredFile) -> BlobStatus:
        path = f"/v1/blobs/{file.blob_id}/finish"
        return _status(await self._context.http.call("POST", path), file.blob_id)


def _open_on(opened: ExitStack, path: Path) -> tuple[BinaryIO, int]:
    source, size = open_source(path)
    return opened.enter_context(source), size


def _status(answer: bytes, blob_id: int) -> BlobStatus:
    status = decode_answer(answer, BlobStatus)
    if status.blob_id != blob_id or not 0 <= status.received <= status.size:
        raise PeerError(Code.MALFORMED, "The server's answer makes no sense.")
    return status


class _Setbacks:
    """Answers that send an upload back, which must not go on for ever."""

    def __init__(self) -> None:
        self.conflicts = 0  # Without a part in between that arrived.
        self._bad_hashes = 0

    def after(self, error: ServerRefusedError) -> int:
        """Return from where to go on.

        Raises:
            ServerRefusedError: If that makes no sense.
            TransportError: If the upload is to be started again.
        """
        if error.code is Code.NOT_FOUND:
            # It lay there for too long and was collected.
            raise TransportError("The server has dropped the upload.") from error
        if error.code is Code.CONFLICT and self.conflicts < _CONFLICTS_MAX:
            self.conflicts += 1
            received = error.details.get("received", "")
            if received.isdigit():
                return int(received)
        if error.code is Code.BAD_HASH and self._bad_hashes < _BAD_HASHES_MAX:
            self._bad_hashes += 1
            return 0
        raise error
