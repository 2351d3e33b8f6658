from __future__ import annotations

import re
from pathlib import Path

from PySide6.QtGui import QColor

from desktop.ui.assets import ASSETS
from desktop.ui.icons import icon

UI = Path(__file__).parents[3] / "desktop" / "ui"
BUNDLED = {path.stem for path in (ASSETS / "icons").glob("*.svg")}


def test_an_icon_is_painted_in_its_colour(windows: None) -> None:
    image = icon("check", QColor("#FF0000"), 24).pixmap(24, 24).toImage()

    places = [(x, y) for x in range(image.width()) for y in range(image.height())]
    reds = [image.pixelColor(x, y) for x, y in places]
    assert any(color.red() > 200 and color.green() < 60 and color.alpha() > 200 for color in reds)


def test_only_icons_in_use_are_bundled_and_their_licence_lies_beside(windows: None) -> None:
    source = "\n".join(path.read_text(encoding="utf-8") for path in UI.glob("*.py"))
    words = set(re.findall(r'"([a-z][a-z-]*)"', source))

    assert words >= BUNDLED
    assert (ASSETS / "icons" / "LICENSE").exists()
