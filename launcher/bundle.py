"""What of all that PyInstaller collects goes into the packed folder; `build.spec` asks.

PyInstaller's hooks bring whole families of Qt along and every library that any of them needs.
First what no window of ours uses is left out by name, then whatever only that has needed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from pathlib import Path, PurePosixPath

__all__ = ["is_wanted", "linked_libraries", "prune", "unused_modules"]

Entry = tuple[str, str, str]  # Place in the folder, source, kind: as PyInstaller has them.

UNWANTED = (
    "libqgtk3",  # 0.2 s and 16 MB at every start under GNOME
    "libQt6Designer",
    "libQt6Help",
    "libQt6Pdf",
    "libQt6Qml",
    "libQt6Quick",
    "libQt6Sql",
    "libQt6Test",
    "libQt6VirtualKeyboard",
    "qtvirtualkeyboard",
    "sqldrivers",
    "libqpdf",
    # Screens without a window system, and windows drawn into a browser.
    "plugins/egldeviceintegrations",
    "plugins/generic",
    "libqeglfs",
    "libqlinuxfb",
    "libqminimal",
    "libqvkkhrdisplay",
    "libqvnc",
    # The engine has its own network.
    "plugins/networkinformation",
    "plugins/tls",
    # Recovery codes are printed by the system's own CUPS, where there is one.
    "libcups.so",
    # Pictures of other kinds are not opened (desktop/picture_worker.py).
    "libqicns",
    "libqtga",
    "libqtiff",
    "libqwbmp",
    # Our own sentences come from assets; Qt's few (the file dialog) in the languages we speak.
    "PySide6/translations",
    "Qt/translations",
    # Bytecode lies in the program; these are sources and tests.
    "/tests/",
    ".pyx",
    ".pxd",
    ".pyi",
)
KEPT_ALL_THE_SAME = ("qtbase_zh_CN",)  # Loaded by `desktop.ui.qt_words`.
OPTIONAL_QT = ("QtNetwork", "QtPrintSupport", "QtDBus", "QtOpenGL", "QtTest")
_LIBRARY = re.compile(r"^lib.+\.so(\.|$)")
_NEEDED = re.compile(r"^\s*NEEDED\s+(\S+)", re.MULTILINE)
_QT_LIBRARIES = "PySide6/Qt/lib"


def is_wanted(name: str) -> bool:
    """Whether something collected under this name goes into the folder."""
    place = PurePosixPath(name.replace("\\", "/")).as_posix()
    if any(part in place for part in KEPT_ALL_THE_SAME):
        return True
    return not any(part in place for part in UNWANTED)


def prune(entries: Iterable[Entry], needs: Callable[[str], Iterable[str]]) -> list[Entry]:
    """Drop shared libraries that nothing in the folder needs any more.

    Args:
        entries: What is wanted.
        needs: Returns the file names of the libraries that the file at a path is linked to.

    Returns:
        The entries without libraries that only left-out parts have needed, in the same order.
        Plugins and extension modules are asked for by name at run time, so they always stay.
    """
    kept = list(entries)
    linked = {entry[0]: set(needs(entry[1])) for entry in kept}
    while True:
        needed: set[str] = set().union(*(linked[entry[0]] for entry in kept))
        fewer = [e for e in kept if not _is_shared(e[0]) or PurePosixPath(e[0]).name in needed]
        if len(fewer) == len(kept):
            return kept
        kept = fewer


def linked_libraries(told: str) -> set[str]:
    """Return the names of libraries in what ``objdump -p`` tells about a file."""
    return set(_NEEDED.findall(told))


def unused_modules(sources: Path) -> list[str]:
    """Return the parts of Qt that hooks would bring although no file under ``sources`` asks."""
    text = "".join(path.read_text(encoding="utf-8") for path in sorted(sources.rglob("*.py")))
    return [f"PySide6.{name}" for name in OPTIONAL_QT if name not in text]


def _is_shared(name: str) -> bool:
    """Whether a place is one that the linker looks into, not one that Python or Qt loads from."""
    place = PurePosixPath(name.replace("\\", "/"))
    folder = place.parent.as_posix()
    if "libpython" in place.name or not _LIBRARY.match(place.name):
        return False
    return folder in (".", "", _QT_LIBRARIES)
