"""The tick of a message: how far it has come."""

from __future__ import annotations

from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QPainter

from desktop.events import MessageState
from desktop.ui.icons import paint_icon
from desktop.ui.theme import tokens

__all__ = ["STATE_ICONS", "paint_state"]

STATE_ICONS = {
    MessageState.WAITING: "clock",
    MessageState.ACCEPTED: "check",
    MessageState.DELIVERED: "check-check",
    MessageState.READ: "check-check",
    MessageState.REFUSED: "circle-alert",
}


def paint_state(
    painter: QPainter,
    state: MessageState,
    rect: QRectF,
    *,
    is_list: bool,
    ink: QColor | None = None,
) -> None:
    """Paint the tick of a state; only what was read is in the accent's colour.

    Args:
        painter: Where to.
        state: Of the message.
        rect: A square.
        is_list: It stands in the list of conversations.
        ink: For grounds on which neither of these can be seen.
    """
    colors = tokens()
    if ink is not None:
        pass
    elif state is MessageState.REFUSED:
        ink = colors.danger
    elif state is MessageState.READ or is_list:
        ink = colors.tick
    else:
        ink = colors.meta_out
    paint_icon(painter, STATE_ICONS[state], rect, ink)
