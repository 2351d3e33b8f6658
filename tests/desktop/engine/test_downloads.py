from __future__ import annotations

import os
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest
import pytest_asyncio

from desktop.engine.errors import CommandFailedError, ServerRefusedError
from desktop.storage.file_store import StoredFile, Transfer
from shared import limits
from shared.e2ee.attachments import sealed_size
from shared.errors import Code, TransportError
from tests.desktop.engine.blob_server import BlobDesk

pytestmark = pytest.mark.asyncio
DATA = os.urandom(limits.BLOB_PART_BYTES_START * 2)
TOTAL = sealed_size(len(DATA))


@pytest_asyncio.fixture
async def desk(tmp_path: Path) -> AsyncIterator[BlobDesk]:
    made = BlobDesk(tmp_path / "home")
    yield made
    await made.close()


def transfer_of(file: StoredFile, path: Path | None = None) -> Transfer:
    return Transfer(
        local_id=file.local_id,
        conversation_id=file.conversation_id,
        is_upload=False,
        path="" if path is None else str(path),
        total=TOTAL,
    )


def names_in(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


async def download(
    desk: BlobDesk, file: StoredFile, path: Path | None = None
) -> list[tuple[int, int]]:
    told: list[tuple[int, int]] = []
    await desk.downloads.run(transfer_of(file, path), progress=lambda *each: told.append(each))
    return told


async def code_of(desk: BlobDesk, file: StoredFile, path: Path | None = None) -> str:
    with pytest.raises(CommandFailedError) as caught:
        await download(desk, file, path)
    return caught.value.code


async def test_a_file_is_fetched_and_written(desk: BlobDesk, tmp_path: Path) -> None:
    file = desk.received(DATA)

    told = await download(desk, file, tmp_path / "copy")

    assert (tmp_path / "copy").read_bytes() == DATA
    assert desk.storage.file_cache.has(file.blob_id)
    assert (told[0], told[-1]) == ((0, TOTAL), (TOTAL, TOTAL))
    assert sorted(told) == told
    assert await desk.downloads.read(file) == DATA
    assert names_in(tmp_path) == {"home", "copy"}


async def test_what_is_here_is_not_fetched_again(desk: BlobDesk, tmp_path: Path) -> None:
    file = desk.received(DATA)
    await download(desk, file)
    desk.http.calls.clear()

    await download(desk, file, tmp_path / "copy")

    assert desk.http.calls == []
    assert (tmp_path / "copy").read_bytes() == DATA


async def cut_after(desk: BlobDesk, file: StoredFile, calls: int) -> None:
    """Fetch so many parts and lose the connection."""

    def cut(_call: str) -> None:
        if len(desk.http.calls) > calls:
            desk.http.before = lambda _call: None
            raise TransportError("away")

    desk.http.before = cut
    with pytest.raises(TransportError):
        await download(desk, file)


async def test_it_goes_on_where_it_stopped(desk: BlobDesk) -> None:
    file = desk.received(DATA)
    await cut_after(desk, file, 1)
    had = desk.storage.file_cache.size(file.blob_id)

    told = await download(desk, file)

    assert had == limits.BLOB_PART_BYTES_START
    assert told[0] == (had, TOTAL)
    assert desk.http.ranges[1].startswith(f"bytes={had}-")
    assert await desk.downloads.read(file) == DATA


async def test_what_the_disk_has_lost_is_fetched_again(desk: BlobDesk) -> None:
    file = desk.received(DATA)
    await cut_after(desk, file, 1)
    part = desk.storage.file_cache._part(file.blob_id)
    damaged = bytearray(part.read_bytes())
    damaged[limits.FILE_CHUNK_BYTES + 100] ^= 1  # In the second chunk.
    part.write_bytes(damaged)

    told = await download(desk, file)

    assert told[0][0] == 24 + limits.FILE_CHUNK_BYTES + 17
    assert await desk.downloads.read(file) == DATA


async def test_more_than_there_can_be_is_cut(desk: BlobDesk) -> None:
    file = desk.received(DATA)
    desk.storage.file_cache.append(file.blob_id, os.urandom(TOTAL + 500), offset=0)

    await download(desk, file)

    assert desk.storage.file_cache.size(file.blob_id) == TOTAL
    assert await desk.downloads.read(file) == DATA


async def test_bytes_that_were_not_sent_end_it_at_once(desk: BlobDesk) -> None:
    file = desk.received(DATA)
    desk.http.blobs[file.blob_id].data[100] ^= 1

    code = await code_of(desk, file)
    had = desk.storage.file_cache.size(file.blob_id)
    desk.http.blobs[file.blob_id].data[100] ^= 1
    await download(desk, file)

    assert (code, had) == ("damaged", 0)
    assert await desk.downloads.read(file) == DATA


async def test_half_a_wrong_chunk_is_not_kept(desk: BlobDesk) -> None:
    file = desk.received(DATA)
    place = limits.BLOB_PART_BYTES_START - 10  # In a chunk that ends in the next part.
    desk.http.blobs[file.blob_id].data[place] ^= 1

    code = await code_of(desk, file)
    desk.http.blobs[file.blob_id].data[place] ^= 1
    await download(desk, file)

    assert code == "damaged"
    assert await desk.downloads.read(file) == DATA


async def test_a_stream_that_is_not_the_one_of_the_message_is_dropped(desk: BlobDesk) -> None:
    file = desk.received(DATA)
    other = msgspec.structs.replace(file, hash=bytes(32))
    desk.storage.files.forget(file.local_id)
    desk.storage.files.add(other)

    assert await code_of(desk, other) == "damaged"
    assert desk.storage.file_cache.size(file.blob_id) == 0


async def test_a_server_with_fewer_bytes_is_noticed(desk: BlobDesk) -> None:
    file = desk.received(DATA)
    del desk.http.blobs[file.blob_id].data[-10:]

    assert await code_of(desk, file) == "damaged"


async def test_what_is_gone_is_told(desk: BlobDesk) -> None:
    file = desk.received(DATA)
    desk.http.blobs.clear()

    with pytest.raises(ServerRefusedError) as caught:
        await download(desk, file)

    assert caught.value.code is Code.NOT_FOUND


async def test_a_place_that_cannot_be_written_is_told_and_left_clean(
    desk: BlobDesk, tmp_path: Path
) -> None:
    file = desk.received(DATA)
    (tmp_path / "folder").mkdir()

    assert await code_of(desk, file, tmp_path / "none" / "copy") == "no_file"
    assert await code_of(desk, file, tmp_path / "folder") == "no_file"
    assert names_in(tmp_path / "folder") == set()
    assert names_in(tmp_path) == {"home", "folder"}


async def test_damage_in_the_cache_is_noticed_and_fetched_anew(
    desk: BlobDesk, tmp_path: Path
) -> None:
    file = desk.received(DATA)
    await download(desk, file)
    path = desk.storage.file_cache._path(file.blob_id)
    damaged = bytearray(path.read_bytes())
    damaged[-1] ^= 1
    path.write_bytes(damaged)

    code = await code_of(desk, file, tmp_path / "copy")
    await download(desk, file, tmp_path / "copy")

    assert code == "damaged"
    assert (tmp_path / "copy").read_bytes() == DATA


async def test_a_small_file_that_is_damaged_is_not_read(desk: BlobDesk) -> None:
    file = desk.received(b"small")
    await download(desk, file)
    desk.storage.file_cache._path(file.blob_id).write_bytes(bytes(sealed_size(5)))

    with pytest.raises(CommandFailedError) as caught:
        await desk.downloads.read(file)

    assert caught.value.code == "damaged"
    assert not desk.storage.file_cache.has(file.blob_id)
