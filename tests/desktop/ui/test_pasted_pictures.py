from __future__ import annotations

import stat
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from pytestqt.qtbot import QtBot

from desktop.commands import PASTED_FOLDER
from desktop.ui.pasted_pictures import PastedPictures
from desktop.ui.tasks import create_task


def picture() -> QImage:
    image = QImage(3, 2, QImage.Format.Format_RGB32)
    image.fill(Qt.GlobalColor.darkGreen)
    return image


def saved(pictures: PastedPictures, qtbot: QtBot, image: QImage | None = None) -> Path | str:
    told: list[Path | str] = []

    async def save() -> None:
        try:
            told.append(await pictures.save(picture() if image is None else image))
        except OSError as error:
            told.append(str(error))

    create_task(save(), name="save")
    qtbot.waitUntil(lambda: bool(told))
    return told[0]


def test_a_picture_becomes_a_file_that_only_its_owner_reads(
    windows: None, qtbot: QtBot, tmp_path: Path
) -> None:
    path = saved(PastedPictures(tmp_path), qtbot)

    assert isinstance(path, Path)
    assert path.parent == tmp_path / PASTED_FOLDER
    assert QImage(str(path)) == picture()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_pictures_of_one_second_have_names_of_their_own(
    windows: None, qtbot: QtBot, tmp_path: Path
) -> None:
    pictures = PastedPictures(tmp_path)

    paths = {saved(pictures, qtbot) for _ in range(3)}

    assert len(paths) == 3


def test_only_what_lies_in_the_folder_is_dropped(
    windows: None, qtbot: QtBot, tmp_path: Path
) -> None:
    pictures = PastedPictures(tmp_path)
    made, own = saved(pictures, qtbot), tmp_path / "own.png"
    own.write_bytes(b"mine")

    pictures.drop([str(made), str(own), str(tmp_path / PASTED_FOLDER / "gone.png")])

    assert own.exists()
    assert not Path(made).exists()


def test_without_a_profile_there_is_a_folder_all_the_same(windows: None, qtbot: QtBot) -> None:
    pictures = PastedPictures(None)

    path = saved(pictures, qtbot)
    there = Path(path).exists()
    pictures.drop([str(path)])
    Path(path).parent.rmdir()

    assert there


def test_what_is_no_picture_is_not_written(windows: None, qtbot: QtBot, tmp_path: Path) -> None:
    assert "cannot be written" in str(saved(PastedPictures(tmp_path), qtbot, QImage()))
    assert list((tmp_path / PASTED_FOLDER).iterdir()) == []
