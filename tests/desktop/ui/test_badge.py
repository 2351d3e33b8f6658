from __future__ import annotations

import pytest
from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter

from desktop.ui.badge import SIZES, Badge, app_icon, badge_text, paint_app_icon
from desktop.ui.theme import TOKENS, contrast


def paint(size: int, badge: Badge, *, is_dark: bool = False) -> QImage:
    image = QImage(size, size, QImage.Format.Format_ARGB32)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    paint_app_icon(painter, size, badge, is_dark=is_dark)
    painter.end()
    return image


def share(image: QImage, color: QColor, *, tolerance: int = 40) -> float:
    """The share of pixels in (about) this colour."""
    size = image.width()
    hits = 0
    for x in range(size):
        for y in range(size):
            pixel = image.pixelColor(x, y)
            distance = (
                abs(pixel.red() - color.red())
                + abs(pixel.green() - color.green())
                + abs(pixel.blue() - color.blue())
            )
            hits += pixel.alpha() > 200 and distance < tolerance
    return hits / size**2


@pytest.mark.parametrize(
    ("count", "text"), [(-1, ""), (0, ""), (1, "1"), (99, "99"), (100, "99+"), (10_000, "99+")]
)
def test_the_badge_says_at_most_two_digits(count: int, text: str) -> None:
    assert badge_text(count) == text


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("is_dark", [False, True])
def test_a_number_stands_in_red_at_every_size(windows: None, size: int, is_dark: bool) -> None:
    alarm = TOKENS[False]

    plain, counted = paint(size, Badge(), is_dark=is_dark), paint(size, Badge(7), is_dark=is_dark)

    assert share(plain, alarm.danger) == 0
    assert share(counted, alarm.danger) > 0.1
    assert contrast(alarm.on_danger, alarm.danger) > 4.5
    # Its digit is seen: there are light pixels inside the red ones.
    assert counted != paint(size, Badge(1), is_dark=is_dark)


@pytest.mark.parametrize("size", SIZES)
def test_every_number_looks_different_and_stays_inside(windows: None, size: int) -> None:
    pictures = [bytes(paint(size, Badge(count)).constBits()) for count in (*range(12), 99, 100)]

    assert len(set(pictures)) == len(pictures)


@pytest.mark.parametrize("size", SIZES)
def test_muted_news_are_a_grey_dot_without_a_number(windows: None, size: int) -> None:
    muted = paint(size, Badge(0, has_muted=True))

    assert share(muted, TOKENS[False].text_3) > 0.03
    assert share(muted, TOKENS[False].danger) == 0
    assert paint(size, Badge(3, has_muted=True)) == paint(size, Badge(3))


@pytest.mark.parametrize("size", SIZES)
def test_the_sign_is_cut_away_around_the_badge(windows: None, size: int) -> None:
    image = paint(size, Badge(1))

    column = [image.pixelColor(size - 2, y).alpha() for y in range(size)]
    assert min(column[2 : size - 2]) < 255
    beside = range(round(size * 0.3), round(size * 0.7))
    assert min(paint(size, Badge()).pixelColor(size - 2, y).alpha() for y in beside) == 255


def test_what_looks_the_same_is_equal() -> None:
    assert Badge(100) == Badge(5_000)
    assert Badge(3, has_muted=True) == Badge(3)
    assert Badge(0, has_muted=True) != Badge(0)
    assert len({Badge(100), Badge(101), Badge(1)}) == 2
    assert Badge(1) != "1"


def test_the_icon_has_all_sizes(windows: None) -> None:
    icon = app_icon(Badge(4))

    assert {size.width() for size in icon.availableSizes()} >= set(SIZES)
    assert app_icon().actualSize(QSize(256, 256)) == QSize(256, 256)
