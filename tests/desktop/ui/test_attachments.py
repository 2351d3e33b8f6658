from __future__ import annotations

from pathlib import Path

import pytest

from desktop.ui.assets import ASSETS
from desktop.ui.attachments import Refusal, gather, icon_of
from shared import limits


def make_files(folder: Path, *names: str) -> list[str]:
    folder.mkdir(exist_ok=True)
    for name in names:
        (folder / name).write_text("x", encoding="utf-8")
    return [str(folder / name) for name in names]


def test_each_file_is_there_once(tmp_path: Path) -> None:
    one, two = make_files(tmp_path, "one", "two")

    found = gather([one, two, one], have=[two])

    assert found.paths == (one,)
    assert found.refusals == ()


def test_a_folder_stands_for_the_files_right_inside(tmp_path: Path) -> None:
    inside = make_files(tmp_path / "trip", "b.png", "a.png", ".hidden")
    make_files(tmp_path / "trip" / "deeper", "c.png")

    found = gather([str(tmp_path / "trip")])

    assert found.paths == (inside[1], inside[0])


def test_an_empty_folder_is_said(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()

    assert gather([str(tmp_path / "empty")]).refusals == (Refusal("empty", "attach.empty_folder"),)


def test_a_folder_that_cannot_be_read_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "locked"
    folder.mkdir()

    def refuse(_path: Path) -> None:
        raise PermissionError("locked")

    monkeypatch.setattr(Path, "iterdir", refuse)  # Root reads any folder.

    assert gather([str(folder)]).refusals == (Refusal("locked", "attach.unreadable_folder"),)


def test_too_many_are_left_out_and_counted(tmp_path: Path) -> None:
    paths = make_files(tmp_path, *(f"{number:03}" for number in range(limits.FILES_AT_ONCE_MAX)))

    found = gather(paths, have=["/one", "/two"])

    assert len(found.paths) == limits.FILES_AT_ONCE_MAX - 2
    assert found.refusals == (Refusal("", "attach.too_many", 2),)


@pytest.mark.parametrize(
    ("media_type", "icon"),
    [
        ("image/png", "image"),
        ("video/mp4", "file-video-camera"),
        ("audio/mpeg", "file-music"),
        ("application/zip", "file-archive"),
        ("application/x-tar", "file-archive"),
        ("application/pdf", "file-text"),
        ("text/plain", "file-text"),
        ("", "file"),
    ],
)
def test_every_kind_of_file_has_an_icon(media_type: str, icon: str) -> None:
    assert icon_of(media_type) == icon
    assert (ASSETS / "icons" / f"{icon}.svg").exists()
