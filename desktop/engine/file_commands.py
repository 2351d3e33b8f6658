"""The commands about files: sending, fetching, writing out, looking at."""

from __future__ import annotations

import mimetypes
from pathlib import Path

import msgspec

from desktop import commands
from desktop.engine.changes import Changes
from desktop.engine.context import EngineContext
from desktop.engine.downloads import Downloads
from desktop.engine.errors import CommandFailedError
from desktop.engine.file_names import shown_name
from desktop.engine.imaging import Imaging
from desktop.engine.pasted import PastedFiles
from desktop.engine.threads import in_thread
from desktop.engine.transfers import Transfers
from desktop.engine.uploads import open_source
from desktop.events import (
    AnyAnswer,
    FileLookedAt,
    MessageKind,
    MessagesFound,
    PictureLoaded,
    Queued,
    StorageLoaded,
)
from desktop.storage.file_store import StoredFile, Transfer
from desktop.storage.message_store import NewMessage
from shared import limits
from shared.e2ee.attachments import KEY_BYTES, sealed_size
from shared.errors import Code

__all__ = ["FileCommand", "FileCommands"]

FileCommand = (
    commands.SendFile
    | commands.Download
    | commands.FetchPictures
    | commands.SaveFile
    | commands.PauseTransfer
    | commands.ResumeTransfer
    | commands.CancelTransfer
    | commands.LoadPicture
    | commands.LookAtFile
    | commands.DecodePicture
    | commands.FindMessage
    | commands.LoadStorage
    | commands.ClearFiles
)

_MESSAGE_ID_BYTES = 16
_ID_DIGITS_MIN = 8
_FOUND_MAX = 10


class FileCommands:
    """Carries out what windows and scripts ask of files."""

    def __init__(
        self,
        context: EngineContext,
        changes: Changes,
        transfers: Transfers,
        downloads: Downloads,
        imaging: Imaging,
    ) -> None:
        self._context = context
        self._changes = changes
        self._transfers = transfers
        self._downloads = downloads
        self._imaging = imaging
        self._pasted = PastedFiles(context.config.home)

    async def carry_out(self, command: FileCommand) -> AnyAnswer:
        """Carry out a command.

        Raises:
            CommandFailedError: With the codes of `desktop.events.Failed`.
        """
        match command:
            case commands.SendFile():
                return await self._send(command)
            case commands.Download():
                file = self._sent_file(command.conversation_id, command.local_id)
                if not self._is_here(file):
                    self._transfers.download(file)
            case commands.FetchPictures():
                self._fetch(command)
            case commands.SaveFile():
                await self._save(command)
            case commands.PauseTransfer():
                self._file(command.conversation_id, command.local_id)
                await self._transfers.pause(command.local_id)
            case commands.ResumeTransfer():
                self._file(command.conversation_id, command.local_id)
                self._transfers.resume(command.local_id)
            case commands.CancelTransfer():
                await self._cancel(command.conversation_id, command.local_id)
            case commands.LoadPicture():
                return await self._load_picture(command)
            case commands.LookAtFile():
                return await self._look_at(command.path)
            case commands.DecodePicture():
                return await self._decode(command)
            case commands.FindMessage():
                return self._find(command.message_id)
            case commands.LoadStorage():
                return await self._load_storage()
            case commands.ClearFiles():
                await self._transfers.clear()
                return await self._load_storage()
        return None

    async def cancel_upload(self, command: commands.CancelMessage) -> bool:
        """Drop a message whose file is not there yet; whether it is such a message."""
        transfer = self._context.storage.files.transfer(command.local_id)
        if transfer is None or not transfer.is_upload:
            return False
        await self._cancel(command.conversation_id, command.local_id)
        return True

    async def _load_storage(self) -> StorageLoaded:
        files_bytes, clearable_bytes = await self._transfers.usage()
        return StorageLoaded(
            database_bytes=self._context.storage.database_bytes(),
            files_bytes=files_bytes,
            clearable_bytes=clearable_bytes,
        )

    async def _send(self, command: commands.SendFile) -> Queued:
        storage = self._context.storage
        conversation = storage.conversations.get(command.conversation_id)
        if conversation is None:
            raise CommandFailedError(Code.NOT_FOUND.value, "There is no such conversation.")
        if len(command.text) > limits.TEXT_LENGTH_MAX:
            raise CommandFailedError(Code.TOO_LARGE.value, "A caption has at most 8000 characters.")
        path, size = await in_thread(lambda: _looked_at(command.path))
        file, transfer = self._made(command, path, size)
        with storage.database.transaction():
            local_id = storage.messages.add_waiting(
                NewMessage(
                    conversation_id=command.conversation_id,
                    message_id=self._context.random(_MESSAGE_ID_BYTES),
                    sender=self._context.me().account,
                    text=command.text,
                    typed_at_ms=self._context.server_time().at_ms,
                    kind=MessageKind.FILE,
                    reply_to=transfer.reply_to,
                    file_name=file.name,
                )
            )
            file = msgspec.structs.replace(file, local_id=local_id)
            transfer = msgspec.structs.replace(transfer, local_id=local_id)
            storage.files.add(file)
            self._transfers.add(transfer)
        self._transfers.go(transfer)
        row = storage.messages.row(local_id)
        assert row is not None
        return Queued(row=row)

    def _made(
        self, command: commands.SendFile, path: Path, size: int
    ) -> tuple[StoredFile, Transfer]:
        file = StoredFile(
            local_id=0,
            conversation_id=command.conversation_id,
            blob_id=self._context.new_id(),
            key=self._context.random(KEY_BYTES),
            hash=b"",
            size=size,
            name=shown_name(path.name),
            media_type=_media_type(path),
        )
        transfer = Transfer(
            local_id=0,
            conversation_id=command.conversation_id,
            is_upload=True,
            path=str(path),
            total=sealed_size(size),
            reply_to=_message_id(command.reply_to) if command.reply_to else None,
        )
        return file, transfer

    def _fetch(self, command: commands.FetchPictures) -> None:
        """Want the pictures that are in sight; one that is gone or here is left out."""
        found = (
            self._context.storage.files.get(local_id)
            for local_id in command.local_ids[-limits.PICTURES_WANTED_MAX :]
        )
        self._transfers.want(
            file
            for file in found
            if file is not None
            and file.conversation_id == command.conversation_id
            and not self._is_here(file)
        )

    async def _save(self, command: commands.SaveFile) -> None:
        file = self._sent_file(command.conversation_id, command.local_id)
        if self._is_here(file):
            await self._downloads.save(file, Path(command.path))
            return
        # Better now than after two gigabytes.
        target = await in_thread(lambda: _target(command.path))
        self._transfers.download(file, path=str(target))
        await self._transfers.done(command.local_id)

    async def _cancel(self, conversation_id: int, local_id: int) -> None:
        file = self._file(conversation_id, local_id)
        transfer = await self._transfers.drop(local_id)
        if transfer is None or not transfer.is_upload:
            return
        storage = self._context.storage
        with storage.database.transaction():
            storage.messages.remove_waiting(local_id)
            storage.files.forget(local_id)
        self._changes.removed(conversation_id, local_id)
        self._pasted.forget(transfer.path)
        await self._transfers.forget_upload(file.blob_id)

    async def _load_picture(self, command: commands.LoadPicture) -> PictureLoaded:
        file = self._file(command.conversation_id, command.local_id)
        if not self._is_here(file):
            raise CommandFailedError("no_file", "The picture is not here yet.")
        data = b""
        if file.size <= limits.PICTURE_BYTES_MAX:
            data = await self._downloads.read(file)
        return await self._decoded(data, command, local_id=command.local_id)

    async def _decode(self, command: commands.DecodePicture) -> PictureLoaded:
        path, size = await in_thread(lambda: _looked_at(command.path))
        data = b""
        if size <= limits.PICTURE_BYTES_MAX:
            try:
                data = await in_thread(path.read_bytes)
            except OSError as error:
                raise CommandFailedError("no_file", "The file cannot be read.") from error
        return await self._decoded(data, command, local_id=0)

    async def _decoded(
        self, data: bytes, bounds: commands.LoadPicture | commands.DecodePicture, *, local_id: int
    ) -> PictureLoaded:
        """Decode bytes; empty ones stand for what is too large to be looked at."""
        side = limits.PICTURE_SHOWN_SIDE_MAX
        picture = None
        if data:
            picture = await self._imaging.decode(
                data,
                width=max(1, min(bounds.width, side)),
                height=max(1, min(bounds.height, side)),
            )
        if picture is None:
            raise CommandFailedError("no_picture", "This cannot be shown as a picture.")
        return PictureLoaded(
            local_id=local_id, width=picture.width, height=picture.height, data=picture.data
        )

    async def _look_at(self, path: str) -> FileLookedAt:
        whole, size = await in_thread(lambda: _looked_at(path))
        seen = await self._imaging.preview(whole) if _may_be_picture(whole, size) else None
        if seen is None:
            return FileLookedAt(size=size, media_type=_media_type(whole))
        return FileLookedAt(
            size=size,
            media_type=_media_type(whole),
            width=seen.width,
            height=seen.height,
            thumbnail=seen.thumbnail,
        )

    def _find(self, message_id: str) -> MessagesFound:
        digits = message_id.lower()
        if len(digits) < _ID_DIGITS_MIN:
            raise CommandFailedError(
                Code.MALFORMED.value, "A message's name has 32 digits; give at least 8 of them."
            )
        prefix = _message_id(digits[: len(digits) // 2 * 2])
        rows = self._context.storage.messages.by_message_id(prefix, _FOUND_MAX)
        return MessagesFound(rows=[row for row in rows if row.message_id.startswith(digits)])

    def _file(self, conversation_id: int, local_id: int) -> StoredFile:
        file = self._context.storage.files.get(local_id)
        if file is None or file.conversation_id != conversation_id:
            raise CommandFailedError(Code.NOT_FOUND.value, "There is no such file.")
        return file

    def _sent_file(self, conversation_id: int, local_id: int) -> StoredFile:
        """Return a file that is not about to be sent: that one is where it came from."""
        transfer = self._context.storage.files.transfer(local_id)
        if transfer is not None and transfer.is_upload:
            raise CommandFailedError("no_file", "This file is still being sent.")
        return self._file(conversation_id, local_id)

    def _is_here(self, file: StoredFile) -> bool:
        """Whether its bytes are here; the disk may have lost what the database remembers."""
        if file.is_here and not self._context.storage.file_cache.has(file.blob_id):
            self._context.storage.files.set_here(file.blob_id, is_here=False)
            return False
        return file.is_here


def _looked_at(path: str) -> tuple[Path, int]:
    """Return the whole path of a file that can be sent, and its size."""
    source, size = open_source(Path(path))
    source.close()
    return Path(path).absolute(), size


def _media_type(path: Path) -> str:
    return (mimetypes.guess_type(path.name)[0] or "")[: limits.MEDIA_TYPE_LENGTH_MAX]


def _may_be_picture(path: Path, size: int) -> bool:
    """Whether a process is worth starting to look at it."""
    return size <= limits.PICTURE_BYTES_MAX and _media_type(path).startswith("image/")


def _target(path: str) -> Path:
    """Return the whole path of a place that can be written to."""
    target = Path(path).absolute()
    if not target.parent.is_dir():
        raise CommandFailedError("no_file", "There is no such folder to write to.")
    return target


def _message_id(text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError as error:
        raise CommandFailedError(
            Code.MALFORMED.value, "A message's name has hexadecimal digits."
        ) from error
