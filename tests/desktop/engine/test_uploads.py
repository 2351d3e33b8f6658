from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import msgspec
import pytest
import pytest_asyncio

from desktop.engine.errors import CommandFailedError, ServerRefusedError
from desktop.engine.imaging import Preview
from desktop.engine.uploads import open_source
from desktop.storage.file_store import StoredFile, Transfer
from shared import limits
from shared.e2ee.attachments import AttachmentKey, AttachmentOpener, sealed_size
from shared.errors import Code, LocalError, PeerError, TransportError
from shared.rest_blobs import BlobStatus
from tests.desktop.engine.blob_server import KEY, BlobDesk
from tests.desktop.engine.office import CONVERSATION

pytestmark = pytest.mark.asyncio
DATA = os.urandom(limits.BLOB_PART_BYTES_START * 2)


@pytest_asyncio.fixture
async def desk(tmp_path: Path) -> AsyncIterator[BlobDesk]:
    made = BlobDesk(tmp_path / "home")
    yield made
    await made.close()


def prepared(desk: BlobDesk, path: Path, size: int | None = None) -> Transfer:
    """Return the transfer of a file that is to be sent."""
    size = path.stat().st_size if size is None else size
    desk.storage.files.add(
        StoredFile(
            local_id=1,
            conversation_id=CONVERSATION,
            blob_id=99,
            key=KEY,
            hash=b"",
            size=size,
            name=path.name,
        )
    )
    made = Transfer(
        local_id=1,
        conversation_id=CONVERSATION,
        is_upload=True,
        path=str(path),
        total=sealed_size(size),
    )
    desk.storage.files.save_transfer(made)
    return made


@pytest.fixture
def path(tmp_path: Path) -> Path:
    found = tmp_path / "data.bin"
    found.write_bytes(DATA)
    return found


async def upload(desk: BlobDesk, transfer: Transfer) -> list[tuple[int, int]]:
    told: list[tuple[int, int]] = []
    newest = desk.storage.files.transfer(transfer.local_id) or transfer
    await desk.uploads.run(
        newest, progress=lambda *each: told.append(each), note_change=lambda: None
    )
    return told


def opened(desk: BlobDesk) -> bytes:
    """Return what a recipient reads."""
    blob = desk.http.blobs[99]
    assert blob.is_complete
    opener = AttachmentOpener(AttachmentKey(KEY), size=len(DATA))
    data = opener.feed(bytes(blob.data))
    opener.finish(blob.start.hash)
    return data


def once(call: str, error: Exception) -> Callable[[str], None]:
    """Raise an error at the first call that begins so."""
    errors = [error]

    def before(made: str) -> None:
        if errors and made.startswith(call):
            raise errors.pop()

    return before


async def test_a_file_is_sealed_and_uploaded(desk: BlobDesk, path: Path) -> None:
    told = await upload(desk, prepared(desk, path))

    assert opened(desk) == DATA
    assert told[0] == (0, sealed_size(len(DATA)))
    assert told[-1] == (sealed_size(len(DATA)), sealed_size(len(DATA)))
    assert sorted(told) == told
    stored = desk.storage.files.get(1)
    assert stored is not None
    assert stored.is_here
    assert stored.hash == desk.http.blobs[99].start.hash


async def test_an_empty_file_is_a_file(desk: BlobDesk, tmp_path: Path) -> None:
    (tmp_path / "empty").write_bytes(b"")

    await upload(desk, prepared(desk, tmp_path / "empty"))

    assert len(desk.http.blobs[99].data) == sealed_size(0)


async def test_what_is_sealed_is_sent_whatever_becomes_of_the_file(
    desk: BlobDesk, path: Path
) -> None:
    transfer = prepared(desk, path)
    desk.http.before = once("POST /v1/blobs", TransportError("away"))

    with pytest.raises(TransportError):
        await upload(desk, transfer)
    await asyncio.to_thread(path.unlink)
    await upload(desk, transfer)

    assert opened(desk) == DATA


async def test_it_goes_on_where_it_stopped(desk: BlobDesk, path: Path) -> None:
    transfer = prepared(desk, path)
    calls: list[str] = []

    def cut(call: str) -> None:
        calls.append(call)
        if len([each for each in calls if each.startswith("PUT")]) == 2:
            desk.http.before = lambda _call: None
            raise TransportError("away")

    desk.http.before = cut
    with pytest.raises(TransportError):
        await upload(desk, transfer)
    had = len(desk.http.blobs[99].data)
    desk.http.calls.clear()
    told = await upload(desk, transfer)

    assert had == limits.BLOB_PART_BYTES_START
    assert told[0][0] == had
    assert f"PUT /v1/blobs/99/upload?offset={had}" in desk.http.calls
    assert opened(desk) == DATA


async def test_a_part_whose_answer_was_lost_is_not_sent_twice(desk: BlobDesk, path: Path) -> None:
    transfer = prepared(desk, path)

    def lose(call: str) -> None:
        if call.startswith("PUT"):
            desk.http.before = lambda _call: None
            # It arrives; its answer does not.
            data = desk.storage.file_cache.read(99, 0, 1000)
            desk.http.blobs[99].data += data
            raise ServerRefusedError(Code.CONFLICT, "no", {"received": "1000"})

    desk.http.before = lose
    await upload(desk, transfer)

    assert opened(desk) == DATA


async def test_a_conflict_that_leads_nowhere_ends(desk: BlobDesk, path: Path) -> None:
    def refuse(call: str) -> None:
        if call.startswith("PUT"):
            raise ServerRefusedError(Code.CONFLICT, "no", {"received": "0"})

    desk.http.before = refuse

    with pytest.raises(ServerRefusedError):
        await upload(desk, prepared(desk, path))
    assert len(desk.http.calls) < 20


async def test_bytes_that_were_damaged_on_the_way_are_sent_again(
    desk: BlobDesk, path: Path
) -> None:
    transfer = prepared(desk, path)

    def damage(call: str) -> None:
        if call.endswith("finish"):
            desk.http.before = lambda _call: None
            desk.http.blobs[99].data[50] ^= 1

    desk.http.before = damage
    await upload(desk, transfer)

    assert opened(desk) == DATA


async def test_a_cache_that_has_other_bytes_gives_up(desk: BlobDesk, path: Path) -> None:
    transfer = prepared(desk, path)
    desk.http.before = once("POST /v1/blobs", TransportError("away"))
    with pytest.raises(TransportError):
        await upload(desk, transfer)
    stored = desk.storage.file_cache._path(99)
    stored.write_bytes(bytes(stored.stat().st_size))

    with pytest.raises(ServerRefusedError) as caught:
        await upload(desk, transfer)
    assert caught.value.code is Code.BAD_HASH
    stored.write_bytes(b"")
    with pytest.raises(CommandFailedError) as failed:
        await upload(desk, transfer)
    assert failed.value.code == "damaged"


async def test_an_upload_that_the_server_dropped_begins_anew(desk: BlobDesk, path: Path) -> None:
    transfer = prepared(desk, path)
    desk.http.before = once("PUT", ServerRefusedError(Code.NOT_FOUND, "no", {}))

    with pytest.raises(TransportError):
        await upload(desk, transfer)
    await upload(desk, transfer)

    assert opened(desk) == DATA


@pytest.mark.parametrize("change", [b"", b"more"])
async def test_a_file_that_changes_is_not_sent(desk: BlobDesk, path: Path, change: bytes) -> None:
    transfer = prepared(desk, path)
    await asyncio.to_thread(path.write_bytes, DATA + change if change else DATA[:-1])

    with pytest.raises(CommandFailedError) as caught:
        await upload(desk, transfer)

    assert caught.value.code == "file_changed"
    assert desk.http.calls == []


async def test_a_file_that_changes_while_it_is_read_is_not_sent(
    desk: BlobDesk, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "desktop.engine.uploads.open_source", lambda _path: (path.open("rb"), len(DATA) + 5)
    )

    with pytest.raises(CommandFailedError) as caught:
        await upload(desk, prepared(desk, path, len(DATA) + 5))

    assert caught.value.code == "file_changed"


async def test_a_file_that_cannot_be_read_on_is_told(
    desk: BlobDesk, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Broken:
        def read(self, _size: int) -> bytes:
            raise OSError(5, "Input/output error")

        def __enter__(self) -> Broken:
            return self

        def __exit__(self, *_: object) -> None:
            pass

    monkeypatch.setattr("desktop.engine.uploads.open_source", lambda _path: (Broken(), len(DATA)))

    with pytest.raises(CommandFailedError) as caught:
        await upload(desk, prepared(desk, path))

    assert caught.value.code == "no_file"


async def test_a_seal_that_was_cut_off_begins_anew(desk: BlobDesk, path: Path) -> None:
    transfer = prepared(desk, path)
    desk.storage.file_cache.append(99, b"left from before" * 100_000, offset=0)

    await upload(desk, transfer)

    assert opened(desk) == DATA


async def test_a_seal_whose_hash_was_not_stored_begins_anew(desk: BlobDesk, path: Path) -> None:
    transfer = prepared(desk, path)
    desk.storage.file_cache.append(99, b"left", offset=0)
    desk.storage.file_cache.complete(99)

    await upload(desk, transfer)

    assert opened(desk) == DATA


async def test_a_picture_gets_its_preview_first(desk: BlobDesk, path: Path) -> None:
    desk.imaging.seen = Preview(640, 480, b"p", b"t")
    changes: list[int] = []

    await desk.uploads.run(
        prepared(desk, path),
        progress=lambda *_: None,
        note_change=lambda: changes.append(len(desk.http.calls)),
    )

    stored = desk.storage.files.get(1)
    assert stored is not None
    assert (stored.width, stored.height, stored.preview, stored.thumbnail) == (640, 480, b"p", b"t")
    assert changes == [0, 0]


async def test_a_full_disk_is_told(
    desk: BlobDesk, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise LocalError("A file cannot be stored: No space left on device.")

    monkeypatch.setattr(desk.storage.file_cache, "append", fail, raising=True)

    with pytest.raises(LocalError):
        await upload(desk, prepared(desk, path))


async def test_an_answer_about_another_blob_makes_no_sense(
    desk: BlobDesk, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    transfer = prepared(desk, path)
    strange = BlobStatus(blob_id=5, size=1, received=1, is_complete=True)
    monkeypatch.setattr(desk.http, "_put", lambda *_: msgspec.json.encode(strange))

    with pytest.raises(PeerError):
        await upload(desk, transfer)


async def test_an_upload_can_be_let_go(desk: BlobDesk, path: Path) -> None:
    await upload(desk, prepared(desk, path))

    await desk.uploads.forget(99)

    assert desk.http.blobs == {}


async def test_only_files_of_a_bounded_size_are_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    large = tmp_path / "large"
    with large.open("wb") as file:
        file.truncate(limits.FILE_BYTES_MAX + 1)
    os.mkfifo(tmp_path / "pipe")

    codes = []
    for path in (large, tmp_path, tmp_path / "none", tmp_path / "pipe", Path("a\0b")):
        with pytest.raises(CommandFailedError) as caught:
            open_source(path)
        codes.append(caught.value.code)

    assert codes == ["too_large", "no_file", "no_file", "no_file", "no_file"]
