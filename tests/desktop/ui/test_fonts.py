from __future__ import annotations

import pytest
from PySide6.QtGui import QFontDatabase, QFontInfo, QFontMetricsF

from desktop.ui.fonts import font, mono_font


@pytest.mark.parametrize("weight", [400, 500, 600])
def test_the_bundled_font_is_used_in_every_weight(windows: None, weight: int) -> None:
    info = QFontInfo(font(14, weight))

    assert info.family().startswith("Inter")
    assert info.pixelSize() == 14
    assert info.weight() == weight


def test_the_fonts_are_the_applications_own(windows: None) -> None:
    assert "Inter" in QFontDatabase.families()


def test_in_code_all_letters_are_equally_wide(windows: None) -> None:
    metrics = QFontMetricsF(mono_font(13))

    assert metrics.horizontalAdvance("iiii") == metrics.horizontalAdvance("MMMM")
