"""Where a window stood, and how it comes back: never where no screen is any more."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget

from shared.identifiers import ConversationId

__all__ = ["ChatPlace", "WindowPlace", "onto_screens", "place_of", "put_window"]

# So much of a window's upper edge has to be in sight that it can be dragged.
_GRIP_WIDTH, _GRIP_HEIGHT = 120, 30


class WindowPlace(msgspec.Struct, frozen=True, array_like=True):
    """A window's corner on the desktop, frame included, and its size without; logical pixels."""

    left: int
    top: int
    width: int
    height: int
    is_maximized: bool = False


class ChatPlace(msgspec.Struct, frozen=True, array_like=True):
    """A conversation in a window of its own, and where that stands."""

    conversation_id: ConversationId
    place: WindowPlace


def onto_screens(rect: QRect, screens: Sequence[QRect]) -> QRect:
    """Return where a window can be seen and moved.

    Args:
        rect: Where it stood.
        screens: What can be used of each screen, the main one first; at least one.

    Returns:
        The same, if its upper edge can be gripped on one of the screens; else the middle of the
        main one. It is never larger than the screen it is on.
    """
    grip = QRect(rect.topLeft(), rect.size()).adjusted(0, 0, 0, _GRIP_HEIGHT - rect.height())
    for screen in screens:
        seen = grip.intersected(screen)
        width_wanted = min(_GRIP_WIDTH, rect.width())
        if seen.width() >= width_wanted and seen.height() >= _GRIP_HEIGHT:
            return QRect(rect.topLeft(), rect.size().boundedTo(screen.size()))
    main = screens[0]
    moved = QRect(QPoint(0, 0), rect.size().boundedTo(main.size()))
    moved.moveCenter(main.center())
    return moved


def place_of(window: QWidget) -> WindowPlace:
    """Return where a window stands, or would stand if it were not maximized."""
    corner, size = window.pos(), window.size()
    if window.isMaximized():
        # Qt knows this one without its frame: better a title bar off, once, than one more to the
        # left and up at every start.
        corner, size = window.normalGeometry().topLeft(), window.normalGeometry().size()
    return WindowPlace(
        corner.x(), corner.y(), size.width(), size.height(), is_maximized=window.isMaximized()
    )


def put_window(window: QWidget, place: WindowPlace) -> None:
    """Let a window stand where it stood, as far as there is a screen."""
    screens = QGuiApplication.screens()
    main = QGuiApplication.primaryScreen()
    screens.sort(key=lambda screen: screen is not main)
    wanted = QRect(place.left, place.top, place.width, place.height)
    rect = onto_screens(wanted, [screen.availableGeometry() for screen in screens])
    window.resize(rect.size().expandedTo(window.minimumSize()))
    window.move(rect.topLeft())
    if place.is_maximized:
        window.setWindowState(Qt.WindowState.WindowMaximized)
