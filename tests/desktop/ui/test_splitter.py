from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from desktop.ui.splitter import ThinSplitter
from desktop.ui.theme import Appearance, set_appearance, tokens


def test_a_hairline_stands_between_the_parts_in_both_themes(windows: None, qtbot: QtBot) -> None:
    splitter = ThinSplitter(Qt.Orientation.Horizontal)
    qtbot.addWidget(splitter)
    splitter.setHandleWidth(1)
    for _ in range(2):
        splitter.addWidget(QWidget())
    splitter.resize(301, 100)
    splitter.show()

    for appearance in (Appearance.LIGHT, Appearance.DARK):
        set_appearance(appearance)
        picture = splitter.grab().toImage()

        assert picture.pixelColor(splitter.sizes()[0], 50) == tokens().border
