from __future__ import annotations

import os
import stat
import sys
from pathlib import Path

import pytest

from desktop.ui.opened_files import PREFIX, OpenedFiles, harmless_name, opened_files
from shared import limits


def test_copies_lie_where_only_the_owner_reads(tmp_path: Path) -> None:
    place = OpenedFiles(tmp_path).place(7, "report.pdf")

    assert place.name == "report.pdf"
    if sys.platform != "win32":
        for folder in (place.parent, place.parent.parent):
            assert stat.S_IMODE(folder.stat().st_mode) == 0o700


@pytest.mark.parametrize(
    "name",
    ["../../etc/passwd", "/etc/passwd", "C:\\boot.ini", "..", ".bashrc", "con", "a\u202egpj.exe"],
)
def test_no_name_leads_out_of_the_folder(tmp_path: Path, name: str) -> None:
    files = OpenedFiles(tmp_path)

    place = files.place(7, name)

    assert place.resolve().is_relative_to(tmp_path.resolve())
    assert place.parent.name == "7"
    assert place.name == harmless_name(name)
    assert not place.name.startswith(".")


def test_files_of_one_name_do_not_meet(tmp_path: Path) -> None:
    files = OpenedFiles(tmp_path)

    assert files.place(1, "a.pdf") != files.place(2, "a.pdf")
    assert files.place(1, "a.pdf") == files.place(1, "a.pdf")


def test_everything_is_deleted_at_the_end(tmp_path: Path) -> None:
    files = OpenedFiles(tmp_path)
    files.place(1, "a.pdf").write_bytes(b"secret")

    files.clear()
    files.clear()

    assert list(tmp_path.iterdir()) == []


def test_what_an_app_that_was_killed_left_is_deleted_a_day_later(tmp_path: Path) -> None:
    old, fresh, other = (tmp_path / name for name in (PREFIX + "old", PREFIX + "new", "other"))
    for folder in (old, fresh, other):
        folder.mkdir()
        (folder / "a.pdf").write_bytes(b"secret")
    past_s = fresh.stat().st_mtime - limits.OPENED_FILES_KEPT_MS / 1000 - 60
    os.utime(old, (past_s, past_s))
    os.utime(other, (past_s, past_s))

    OpenedFiles(tmp_path).place(1, "a.pdf")

    assert not old.exists()
    assert fresh.exists()
    assert other.exists()


def test_there_is_one_of_a_process() -> None:
    assert opened_files() is opened_files()
