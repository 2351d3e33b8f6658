from __future__ import annotations

import pytest
from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QImage, QPainter

from desktop.events import MessageState
from desktop.ui.state_paint import STATE_ICONS, paint_state


@pytest.mark.parametrize("state", list(STATE_ICONS))
def test_only_a_refusal_is_red(windows: None, state: MessageState) -> None:
    image = QImage(32, 32, QImage.Format.Format_ARGB32)
    image.fill(QColor("white"))
    painter = QPainter(image)
    paint_state(painter, state, QRectF(0, 0, 32, 32), is_list=True)
    painter.end()

    darkest = min(
        (image.pixelColor(x, y) for x in range(32) for y in range(32)), key=QColor.lightness
    )

    is_red = darkest.red() > darkest.green() + 80 and darkest.red() > darkest.blue() + 80
    assert is_red is (state is MessageState.REFUSED)


def test_every_state_of_an_own_message_has_a_sign(windows: None) -> None:
    assert set(STATE_ICONS) == set(MessageState) - {MessageState.RECEIVED}
