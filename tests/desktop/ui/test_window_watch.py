from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QDialog, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from desktop.ui.shortcuts import Shortcut
from desktop.ui.window_watch import WindowWatch


class Pressed:
    def __init__(self) -> None:
        self.keys: list[str] = []
        self.watch = WindowWatch(
            {
                Shortcut.LOCK: [lambda: self.keys.append("Ctrl+L")],
                Shortcut.QUIT: [lambda: self.keys.append("Ctrl+Q")],
            }
        )


@pytest.fixture
def pressed(windows: None) -> Iterator[Pressed]:
    made = Pressed()
    yield made
    made.watch.stop()


def shown(window: QWidget, qtbot: QtBot) -> QWidget:
    window.show()
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    return window


def test_the_keys_work_in_every_window(pressed: Pressed, qtbot: QtBot) -> None:
    first = shown(QWidget(), qtbot)
    QTest.keyClick(first, Qt.Key.Key_L, Qt.KeyboardModifier.ControlModifier)
    second = QDialog(first)
    field = QLineEdit(second)
    shown(second, qtbot)

    QTest.keyClick(field, Qt.Key.Key_Q, Qt.KeyboardModifier.ControlModifier)

    assert pressed.keys == ["Ctrl+L", "Ctrl+Q"]


def test_coming_back_to_a_window_gives_it_the_keys_once(pressed: Pressed, qtbot: QtBot) -> None:
    first, second = shown(QWidget(), qtbot), shown(QWidget(), qtbot)
    for window in (first, second, first):
        window.activateWindow()
        qtbot.waitUntil(window.isActiveWindow)

    QTest.keyClick(first, Qt.Key.Key_L, Qt.KeyboardModifier.ControlModifier)

    assert pressed.keys == ["Ctrl+L"]


def test_input_is_noted(pressed: Pressed, qtbot: QtBot) -> None:
    window = shown(QWidget(), qtbot)
    window.resize(200, 200)

    with qtbot.waitSignal(pressed.watch.touched):
        QTest.keyClick(window.windowHandle(), Qt.Key.Key_A)
    with qtbot.waitSignal(pressed.watch.touched):
        QTest.mouseClick(
            window.windowHandle(),
            Qt.MouseButton.LeftButton,
            Qt.KeyboardModifier.NoModifier,
            QPoint(5, 5),
        )


def test_stopped_it_gives_no_keys(windows: None, qtbot: QtBot) -> None:
    made = Pressed()
    made.watch.stop()

    window = shown(QWidget(), qtbot)
    QTest.keyClick(window, Qt.Key.Key_L, Qt.KeyboardModifier.ControlModifier)

    assert made.keys == []
