from __future__ import annotations

from pathlib import Path

import pytest

from launcher.bundle import is_wanted, linked_libraries, prune, unused_modules

ROOT = Path(__file__).parents[2]
LINKS = {
    "xcb": ["libQt6XcbQpa.so.6"],
    "qpa": ["libQt6Gui.so.6", "libX11.so.6"],
    "cups": ["libgnutls.so.30"],
    "gnutls": ["libp11-kit.so.0"],
    "widgets": ["libQt6Widgets.so.6"],
}
ENTRIES = [
    ("PySide6/Qt/plugins/platforms/libqxcb.so", "xcb", "BINARY"),
    ("PySide6/Qt/lib/libQt6XcbQpa.so.6", "qpa", "BINARY"),
    ("PySide6/Qt/lib/libQt6Gui.so.6", "gui", "BINARY"),
    ("PySide6/QtWidgets.abi3.so", "widgets", "EXTENSION"),
    ("PySide6/Qt/lib/libQt6Widgets.so.6", "", "BINARY"),
    ("libX11.so.6", "", "BINARY"),
    ("libcups.so.2", "cups", "BINARY"),
    ("libgnutls.so.30", "gnutls", "BINARY"),
    ("libp11-kit.so.0", "", "BINARY"),
    ("libpython3.11.so.1.0", "", "BINARY"),
]


@pytest.mark.parametrize(
    "name",
    [
        "PySide6/Qt/plugins/platformthemes/libqgtk3.so",
        "PySide6/Qt/plugins/platforms/libqvnc.so",
        "PySide6/Qt/translations/qtbase_de.qm",
        "PySide6/Qt/translations/qtbase_en.qm",
        "PySide6\\Qt\\plugins\\tls\\qopensslbackend.dll",
    ],
)
def test_what_no_window_uses_is_left_out(name: str) -> None:
    assert not is_wanted(name)


@pytest.mark.parametrize(
    "name",
    [
        "PySide6/Qt/plugins/platforms/libqxcb.so",
        "PySide6/Qt/plugins/platforms/libqoffscreen.so",
        "PySide6/Qt/plugins/imageformats/libqwebp.so",
        "PySide6/Qt/translations/qtbase_zh_CN.qm",
        "assets/translations/zh.json",
        "backend/store/migrations/env.py",
    ],
)
def test_what_is_used_is_wanted(name: str) -> None:
    assert is_wanted(name)


def test_only_what_a_file_itself_is_linked_to_is_read_from_what_objdump_tells() -> None:
    told = """
Dynamic Section:
  NEEDED               libcups.so.2
  NEEDED               libQt6Gui.so.6
  SONAME               libcupsprintersupport.so
  RUNPATH              $ORIGIN/../../lib
"""

    assert linked_libraries(told) == {"libcups.so.2", "libQt6Gui.so.6"}


def test_libraries_that_only_left_out_parts_needed_go_too() -> None:
    kept = prune(ENTRIES, lambda source: LINKS.get(source, []))

    left_out = {entry[0] for entry in ENTRIES} - {entry[0] for entry in kept}
    assert left_out == {"libcups.so.2", "libgnutls.so.30", "libp11-kit.so.0"}


def test_parts_of_qt_that_are_imported_are_not_excluded(tmp_path: Path) -> None:
    (tmp_path / "instance.py").write_text("from PySide6.QtNetwork import QLocalServer\n")

    assert "PySide6.QtNetwork" not in unused_modules(tmp_path)
    assert "PySide6.QtPrintSupport" in unused_modules(tmp_path)


def test_recovery_codes_can_be_printed_from_the_packed_app() -> None:
    assert "PySide6.QtPrintSupport" not in unused_modules(ROOT / "desktop")
    assert is_wanted("PySide6/Qt/plugins/printsupport/libcupsprintersupport.so")
