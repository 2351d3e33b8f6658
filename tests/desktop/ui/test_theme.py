from __future__ import annotations

import pytest
from PySide6.QtGui import QColor

from desktop.ui.theme import AVATAR_FILLS, PAIRS, SENDER_INKS, TOKENS, blend, contrast


@pytest.mark.parametrize("is_dark", [False, True])
@pytest.mark.parametrize(("ink", "ground"), PAIRS)
def test_text_can_be_read_on_every_ground_it_stands_on(
    ink: str, ground: str, is_dark: bool
) -> None:
    tokens = TOKENS[is_dark]
    under = blend(getattr(tokens, ground), tokens.chat)

    assert contrast(getattr(tokens, ink), under) >= 4.5


@pytest.mark.parametrize("fill", AVATAR_FILLS)
def test_white_letters_can_be_read_on_avatars(fill: QColor) -> None:
    assert contrast(QColor("white"), fill) >= 4.5


@pytest.mark.parametrize("is_dark", [False, True])
def test_names_of_senders_can_be_read_on_their_bubbles(is_dark: bool) -> None:
    ground = TOKENS[is_dark].bubble_in

    assert len(SENDER_INKS[is_dark]) == len(AVATAR_FILLS)
    for ink in SENDER_INKS[is_dark]:
        assert contrast(ink, ground) >= 4.5


def test_contrast_of_black_and_white_is_21() -> None:
    assert contrast(QColor("white"), QColor("black")) == pytest.approx(21)
