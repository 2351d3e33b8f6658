"""The bundled Inter and, behind it, each system's Chinese and emoji fonts."""

from __future__ import annotations

from PySide6.QtGui import QFont, QFontDatabase
from PySide6.QtWidgets import QApplication

from desktop.ui.assets import ASSETS

__all__ = ["FAMILIES", "MONO_FAMILIES", "font", "install_fonts", "mono_font"]

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


def install_fonts() -> None:
    """Load the bundled fonts and make them the application's."""
    for path in sorted((ASSETS / "fonts").glob("*.otf")):
        QFontDatabase.addApplicationFont(str(path))
    QApplication.setFont(font(14))


def font(pixels: int, weight: int = 400) -> QFont:
    """Return the font of this size in logical pixels and this weight (400, 500, 600)."""
    made = QFont()
    made.setFamilies(FAMILIES)
    made.setPixelSize(pixels)
    made.setWeight(_WEIGHTS[weight])
    return made


def mono_font(pixels: int) -> QFont:
    """Return the font of code in this size."""
    made = QFont()
    made.setFamilies(MONO_FAMILIES)
    made.setStyleHint(QFont.StyleHint.Monospace)
    made.setPixelSize(pixels)
    return made
