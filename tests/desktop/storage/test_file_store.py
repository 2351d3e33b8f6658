from __future__ import annotations

import msgspec
import pytest

from desktop.events import FileRow, FileState, MessageKind
from desktop.storage.file_store import FileStore, StoredFile, Transfer
from desktop.storage.message_store import NewMessage, OpenedEntry
from desktop.storage.storage import Storage
from shared.content import File
from tests.desktop.storage.samples import CONVERSATION, ME, entry

CHAT = CONVERSATION
CONTENT = File(
    bytes(range(16)), 99, b"k" * 32, b"h" * 32, 5000, "picture.png", "image/png", "look", 640, 480
)
FILE = StoredFile(
    local_id=1,
    conversation_id=CHAT,
    blob_id=99,
    key=b"k" * 32,
    hash=b"",
    size=5000,
    name="picture.png",
)


@pytest.fixture
def files(storage: Storage) -> FileStore:
    return storage.files


def test_a_file_is_kept_as_it_is_known(files: FileStore) -> None:
    files.add(FILE)
    files.add(msgspec.structs.replace(FILE, name="other"))

    files.set_picture(1, width=6, height=4, preview=b"p", thumbnail=b"t")
    files.set_sealed(1, sealed_hash=b"h" * 32)

    expected = msgspec.structs.replace(
        FILE, width=6, height=4, preview=b"p", thumbnail=b"t", hash=b"h" * 32, is_here=True
    )
    assert files.get(1) == expected
    assert files.get(2) is None


def test_bytes_that_are_here_are_here_for_all_who_name_them(files: FileStore) -> None:
    files.add_opened(1, CHAT, CONTENT)
    files.add_opened(2, 32, CONTENT)

    changed = files.set_here(99, is_here=True)
    files.add_opened(3, CHAT, CONTENT)
    third = files.get(3)

    assert sorted(changed) == [(32, 2), (CHAT, 1)]
    assert third is not None
    assert third.is_here
    assert files.set_here(99, is_here=True) == []


def test_the_last_to_go_leaves_its_bytes_to_nobody(files: FileStore) -> None:
    files.add_opened(1, CHAT, CONTENT)
    files.add_opened(2, CHAT, CONTENT)
    files.save_transfer(Transfer(local_id=2, conversation_id=CHAT, is_upload=False))

    assert files.forget(1) == 0
    assert files.forget(2) == 99
    assert files.forget(2) == 0
    assert files.transfers() == []


def test_transfers_are_kept_in_the_order_of_messages(files: FileStore) -> None:
    files.add_opened(5, CHAT, CONTENT)
    one = Transfer(
        local_id=7,
        conversation_id=CHAT,
        is_upload=True,
        path="/somewhere",
        total=10,
        reply_to=bytes(16),
    )
    two = Transfer(local_id=5, conversation_id=CHAT, is_upload=False, state=FileState.PAUSED)
    files.save_transfer(one)
    files.save_transfer(two)

    changed = msgspec.structs.replace(one, state=FileState.FAILED, code="damaged", done=4)
    files.save_transfer(changed)

    assert files.transfers() == [two, changed]
    assert files.transfer(7) == changed
    assert files.needed() == {99}
    files.remove_transfer(7)
    assert files.transfer(7) is None


def test_a_row_shows_its_file_and_how_it_moves(files: FileStore, storage: Storage) -> None:
    messages = storage.messages
    opened = OpenedEntry(
        entry=entry(2),
        kind=MessageKind.FILE,
        message_id=CONTENT.message_id,
        text=CONTENT.text,
        file=CONTENT,
    )
    local_id = messages.add_opened(opened, is_own=False)
    assert local_id is not None

    rests = messages.row(local_id)
    files.save_transfer(
        Transfer(
            local_id=local_id,
            conversation_id=CHAT,
            is_upload=False,
            state=FileState.FAILED,
            done=3,
            total=9,
            code="damaged",
        )
    )
    failed = messages.row(local_id)
    files.remove_transfer(local_id)
    files.set_here(99, is_here=True)
    here = messages.row(local_id)

    assert rests is not None
    assert rests.kind is MessageKind.FILE
    row = FileRow(name="picture.png", size=5000, media_type="image/png", width=640, height=480)
    assert rests.file == row
    assert failed is not None
    assert failed.file == msgspec.structs.replace(
        row, state=FileState.FAILED, done=3, total=9, code="damaged"
    )
    assert here is not None
    assert here.file == msgspec.structs.replace(row, state=FileState.HERE)


def test_a_file_is_found_by_its_name_and_its_caption(storage: Storage) -> None:
    messages = storage.messages
    local_id = messages.add_waiting(
        NewMessage(
            conversation_id=CHAT,
            message_id=bytes(16),
            sender=ME,
            text="",
            typed_at_ms=1,
            kind=MessageKind.FILE,
            file_name="报告.pdf",
        )
    )
    storage.files.add(msgspec.structs.replace(FILE, local_id=local_id, name="报告.pdf"))

    before = messages.search("报告", None, 5)
    messages.settle(local_id, entry(2))
    after = messages.search("报告", None, 5)

    assert [row.local_id for row in before] == [row.local_id for row in after] == [local_id]
    assert after[0].sequence == 2


def test_what_waits_to_be_accepted_is_unsent(files: FileStore, storage: Storage) -> None:
    messages = storage.messages
    local_id = messages.add_waiting(
        NewMessage(
            conversation_id=CHAT,
            message_id=bytes(16),
            sender=ME,
            text="x",
            typed_at_ms=1,
            kind=MessageKind.FILE,
        )
    )
    files.add(msgspec.structs.replace(FILE, local_id=local_id))

    assert files.unsent() == {99}
    messages.remove_waiting(local_id)
    assert files.unsent() == set()
    assert files.get(local_id) is None
