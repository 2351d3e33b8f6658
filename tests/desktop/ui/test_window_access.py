from __future__ import annotations

import gc

from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot
from shiboken6 import isValid

from desktop.ui import window_access
from desktop.ui.chat_windows import ChatWindow
from desktop.ui.lock_screen import LockScreen
from desktop.ui.main_window import MainWindow
from desktop.ui.settings import SettingsStore
from desktop.ui.window_access import be_window
from tests.desktop.fake_port import FakePort
from tests.exhibits.stage import WANG


def said(widget: QWidget) -> tuple[QAccessible.Role, str]:
    interface = QAccessible.queryAccessibleInterface(widget)
    assert interface is not None
    return interface.role(), interface.text(QAccessible.Text.Name)


def test_windows_say_that_they_are_and_how_they_are_called(world: FakePort, qtbot: QtBot) -> None:
    main = MainWindow(world.session, world, SettingsStore())
    chat, lock = ChatWindow(world.session, world, WANG), LockScreen()
    for window in (main, chat, lock):
        qtbot.addWidget(window)
        window.show()

    for window in (main, chat, lock):
        role, name = said(window)

        assert role is QAccessible.Role.Window
        assert name, window
    assert said(chat)[1] == "王芳 – Mim"


def test_what_is_inside_of_a_window_is_none(windows: None, qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    be_window(window)

    assert said(QWidget(window))[0] is not QAccessible.Role.Window


def test_a_closed_window_leaves_nothing_behind(windows: None, qtbot: QtBot) -> None:
    window = QWidget()
    be_window(window)
    said(window)
    gc.collect()
    made = window_access._interfaces[-1]

    window.deleteLater()

    qtbot.waitUntil(lambda: not isValid(window))
    assert all(each is not made for each in window_access._interfaces)
