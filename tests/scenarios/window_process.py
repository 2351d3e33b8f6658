"""The real app in a process of its own, driven by keys and mouse, read as a screen reader does.

``python -m tests.scenarios.window_process --server URL --home DIR`` reads one JSON command a line
and answers each with one JSON line:

| command | does |
| --- | --- |
| ``{"do": "click", "name": N}`` | clicks the control with this accessible name |
| ``{"do": "type", "name": N, "text": T}`` | clicks into the field and types |
| ``{"do": "key", "key": K}`` | presses a key where the keyboard is, in a menu if one is open |
| ``{"do": "keys", "key": K}`` | presses keys together, ``Ctrl+L`` |
| ``{"do": "menu", "text": T}`` | clicks the entry of the open menu that begins with this text |
| ``{"do": "row", "text": T}`` | clicks the first entry of a list or tree that has this text |
| ``{"do": "read"}`` | answers all that a screen reader could say, a list of texts |
| ``{"do": "close"}`` | closes the windows as a window manager does |
"""

from __future__ import annotations

import argparse
import logging
import os
import sys
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import msgspec
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QAccessible, QAccessibleInterface, QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractScrollArea, QApplication, QLabel, QMenu, QWidget

from desktop.app import Desktop, _make_application
from desktop.ui.translate import Language, set_language
from tests.desktop.ui.spoken import interface_of
from tests.line_reader import LineReader

__all__ = ["Command", "Said"]

LISTS = (QAccessible.Role.List, QAccessible.Role.Tree, QAccessible.Role.Table)


class Command(msgspec.Struct):
    """One line of input."""

    do: str
    name: str = ""
    text: str = ""
    key: str = ""


class Said(msgspec.Struct):
    """One line of output."""

    texts: list[str] = []
    trouble: str = ""


class Fingers:
    """Carries commands out on the windows' thread."""

    def __init__(self, desktop: Desktop) -> None:
        self._desktop = desktop
        self.reader = LineReader(self._reply)

    def _reply(self, line: bytes) -> Said:
        try:
            return self._carry_out(msgspec.json.decode(line, type=Command))
        except LookupError as error:
            return Said(trouble=str(error))

    def _carry_out(self, command: Command) -> Said:
        match command.do:
            case "click":
                widget = _control(command.name)
                _activate(widget)
                QTest.mouseClick(widget, Qt.MouseButton.LeftButton)
            case "type":
                widget = _control(command.name)
                _activate(widget)
                target = widget.viewport() if isinstance(widget, QAbstractScrollArea) else widget
                QTest.mouseClick(target, Qt.MouseButton.LeftButton)
                QTest.keyClicks(widget, command.text)
            case "key":
                focused = QApplication.activePopupWidget() or QApplication.focusWidget()
                focused = focused or QApplication.activeWindow()
                if focused is None:
                    raise LookupError("no window has the keyboard")
                QTest.keyClick(focused, getattr(Qt.Key, f"Key_{command.key}"))
            case "keys":
                if not (windows := _windows()):
                    raise LookupError("no window is open")
                window = QApplication.activeWindow() or windows[0]
                _activate(window)
                QTest.keySequence(window, QKeySequence(command.key))
            case "menu":
                _choose(command.text)
            case "row":
                _click_row(command.text)
            case "read":
                return Said(texts=_everything())
            case "close":
                for window in QApplication.topLevelWidgets():
                    window.close()
            case _:
                raise LookupError(f"unknown command {command.do}")
        return Said()


def _activate(widget: QWidget) -> None:
    """A click brings its window to the front; the offscreen platform has nobody to do it."""
    if not widget.isActiveWindow():
        widget.window().activateWindow()
        QTest.qWaitForWindowActive(widget.window(), 1000)


def _choose(text: str) -> None:
    menu = QApplication.activePopupWidget()
    if not isinstance(menu, QMenu):
        raise LookupError("no menu is open")
    for action in menu.actions():
        if action.text().startswith(text):
            at = menu.actionGeometry(action).center()
            QTest.mouseClick(menu, Qt.MouseButton.LeftButton, pos=at)
            return
    raise LookupError(f"no entry begins with {text}")


def _windows() -> list[QWidget]:
    return [window for window in QApplication.topLevelWidgets() if window.isVisible()]


def _widgets() -> list[QWidget]:
    found = []
    for window in _windows():
        found += [window, *window.findChildren(QWidget)]
    return [widget for widget in found if widget.isVisible()]


def _control(name: str) -> QWidget:
    """Return the visible, enabled widget with this accessible name; modal windows first."""
    modal = QApplication.activeModalWidget()
    for widget in _widgets():
        if modal is not None and not (widget is modal or modal.isAncestorOf(widget)):
            continue
        if not widget.isEnabled() or isinstance(widget, QLabel):
            continue  # The words beside a field are called as it is.
        if _name(QAccessible.queryAccessibleInterface(widget)) == name:
            return widget
    raise LookupError(f"no control is called {name}")


def _lists() -> list[tuple[QWidget, QAccessibleInterface]]:
    found: list[tuple[QWidget, QAccessibleInterface]] = []
    for widget in _widgets():
        if isinstance(widget, QAbstractScrollArea):
            interface = interface_of(widget)
            if interface.role() in LISTS:
                found.append((widget, interface))
    return found


def _click_row(text: str) -> None:
    for widget, interface in _lists():
        assert isinstance(widget, QAbstractScrollArea)
        for index in range(interface.childCount()):
            child = interface.child(index)
            if text in _name(child):
                _activate(widget)
                rect: QRect = child.rect()
                at: QPoint = widget.viewport().mapFromGlobal(
                    QPoint(rect.left() + 60, rect.top() + 20)
                )
                QTest.mouseClick(widget.viewport(), Qt.MouseButton.LeftButton, pos=at)
                return
    raise LookupError(f"no entry has the text {text}")


def _everything() -> list[str]:
    texts = [f"window: {window.windowTitle()}" for window in _windows()]
    for widget in _widgets():
        texts += [_name(QAccessible.queryAccessibleInterface(widget))]
    for _, interface in _lists():
        for index in range(interface.childCount()):
            child = interface.child(index)
            texts.append(_name(child))
    return [text for text in texts if text]


def _name(interface: QAccessibleInterface | None) -> str:
    return interface.text(QAccessible.Text.Name) if interface is not None else ""


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--server", required=True)
    parser.add_argument("--home", required=True)
    options = parser.parse_args()
    logging.basicConfig(level=logging.WARNING)
    application, loop = _make_application()
    set_language(Language.ENGLISH)
    desktop = Desktop(application, loop, home=Path(options.home), server_url=options.server)
    fingers = Fingers(desktop)
    status = desktop.run()
    fingers.reader.deleteLater()
    loop.close()
    return status


if __name__ == "__main__":
    sys.exit(main())
