from __future__ import annotations

import re
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint

from desktop.ui.fonts import set_fonts
from desktop.ui.menu import ROW_HEIGHT, Menu
from desktop.ui.theme import Appearance, set_appearance, tokens

UI = Path(__file__).parents[3] / "desktop" / "ui"


def heights(menu: Menu) -> list[int]:
    menu.popup(QPoint(0, 0))
    found = [menu.actionGeometry(action).height() for action in menu.actions()]
    menu.close()
    return found


def test_rows_are_high_enough_to_be_hit_and_separators_thin(windows: None) -> None:
    menu = Menu()
    menu.addAction("Copy")
    menu.addSeparator()
    branch = menu.add_branch("Mute")
    branch.addAction("For 1 hour")

    copy, separator, mute = heights(menu)

    assert copy >= ROW_HEIGHT
    assert mute >= ROW_HEIGHT
    assert separator < ROW_HEIGHT // 2
    assert heights(branch)[0] >= ROW_HEIGHT


def test_rows_grow_with_the_letters(windows: None) -> None:
    menu = Menu()
    menu.addAction("Copy")
    try:
        set_fonts(scale_percent=150)

        assert heights(menu) == [48]
    finally:
        set_fonts()


@pytest.mark.parametrize("appearance", [Appearance.LIGHT, Appearance.DARK])
def test_separators_are_hairlines_of_the_theme(windows: None, appearance: Appearance) -> None:
    set_appearance(appearance)
    menu = Menu()
    menu.addAction("Copy")
    separator = menu.addSeparator()
    menu.addAction("Mute")
    menu.popup(QPoint(0, 0))

    image = menu.grab().toImage()

    rect = menu.actionGeometry(separator)
    inks = {
        image.pixelColor(rect.center().x(), y).name() for y in range(rect.top(), rect.bottom() + 1)
    }
    menu.close()
    assert tokens().border.name().lower() in inks
    assert len(inks) == 2


def test_no_window_makes_menus_of_another_kind(windows: None) -> None:
    makes = re.compile(r"\bQMenu\(|\.addMenu\(")

    found = [
        path.name
        for path in UI.glob("*.py")
        if path.name not in ("menu.py", "tray.py") and makes.search(path.read_text("utf-8"))
    ]

    assert found == []
