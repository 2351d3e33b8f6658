from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop.ui.crop import SIDE_MIN, ZOOM_MAX, Crop

SIDES = st.integers(1, 100_000)
STEPS = st.floats(-1e6, 1e6)


def test_the_first_crop_is_the_largest_square_in_the_middle() -> None:
    crop = Crop.whole(300, 200)

    assert (crop.left, crop.top, crop.side) == (50, 0, 200)


def test_zooming_keeps_the_middle_where_there_is_room() -> None:
    crop = Crop.whole(400, 400).zoomed(2)

    assert (crop.left, crop.top, crop.side) == (100, 100, 200)


def test_zooming_out_at_an_edge_moves_the_square_inside() -> None:
    crop = Crop.whole(400, 400).zoomed(4).moved(-1000, 0).zoomed(1)

    assert (crop.left, crop.top, crop.side) == (0, 0, 400)


def test_a_small_picture_is_not_zoomed_until_it_is_a_blur() -> None:
    assert Crop.whole(40, 900).zoom_max == 1
    assert Crop.whole(96, 96).zoom_max == 96 / SIDE_MIN
    assert Crop.whole(5000, 5000).zoom_max == ZOOM_MAX


@given(SIDES, SIDES, st.lists(st.tuples(STEPS, STEPS, st.floats(-10, 100)), max_size=8))
def test_the_square_never_leaves_the_picture(
    width: int, height: int, ways: list[tuple[float, float, float]]
) -> None:
    crop = Crop.whole(width, height)

    for dx, dy, zoom in ways:
        crop = crop.zoomed(zoom).moved(dx, dy)

    assert crop.left >= -1e-6
    assert crop.top >= -1e-6
    assert crop.left + crop.side <= width + 1e-6
    assert crop.top + crop.side <= height + 1e-6
    assert crop.scale(260) == pytest.approx(260 / crop.side)
