"""The bundled Inter and, behind it, each system's Chinese and emoji fonts, at the scale chosen.

`font` and `scaled` are read while painting and measuring; widgets that keep a font get it through
`use_font` and are given the new one when scale or family change.
"""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QFont, QFontDatabase
from PySide6.QtWidgets import QApplication, QWidget

from desktop.ui.assets import ASSETS

__all__ = [
    "FAMILIES",
    "MONO_FAMILIES",
    "SCALES",
    "SYSTEM_FAMILY",
    "font",
    "fonts",
    "install_fonts",
    "mono_font",
    "scaled",
    "set_fonts",
    "use_font",
]

SCALES = (90, 100, 110, 125, 150)  # Percent.
SYSTEM_FAMILY = "system"
FAMILIES = [
    "Inter",
    "Noto Sans CJK SC",
    "Source Han Sans SC",
    "Microsoft YaHei UI",
    "PingFang SC",
    "WenQuanYi Micro Hei",
    "Noto Color Emoji",
    "Segoe UI Emoji",
    "Apple Color Emoji",
]

# Code; each system has one of these, and Chinese in code is Chinese elsewhere.
MONO_FAMILIES = [
    "Cascadia Mono",
    "SF Mono",
    "Menlo",
    "Consolas",
    "Noto Sans Mono",
    "DejaVu Sans Mono",
    *FAMILIES[1:],
]

_WEIGHTS = {400: QFont.Weight.Normal, 500: QFont.Weight.Medium, 600: QFont.Weight.DemiBold}
_PIXELS, _WEIGHT = "font_pixels", "font_weight"  # Properties of widgets that keep a font.


class Fonts(QObject):
    """Tells when letters have another size or shape, so that what was measured is measured anew."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.scale_percent = 100
        self.families = FAMILIES
        self.made: dict[tuple[int, int], QFont] = {}  # By pixels and weight.


_fonts: list[Fonts] = []


def fonts() -> Fonts:
    """Return the one choice of this process, made when it is first asked for."""
    if not _fonts:
        _fonts.append(Fonts())
    return _fonts[0]


def install_fonts() -> None:
    """Load the bundled fonts and make them the application's."""
    for path in sorted((ASSETS / "fonts").glob("*.otf")):
        QFontDatabase.addApplicationFont(str(path))
    QApplication.setFont(font(14))


def set_fonts(*, scale_percent: int = 100, family: str = "") -> None:
    """Write everything at this scale and in this family, in all windows at once.

    Args:
        scale_percent: What is out of the range of `SCALES` is brought into it.
        family: Empty for the bundled one, or `SYSTEM_FAMILY`.
    """
    chosen = fonts()
    scale = min(SCALES[-1], max(SCALES[0], scale_percent))
    families = FAMILIES
    if family == SYSTEM_FAMILY:
        system = QFontDatabase.systemFont(QFontDatabase.SystemFont.GeneralFont)
        families = [system.family(), *FAMILIES[1:]]
    if (scale, families) == (chosen.scale_percent, chosen.families):
        return
    chosen.scale_percent, chosen.families = scale, families
    chosen.made.clear()
    QApplication.setFont(font(14))
    for widget in QApplication.allWidgets():
        pixels = widget.property(_PIXELS)
        if pixels is not None:
            widget.setFont(font(pixels, widget.property(_WEIGHT)))
            widget.updateGeometry()
    chosen.changed.emit()
    for widget in QApplication.allWidgets():
        widget.update()


def font(pixels: int, weight: int = 400) -> QFont:
    """Return the font of this size in logical pixels and this weight (400, 500, 600)."""
    chosen = fonts()
    known = chosen.made.get((pixels, weight))
    if known is None:
        known = QFont()
        known.setFamilies(chosen.families)
        known.setPixelSize(scaled(pixels))
        known.setWeight(_WEIGHTS[weight])
        chosen.made[pixels, weight] = known
    return QFont(known)  # Who asked may change theirs.


def mono_font(pixels: int) -> QFont:
    """Return the font of code in this size, at the scale that holds now."""
    made = QFont()
    made.setFamilies(MONO_FAMILIES)
    made.setStyleHint(QFont.StyleHint.Monospace)
    made.setPixelSize(scaled(pixels))
    return made


def use_font(widget: QWidget, pixels: int, weight: int = 400) -> None:
    """Let a widget write in this font, whatever scale and family are chosen later."""
    widget.setProperty(_PIXELS, pixels)
    widget.setProperty(_WEIGHT, weight)
    widget.setFont(font(pixels, weight))


def scaled(pixels: float) -> int:
    """Return a measure that grows with the letters, in whole logical pixels."""
    return round(pixels * fonts().scale_percent / 100)
