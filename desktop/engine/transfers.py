"""All uploads and downloads of a profile: which run, which wait, which rest, what is told.

| state | what ends it |
| --- | --- |
| waiting | a free place (two each way), the server reachable again, its pause after a failure |
| running | done; no connection → waiting; a rule or a disk says no → failed |
| paused | `resume` |
| failed | `resume` |

Every state is stored before it is told; what ran when the profile was closed waits at the next
start. Done means: a download is in the cache (and written to where it was wanted); an upload's
message is in the outbox, in the same transaction that ends the transfer.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable
from contextlib import suppress

import msgspec

from desktop.engine.changes import Changes
from desktop.engine.context import EngineContext
from desktop.engine.downloads import Downloads
from desktop.engine.errors import CommandFailedError, ServerRefusedError, failure_of
from desktop.engine.pasted import PastedFiles
from desktop.engine.threads import in_thread
from desktop.engine.uploads import Progress, Uploads
from desktop.events import FileState, TransferProgress
from desktop.storage.database import DatabaseFullError
from desktop.storage.file_store import StoredFile, Transfer
from shared import limits
from shared.content import File, encode_content
from shared.e2ee.attachments import sealed_size
from shared.errors import Code, MimError, TransportError
from shared.identifiers import ConversationId

__all__ = ["Transfers"]

logger = logging.getLogger(__name__)

_PAUSE_MIN_MS = 1_000
_PAUSE_MAX_MS = 60_000
_DOUBLINGS_MAX = 6
_AGAIN_MAX = 3  # Of a file that the server says it has not, in one run of this program.
_CANCELLED = CommandFailedError("cancelled", "The transfer was stopped.")


class Transfers:
    """The transfers of one profile, on the engine's loop."""

    def __init__(
        self,
        context: EngineContext,
        changes: Changes,
        uploads: Uploads,
        downloads: Downloads,
        deliver: Callable[[int, int], None],
    ) -> None:
        """Prepare; `start` lets them run.

        Args:
            context: The engine's.
            changes: Tells of changed rows.
            uploads: Carries out uploads.
            downloads: Carries out downloads.
            deliver: Called with conversation and local id of a message that is in the outbox now.
        """
        self._context = context
        self._changes = changes
        self._uploads = uploads
        self._downloads = downloads
        self._deliver = deliver
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._failures: dict[int, int] = {}  # In a row, for want of a connection.
        self._pauses: dict[int, asyncio.TimerHandle] = {}
        self._waiters: dict[int, list[asyncio.Future[None]]] = {}
        self._again: dict[int, int] = {}
        self._wanted: dict[int, StoredFile] = {}  # Because they are in sight; the newest last.
        self._is_on = False

    # Start and end.

    def start(self) -> None:
        """Let transfers run; somebody is logged in."""
        files = self._context.storage.files
        for transfer in files.transfers():
            if transfer.state is FileState.RUNNING and transfer.local_id not in self._tasks:
                files.save_transfer(msgspec.structs.replace(transfer, state=FileState.WAITING))
        unsealed = {each.path for each in files.transfers() if not each.is_sealed}
        PastedFiles(self._context.config.home).sweep(unsealed)
        self._is_on = True
        self._fill()

    async def stop(self) -> None:
        """Let everything rest until the next `start`."""
        self._is_on = False
        self._wanted.clear()
        for local_id in list(self._pauses):
            self._end_pause(local_id)
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for local_id in list(self._waiters):
            self._answer(local_id, _CANCELLED)

    def wake(self) -> None:
        """The server can be reached again: whatever waits for that goes on."""
        for local_id in list(self._pauses):
            self._end_pause(local_id)
        self._fill()

    # What is wanted.

    def add(self, transfer: Transfer) -> None:
        """Take on a transfer whose file is stored.

        Raises:
            CommandFailedError: ``overloaded``: too many are not done.
        """
        files = self._context.storage.files
        if files.count_transfers() >= limits.TRANSFERS_MAX:
            raise CommandFailedError(Code.OVERLOADED.value, "Too many files are on their way.")
        files.save_transfer(transfer)

    def go(self, transfer: Transfer) -> None:
        """Let a transfer run that was added, as soon as there is a place."""
        self._tell(transfer)
        self._fill()

    def download(self, file: StoredFile, *, path: str = "") -> None:
        """Bring a file here, and to ``path``; one that is on its way already gets that path."""
        present = self._context.storage.files.transfer(file.local_id)
        wanted = _download(file, path)
        if present is not None:
            wanted = msgspec.structs.replace(wanted, path=path or present.path, done=present.done)
        if present is None:
            self.add(wanted)
        elif file.local_id in self._tasks:
            # It reads its path at its end.
            running = msgspec.structs.replace(wanted, state=FileState.RUNNING)
            self._context.storage.files.save_transfer(running)
            return
        else:
            self._context.storage.files.save_transfer(wanted)
            self._end_pause(file.local_id)
        self.go(wanted)

    def want(self, files: Iterable[StoredFile]) -> None:
        """Bring pictures that are in sight when nothing else waits, the last of them first."""
        for file in files:
            self._wanted.pop(file.local_id, None)
            self._wanted[file.local_id] = file
        while len(self._wanted) > limits.PICTURES_WANTED_MAX:
            del self._wanted[next(iter(self._wanted))]
        self._fill()

    async def done(self, local_id: int) -> None:
        """Wait for the end of a transfer.

        Raises:
            CommandFailedError: Why it did not come to its end.
        """
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiters.setdefault(local_id, []).append(future)
        await future

    async def pause(self, local_id: int) -> None:
        """Let one rest; what is done already stays so."""
        await self._end_task(local_id)
        self._end_pause(local_id)
        transfer = self._context.storage.files.transfer(local_id)
        if transfer is not None and transfer.state is not FileState.FAILED:
            self._save(transfer, FileState.PAUSED)
            self._answer(local_id, _CANCELLED)
        self._fill()

    def resume(self, local_id: int) -> None:
        """Let one go on that rests, or has failed."""
        transfer = self._context.storage.files.transfer(local_id)
        if transfer is None or local_id in self._tasks:
            return
        self._end_pause(local_id)
        self._save(transfer, FileState.WAITING)
        self._fill()

    async def drop(self, local_id: int) -> Transfer | None:
        """End one for good; what has come of a download goes, the rest is the caller's."""
        await self._end_task(local_id)
        self._end_pause(local_id)
        files = self._context.storage.files
        transfer, file = files.transfer(local_id), files.get(local_id)
        if transfer is not None and file is not None:
            files.remove_transfer(local_id)
            if not file.is_here:
                self._context.storage.file_cache.remove(file.blob_id)
            self._tell(transfer)
        self._answer(local_id, _CANCELLED)
        self._fill()
        return transfer

    async def forget_upload(self, blob_id: int) -> None:
        """Drop the bytes of an upload here and, if it can be reached, on the server."""
        self._context.storage.file_cache.remove(blob_id)
        with suppress(MimError):  # The server collects it by itself after a day.
            await self._uploads.forget(blob_id)

    def upload_again(self, local_id: int) -> bool:
        """Send a file again that the server has collected before its message came.

        Inside the transaction that takes the message out of the outbox; whether that can be done.
        """
        files = self._context.storage.files
        file = files.get(local_id)
        row = self._context.storage.messages.row(local_id)
        if file is None or row is None or not row.is_own or not file.hash:
            return False
        if not self._context.storage.file_cache.has(file.blob_id):
            return False
        again = self._again[local_id] = self._again.get(local_id, 0) + 1
        if again > _AGAIN_MAX:
            return False
        files.save_transfer(
            Transfer(
                local_id=local_id,
                conversation_id=file.conversation_id,
                is_upload=True,
                is_sealed=True,
                total=sealed_size(file.size),
            )
        )
        asyncio.get_running_loop().call_soon(self._fill)
        return True

    # Running.

    def _fill(self) -> None:
        """Let as many run as may, in the order of their messages."""
        if not self._is_on:
            return
        transfers = self._context.storage.files.transfers()
        for is_upload in (True, False):
            same = [each for each in transfers if each.is_upload is is_upload]
            room = limits.TRANSFERS_AT_ONCE - sum(each.local_id in self._tasks for each in same)
            taken: set[int] = set()  # Conversations in which an earlier file is to come first.
            for transfer in same:
                is_free = transfer.local_id not in self._tasks
                is_free &= transfer.local_id not in self._pauses
                is_free &= transfer.conversation_id not in taken
                if _goes_first(transfer):
                    taken.add(transfer.conversation_id)
                if room > 0 and is_free and transfer.state is FileState.WAITING:
                    room -= 1
                    self._begin(transfer)
            if not is_upload:
                self._begin_wanted(room)

    def _begin_wanted(self, room: int) -> None:
        """Bring pictures that are in sight, unless something waits for the server as it is."""
        files = self._context.storage.files
        while room > 0 and self._wanted and not self._failures and not self._pauses:
            local_id, file = self._wanted.popitem()
            newest = files.get(local_id)
            if newest is None or newest.is_here or files.transfer(local_id) is not None:
                continue
            room -= 1
            self._begin(_download(file))

    def _begin(self, transfer: Transfer) -> None:
        local_id = transfer.local_id
        running = self._save(transfer, FileState.RUNNING)
        task = asyncio.get_running_loop().create_task(
            self._run(running), name=f"transfer {local_id}"
        )
        self._tasks[local_id] = task

        def end(_: asyncio.Task[None]) -> None:
            self._tasks.pop(local_id, None)
            self._fill()

        task.add_done_callback(end)

    async def _run(self, transfer: Transfer) -> None:
        files = self._context.storage.files
        file = files.get(transfer.local_id)
        try:
            await self._carry_out(transfer)
        except asyncio.CancelledError:
            raise
        except Exception as error:  # noqa: BLE001 # The outermost loop: the others go on.
            if files.transfer(transfer.local_id) is not None:
                self._note_end(transfer, error)
                return
            # Its message was taken back meanwhile.
            if file is not None and not files.is_known(file.blob_id):
                self._context.storage.file_cache.remove(file.blob_id)
            self._answer(transfer.local_id, _CANCELLED)
        else:
            self._answer(transfer.local_id, None)

    async def _carry_out(self, transfer: Transfer) -> None:
        progress = self._progress_of(transfer)
        if transfer.is_upload:
            await self._uploads.run(
                transfer, progress=progress, note_change=lambda: self._tell(transfer)
            )
            self._send(transfer)
            return
        while True:
            await self._downloads.run(transfer, progress=progress)
            newest = self._context.storage.files.transfer(transfer.local_id)
            if newest is None:
                raise _CANCELLED
            if newest.path == transfer.path:
                break
            transfer = newest  # Somebody has asked for it at another place meanwhile.
        await self._settle(transfer)

    def _send(self, transfer: Transfer) -> None:
        """The bytes are there: the message that names them goes out."""
        storage, local_id = self._context.storage, transfer.local_id
        file, row = storage.files.get(local_id), storage.messages.row(local_id)
        assert file is not None
        assert row is not None
        content = File(
            bytes.fromhex(row.message_id),
            file.blob_id,
            file.key,
            file.hash,
            file.size,
            file.name,
            file.media_type,
            row.text,
            file.width,
            file.height,
            file.preview,
            file.thumbnail,
            transfer.reply_to,
        )
        with storage.database.transaction():
            storage.files.remove_transfer(local_id)
            storage.outbox.add(
                local_id,
                transfer.conversation_id,
                typed_at_ms=self._context.wall_ms(),
                content=encode_content(content),
            )
        self._tell(transfer)
        self._deliver(transfer.conversation_id, local_id)

    async def _settle(self, transfer: Transfer) -> None:
        """A download is done: its bytes are here, for all messages that name them."""
        storage = self._context.storage
        file = storage.files.get(transfer.local_id)
        assert file is not None
        with storage.database.transaction():
            storage.files.remove_transfer(transfer.local_id)
            here = storage.files.set_here(file.blob_id, is_here=True)
        self._tell(transfer)
        self._tell_rows(here)
        await self._trim(file.blob_id)

    async def usage(self) -> tuple[int, int]:
        """Return how many bytes files take here, and how many of them `clear` would free."""
        cache, keep = self._context.storage.file_cache, self._kept()
        return await in_thread(lambda: cache.usage(keep=keep))

    async def clear(self) -> None:
        """Drop all files that nothing needs here; they can be fetched again."""
        await self._remove(0, keep=self._kept())

    def _kept(self) -> set[int]:
        """Return what a transfer or the outbox needs."""
        files = self._context.storage.files
        return files.needed() | files.unsent()

    async def _trim(self, newest: int) -> None:
        """Keep the cache within its bound; what a transfer or the outbox needs stays."""
        await self._remove(limits.FILE_CACHE_BYTES_MAX, keep=self._kept() | {newest})

    async def _remove(self, bytes_max: int, *, keep: set[int]) -> None:
        storage = self._context.storage
        cache = storage.file_cache
        removed = await in_thread(lambda: cache.trim(bytes_max, keep=keep))
        for blob_id in removed:
            self._tell_rows(storage.files.set_here(blob_id, is_here=False))

    def _note_end(self, transfer: Transfer, error: Exception) -> None:
        """Decide what becomes of a transfer that did not come to its end."""
        if isinstance(error, ServerRefusedError) and error.code is Code.RATE_LIMITED:
            wanted = error.details.get("retry_after_ms", "")
            self._rest(transfer, int(wanted) if wanted.isdigit() else _PAUSE_MAX_MS)
        elif isinstance(error, ServerRefusedError) and error.code is Code.UNAUTHENTICATED:
            # The link finds out what that means; after the next log-in it goes on.
            self._rest(transfer, _PAUSE_MAX_MS)
        elif isinstance(error, TransportError):
            self._rest(transfer, self._pause_ms(transfer.local_id))
        else:
            if not isinstance(error, MimError):
                logger.error("A transfer has failed", exc_info=error)
                error = CommandFailedError(Code.INTERNAL.value, "Something went wrong here.")
            self._fail(transfer, failure_of(error))

    def _pause_ms(self, local_id: int) -> int:
        """Return how long to wait after another failure: doubled, with jitter."""
        failures = self._failures[local_id] = self._failures.get(local_id, 0) + 1
        longest = min(_PAUSE_MIN_MS << min(failures, _DOUBLINGS_MAX), _PAUSE_MAX_MS)
        return int(longest * (0.5 + self._context.chance() / 2))

    def _rest(self, transfer: Transfer, pause_ms: int) -> None:
        local_id = transfer.local_id

        def go_on() -> None:
            self._pauses.pop(local_id, None)
            self._fill()

        loop = asyncio.get_running_loop()
        pause_ms = min(pause_ms, _PAUSE_MAX_MS)
        self._pauses[local_id] = loop.call_later(pause_ms / 1000, go_on)
        self._store_end(transfer, FileState.WAITING, "")

    def _fail(self, transfer: Transfer, failure: CommandFailedError) -> None:
        self._store_end(transfer, FileState.FAILED, failure.code)
        self._answer(transfer.local_id, failure)

    def _store_end(self, transfer: Transfer, state: FileState, code: str) -> None:
        try:
            newest = self._context.storage.files.transfer(transfer.local_id)
            if newest is not None:
                self._save(msgspec.structs.replace(newest, code=code), state)
        except DatabaseFullError:
            # It stays "running" on the disk, which at the next start means "waiting".
            logger.warning("the state of a transfer could not be stored")

    def _progress_of(self, transfer: Transfer) -> Progress:
        local_id, conversation_id = transfer.local_id, ConversationId(transfer.conversation_id)
        told_ms = -limits.TRANSFER_PROGRESS_MS

        def note(done: int, total: int) -> None:
            nonlocal told_ms
            if self._context.storage.files.transfer(local_id) is None:
                raise _CANCELLED  # Nobody wants it any more.
            self._failures.pop(local_id, None)  # Something has got through.
            now_ms = self._context.now_ms()
            if done < total and now_ms - told_ms < limits.TRANSFER_PROGRESS_MS:
                return
            told_ms = now_ms
            self._context.emit(
                TransferProgress(
                    conversation_id=conversation_id, local_id=local_id, done=done, total=total
                )
            )

        return note

    async def _end_task(self, local_id: int) -> None:
        task = self._tasks.get(local_id)
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    def _end_pause(self, local_id: int) -> None:
        pause = self._pauses.pop(local_id, None)
        if pause is not None:
            pause.cancel()

    def _save(self, transfer: Transfer, state: FileState) -> Transfer:
        code = transfer.code if state is FileState.FAILED else ""
        file = self._context.storage.files.get(transfer.local_id)
        done = transfer.done
        if file is not None and not transfer.is_upload:
            done = self._context.storage.file_cache.size(file.blob_id)
        changed = msgspec.structs.replace(transfer, state=state, code=code, done=done)
        self._context.storage.files.save_transfer(changed)
        self._tell(changed)
        return changed

    def _tell(self, transfer: Transfer) -> None:
        self._changes.message(transfer.conversation_id, transfer.local_id)

    def _tell_rows(self, rows: list[tuple[int, int]]) -> None:
        for conversation_id, local_id in rows:
            self._changes.message(conversation_id, local_id)

    def _answer(self, local_id: int, failure: CommandFailedError | None) -> None:
        """It is over, or rests: tell those who wait for it, and count its failures anew."""
        self._failures.pop(local_id, None)
        for future in self._waiters.pop(local_id, []):
            if future.done():
                continue
            if failure is None:
                future.set_result(None)
            else:
                future.set_exception(failure)


def _download(file: StoredFile, path: str = "") -> Transfer:
    return Transfer(
        local_id=file.local_id,
        conversation_id=file.conversation_id,
        is_upload=False,
        path=path,
        total=sealed_size(file.size),
    )


def _goes_first(transfer: Transfer) -> bool:
    """Whether later files of its conversation wait for it, so that they arrive as they were sent.

    One that takes long is passed, and so is one that rests or has failed.
    """
    is_quick = transfer.total <= limits.UPLOAD_IN_ORDER_BYTES_MAX
    is_on_its_way = transfer.state in (FileState.WAITING, FileState.RUNNING)
    return transfer.is_upload and is_quick and is_on_its_way
