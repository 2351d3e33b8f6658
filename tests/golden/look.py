"""What makes pictures the same on every machine: fonts, time zone, languages, scale.

A process that paints golden pictures gets a fontconfig of its own that knows nothing but the
bundled fonts, so a character that they lack is a box everywhere instead of another font somewhere.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from desktop.ui.theme import Appearance
from desktop.ui.translate import Language

__all__ = ["FOLDER", "LOOKS", "Look", "environment"]

ROOT = Path(__file__).resolve().parents[2]
FOLDER = Path(__file__).parent

_FONTCONFIG = """\
<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir>{fonts}</dir>
  <cachedir>{cache}</cachedir>
  <match target="font">
    <edit name="antialias" mode="assign"><bool>true</bool></edit>
    <edit name="hinting" mode="assign"><bool>false</bool></edit>
    <edit name="autohint" mode="assign"><bool>false</bool></edit>
    <edit name="hintstyle" mode="assign"><const>hintnone</const></edit>
    <edit name="rgba" mode="assign"><const>none</const></edit>
    <edit name="lcdfilter" mode="assign"><const>lcdnone</const></edit>
  </match>
</fontconfig>
"""


@dataclass(frozen=True, slots=True)
class Look:
    """Colours and language of a picture."""

    appearance: Appearance
    language: Language

    @property
    def name(self) -> str:
        """As it stands in file names."""
        return f"{self.appearance.value}_{self.language.value}"

    def path(self, scene: str, folder: Path = FOLDER) -> Path:
        """Return where the picture of a scene lies."""
        return folder / f"golden_{scene}_{self.name}.png"


def _looks() -> Iterator[Look]:
    for appearance in (Appearance.LIGHT, Appearance.DARK):
        for language in (Language.ENGLISH, Language.CHINESE):
            yield Look(appearance, language)


LOOKS = tuple(_looks())


def environment(scratch: Path) -> dict[str, str]:
    """Return the environment of a process that paints.

    Args:
        scratch: A folder for the font configuration and its cache.
    """
    config = scratch / "fonts.conf"
    fonts = FOLDER / "fonts"
    config.write_text(_FONTCONFIG.format(fonts=fonts, cache=scratch / "fontcache"), "utf-8")
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ}
    return kept | {
        "FONTCONFIG_FILE": str(config),
        "LANG": "C.UTF-8",
        "LC_ALL": "C.UTF-8",
        "PYTHONPATH": str(ROOT),
        "QT_FONT_DPI": "96",
        "QT_LOGGING_RULES": "qt.text.font.db=false",
        "QT_QPA_PLATFORM": "offscreen",
        "QT_SCALE_FACTOR": "1",
        "TZ": "Asia/Shanghai",
    }
