from __future__ import annotations

import pytest

from desktop.ui.qr_code import QUIET_MODULES, QrCode, qr_modules
from desktop.ui.theme import QR_GROUND, QR_INK

FINDER = [
    "1111111",
    "1000001",
    "1011101",
    "1011101",
    "1011101",
    "1000001",
    "1111111",
]


def finder_at(modules: list[list[bool]], y: int, x: int) -> list[str]:
    return ["".join("1" if cell else "0" for cell in row[x : x + 7]) for row in modules[y : y + 7]]


@pytest.mark.parametrize("content", [b"MIM1" + bytes(range(64)), "https://example.org/invite"])
def test_a_code_has_its_three_finders(content: bytes | str) -> None:
    modules = qr_modules(content)

    far = len(modules) - 7
    assert finder_at(modules, 0, 0) == FINDER
    assert finder_at(modules, 0, far) == FINDER
    assert finder_at(modules, far, 0) == FINDER


def test_other_content_is_another_code() -> None:
    assert qr_modules(b"a" * 68) != qr_modules(b"a" * 67 + b"b")


def test_what_is_painted_is_the_code_with_white_around_it(windows: None) -> None:
    code = QrCode(200)
    code.show_content(b"MIM1" + bytes(range(64)))

    image = code.grab().toImage()

    count = len(code.modules)
    side = 200 // (count + 2 * QUIET_MODULES)
    corner = (200 - side * count) // 2
    assert corner >= QUIET_MODULES * side
    for y, row in enumerate(code.modules):
        for x, is_dark in enumerate(row):
            at = image.pixelColor(corner + x * side + side // 2, corner + y * side + side // 2)
            assert at == (QR_INK if is_dark else QR_GROUND)
    assert image.pixelColor(100, corner - 1) == QR_GROUND


def test_without_content_nothing_is_shown(windows: None) -> None:
    code = QrCode(100)
    code.show_content(b"x")

    code.show_content(b"")

    assert code.modules == []
    assert code.grab().toImage().pixelColor(50, 50) == QR_GROUND
