"""Presses, types and turns the wheel as a person does: in a window, at a place in sight.

All of it reaches the application by its windows, so that a press on what is covered, out of sight,
disabled or behind a question is not taken for one that works.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPoint, QPointF, Qt
from PySide6.QtGui import QAction, QGuiApplication, QInputMethodEvent, QWindow
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractItemView,
    QApplication,
    QFileDialog,
    QLineEdit,
    QMenu,
    QWidget,
)

__all__ = [
    "choose",
    "choose_with_keys",
    "drag",
    "menu_of",
    "name_files",
    "open_menu",
    "paste_into",
    "press",
    "press_key",
    "press_row",
    "retype",
    "type_into",
    "walk_to",
    "wheel",
]

NOTCH = 120  # Of a wheel, in eighths of a degree.
MOVES = 12
STEPS = 4
ROWS_MAX = 100
WAIT_S = 5.0

LEFT = Qt.MouseButton.LeftButton
NOTHING = Qt.KeyboardModifier.NoModifier
CONTROL = Qt.KeyboardModifier.ControlModifier


def press(
    widget: QWidget,
    at: QPoint | None = None,
    *,
    button: Qt.MouseButton = LEFT,
    modifiers: Qt.KeyboardModifier = NOTHING,
) -> None:
    """Press and let go, in the middle of a part of a window or at another place of it."""
    place = _place(widget, at)
    assert widget.isEnabled(), f"{widget} does not take presses now"
    QTest.mouseClick(_handle(widget), button, modifiers, place)


def press_key(
    widget: QWidget, key: Qt.Key, modifiers: Qt.KeyboardModifier = NOTHING, *, times: int = 1
) -> None:
    """Press a key in the window of a widget, where it goes to what has the focus there."""
    for _ in range(times):
        QTest.keyClick(_handle(widget), key, modifiers)


def press_row(
    view: QAbstractItemView,
    index: QModelIndex | QPersistentModelIndex,
    *,
    button: Qt.MouseButton = LEFT,
    modifiers: Qt.KeyboardModifier = NOTHING,
) -> None:
    """Press a row of a list or tree; one that is out of sight is brought there by the wheel."""
    for _ in range(ROWS_MAX):
        middle = view.visualRect(index).center().y()
        if 0 <= middle < view.viewport().height():
            break
        wheel(view.viewport(), 1 if middle < 0 else -1)
    place = view.visualRect(index).center()
    press(view.viewport(), place, button=button, modifiers=modifiers)


def walk_to(view: QAbstractItemView, index: QModelIndex | QPersistentModelIndex) -> None:
    """Go to a row of a list or tree with the arrow keys."""
    press_key(view, Qt.Key.Key_Home)
    for _ in range(ROWS_MAX):
        if view.currentIndex() == index:
            return
        press_key(view, Qt.Key.Key_Down)
    raise AssertionError("no arrow leads there")


def type_into(field: QWidget, text: str) -> None:
    """Press into a field and type behind what stands there; other scripts come by input method."""
    press(field)
    _type(field, text)


def retype(field: QWidget, text: str) -> None:
    """Press into a field and type instead of what stands there."""
    press(field)
    press_key(field, Qt.Key.Key_A, CONTROL)
    press_key(field, Qt.Key.Key_Delete)
    _type(field, text)


def paste_into(field: QWidget, text: str) -> None:
    """Press into a field and paste what was copied elsewhere."""
    QGuiApplication.clipboard().setText(text)
    press(field)
    press_key(field, Qt.Key.Key_V, CONTROL)


def drag(widget: QWidget, start: QPoint, end: QPoint) -> None:
    """Press, move in steps as a hand does, and let go."""
    handle, at, to = _handle(widget), _place(widget, start), widget.mapTo(widget.window(), end)
    QTest.mousePress(handle, LEFT, NOTHING, at)
    for step in range(1, STEPS + 1):
        QTest.mouseMove(handle, at + (to - at) * step / STEPS)
    QTest.mouseRelease(handle, LEFT, NOTHING, to)


def wheel(widget: QWidget, notches: int) -> None:
    """Turn the wheel over a widget; below zero turns towards what stands lower."""
    handle, place = _handle(widget), QPointF(_place(widget, None))
    for _ in range(abs(notches)):
        QTest.wheelEvent(handle, place, QPoint(0, NOTCH if notches > 0 else -NOTCH))


def menu_of(opens: Callable[[], object]) -> QMenu:
    """Do what opens a menu and return that."""
    before = QApplication.activePopupWidget()
    opens()
    _wait(lambda: QApplication.activePopupWidget() not in (None, before))
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    return menu


def open_menu(button: QWidget) -> QMenu:
    """Press a button that has a menu, and return that."""
    return menu_of(lambda: press(button))


def choose(menu: QMenu, *words: str) -> None:
    """Press a line of a menu; more words go on in the branch that it opens."""
    line = _line(menu, words[0])
    assert line.isEnabled(), f"{words[0]} does not take presses now"
    _wait(menu.isVisible)
    handle, place = _handle(menu), menu.actionGeometry(line).center()
    # A menu closes at the press of a mouse that has hardly moved since it was opened.
    for left in reversed(range(MOVES)):
        QTest.mouseMove(handle, place - QPoint(left, 0))
    QTest.mouseClick(handle, LEFT, NOTHING, place)
    if words[1:]:
        branch = line.menu()
        assert isinstance(branch, QMenu)
        choose(branch, *words[1:])


def choose_with_keys(menu: QMenu, words: str) -> None:
    """Go to a line of a menu with the arrow keys and press Enter."""
    line = _line(menu, words)
    for _ in menu.actions():
        press_key(menu, Qt.Key.Key_Down)
        if menu.activeAction() == line:
            break
    assert menu.activeAction() == line, f"no arrow leads to {words}"
    press_key(menu, Qt.Key.Key_Return)


def name_files(dialog: QFileDialog, *paths: Path) -> None:
    """Type the names of files into a dialog that asks for them, and press Enter."""
    field = dialog.findChild(QLineEdit)
    assert field is not None
    retype(field, " ".join(f'"{path}"' for path in paths) if paths[1:] else str(paths[0]))
    press_key(field, Qt.Key.Key_Return)


def _line(menu: QMenu, words: str) -> QAction:
    found = [action for action in menu.actions() if action.text() == words]
    assert len(found) == 1, f"{words} is not one of {[each.text() for each in menu.actions()]}"
    return found[0]


def _type(field: QWidget, text: str) -> None:
    inside = field.window().focusWidget()
    assert inside is not None
    assert inside is field or field.isAncestorOf(inside), f"{inside} has the focus, not {field}"
    if text.isascii():
        QTest.keyClicks(inside, text)
        return
    commit = QInputMethodEvent("", [])
    commit.setCommitString(text)
    QApplication.sendEvent(inside, commit)


def _handle(widget: QWidget) -> QWindow:
    window = widget.window()
    assert window.isVisible(), f"{window} is not shown"
    return window.windowHandle()


def _place(widget: QWidget, at: QPoint | None) -> QPoint:
    """Return where a part is in its window, if it is what is seen there."""
    window = widget.window()
    assert widget.isVisible(), f"{widget} is not shown"
    place = widget.mapTo(window, widget.rect().center() if at is None else at)
    seen = window.childAt(place) or window
    assert seen is widget or widget.isAncestorOf(seen), f"{seen} is seen instead of {widget}"
    return place


def _wait(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + WAIT_S
    while not holds():
        assert time.monotonic() < end, "it did not come"
        QTest.qWait(1)
