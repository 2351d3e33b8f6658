"""Golden pictures have the same letters everywhere: the bundled fonts have all that is said."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtGui import QRawFont
from PySide6.QtWidgets import QApplication

from tests.golden.look import FOLDER, ROOT, environment
from tests.golden.make_fonts import is_chinese, world

CHINESE = FOLDER / "fonts" / "NotoSansCJKsc-Subset.otf"
BYTES_MAX = 500_000


def test_the_chinese_font_has_every_character_of_the_world(qapp: QApplication) -> None:
    chinese = QRawFont(str(CHINESE), 16)

    missing = {c for c in world() if is_chinese(c) and not chinese.supportsCharacter(ord(c))}

    assert missing == set(), "make the fonts anew: tests/golden/make_fonts.py"


def test_the_fonts_are_small() -> None:
    assert all(path.stat().st_size < BYTES_MAX for path in (FOLDER / "fonts").iterdir())


def test_painting_knows_no_font_of_the_machine(tmp_path: Path) -> None:
    config = Path(environment(tmp_path)["FONTCONFIG_FILE"]).read_text("utf-8")

    assert config.count("<dir>") == 1
    assert f"<dir>{ROOT / 'tests' / 'golden' / 'fonts'}</dir>" in config
