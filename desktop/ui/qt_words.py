"""Qt's own words, of the menus of fields and of the file dialog, in the language that is spoken.

They come with PySide6 as ``qtbase_zh_CN.qm``; `launcher.bundle` keeps that file in the bundle. In
English Qt needs none. Whatever is open is told by Qt itself, and says its words anew.
"""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, QLibraryInfo, QTranslator

__all__ = ["speak_chinese"]

_translator: list[QTranslator] = []


def speak_chinese(is_wanted: bool) -> None:
    """Let Qt's own words be Chinese from now on, or English again."""
    if is_wanted and not _translator:
        made = QTranslator()
        # Without the file they stay English: nothing else depends on it.
        made.load("qtbase_zh_CN", QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath))
        _translator.append(made)
        QCoreApplication.installTranslator(made)
    elif not is_wanted and _translator:
        QCoreApplication.removeTranslator(_translator.pop())
