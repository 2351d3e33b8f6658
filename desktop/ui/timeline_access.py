"""A timeline for screen readers: a list whose entries say who wrote what, when and how far it is.

Qt asks the installed factory for an interface per widget; the entries have no widget, so their
interfaces are registered by hand and kept by the view's interface as long as their row is shown.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QRect
from PySide6.QtGui import QAccessible, QAccessibleInterface, QColor, QWindow
from PySide6.QtWidgets import QAccessibleWidget

from desktop.ui.timeline_layout import ItemKind

if TYPE_CHECKING:
    from desktop.ui.timeline_view import TimelineView

__all__ = ["install_timeline_access"]


class TimelineAccess(QAccessibleWidget):
    """The view: a list with one child per message or grey line."""

    def __init__(self, view: TimelineView) -> None:
        super().__init__(view, QAccessible.Role.List)
        self.view = view
        self._children: dict[int, RowAccess] = {}

    def childCount(self) -> int:  # noqa: N802
        """How many rows the view holds now."""
        return len(self.view.row_items())

    def child(self, index: int) -> QAccessibleInterface | None:  # type: ignore[override]
        """Return the entry of a row."""
        items = self.view.row_items()
        if not 0 <= index < len(items):
            return None
        row = items[index].row
        assert row is not None
        entry = self._children.get(row.local_id)
        if entry is None:
            entry = RowAccess(self, row.local_id)
            QAccessible.registerAccessibleInterface(entry)
            self._children[row.local_id] = entry
        return entry

    def focusChild(self) -> QAccessibleInterface | None:  # type: ignore[override]  # noqa: N802
        """Return the entry the keyboard is at."""
        for index, item in enumerate(self.view.row_items()):
            if item.row is not None and item.row.local_id == self.view.current:
                return self.child(index) if self.view.hasFocus() else None
        return None

    def childAt(self, x: int, y: int) -> QAccessibleInterface | None:  # type: ignore[override]  # noqa: N802
        """Return the entry at a place on the screen."""
        for index, item in enumerate(self.view.row_items()):
            if self.view.item_on_screen(item).contains(x, y):
                return self.child(index)
        return None

    def indexOfChild(self, child: QAccessibleInterface) -> int:  # noqa: N802
        """Return where an entry stands, or -1."""
        if not isinstance(child, RowAccess):
            return -1
        return child.index()


class RowAccess(QAccessibleInterface):
    """One row, found again by its ``local_id``."""

    def __init__(self, timeline: TimelineAccess, local_id: int) -> None:
        super().__init__()
        self._timeline = timeline
        self._local_id = local_id

    def index(self) -> int:
        """Return where the row stands now, or -1 once it has left the window."""
        for position, item in enumerate(self._timeline.view.row_items()):
            if item.row is not None and item.row.local_id == self._local_id:
                return position
        return -1

    def isValid(self) -> bool:  # noqa: N802
        """Whether the row is still shown."""
        return self.index() >= 0

    def object(self) -> QObject | None:  # type: ignore[override]
        """Rows are no objects."""
        return None

    def window(self) -> QWindow | None:  # type: ignore[override]
        """The window the view is in."""
        return self._timeline.window()

    def parent(self) -> QAccessibleInterface:
        """The list."""
        return self._timeline

    def child(self, _index: int) -> QAccessibleInterface | None:  # type: ignore[override]
        """Rows have no parts."""
        return None

    def childAt(self, _x: int, _y: int) -> QAccessibleInterface | None:  # type: ignore[override]  # noqa: N802
        """Rows have no parts."""
        return None

    def childCount(self) -> int:  # noqa: N802
        """Rows have no parts."""
        return 0

    def indexOfChild(self, _child: QAccessibleInterface) -> int:  # noqa: N802
        """Rows have no parts."""
        return -1

    def rect(self) -> QRect:
        """Where the row is on the screen."""
        index = self.index()
        if index < 0:
            return QRect()
        view = self._timeline.view
        return view.item_on_screen(view.row_items()[index])

    def role(self) -> QAccessible.Role:
        """An entry of a list."""
        return QAccessible.Role.ListItem

    def state(self) -> QAccessible.State:
        """Rows can be read and reached, not changed."""
        state = QAccessible.State()
        state.readOnly = True
        state.selectable = True
        state.focusable = True
        view = self._timeline.view
        state.focused = view.hasFocus() and view.current == self._local_id
        chosen = view.scene.chosen
        state.selected = chosen is not None and self._local_id in chosen
        return state

    def text(self, kind: QAccessible.Text) -> str:
        """Say the whole row; all of it is its name."""
        if kind is not QAccessible.Text.Name:
            return ""
        index = self.index()
        if index < 0:
            return ""
        view = self._timeline.view
        item = view.row_items()[index]
        assert item.row is not None
        return view.describe(item.row) if item.kind is ItemKind.BUBBLE else item.words

    def setText(self, _kind: QAccessible.Text, _text: str) -> None:  # noqa: N802
        """Rows cannot be changed."""

    def foregroundColor(self) -> QColor:  # noqa: N802
        """Not told."""
        return QColor()

    def backgroundColor(self) -> QColor:  # noqa: N802
        """Not told."""
        return QColor()


_installed: list[bool] = []
_interfaces: list[TimelineAccess] = []


def install_timeline_access() -> None:
    """Teach Qt, once, to make these interfaces for timelines."""
    if not _installed:
        _installed.append(True)
        QAccessible.installFactory(_make)


def _make(_class_name: str, widget: QObject | None) -> QAccessibleInterface | None:
    # Imported late: the view itself asks for this factory.
    from desktop.ui.timeline_view import TimelineView

    if not isinstance(widget, TimelineView):
        return None
    interface = TimelineAccess(widget)
    # Qt owns interfaces but Python's half would be collected; it goes with the view.
    _interfaces.append(interface)
    widget.destroyed.connect(lambda: _interfaces.remove(interface))
    return interface
