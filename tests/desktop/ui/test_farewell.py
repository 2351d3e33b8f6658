from __future__ import annotations

import gc
import threading
import weakref

from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from desktop.ui.farewell import delete_later


class Window(QWidget):
    """A window that refers to itself, as those with connected signals do."""

    def __init__(self) -> None:
        super().__init__()
        self.me = self


def test_a_window_is_destroyed_on_its_own_thread_whoever_collects(
    windows: None, qtbot: QtBot
) -> None:
    window = Window()
    threads: list[int] = []
    window.destroyed.connect(lambda: threads.append(threading.get_ident()))
    found = weakref.ref(window)
    delete_later(window)
    del window

    collector = threading.Thread(target=gc.collect)
    collector.start()
    collector.join()
    assert found() is not None

    qtbot.waitUntil(lambda: bool(threads))
    assert threads == [threading.get_ident()]
    gc.collect()
    assert found() is None
