"""Reads windows as a screen reader does: through their accessibility interfaces alone."""

from __future__ import annotations

from PySide6.QtGui import QAccessible, QAccessibleInterface
from PySide6.QtWidgets import QAbstractItemView, QWidget

__all__ = ["interface_of", "names", "unnamed_controls"]

CONTROLS = (
    QAccessible.Role.Button,
    QAccessible.Role.CheckBox,
    QAccessible.Role.RadioButton,
    QAccessible.Role.EditableText,
    QAccessible.Role.List,
    QAccessible.Role.Tree,
)


def names(widget: QWidget) -> list[str]:
    """Return the names of a list's, tree's or timeline's entries in order."""
    found = interface_of(widget)
    texts = [_name(found.child(index)) for index in range(found.childCount())]
    return [text for text in texts if text]


def interface_of(widget: QWidget) -> QAccessibleInterface:
    """Return how a screen reader sees a widget now.

    While no screen reader is attached, Qt does not tell the interfaces it has made for lists and
    trees of changes in their models; they are made anew.
    """
    found = QAccessible.queryAccessibleInterface(widget)
    if isinstance(widget, QAbstractItemView):
        QAccessible.deleteAccessibleInterface(QAccessible.uniqueId(found))
        found = QAccessible.queryAccessibleInterface(widget)
    return found


def unnamed_controls(widget: QWidget) -> list[str]:
    """Return visible controls that a screen reader has no word for."""
    nameless = []
    for child in [widget, *widget.findChildren(QWidget)]:
        if not child.isVisible():
            continue
        found = QAccessible.queryAccessibleInterface(child)
        if found.role() not in CONTROLS:
            continue
        # The scroll areas' viewports and Qt's own inner buttons belong to a named control.
        if not _name(found) and type(child).__module__.startswith("desktop"):
            nameless.append(f"{type(child).__name__} in {type(child.parent()).__name__}")
    return nameless


def _name(found: QAccessibleInterface | None) -> str:
    return found.text(QAccessible.Text.Name) if found is not None else ""
