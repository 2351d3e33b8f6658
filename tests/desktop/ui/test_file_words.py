from __future__ import annotations

import msgspec
import pytest

from desktop.events import FileRow, FileState
from desktop.models.transfers import Progress
from desktop.ui.file_words import (
    file_sentence,
    name_words,
    status_words,
    widest_status,
)

FILE = FileRow(name="icons.zip", size=12_600_000)


def test_a_running_file_says_how_far_and_how_quick(windows: None) -> None:
    file = msgspec.structs.replace(FILE, state=FileState.RUNNING)

    assert status_words(file, Progress(81, 126)) == "8.1 / 12.6 MB"
    assert status_words(file, Progress(81, 126, 2_300_000)) == "8.1 / 12.6 MB · 2.3 MB/s"
    assert status_words(file, Progress(1, 12_600)) == "1.0 kB / 12.6 MB"


@pytest.mark.parametrize("state", list(FileState))
def test_no_state_needs_more_room_than_is_kept(windows: None, state: FileState) -> None:
    file = msgspec.structs.replace(FILE, state=state)

    assert len(status_words(file, Progress(81, 126, 2_300_000))) <= len(widest_status(file))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "12.6 MB, not downloaded yet"),
        ({"state": FileState.RUNNING}, "12.6 MB, 50 % downloaded"),
        ({"state": FileState.RUNNING, "is_upload": True}, "12.6 MB, 50 % sent"),
        ({"state": FileState.HERE}, "12.6 MB, on this computer"),
    ],
)
def test_a_file_is_said_in_words(windows: None, changes: dict[str, object], words: str) -> None:
    file = msgspec.structs.replace(FILE, **changes)

    assert file_sentence(file, Progress(1, 2)) == words


def test_why_a_file_does_not_come_is_said(windows: None) -> None:
    file = msgspec.structs.replace(FILE, state=FileState.FAILED, code="damaged")

    assert "not as it was sent" in file_sentence(file, Progress(0, 0))


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("报告 2.pdf", "报告 2.pdf"),
        ("holiday\u202egpj.exe", "holidaygpj.exe"),
        ("two\nlines.txt", "twolines.txt"),
        ("👨\u200d👩.png", "👨\u200d👩.png"),
        ("\u202e\u200b", "File"),
    ],
)
def test_a_name_is_shown_without_what_cannot_be_seen(windows: None, name: str, words: str) -> None:
    assert name_words(name) == words
