"""A server of attachments in memory, and the parts of an engine that use it."""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from desktop.engine.changes import Changes
from desktop.engine.downloads import Downloads
from desktop.engine.errors import ServerRefusedError
from desktop.engine.file_commands import FileCommands
from desktop.engine.group_states import GroupStates
from desktop.engine.imaging import Picture, Preview
from desktop.engine.transfers import Transfers
from desktop.engine.uploads import Uploads
from desktop.events import MessageKind
from desktop.storage.file_store import StoredFile, Transfer
from desktop.storage.message_store import OpenedEntry
from shared.content import File
from shared.e2ee.attachments import AttachmentKey, AttachmentSealer
from shared.errors import Code
from shared.rest_blobs import BlobStart, BlobStatus
from tests.desktop.engine.office import CONVERSATION, FakeHttp, Office
from tests.desktop.storage.samples import entry, stored_conversation

__all__ = ["BlobDesk", "BlobHttp", "FakeImaging", "sealed_file", "until"]

KEY = bytes(range(32))


@dataclass
class Blob:
    """One blob as the server keeps it."""

    start: BlobStart
    data: bytearray = field(default_factory=bytearray)
    is_complete: bool = False


class BlobHttp(FakeHttp):
    """Keeps blobs; ``before`` is called with every call and may raise."""

    def __init__(self) -> None:
        super().__init__()
        self.blobs: dict[int, Blob] = {}
        self.before: Callable[[str], None] = lambda _call: None
        self.ranges: list[str] = []

    async def call(
        self,
        method: str,
        path: str,
        data: bytes | None = None,
        *,
        media_type: str = "application/json",
        headers: Mapping[str, str] | None = None,
    ) -> bytes:
        await asyncio.sleep(0)
        self.calls.append(f"{method} {path}")
        self.before(f"{method} {path}")
        if (method, path) == ("POST", "/v1/blobs"):
            return self._start(msgspec.json.decode(data or b"", type=BlobStart))
        found = re.fullmatch(r"/v1/blobs/(\d+)(?:/(\w+))?(?:\?offset=(\d+))?", path)
        assert found is not None, path
        blob = self.blobs.get(int(found[1]))
        if blob is None:
            raise ServerRefusedError(Code.NOT_FOUND, "no", {})
        match method, found[2]:
            case "PUT", "upload":
                return self._put(blob, data or b"", int(found[3]))
            case "POST", "finish":
                return self._finish(blob)
            case "DELETE", None:
                del self.blobs[blob.start.blob_id]
                return b""
            case "GET", None:
                asked = (headers or {})["Range"]
                self.ranges.append(asked)
                first, last = map(int, asked.removeprefix("bytes=").split("-"))
                return bytes(blob.data[first : last + 1])
        raise AssertionError((method, path))

    def _start(self, start: BlobStart) -> bytes:
        return self._status(self.blobs.setdefault(start.blob_id, Blob(start)))

    def _put(self, blob: Blob, data: bytes, offset: int) -> bytes:
        if offset != len(blob.data):
            raise ServerRefusedError(Code.CONFLICT, "no", {"received": str(len(blob.data))})
        blob.data += data
        return self._status(blob)

    def _finish(self, blob: Blob) -> bytes:
        if hashlib.blake2b(blob.data, digest_size=32).digest() != blob.start.hash:
            blob.data.clear()
            raise ServerRefusedError(Code.BAD_HASH, "no", {})
        blob.is_complete = True
        return self._status(blob)

    @staticmethod
    def _status(blob: Blob) -> bytes:
        return msgspec.json.encode(
            BlobStatus(
                blob_id=blob.start.blob_id,
                size=blob.start.size,
                received=len(blob.data),
                is_complete=blob.is_complete,
            )
        )


class FakeImaging:
    """Sees a picture in everything, or in nothing."""

    def __init__(self) -> None:
        self.seen: Preview | None = None
        self.decoded: Picture | None = None

    async def preview(self, path: Path) -> Preview | None:
        return self.seen

    async def decode(self, data: bytes, *, width: int, height: int) -> Picture | None:
        return self.decoded


class BlobDesk:
    """An office whose server has blobs, and a conversation to send files in."""

    def __init__(self, home: Path) -> None:
        self.office = Office(home)
        self.http = BlobHttp()
        self.context = self.office.context
        self.context.http = self.http
        self.storage = self.context.storage
        self.storage.conversations.add(stored_conversation(CONVERSATION))
        self.imaging = FakeImaging()
        self.changes = Changes(self.context, GroupStates(self.context))
        self.uploads = Uploads(self.context, self.imaging)
        self.downloads = Downloads(self.context)
        self.delivered: list[tuple[int, int]] = []
        self.transfers = Transfers(
            self.context,
            self.changes,
            self.uploads,
            self.downloads,
            lambda conversation_id, local_id: self.delivered.append((conversation_id, local_id)),
        )
        self.files = FileCommands(
            self.context, self.changes, self.transfers, self.downloads, self.imaging
        )

    async def close(self) -> None:
        await self.transfers.stop()
        self.office.close()

    def received(self, data: bytes, *, sequence: int = 2, name: str = "file.bin") -> StoredFile:
        """Return the file of a message that somebody has sent, and that the server has."""
        content, sealed = sealed_file(data, blob_id=1000 + sequence, name=name)
        start = BlobStart(blob_id=content.blob_id, size=len(sealed), hash=content.hash)
        self.http.blobs[content.blob_id] = Blob(start, bytearray(sealed), is_complete=True)
        opened = OpenedEntry(
            entry=entry(sequence),
            kind=MessageKind.FILE,
            message_id=content.message_id,
            file=content,
        )
        local_id = self.storage.messages.add_opened(opened, is_own=False)
        assert local_id is not None
        file = self.storage.files.get(local_id)
        assert file is not None
        return file

    def transfer(self, file: StoredFile) -> Transfer:
        """Return the transfer of a file that is on its way."""
        found = self.storage.files.transfer(file.local_id)
        assert found is not None
        return found


async def until(is_so: Callable[[], object]) -> None:
    """Wait for a fact of which no event tells."""
    async with asyncio.timeout(20):
        while not is_so():  # noqa: ASYNC110 # As said.
            await asyncio.sleep(0.005)


def sealed_file(data: bytes, *, blob_id: int, name: str = "file.bin") -> tuple[File, bytes]:
    sealer = AttachmentSealer(AttachmentKey(KEY), header=bytes(24), size=len(data))
    sealed = sealer.feed(data) + sealer.finish()
    message_id = blob_id.to_bytes(16, "big")
    return File(message_id, blob_id, KEY, sealer.hash, len(data), name), sealed
