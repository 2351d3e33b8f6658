from __future__ import annotations

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from desktop import commands, events
from desktop.engine.errors import CommandFailedError
from desktop.engine.imaging import Picture, Preview
from desktop.events import FileState, MessageState
from desktop.storage.file_store import StoredFile
from shared import limits
from shared.errors import TransportError
from shared.identifiers import ConversationId
from tests.desktop.engine.blob_server import BlobDesk, until
from tests.desktop.engine.office import CONVERSATION

pytestmark = pytest.mark.asyncio
DATA = os.urandom(5000)


@pytest_asyncio.fixture
async def desk(tmp_path: Path) -> AsyncIterator[BlobDesk]:
    made = BlobDesk(tmp_path / "home")
    made.transfers.start()
    yield made
    await made.close()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    found = tmp_path / "data.png"
    found.write_bytes(DATA)
    return found


async def code_of(desk: BlobDesk, command: commands.Command) -> str:
    with pytest.raises(CommandFailedError) as caught:
        await desk.files.carry_out(command)  # type: ignore[arg-type] # Those of files.
    return caught.value.code


def save_command(file: StoredFile, path: Path) -> commands.SaveFile:
    return commands.SaveFile(conversation_id=CONVERSATION, local_id=file.local_id, path=str(path))


async def until_it_is(desk: BlobDesk, local_id: int, state: FileState | None) -> None:
    def is_so() -> bool:
        row = desk.storage.messages.row(local_id)
        return (None if row is None or row.file is None else row.file.state) is state

    await until(is_so)


async def test_a_file_is_queued_with_what_is_known_of_it(desk: BlobDesk, path: Path) -> None:
    answer = await desk.files.carry_out(
        commands.SendFile(
            conversation_id=CONVERSATION, path=str(path), text="look", reply_to="00" * 16
        )
    )

    assert isinstance(answer, events.Queued)
    row = answer.row
    assert row.file is not None
    assert (row.text, row.state) == ("look", MessageState.WAITING)
    assert (row.file.name, row.file.size) == ("data.png", 5000)
    assert (row.file.media_type, row.file.is_upload) == ("image/png", True)
    transfer = desk.storage.files.transfer(row.local_id)
    assert transfer is not None
    assert transfer.reply_to == bytes(16)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"conversation_id": ConversationId(5)}, "not_found"),
        ({"path": "/nowhere/at/all"}, "no_file"),
        ({"text": "x" * (limits.TEXT_LENGTH_MAX + 1)}, "too_large"),
        ({"reply_to": "no hex"}, "malformed"),
    ],
    ids=str,
)
async def test_what_cannot_be_sent_is_refused_at_once(
    desk: BlobDesk, path: Path, change: dict[str, object], code: str
) -> None:
    fields: dict[str, object] = {"conversation_id": CONVERSATION, "path": str(path)}

    refused = await code_of(desk, commands.SendFile(**(fields | change)))  # type: ignore[arg-type] # As above.

    assert refused == code
    assert desk.storage.messages.before(CONVERSATION, None, 5) == []


async def test_a_file_is_downloaded_once(desk: BlobDesk) -> None:
    file = desk.received(DATA)
    command = commands.Download(conversation_id=CONVERSATION, local_id=file.local_id)

    assert await desk.files.carry_out(command) is None
    await until_it_is(desk, file.local_id, FileState.HERE)
    calls = len(desk.http.calls)
    await desk.files.carry_out(command)

    assert len(desk.http.calls) == calls
    assert desk.storage.files.transfers() == []


async def test_pictures_in_sight_are_fetched_and_others_are_left_alone(desk: BlobDesk) -> None:
    here, seen, other = (desk.received(os.urandom(9), sequence=number) for number in (2, 3, 4))
    await desk.files.carry_out(
        commands.Download(conversation_id=CONVERSATION, local_id=here.local_id)
    )
    await until_it_is(desk, here.local_id, FileState.HERE)
    calls = len(desk.http.calls)

    await desk.files.carry_out(
        commands.FetchPictures(
            conversation_id=CONVERSATION, local_ids=[here.local_id, seen.local_id, 999]
        )
    )
    await desk.files.carry_out(
        commands.FetchPictures(conversation_id=ConversationId(5), local_ids=[other.local_id])
    )
    await until_it_is(desk, seen.local_id, FileState.HERE)

    assert len(desk.http.calls) == calls + 1
    assert desk.storage.files.transfers() == []


async def test_a_file_is_saved_when_it_is_here_and_when_not(desk: BlobDesk, tmp_path: Path) -> None:
    file = desk.received(DATA)

    await desk.files.carry_out(save_command(file, tmp_path / "one"))
    calls = len(desk.http.calls)
    await desk.files.carry_out(save_command(file, tmp_path / "two"))

    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes() == DATA
    assert len(desk.http.calls) == calls


async def test_what_the_disk_has_lost_is_fetched_again(desk: BlobDesk, tmp_path: Path) -> None:
    file = desk.received(DATA)
    await desk.files.carry_out(save_command(file, tmp_path / "one"))
    desk.storage.file_cache.remove(file.blob_id)

    await desk.files.carry_out(save_command(file, tmp_path / "two"))

    assert (tmp_path / "two").read_bytes() == DATA


async def test_a_place_that_cannot_be_is_refused_before_anything_is_fetched(
    desk: BlobDesk, tmp_path: Path
) -> None:
    file = desk.received(DATA)

    assert await code_of(desk, save_command(file, tmp_path / "none" / "x")) == "no_file"
    assert desk.http.calls == []


async def test_a_download_that_fails_says_why(desk: BlobDesk, tmp_path: Path) -> None:
    file = desk.received(DATA)
    desk.http.blobs.clear()

    assert await code_of(desk, save_command(file, tmp_path / "one")) == "not_found"


@pytest.mark.parametrize(
    "kind", [commands.Download, commands.PauseTransfer, commands.CancelTransfer]
)
async def test_of_a_message_without_a_file_there_is_nothing(
    desk: BlobDesk, kind: type[commands.Download]
) -> None:
    file = desk.received(DATA)

    for chat, local_id in ((CONVERSATION, 99), (ConversationId(5), file.local_id)):
        command = kind(conversation_id=chat, local_id=local_id)
        assert await code_of(desk, command) == "not_found"


def away(_call: str) -> None:
    raise TransportError("away")


async def test_a_transfer_is_paused_and_resumed(desk: BlobDesk) -> None:
    file = desk.received(DATA)
    desk.http.before = away
    place = {"conversation_id": CONVERSATION, "local_id": file.local_id}
    await desk.files.carry_out(commands.Download(**place))  # type: ignore[arg-type] # As above.

    await desk.files.carry_out(commands.PauseTransfer(**place))  # type: ignore[arg-type] # As above.
    await until_it_is(desk, file.local_id, FileState.PAUSED)
    desk.http.before = lambda _call: None
    await desk.files.carry_out(commands.ResumeTransfer(**place))  # type: ignore[arg-type] # As above.
    await until_it_is(desk, file.local_id, FileState.HERE)


async def test_a_download_is_ended_and_its_message_stays(desk: BlobDesk) -> None:
    file = desk.received(DATA)
    desk.http.before = away
    place = {"conversation_id": CONVERSATION, "local_id": file.local_id}
    await desk.files.carry_out(commands.Download(**place))  # type: ignore[arg-type] # As above.

    await desk.files.carry_out(commands.CancelTransfer(**place))  # type: ignore[arg-type] # As above.

    assert desk.storage.files.transfers() == []
    await until_it_is(desk, file.local_id, FileState.REMOTE)


async def test_an_upload_is_ended_with_its_message(desk: BlobDesk, path: Path) -> None:
    def stop_at_the_end(call: str) -> None:
        if call.endswith("finish"):
            raise TransportError("away")

    desk.http.before = stop_at_the_end
    answer = await desk.files.carry_out(
        commands.SendFile(conversation_id=CONVERSATION, path=str(path))
    )
    assert isinstance(answer, events.Queued)
    local_id = answer.row.local_id
    await until(lambda: desk.transfers._pauses)

    command = commands.CancelMessage(conversation_id=CONVERSATION, local_id=local_id)
    is_cancelled = await desk.files.cancel_upload(command)
    again = await desk.files.cancel_upload(command)

    assert (is_cancelled, again) == (True, False)
    assert desk.storage.messages.row(local_id) is None
    assert desk.storage.files.get(local_id) is None
    assert desk.http.blobs == {}
    assert list((desk.storage.home / "files").glob("*")) == []


async def test_what_is_being_sent_is_not_fetched(desk: BlobDesk, path: Path) -> None:
    desk.http.before = away
    answer = await desk.files.carry_out(
        commands.SendFile(conversation_id=CONVERSATION, path=str(path))
    )
    assert isinstance(answer, events.Queued)
    place = {"conversation_id": CONVERSATION, "local_id": answer.row.local_id}

    fetched = await code_of(desk, commands.Download(**place))  # type: ignore[arg-type] # As above.
    saved = await code_of(desk, commands.SaveFile(**place, path=str(path)))  # type: ignore[arg-type] # As above.

    assert (fetched, saved) == ("no_file", "no_file")
    transfer = desk.storage.files.transfer(answer.row.local_id)
    assert transfer is not None
    assert transfer.is_upload


async def here(desk: BlobDesk, data: bytes = DATA) -> StoredFile:
    file = desk.received(data)
    await desk.files.carry_out(
        commands.Download(conversation_id=CONVERSATION, local_id=file.local_id)
    )
    await until_it_is(desk, file.local_id, FileState.HERE)
    return file


def picture_command(file: StoredFile) -> commands.LoadPicture:
    return commands.LoadPicture(
        conversation_id=CONVERSATION, local_id=file.local_id, width=10_000, height=5
    )


async def test_a_picture_that_is_here_is_decoded(desk: BlobDesk) -> None:
    file = await here(desk)
    desk.imaging.decoded = Picture(2, 1, b"rgbargba")

    answer = await desk.files.carry_out(picture_command(file))

    assert answer == events.PictureLoaded(
        local_id=file.local_id, width=2, height=1, data=b"rgbargba"
    )


async def test_what_is_no_picture_or_not_here_is_not_decoded(
    desk: BlobDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    absent = desk.received(DATA, sequence=9)
    file = await here(desk)

    codes = [await code_of(desk, picture_command(each)) for each in (absent, file)]
    desk.imaging.decoded = Picture(2, 1, b"rgbargba")
    monkeypatch.setattr(limits, "PICTURE_BYTES_MAX", 10)
    codes.append(await code_of(desk, picture_command(file)))

    assert codes == ["no_file", "no_picture", "no_picture"]


async def test_a_message_is_found_by_how_its_name_begins(desk: BlobDesk) -> None:
    file = desk.received(DATA)
    row = desk.storage.messages.row(file.local_id)
    assert row is not None

    found = [
        await desk.files.carry_out(commands.FindMessage(message_id=each))
        for each in (row.message_id, row.message_id[:9].upper(), "f" * 32)
    ]

    ids = [
        [each.local_id for each in answer.rows]
        for answer in found
        if isinstance(answer, events.MessagesFound)
    ]
    assert ids == [[file.local_id], [file.local_id], []]
    for wrong in ("abc", "no hex at all"):
        assert await code_of(desk, commands.FindMessage(message_id=wrong)) == "malformed"


async def test_files_are_cleared_that_the_server_still_has(desk: BlobDesk, path: Path) -> None:
    file = desk.received(os.urandom(3000))
    await desk.files.carry_out(
        commands.Download(conversation_id=CONVERSATION, local_id=file.local_id)
    )
    await until_it_is(desk, file.local_id, FileState.HERE)
    desk.storage.file_cache.append(99, b"on its way", offset=0)

    before = await desk.files.carry_out(commands.LoadStorage())
    after = await desk.files.carry_out(commands.ClearFiles())

    assert isinstance(before, events.StorageLoaded)
    assert isinstance(after, events.StorageLoaded)
    assert before.files_bytes > before.clearable_bytes - 1 >= 3000 - 1
    assert before.database_bytes > 4096
    assert (after.files_bytes, after.clearable_bytes) == (0, 0)
    row = desk.storage.messages.row(file.local_id)
    assert row is not None
    assert row.file is not None
    assert row.file.state is FileState.REMOTE


async def test_what_is_not_sent_yet_is_not_cleared(desk: BlobDesk, path: Path) -> None:
    await desk.transfers.stop()
    answer = await desk.files.carry_out(
        commands.SendFile(conversation_id=CONVERSATION, path=str(path))
    )
    assert isinstance(answer, events.Queued)
    file = desk.storage.files.get(answer.row.local_id)
    assert file is not None
    desk.storage.file_cache.append(file.blob_id, b"sealed", offset=0)

    after = await desk.files.carry_out(commands.ClearFiles())

    assert isinstance(after, events.StorageLoaded)
    assert (after.files_bytes, after.clearable_bytes) == (6, 0)


async def test_a_file_is_looked_at_before_it_is_sent(desk: BlobDesk, path: Path) -> None:
    desk.imaging.seen = Preview(640, 480, b"small", b"larger")
    text = path.with_name("notes.txt")
    text.write_text("tea")

    picture = await desk.files.carry_out(commands.LookAtFile(path=str(path)))
    other = await desk.files.carry_out(commands.LookAtFile(path=str(text)))

    assert picture == events.FileLookedAt(
        size=5000, media_type="image/png", width=640, height=480, thumbnail=b"larger"
    )
    assert other == events.FileLookedAt(size=3, media_type="text/plain")


async def test_what_is_no_file_is_not_looked_at(desk: BlobDesk, tmp_path: Path) -> None:
    codes = [
        await code_of(desk, commands.LookAtFile(path=str(each)))
        for each in (tmp_path, tmp_path / "nothing")
    ]

    assert codes == ["no_file", "no_file"]


async def test_a_pasted_picture_is_deleted_when_it_is_sealed_or_cancelled(desk: BlobDesk) -> None:
    folder = desk.context.config.home / commands.PASTED_FOLDER
    folder.mkdir()
    sent, cancelled = folder / "sent.png", folder / "cancelled.png"
    for path in (sent, cancelled):
        path.write_bytes(DATA)

    answer = await desk.files.carry_out(
        commands.SendFile(conversation_id=CONVERSATION, path=str(sent))
    )
    await until(lambda: bool(desk.delivered))
    assert isinstance(answer, events.Queued)
    await desk.transfers.stop()
    answer = await desk.files.carry_out(
        commands.SendFile(conversation_id=CONVERSATION, path=str(cancelled))
    )
    assert isinstance(answer, events.Queued)
    await desk.files.carry_out(
        commands.CancelTransfer(conversation_id=CONVERSATION, local_id=answer.row.local_id)
    )

    assert list(folder.iterdir()) == []


async def test_a_pasted_picture_waits_for_its_sealing_over_a_restart(desk: BlobDesk) -> None:
    folder = desk.context.config.home / commands.PASTED_FOLDER
    folder.mkdir()
    for name in ("wanted.png", "left.png"):
        (folder / name).write_bytes(DATA)
    await desk.transfers.stop()
    await desk.files.carry_out(
        commands.SendFile(conversation_id=CONVERSATION, path=str(folder / "wanted.png"))
    )

    desk.transfers.start()

    assert [path.name for path in folder.iterdir()] == ["wanted.png"]


async def test_a_picture_file_is_decoded_without_being_sent(desk: BlobDesk, path: Path) -> None:
    desk.imaging.decoded = Picture(2, 1, b"rgbargba")

    answer = await desk.files.carry_out(
        commands.DecodePicture(path=str(path), width=1024, height=1024)
    )

    assert answer == events.PictureLoaded(local_id=0, width=2, height=1, data=b"rgbargba")


async def test_a_file_that_is_no_picture_or_absent_or_too_large_is_refused(
    desk: BlobDesk, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    command = commands.DecodePicture(path=str(path), width=10, height=10)
    absent = commands.DecodePicture(path=str(path.with_name("absent")), width=10, height=10)

    codes = [await code_of(desk, each) for each in (absent, command)]
    desk.imaging.decoded = Picture(2, 1, b"rgbargba")
    monkeypatch.setattr(limits, "PICTURE_BYTES_MAX", 10)
    codes.append(await code_of(desk, command))

    assert codes == ["no_file", "no_picture", "no_picture"]
