from __future__ import annotations

from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from desktop.ui.toast import Toast


def test_a_sentence_is_shown_inside_the_window_and_goes(windows: None, qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    window.resize(500, 400)
    window.show()
    toast = Toast(window)

    toast.say("a sentence that is longer than the window is wide " * 3)

    assert toast.isVisible()
    assert window.rect().contains(toast.geometry())
    window.resize(400, 300)
    assert window.rect().contains(toast.geometry())
    toast._timer.timeout.emit()
    assert not toast.isVisible()
