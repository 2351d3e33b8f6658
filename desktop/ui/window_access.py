"""Windows for screen readers: what is a window says so, and is called by its title.

Qt gives a plain widget the role of a client area even where it is a window of its own.
"""

from __future__ import annotations

from PySide6.QtCore import QObject
from PySide6.QtGui import QAccessible, QAccessibleInterface
from PySide6.QtWidgets import QAccessibleWidget, QWidget

__all__ = ["be_window"]

_MARK = "is_own_window"

_installed: list[bool] = []
_interfaces: list[QAccessibleInterface] = []


def be_window(widget: QWidget) -> None:
    """Let a widget that is no dialog and no menu be a window for screen readers."""
    widget.setProperty(_MARK, True)
    if not _installed:
        _installed.append(True)
        QAccessible.installFactory(_make)


def _make(_class_name: str, widget: QObject | None) -> QAccessibleInterface | None:
    if not isinstance(widget, QWidget) or not widget.property(_MARK):
        return None
    interface = QAccessibleWidget(widget, QAccessible.Role.Window)
    # Qt owns interfaces but Python's half would be collected; it goes with the widget.
    _interfaces.append(interface)
    widget.destroyed.connect(lambda: _interfaces.remove(interface))
    return interface
