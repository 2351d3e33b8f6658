from __future__ import annotations

from pathlib import Path

import pytest

from desktop.commands import PASTED_FOLDER
from desktop.engine.pasted import PastedFiles


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / PASTED_FOLDER
    made.mkdir()
    for name in ("one.png", "two.png"):
        (made / name).write_bytes(b"picture")
    return made


def test_only_files_of_the_folder_are_deleted(tmp_path: Path, folder: Path) -> None:
    own = tmp_path / "own.png"
    own.write_bytes(b"picture")
    pasted = PastedFiles(tmp_path)

    for path in (own, folder / "one.png", folder / "gone.png", folder / ".." / "own.png"):
        pasted.forget(str(path))

    assert own.exists()
    assert [path.name for path in folder.iterdir()] == ["two.png"]


def test_what_nobody_waits_for_is_swept_away(tmp_path: Path, folder: Path) -> None:
    PastedFiles(tmp_path).sweep({str(folder / "two.png")})

    assert [path.name for path in folder.iterdir()] == ["two.png"]


def test_where_nothing_was_pasted_nothing_is_swept(tmp_path: Path) -> None:
    PastedFiles(tmp_path).sweep()

    assert not list(tmp_path.iterdir())
