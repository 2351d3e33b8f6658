from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtGui import QColor, QImage

from tests.golden.compare import difference


@pytest.fixture
def golden(tmp_path: Path) -> Path:
    path = tmp_path / "golden_scene.png"
    picture(path)
    return path


def picture(path: Path, *, width: int = 20, dot: tuple[int, int] | None = None) -> Path:
    image = QImage(width, 10, QImage.Format.Format_RGB888)
    image.fill(QColor("white"))
    if dot is not None:
        image.setPixelColor(*dot, QColor(254, 255, 255))
    assert image.save(str(path))
    return path


def test_equal_pictures_do_not_differ(golden: Path, tmp_path: Path) -> None:
    assert difference(picture(tmp_path / "actual.png"), golden) == ""


def test_the_least_difference_of_one_pixel_is_told_with_its_place(
    golden: Path, tmp_path: Path
) -> None:
    words = difference(picture(tmp_path / "actual.png", dot=(7, 3)), golden)

    assert "1 pixels differ, in x 7–7, y 3–3" in words
    assert "#feffff instead of #ffffff" in words


def test_another_size_is_told(golden: Path, tmp_path: Path) -> None:
    words = difference(picture(tmp_path / "actual.png", width=21), golden)

    assert "21 x 10 pixels instead of 20 x 10" in words


def test_a_missing_golden_picture_is_a_difference(tmp_path: Path) -> None:
    assert difference(picture(tmp_path / "actual.png"), tmp_path / "golden_new.png")
