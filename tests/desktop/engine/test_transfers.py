from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
import pytest_asyncio

from desktop import commands, events
from desktop.engine.errors import CommandFailedError, ServerRefusedError
from desktop.engine.uploads import Progress
from desktop.events import FileState, MessageKind, MessageRow, MessageState
from desktop.storage.database import DatabaseFullError
from desktop.storage.file_store import StoredFile, Transfer
from shared import limits
from shared.content import File, decode_content
from shared.e2ee.attachments import sealed_size
from shared.errors import Code, PeerError, TransportError
from shared.identifiers import ConversationId
from tests.desktop.engine.blob_server import BlobDesk, until
from tests.desktop.engine.office import CONVERSATION
from tests.desktop.engine.people import Person, befriend
from tests.server_process import ServerProcess

pytestmark = pytest.mark.asyncio
DATA = os.urandom(limits.BLOB_PART_BYTES_START * 2)


@pytest_asyncio.fixture
async def desk(tmp_path: Path) -> AsyncIterator[BlobDesk]:
    made = BlobDesk(tmp_path / "home")
    yield made
    await made.close()


async def send(desk: BlobDesk, path: Path, text: str = "") -> int:
    answer = await desk.files.carry_out(
        commands.SendFile(conversation_id=CONVERSATION, path=str(path), text=text)
    )
    assert isinstance(answer, events.Queued)
    return answer.row.local_id


def state_of(desk: BlobDesk, local_id: int) -> FileState | None:
    row = desk.storage.messages.row(local_id)
    return None if row is None or row.file is None else row.file.state


@pytest.fixture
def path(tmp_path: Path) -> Path:
    found = tmp_path / "data.bin"
    found.write_bytes(DATA)
    return found


async def test_an_upload_ends_with_its_message_in_the_outbox(desk: BlobDesk, path: Path) -> None:
    desk.transfers.start()

    local_id = await send(desk, path, "look")
    await until(lambda: desk.delivered)

    item = desk.storage.outbox.item(local_id)
    assert item is not None
    content = decode_content(item.content)
    assert isinstance(content, File)
    blob = desk.http.blobs[content.blob_id]
    assert (content.name, content.size, content.text) == ("data.bin", len(DATA), "look")
    assert content.hash == blob.start.hash
    assert desk.delivered == [(CONVERSATION, local_id)]
    assert desk.storage.files.transfers() == []
    assert state_of(desk, local_id) is FileState.HERE


async def test_without_a_connection_it_waits_and_goes_on_when_there_is_one(
    desk: BlobDesk, path: Path
) -> None:
    desk.transfers.start()

    def away(_call: str) -> None:
        raise TransportError("away")

    desk.http.before = away
    local_id = await send(desk, path)
    await until(lambda: desk.transfers._pauses)
    waiting = state_of(desk, local_id)
    desk.http.before = lambda _call: None
    desk.transfers.wake()
    await until(lambda: desk.delivered)

    assert waiting is FileState.WAITING


async def test_pauses_grow_and_have_a_bound(desk: BlobDesk) -> None:
    desk.context.chance = lambda: 1.0

    pauses = [desk.transfers._pause_ms(1) for _ in range(9)]

    assert pauses[:3] == [2_000, 4_000, 8_000]
    assert pauses[-1] == 60_000


async def test_a_server_that_is_asked_too_often_says_how_long_to_wait(
    desk: BlobDesk, path: Path
) -> None:
    desk.transfers.start()
    waits = iter([{"retry_after_ms": "1"}, {}])

    def refuse(_call: str) -> None:
        raise ServerRefusedError(Code.RATE_LIMITED, "wait", next(waits))

    desk.http.before = refuse
    local_id = await send(desk, path)
    await until(lambda: len(desk.http.calls) == 2)
    await until(lambda: desk.transfers._pauses)

    assert state_of(desk, local_id) is FileState.WAITING


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ServerRefusedError(Code.QUOTA, "full", {}), "quota"),
        (PeerError(Code.MALFORMED, "?"), "malformed"),
    ],
)
async def test_a_rule_that_says_no_is_shown_and_can_be_tried_again(
    desk: BlobDesk, path: Path, error: Exception, code: str
) -> None:
    desk.transfers.start()

    def refuse(_call: str) -> None:
        raise error

    desk.http.before = refuse
    local_id = await send(desk, path)
    await until(lambda: state_of(desk, local_id) is FileState.FAILED)
    row = desk.storage.messages.row(local_id)
    desk.http.before = lambda _call: None
    desk.transfers.resume(local_id)
    await until(lambda: desk.delivered)

    assert row is not None
    assert row.file is not None
    assert row.file.code == code


@pytest.mark.logs_warnings
async def test_a_bug_is_logged_and_harms_one(
    desk: BlobDesk, path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    desk.transfers.start()

    def fail(_call: str) -> None:
        raise ZeroDivisionError

    desk.http.before = fail
    local_id = await send(desk, path)
    await until(lambda: state_of(desk, local_id) is FileState.FAILED)

    assert desk.transfer(_file(desk, local_id)).code == "internal"
    assert "A transfer has failed" in caplog.text


def _file(desk: BlobDesk, local_id: int) -> StoredFile:
    file = desk.storage.files.get(local_id)
    assert file is not None
    return file


async def test_a_download_ends_in_the_cache_and_where_it_was_wanted(
    desk: BlobDesk, tmp_path: Path
) -> None:
    desk.transfers.start()
    file = desk.received(DATA)

    desk.transfers.download(file, path=str(tmp_path / "copy"))
    await desk.transfers.done(file.local_id)

    assert (tmp_path / "copy").read_bytes() == DATA
    assert state_of(desk, file.local_id) is FileState.HERE
    told = [event for event in desk.office.told if isinstance(event, events.TransferProgress)]
    total = sealed_size(len(DATA))
    assert [(event.done, event.total) for event in told] == [(0, total), (total, total)]


async def test_two_run_each_way_and_the_others_wait(desk: BlobDesk) -> None:
    files = [desk.received(os.urandom(10), sequence=number) for number in range(2, 6)]
    hold = asyncio.Event()
    real = desk.downloads._get

    async def held(*arguments: int) -> bytes:
        await hold.wait()
        return await real(*arguments)  # type: ignore[arg-type] # Passed on.

    desk.downloads._get = held  # type: ignore[method-assign,assignment] # It waits first.
    for file in files:
        desk.transfers.download(file)
    desk.transfers.start()
    await until(lambda: desk.transfers._tasks)
    states = [state_of(desk, file.local_id) for file in files]
    hold.set()
    await until(lambda: not desk.storage.files.transfers())

    assert states == [FileState.RUNNING] * 2 + [FileState.WAITING] * 2


async def test_what_rests_stays_so_until_it_is_to_go_on(desk: BlobDesk) -> None:
    desk.transfers.start()
    file = desk.received(DATA)
    hold = asyncio.Event()

    async def held(*_: object) -> bytes:
        await hold.wait()
        raise AssertionError

    real = desk.downloads._get
    desk.downloads._get = held  # type: ignore[method-assign,assignment] # It waits for ever.
    desk.transfers.download(file)
    waiting = asyncio.ensure_future(desk.transfers.done(file.local_id))
    await until(lambda: desk.transfers._tasks)
    await desk.transfers.pause(file.local_id)
    with pytest.raises(CommandFailedError) as caught:
        await waiting
    desk.transfers.wake()
    paused = state_of(desk, file.local_id)
    desk.downloads._get = real  # type: ignore[method-assign] # As it was.
    desk.transfers.resume(file.local_id)
    await until(lambda: state_of(desk, file.local_id) is FileState.HERE)

    assert caught.value.code == "cancelled"
    assert paused is FileState.PAUSED


async def test_what_is_done_or_was_never_begun_is_not_resumed(desk: BlobDesk) -> None:
    desk.transfers.start()
    file = desk.received(DATA)

    desk.transfers.resume(file.local_id)
    await desk.transfers.pause(file.local_id)

    assert state_of(desk, file.local_id) is FileState.REMOTE


async def test_an_ended_download_leaves_nothing(desk: BlobDesk) -> None:
    desk.transfers.start()
    file = desk.received(DATA)

    def cut(call: str) -> None:
        if len(desk.http.calls) > 1:
            raise TransportError("away")

    desk.http.before = cut
    desk.transfers.download(file)
    await until(lambda: desk.transfers._pauses)
    had = desk.storage.file_cache.size(file.blob_id)
    dropped = await desk.transfers.drop(file.local_id)

    assert had > 0
    assert dropped is not None
    assert desk.storage.file_cache.size(file.blob_id) == 0
    assert state_of(desk, file.local_id) is FileState.REMOTE
    assert await desk.transfers.drop(file.local_id) is None


@pytest.mark.parametrize("calls", [1, 2])
async def test_a_download_of_what_was_taken_back_ends_and_leaves_nothing(
    desk: BlobDesk, calls: int
) -> None:
    desk.transfers.start()
    file = desk.received(DATA)

    def take_back(_call: str) -> None:
        if len(desk.http.calls) == calls:
            desk.storage.files.forget(file.local_id)

    desk.http.before = take_back
    desk.transfers.download(file)
    with pytest.raises(CommandFailedError) as caught:
        await desk.transfers.done(file.local_id)

    assert caught.value.code == "cancelled"
    assert desk.storage.file_cache.size(file.blob_id) == 0
    assert len(desk.http.calls) == calls


async def test_bytes_that_another_message_names_stay(desk: BlobDesk) -> None:
    desk.transfers.start()
    file = desk.received(DATA)
    other = msgspec.structs.replace(file, local_id=50)
    desk.storage.files.add(other)

    def take_back(_call: str) -> None:
        desk.storage.files.forget(file.local_id)

    desk.http.before = take_back
    desk.transfers.download(file)
    with pytest.raises(CommandFailedError):
        await desk.transfers.done(file.local_id)

    assert desk.storage.file_cache.size(file.blob_id) > 0


async def test_a_start_goes_on_with_what_ran_before(desk: BlobDesk, path: Path) -> None:
    local_id = await send(desk, path)
    transfer = desk.transfer(_file(desk, local_id))
    running = msgspec.structs.replace(transfer, state=FileState.RUNNING)
    desk.storage.files.save_transfer(running)
    before = desk.http.calls[:]

    desk.transfers.start()
    await until(lambda: desk.delivered)

    assert before == []


async def test_a_stop_leaves_it_to_the_next_start(desk: BlobDesk) -> None:
    desk.transfers.start()
    file = desk.received(DATA)

    def away(_call: str) -> None:
        raise TransportError("away")

    desk.http.before = away
    desk.transfers.download(file)
    waiting = asyncio.ensure_future(desk.transfers.done(file.local_id))
    await until(lambda: desk.transfers._pauses)
    await desk.transfers.stop()
    desk.http.before = lambda _call: None
    desk.transfers.wake()
    rests = (not desk.transfers._tasks, desk.storage.files.transfers() != [])
    desk.transfers.start()
    await until(lambda: state_of(desk, file.local_id) is FileState.HERE)

    assert rests == (True, True)
    with pytest.raises(CommandFailedError):
        await waiting


async def test_a_second_place_is_served_too(desk: BlobDesk, tmp_path: Path) -> None:
    desk.transfers.start()
    file = desk.received(DATA)
    hold = asyncio.Event()
    real = desk.downloads._get

    async def held(*arguments: int) -> bytes:
        await hold.wait()
        return await real(*arguments)  # type: ignore[arg-type] # Passed on.

    desk.downloads._get = held  # type: ignore[method-assign,assignment] # It waits first.
    desk.transfers.download(file)
    await until(lambda: desk.transfers._tasks)
    desk.transfers.download(file, path=str(tmp_path / "copy"))
    hold.set()
    await desk.transfers.done(file.local_id)

    assert (tmp_path / "copy").read_bytes() == DATA


async def test_a_paused_download_that_is_wanted_goes_on(desk: BlobDesk) -> None:
    file = desk.received(DATA)
    desk.transfers.download(file)
    await desk.transfers.pause(file.local_id)
    desk.transfers.start()

    desk.transfers.download(file)
    await until(lambda: state_of(desk, file.local_id) is FileState.HERE)

    assert desk.storage.files.transfers() == []


async def test_too_many_are_refused(
    desk: BlobDesk, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "TRANSFERS_MAX", 1)
    await send(desk, path)

    with pytest.raises(CommandFailedError) as caught:
        await send(desk, path)

    assert caught.value.code == "overloaded"
    assert len(desk.storage.messages.before(CONVERSATION, None, 10)) == 1


async def test_of_pictures_in_sight_the_last_comes_first_behind_what_was_asked_for(
    desk: BlobDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "TRANSFERS_AT_ONCE", 1)
    asked, *seen = (desk.received(os.urandom(10), sequence=number) for number in range(2, 6))
    begun: list[int] = []
    real = desk.downloads.run

    async def noted(transfer: Transfer, *, progress: Progress) -> None:
        begun.append(transfer.local_id)
        await real(transfer, progress=progress)

    monkeypatch.setattr(desk.downloads, "run", noted)
    desk.transfers.want(seen)
    desk.transfers.download(asked)
    desk.transfers.start()
    await until(lambda: state_of(desk, seen[0].local_id) is FileState.HERE)

    assert begun == [file.local_id for file in (asked, seen[2], seen[1], seen[0])]


async def test_pictures_in_sight_do_not_pile_up_while_the_server_is_away(desk: BlobDesk) -> None:
    files = [desk.received(os.urandom(10), sequence=number) for number in range(2, 9)]

    def away(_call: str) -> None:
        raise TransportError("away")

    desk.http.before = away
    desk.transfers.start()
    for file in files:
        desk.transfers.want([file])
        await until(lambda: not desk.transfers._tasks)
    waiting = len(desk.storage.files.transfers())
    desk.http.before = lambda _call: None
    desk.transfers.wake()
    await until(lambda: all(state_of(desk, file.local_id) is FileState.HERE for file in files))

    assert waiting == 1


async def test_of_too_many_pictures_in_sight_the_oldest_are_forgotten(
    desk: BlobDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "PICTURES_WANTED_MAX", 2)
    files = [desk.received(os.urandom(10), sequence=number) for number in range(2, 6)]

    desk.transfers.want(files)
    desk.transfers.start()
    await until(lambda: all(state_of(desk, each.local_id) is FileState.HERE for each in files[2:]))

    assert state_of(desk, files[0].local_id) is FileState.REMOTE
    assert state_of(desk, files[1].local_id) is FileState.REMOTE


async def test_a_picture_that_was_taken_back_or_is_on_its_way_is_not_begun(desk: BlobDesk) -> None:
    gone, paused = (desk.received(os.urandom(10), sequence=number) for number in (2, 3))
    desk.transfers.download(paused)
    await desk.transfers.pause(paused.local_id)
    desk.transfers.want([gone, paused])
    desk.storage.files.forget(gone.local_id)

    desk.transfers.start()

    assert not desk.transfers._tasks
    assert state_of(desk, paused.local_id) is FileState.PAUSED


async def test_the_cache_keeps_to_its_bound(
    desk: BlobDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.transfers.start()
    old, new = desk.received(DATA, sequence=2), desk.received(DATA, sequence=3)
    monkeypatch.setattr(limits, "FILE_CACHE_BYTES_MAX", sealed_size(len(DATA)))

    desk.transfers.download(old)
    await until(lambda: state_of(desk, old.local_id) is FileState.HERE)
    desk.transfers.download(new)
    await until(lambda: state_of(desk, old.local_id) is FileState.REMOTE)

    assert state_of(desk, new.local_id) is FileState.HERE
    assert not desk.storage.file_cache.has(old.blob_id)


async def test_a_file_that_the_server_has_collected_is_sent_again(
    desk: BlobDesk, path: Path
) -> None:
    desk.transfers.start()
    local_id = await send(desk, path)
    await until(lambda: desk.delivered)
    desk.http.blobs.clear()

    with desk.storage.database.transaction():
        desk.storage.outbox.remove(local_id)
        is_cared_for = desk.transfers.upload_again(local_id)
    await until(lambda: len(desk.delivered) == 2)

    assert is_cared_for
    assert len(desk.http.blobs) == 1
    assert desk.storage.outbox.item(local_id) is not None


async def test_a_server_that_never_has_it_is_believed_at_last(desk: BlobDesk, path: Path) -> None:
    desk.transfers.start()
    local_id = await send(desk, path)
    await until(lambda: desk.delivered)
    desk.storage.outbox.remove(local_id)

    answers = []
    for count in range(2, 6):
        answers.append(desk.transfers.upload_again(local_id))
        if answers[-1]:
            await until(lambda count=count: len(desk.delivered) == count)  # type: ignore[misc] # mypy knows no defaults of lambdas.
            desk.storage.outbox.remove(local_id)

    assert answers == [True, True, True, False]


async def test_without_a_session_it_waits(desk: BlobDesk, path: Path) -> None:
    desk.transfers.start()

    def refuse(_call: str) -> None:
        raise ServerRefusedError(Code.UNAUTHENTICATED, "no", {})

    desk.http.before = refuse
    local_id = await send(desk, path)
    await until(lambda: desk.transfers._pauses)

    assert state_of(desk, local_id) is FileState.WAITING


async def test_what_is_not_here_cannot_be_sent_again(desk: BlobDesk, path: Path) -> None:
    theirs = desk.received(DATA)
    unsealed = await send(desk, path)
    desk.storage.files.set_sealed(unsealed, sealed_hash=bytes(32))

    assert not desk.transfers.upload_again(theirs.local_id)
    assert not desk.transfers.upload_again(unsealed)
    assert not desk.transfers.upload_again(99)


async def test_an_upload_is_let_go_even_if_the_server_is_away(desk: BlobDesk) -> None:
    desk.storage.file_cache.append(5, b"x", offset=0)

    await desk.transfers.forget_upload(5)

    assert desk.storage.file_cache.size(5) == 0
    assert desk.http.calls == ["DELETE /v1/blobs/5"]


@pytest.mark.logs_warnings
async def test_a_full_disk_leaves_it_for_the_next_start(
    desk: BlobDesk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    desk.transfers.start()
    file = desk.received(DATA)
    real = desk.storage.files.save_transfer

    def full(*_: object) -> None:
        raise DatabaseFullError("The disk is full or failing.")

    def away(_call: str) -> None:
        desk.storage.files.__dict__["save_transfer"] = full
        raise TransportError("away")

    desk.http.before = away
    with caplog.at_level(logging.WARNING):
        desk.transfers.download(file)
        await until(lambda: desk.transfers._pauses)
    desk.storage.files.__dict__["save_transfer"] = real

    assert "could not be stored" in caplog.text


# With a real server and real engines.


async def befriended(anna: Person, ben: Person) -> ConversationId:
    await anna.register()
    await ben.register()
    return await befriend(anna, ben)


async def send_from(person: Person, conversation_id: ConversationId, path: Path) -> int:
    answer = await person.engine.ask(
        commands.SendFile(conversation_id=conversation_id, path=str(path), text="look")
    )
    assert isinstance(answer, events.Queued)
    assert answer.row.kind is MessageKind.FILE
    assert answer.row.state is MessageState.WAITING
    return answer.row.local_id


async def file_of(person: Person, conversation_id: ConversationId, state: FileState) -> MessageRow:
    """Wait for somebody else's message with a file in this state."""

    def find() -> MessageRow | None:
        for row in person.timeline(conversation_id):
            if row.file is not None and not row.is_own and row.file.state is state:
                return row
        return None

    return await person.until(find)


async def save(person: Person, row: MessageRow, path: Path) -> None:
    await person.engine.ask(
        commands.SaveFile(
            conversation_id=row.conversation_id, local_id=row.local_id, path=str(path)
        )
    )


async def test_a_file_arrives_as_it_was(anna: Person, ben: Person, path: Path) -> None:
    chat = await befriended(anna, ben)

    local_id = await send_from(anna, chat, path)
    own = await anna.state(chat, local_id, MessageState.DELIVERED)
    row = await file_of(ben, chat, FileState.REMOTE)
    await save(ben, row, path.with_name("copy"))
    here = await file_of(ben, chat, FileState.HERE)

    assert (row.kind, row.text, row.message_id) == (MessageKind.FILE, "look", own.message_id)
    assert row.file is not None
    assert (row.file.name, row.file.size) == ("data.bin", len(DATA))
    assert path.with_name("copy").read_bytes() == DATA
    assert own.file is not None
    assert own.file.state is FileState.HERE
    assert here.file is not None
    assert ben.conversations()[chat].preview == "look"


async def test_texts_pass_a_file_that_is_on_its_way(anna: Person, ben: Person, path: Path) -> None:
    chat = await befriended(anna, ben)

    await send_from(anna, chat, path)
    row = await anna.send(chat, "a text")
    await anna.state(chat, row.local_id, MessageState.DELIVERED)
    await ben.reads(chat, ["a text", "look"])

    assert anna.texts(chat) == ["a text", "look"]


async def test_a_restart_of_everything_goes_on(
    anna: Person, ben: Person, path: Path, server: ServerProcess
) -> None:
    chat = await befriended(anna, ben)
    server.kill()
    await anna.offline()

    local_id = await send_from(anna, chat, path)
    await anna.stop()
    anna.told.clear()
    await anna.start()
    server.start()
    await anna.state(chat, local_id, MessageState.DELIVERED)
    row = await file_of(ben, chat, FileState.REMOTE)
    await save(ben, row, path.with_name("copy"))

    assert path.with_name("copy").read_bytes() == DATA


async def test_a_file_that_is_taken_back_is_gone_everywhere(
    anna: Person, ben: Person, path: Path, server: ServerProcess
) -> None:
    chat = await befriended(anna, ben)
    local_id = await send_from(anna, chat, path)
    own = await anna.state(chat, local_id, MessageState.DELIVERED)
    theirs = await file_of(ben, chat, FileState.REMOTE)
    await save(ben, theirs, path.with_name("copy"))
    named_before = named_blobs(server, chat)

    command = commands.RecallMessage(conversation_id=chat, message_id=own.message_id)
    await anna.engine.ask(command)
    for person in (anna, ben):
        await person.until(lambda person=person: has_no_file(person, chat) or None)  # type: ignore[misc] # mypy knows no defaults of lambdas.
    # Whoever took it back asks the server to drop it once that is in the log.
    await until(lambda: named_blobs(server, chat) == 0)

    assert named_before == 1
    for person in (anna, ben):
        await until(lambda person=person: not files_in(person))  # type: ignore[misc] # As above.
    assert path.with_name("copy").read_bytes() == DATA


def has_no_file(person: Person, conversation_id: ConversationId) -> bool:
    return all(row.file is None for row in person.timeline(conversation_id))


def files_in(person: Person) -> list[Path]:
    return list((person.config.home / "files").iterdir())


def named_blobs(server: ServerProcess, conversation_id: int) -> int:
    with contextlib.closing(sqlite3.connect(server.data / "mim.sqlite")) as connection:
        query = "SELECT count(*) FROM blob_references WHERE conversation_id = ?"
        found: int = connection.execute(query, (conversation_id,)).fetchone()[0]
        return found


async def test_files_of_a_conversation_arrive_as_they_were_sent(
    desk: BlobDesk, tmp_path: Path
) -> None:
    """The later ones are smaller, so they would be there first."""
    paths = [tmp_path / name for name in ("one", "two", "three")]
    for path, size in zip(paths, (len(DATA), 900, 5), strict=True):
        path.write_bytes(DATA[:size])
    desk.transfers.start()

    sent = [await send(desk, path) for path in paths]
    await until(lambda: len(desk.delivered) == 3)

    assert [local_id for _, local_id in desk.delivered] == sent


async def test_a_file_that_takes_long_or_rests_is_passed(
    desk: BlobDesk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "UPLOAD_IN_ORDER_BYTES_MAX", 4096)
    paths = [tmp_path / name for name in ("long", "rests", "small")]
    for path, size in zip(paths, (len(DATA), 5, 5), strict=True):
        path.write_bytes(DATA[:size])
    long, rests, small = [await send(desk, path) for path in paths]
    await desk.transfers.pause(rests)
    held = asyncio.Event()
    uploads, run = desk.uploads, desk.uploads.run

    async def run_when_told(transfer: Transfer, **told: Any) -> None:
        if transfer.local_id == long:
            await held.wait()
        await run(transfer, **told)

    monkeypatch.setattr(uploads, "run", run_when_told)
    desk.transfers.start()
    await until(lambda: bool(desk.delivered))
    first = list(desk.delivered)
    held.set()
    await until(lambda: len(desk.delivered) == 2)

    assert [local_id for _, local_id in first] == [small]
    assert state_of(desk, rests) is FileState.PAUSED
