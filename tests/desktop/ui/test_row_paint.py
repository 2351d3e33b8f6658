from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QRect
from PySide6.QtGui import QFontMetricsF, QImage, QPainter
from PySide6.QtWidgets import QStyle, QStyleOptionViewItem

from desktop.ui.fonts import font
from desktop.ui.row_paint import draw_elided, one_line, paint_ground
from desktop.ui.theme import tokens


@pytest.fixture
def image(windows: None) -> QImage:
    made = QImage(200, 60, QImage.Format.Format_ARGB32)
    made.fill(tokens().list)
    return made


@pytest.fixture
def painter(image: QImage) -> Iterator[QPainter]:
    made = QPainter(image)
    yield made
    made.end()


def option_with(state: QStyle.StateFlag) -> QStyleOptionViewItem:
    option = QStyleOptionViewItem()
    option.rect = QRect(0, 0, 200, 60)
    option.state = state
    return option


def test_a_line_break_never_makes_a_row_higher() -> None:
    assert one_line("one\n\ntwo\tthree\u2028four") == "one two three four"


def test_of_a_long_text_only_the_beginning_is_measured() -> None:
    assert len(one_line("x" * 100_000)) == 300


def test_a_short_text_ends_where_its_last_letter_does(painter: QPainter) -> None:
    end = draw_elided(
        painter, "Ben", left=10, right=190, center=30, font=font(14), ink=tokens().text
    )

    assert end == pytest.approx(10 + QFontMetricsF(font(14)).horizontalAdvance("Ben"))


@pytest.mark.parametrize("right", [60, 10, 0])
def test_a_long_text_stays_in_its_room(painter: QPainter, right: int) -> None:
    end = draw_elided(
        painter, "x" * 200, left=10, right=right, center=30, font=font(14), ink=tokens().text
    )

    assert end <= max(10, right)


def test_the_selected_row_is_seen_even_under_the_mouse(painter: QPainter, image: QImage) -> None:
    both = QStyle.StateFlag.State_Selected | QStyle.StateFlag.State_MouseOver

    ground = paint_ground(painter, option_with(both))

    assert ground == tokens().selected
    assert image.pixelColor(100, 30) == tokens().selected


def test_the_row_under_the_mouse_is_lit(painter: QPainter) -> None:
    assert paint_ground(painter, option_with(QStyle.StateFlag.State_MouseOver)) == tokens().hover
    assert paint_ground(painter, option_with(QStyle.StateFlag.State_None)) == tokens().list


def test_the_keyboard_puts_a_ring_around_its_row(painter: QPainter, image: QImage) -> None:
    focus = QStyle.StateFlag.State_HasFocus
    paint_ground(painter, option_with(focus))
    assert image.pixelColor(100, 2) == tokens().list

    paint_ground(painter, option_with(focus | QStyle.StateFlag.State_KeyboardFocusChange))

    ring = image.pixelColor(100, 2)
    assert ring.blue() - ring.red() > 50
