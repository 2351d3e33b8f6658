"""Where icons, fonts, emoji and translations lie, from a checkout and from a frozen app."""

from __future__ import annotations

import sys
from pathlib import Path

__all__ = ["ASSETS"]

# PyInstaller unpacks beside its bootloader and names the place in ``sys._MEIPASS``.
ASSETS = Path(getattr(sys, "_MEIPASS", Path(__file__).parents[2])) / "assets"
